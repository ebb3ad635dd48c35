import type { Query, ServerColumn, SpanTable } from '@spanhouse/queries'
import type { Reader } from './reader.js'
import { recogniseSpanTable } from './recognise.js'

interface Row extends ServerColumn {
  readonly database: string
  readonly table: string
}

const TABLES: Query<Row> = {
  name: 'tables',
  sql: `SELECT database, table, name, type FROM system.columns
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
  AND (database, table) IN (
    SELECT database, table FROM system.columns WHERE lower(name) IN ('trace_id', 'traceid')
    LIMIT 1 BY database, table LIMIT 200)
ORDER BY database, table, position`,
  parameters: {},
}

/** The tables of spans on a server that the user may see, by database and name. */
export async function findTables(
  reader: Pick<Reader, 'ask'>,
  signal?: AbortSignal,
): Promise<readonly SpanTable[]> {
  const { rows } = await reader.ask(TABLES, signal)
  const columns = new Map<string, Row[]>()
  for (const row of rows) {
    const key = JSON.stringify([row.database, row.table])
    columns.set(key, [...(columns.get(key) ?? []), row])
  }
  return [...columns.values()].flatMap((all) => (all[0] && recogniseSpanTable(all[0], all)) ?? [])
}
