import {
  type LogTable,
  logTables,
  type SpanTable,
  spanTables,
  tablesQuery,
} from '@spanhouse/queries'
import type { Reader } from './reader.js'

/** The tables of spans on a server that the user may see, by database and name. */
export async function findTables(
  reader: Pick<Reader, 'ask'>,
  signal?: AbortSignal,
): Promise<readonly SpanTable[]> {
  const { rows } = await reader.ask(tablesQuery(), signal)
  return spanTables(rows)
}

/** The tables of logs, in the same order. */
export async function findLogTables(
  reader: Pick<Reader, 'ask'>,
  signal?: AbortSignal,
): Promise<readonly LogTable[]> {
  const { rows } = await reader.ask(tablesQuery(), signal)
  return logTables(rows)
}

/**
 * Those that hold the logs beside these spans come first: the one that the exporter writes if it is of the same family of tables, then those
 * of the same database, then those of the same family.
 */
export function besideFirst(
  tables: readonly LogTable[],
  spans: Pick<SpanTable, 'database' | 'family'> | undefined,
  configured: { readonly database: string; readonly table: string },
): readonly LogTable[] {
  const likeness = ({ database, table, family }: LogTable) => {
    const isConfigured = database === configured.database && table === configured.table
    const isSame = family === spans?.family
    return (
      4 * Number(isConfigured && isSame) + 2 * Number(database === spans?.database) + Number(isSame)
    )
  }
  return [...tables].sort((a, b) => likeness(b) - likeness(a))
}
