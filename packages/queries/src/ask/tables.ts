import type { LogTable } from '../table/log-table.js'
import { recogniseSpanTable } from '../table/recognise.js'
import { recogniseLogTable } from '../table/recognise-logs.js'
import type { ServerColumn, SpanTable } from '../table/span-table.js'
import { type Query, queryOf } from './query.js'

/** A column of a table that may hold spans or logs. */
export interface TableColumnRow extends ServerColumn {
  readonly database: string
  readonly table: string
}

const MAX_TABLES = 200

/** The columns of all tables that have a trace's id and a span's id, for `spanTables` and `logTables`. */
export function tablesQuery(): Query<TableColumnRow> {
  const sql = `
SELECT database, table, name, type
FROM system.columns
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
  AND (database, table) IN (
    SELECT database, table
    FROM system.columns
    WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
      AND replaceAll(lower(name), '_', '') IN ('traceid', 'spanid')
    GROUP BY database, table
    HAVING count() >= 2
    ORDER BY database, table
    LIMIT ${MAX_TABLES}
  )
ORDER BY database, table, position`
  return queryOf('tables', sql)
}

/** The tables of spans among those columns: our own and the Collector's first. */
export function spanTables(columns: readonly TableColumnRow[]): SpanTable[] {
  return tablesAmong(columns, recogniseSpanTable)
}

/** The tables of logs among those columns, in the same order. */
export function logTables(columns: readonly TableColumnRow[]): LogTable[] {
  return tablesAmong(columns, recogniseLogTable)
}

function tablesAmong<Table extends { readonly family: Family }>(
  columns: readonly TableColumnRow[],
  recognise: (at: TableColumnRow, columns: readonly TableColumnRow[]) => Table | undefined,
): Table[] {
  const tables = new Map<string, TableColumnRow[]>()
  for (const column of columns) {
    const key = JSON.stringify([column.database, column.table])
    const known = tables.get(key)
    if (known) known.push(column)
    else tables.set(key, [column])
  }
  return [...tables.values()]
    .flatMap((all) => (all[0] && recognise(all[0], all)) ?? [])
    .sort((a, b) => FAMILIES.indexOf(a.family) - FAMILIES.indexOf(b.family))
}

type Family = SpanTable['family']

const FAMILIES: readonly Family[] = ['flat', 'otel', 'own']
