import { quoteText } from '@spanhouse/transform'
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

/** How the table on the server differs from the schema, as short phrases; empty if it does not, or does not tell. */
export async function differences(
  { schema, database, table }: DestinationConfig,
  run: (statement: string) => Promise<{ outcome: Outcome; text: string }>,
): Promise<string[]> {
  const { outcome, text } = await run(
    `SELECT name, type FROM system.columns WHERE database = ${quoteText(database)} AND table = ${quoteText(table)} FORMAT JSONCompactEachRow`,
  )
  if (outcome.status !== 'delivered' || text === '') return []
  const there = new Map(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, string]),
  )
  return schema.columns.flatMap(({ name, type }) => {
    const found = there.get(name)
    if (found === undefined) return [`${name} is missing`]
    return plain(found) === plain(type) ? [] : [`${name} is ${found} instead of ${type}`]
  })
}

function plain(type: string): string {
  return type.replaceAll(' ', '')
}
