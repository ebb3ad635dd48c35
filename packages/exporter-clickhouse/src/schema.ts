import { classify } from './classify.js'
import type { DestinationConfig } from './config.js'
import type { Client } from './http.js'
import type { Outcome } from './outcome.js'

/** Runs the table's DDL, statement by statement. Resolves with the first outcome that is not `delivered`, else with that. */
export async function createTables(
  { schema, database, table, ttl, timeoutMs }: DestinationConfig,
  client: Client,
  signal: AbortSignal,
): Promise<Outcome> {
  for (const statement of schema.ddl({ database, table, ttl })) {
    const outcome = classify(
      await client.send(
        { path: '/', headers: {}, body: Buffer.from(statement), deadlineMs: timeoutMs },
        signal,
      ),
    )
    if (outcome.status !== 'delivered') return outcome
  }
  return { status: 'delivered' }
}
