import { type LogRow, type LogTable, logsOfTraceQuery, type Query } from '@spanhouse/queries'
import type { Answer, Reader } from './reader.js'

/** Tables that are looked in. */
const MOST_TABLES = 3

export interface TraceLogs extends Answer<LogRow> {
  readonly table: LogTable
  readonly query: Query<LogRow>
}

export interface LogsOptions {
  readonly limit: number
  readonly aroundUs?: number | undefined
}

/** The lines of a trace's logs, of the first table that has any; else the empty answer of the first table. Undefined without tables. */
export async function findTraceLogs(
  reader: Reader,
  tables: readonly LogTable[],
  id: string,
  options: LogsOptions,
  signal: AbortSignal,
): Promise<TraceLogs | undefined> {
  let empty: TraceLogs | undefined
  for (const table of tables.slice(0, MOST_TABLES)) {
    const query = logsOfTraceQuery(table, id, options)
    const found = { ...(await reader.ask(query, signal)), table, query }
    if (found.rows.length > 0) return found
    empty ??= found
  }
  return empty
}
