import { type LogSearch, logConditions } from '../search/log-search.js'
import { all, type Sql } from '../search/sql.js'
import { inTimeRange } from '../search/time-range.js'
import type { LogTable } from '../table/log-table.js'
import { quoteTable } from '../table/quoting.js'
import { type Query, queryOf } from './query.js'
import type { LogRow } from './rows.js'
import { TRACE_MARGIN_US } from './traces.js'

export interface TraceLogsOptions {
  /** Default 1000: the first ones. */
  readonly limit?: number | undefined
  /**
   * A time near the trace. Only lines within an hour of it are looked for, which is much cheaper on a large table. Without it, the whole table
   * is searched by the index on the trace's id.
   */
  readonly aroundUs?: number | undefined
}

/** The lines of the logs of one trace in the order of their times. A row that is stored twice comes twice: lines have no id. */
export function logsOfTraceQuery(
  table: LogTable,
  id: string,
  { limit = 1000, aroundUs }: TraceLogsOptions = {},
): Query<LogRow> {
  const { fields } = table
  const condition = all([
    { sql: `${fields.traceId} = {trace:String}`, parameters: { trace: id } },
    aroundUs === undefined
      ? undefined
      : inTimeRange(table, {
          fromUs: aroundUs - TRACE_MARGIN_US,
          toUs: aroundUs + TRACE_MARGIN_US,
        }),
  ])
  const sql = `
SELECT
  ${logColumns(table).join(',\n  ')}
FROM ${logsOf(table)}
WHERE ${condition.sql}
ORDER BY ${inOrder(table, 'ASC')}
LIMIT {limit:UInt64}`
  return queryOf('logs', sql, condition.parameters, { limit })
}

export interface NewestLogsOptions {
  /** Default 100. */
  readonly limit?: number | undefined
  /** A condition over `log` beside the search. */
  readonly also?: Sql | undefined
}

/** The newest lines first. */
export function newestLogsQuery(
  table: LogTable,
  search: LogSearch,
  { limit = 100, also }: NewestLogsOptions = {},
): Query<LogRow> {
  const { sql: condition, parameters } = all([logConditions(table, search), also])
  const sql = `
SELECT
  ${logColumns(table).join(',\n  ')}
FROM ${logsOf(table)}
WHERE ${condition}
ORDER BY ${inOrder(table, 'DESC')}
LIMIT {limit:UInt64}`
  return queryOf('newest-logs', sql, parameters, { limit })
}

/** Many lines are written within one tick of a clock: then they come as they are stored, which is the order in which they were sent. */
function inOrder({ fields }: LogTable, direction: 'ASC' | 'DESC'): string {
  return `${fields.timestamp} ${direction}, rowNumberInAllBlocks() ${direction}`
}

const logsOf = (table: LogTable): string => `${quoteTable(table)} AS log`

function logColumns(table: LogTable): string[] {
  const { fields } = table
  return [
    `toFloat64(toUnixTimestamp64Micro(${fields.timestamp})) AS time_us`,
    `${fields.traceId} AS trace_id`,
    `if(match(${fields.spanId}, '^0*$'), '', ${fields.spanId}) AS span_id`,
    `${fields.service} AS service`,
    `${fields.severityNumber} AS severity_number`,
    `${fields.severityText} AS severity_text`,
    `${fields.body} AS body`,
    `${fields.eventName} AS event_name`,
    `${fields.attributes} AS attributes`,
    `${fields.resource} AS resource`,
    `${fields.scopeName} AS scope_name`,
    `${fields.scopeVersion} AS scope_version`,
  ]
}
