import type { DestinationConfig } from './config.js'
import type { Outcome } from './outcome.js'

/** Runs the table's DDL, statement by statement. Resolves with the first outcome that is not `delivered`, else with that. */
export async function createTables(
  { schema, database, table, ttl }: DestinationConfig,
  run: (statement: string) => Promise<{ outcome: Outcome }>,
): Promise<Outcome> {
  for (const statement of schema.ddl({ database, table, ttl })) {
    const { outcome } = await run(statement)
    if (outcome.status !== 'delivered') return outcome
  }
  return { status: 'delivered' }
}
