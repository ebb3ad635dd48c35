import type { SpanTable } from '../table/span-table.js'
import type { Query } from './query.js'

/** A trace whose id begins with what was asked for. */
export interface TraceIdRow {
  trace_id: string
  /** Of its earliest span, in microseconds since 1970. */
  start_us: number
  spans: number
}

/** Traces by the beginning of their id, in lower-case hex digits; the newest first. Reads the ids of the whole table. */
export function traceIdsQuery(
  { database, table, fields }: SpanTable,
  prefix: string,
  { limit }: { readonly limit: number },
): Query<TraceIdRow> {
  const from = [database, table].map((name) => `\`${name.replaceAll(/[\\`]/g, '\\$&')}\``).join('.')
  return {
    name: 'trace ids',
    sql: `/* spanhouse: trace ids */
SELECT found AS trace_id, toFloat64(toUnixTimestamp64Micro(min(at))) AS start_us, toFloat64(count()) AS spans
FROM (
  SELECT toString(${fields.traceId}) AS found, ${fields.timestamp} AS at
  FROM ${from}
  WHERE startsWith(found, {prefix:String})
)
GROUP BY found
ORDER BY start_us DESC, trace_id
LIMIT {limit:UInt32}`,
    parameters: { prefix, limit },
  }
}
