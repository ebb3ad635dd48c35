import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { all } from '../search/sql.js'
import { inTimeRange } from '../search/time-range.js'
import { isError, isRoot, spansOf, startNs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { indented } from './layout.js'
import { type Query, queryOf } from './query.js'
import type { TraceRow } from './rows.js'

export interface TracesOptions {
  /** Default 100. */
  readonly limit?: number | undefined
  /**
   * By the spans that match the search: `newest` (default) the start of the first, `slowest` the longest, `errors` how many are errors. The
   * rows come in the order of the same measure of the whole trace.
   */
  readonly sort?: 'newest' | 'slowest' | 'errors' | undefined
}

/** How long before and after the searched range the spans of a trace are looked for. */
export const TRACE_MARGIN_US = 3_600_000_000

/** Traces of which one span fulfils the search. Rows that are stored twice count once. */
export function tracesQuery(
  table: SpanTable,
  search: Search,
  { limit = 100, sort = 'newest' }: TracesOptions = {},
): Query<TraceRow> {
  const { traceId, spanId, timestamp, durationNs, service, name } = table.fields
  const matching = conditions(table, search)
  const { fromUs, toUs } = search
  const around = inTimeRange(
    table,
    {
      fromUs: fromUs === undefined ? undefined : fromUs - TRACE_MARGIN_US,
      toUs: toUs === undefined ? undefined : toUs + TRACE_MARGIN_US,
    },
    'trace_',
  )
  const found = all([matching, { sql: `${traceId} != ''`, parameters: {} }])
  const ranks = {
    newest: `min(${timestamp}) DESC`,
    slowest: `max(${durationNs}) DESC`,
    errors: `countIf(${isError(table)}) DESC, min(${timestamp}) DESC`,
  }
  const orders = { newest: 'start_us', slowest: 'duration_ns', errors: 'errors DESC, start_us' }
  // Spans that begin at the same time are told apart by their ids: the service and the name come from one span, the same in each answer.
  const first = `(${timestamp}, ${spanId})`
  // Few columns are read to find the traces, and the others only of those.
  const chosen = `${traceId} GLOBAL IN (
  SELECT ${traceId}
  FROM ${spansOf(table)}
  WHERE ${indented(found, 2)}
  GROUP BY ${traceId}
  ORDER BY ${ranks[sort]}, ${traceId}
  LIMIT {limit:UInt64}
)`
  const whole = all([around, { sql: indented({ sql: chosen }, 2), parameters: {} }])
  const sql = `
SELECT
  ${traceId} AS trace_id,
  toFloat64(toUnixTimestamp64Micro(min(${timestamp}))) AS start_us,
  toFloat64(max(toInt128(${startNs(table)}) + ${durationNs}) - min(${startNs(table)})) AS duration_ns,
  if(has_root, argMinIf(${service}, ${first}, ${isRoot(table)}), argMin(${service}, ${first})) AS root_service,
  if(has_root, argMinIf(${name}, ${first}, ${isRoot(table)}), argMin(${name}, ${first})) AS root_name,
  toBool(countIf(${isRoot(table)}) > 0) AS has_root,
  toFloat64(uniqExact(${spanId})) AS spans,
  toFloat64(uniqExactIf(${spanId}, ${isError(table)})) AS errors,
  arraySort(groupUniqArray(100)(${service})) AS services
FROM ${spansOf(table)}
WHERE ${whole.sql}
GROUP BY ${traceId}
ORDER BY ${orders[sort]} DESC, trace_id`
  return queryOf('traces', sql, matching.parameters, around.parameters, { limit })
}
