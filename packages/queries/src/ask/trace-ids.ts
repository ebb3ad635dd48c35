import { spansOf, startUs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { type Query, queryOf } from './query.js'

/** A trace whose id begins with what was asked for. */
export interface TraceIdRow {
  trace_id: string
  /** Of its earliest span, in microseconds since 1970. */
  start_us: number
  spans: number
}

/** Traces by the beginning of their id, in lower-case hex digits; the newest first. Reads the ids of the whole table. */
export function traceIdsQuery(
  table: SpanTable,
  prefix: string,
  { limit = 20 }: { readonly limit?: number | undefined } = {},
): Query<TraceIdRow> {
  const { traceId } = table.fields
  const sql = `
SELECT
  ${traceId} AS trace_id,
  toFloat64(min(${startUs(table)})) AS start_us,
  toFloat64(count()) AS spans
FROM ${spansOf(table)}
WHERE startsWith(${traceId}, {prefix:String})
GROUP BY ${traceId}
ORDER BY start_us DESC, trace_id
LIMIT {limit:UInt64}`
  return queryOf('trace-ids', sql, { prefix, limit })
}
