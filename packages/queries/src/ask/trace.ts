import { all } from '../search/sql.js'
import { inTimeRange } from '../search/time-range.js'
import { spansOf, startNs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { briefColumns } from './brief.js'
import { indented } from './layout.js'
import { type Query, queryOf } from './query.js'
import type { SpanRow } from './rows.js'
import { TRACE_MARGIN_US } from './traces.js'

export interface TraceOptions {
  /** Default 20,000: the first ones. */
  readonly limit?: number | undefined
  /**
   * A time near the trace. Only spans that start within an hour of it are looked for, which is much cheaper on a large table. Without it, or if
   * it finds nothing, the whole table is searched by the index on the trace's id.
   */
  readonly aroundUs?: number | undefined
}

const EVENTS = 'Array(Tuple(offset_ns Float64, name String, attributes Map(String, String)))'
const LINKS =
  'Array(Tuple(trace_id String, span_id String, trace_state String, attributes Map(String, String)))'

/** The spans of a trace, whole, in the order of their start. A row that is stored twice comes once. */
export function traceQuery(
  table: SpanTable,
  id: string,
  { limit = 20_000, aroundUs }: TraceOptions = {},
): Query<SpanRow> {
  const { fields } = table
  const near =
    aroundUs === undefined
      ? undefined
      : inTimeRange(table, { fromUs: aroundUs - TRACE_MARGIN_US, toUs: aroundUs + TRACE_MARGIN_US })
  const condition = all([
    { sql: `${fields.traceId} = {trace:String}`, parameters: { trace: id } },
    near,
  ])
  const columns = [
    ...briefColumns(table),
    `${startNs(table)} AS start_ns`,
    `${fields.traceState} AS trace_state`,
    `${fields.attributes} AS attributes`,
    `${fields.resource} AS resource`,
    `${fields.scopeName} AS scope_name`,
    `${fields.scopeVersion} AS scope_version`,
    `${fields.eventTimes} AS event_times`,
    `${fields.eventNames} AS event_names`,
    `${fields.eventAttributes} AS event_attributes`,
    `${fields.linkTraceIds} AS link_trace_ids`,
    `${fields.linkSpanIds} AS link_span_ids`,
    `${fields.linkTraceStates} AS link_trace_states`,
    `${fields.linkAttributes} AS link_attributes`,
  ]
  // A span without an id is like no other.
  const identity = `${fields.spanId}, if(${fields.spanId} = '', rowNumberInAllBlocks(), 0)`
  const sql = `
SELECT
  * EXCEPT (start_ns, event_times, event_names, event_attributes, link_trace_ids, link_span_ids, link_trace_states, link_attributes),
  toFloat64(start_ns - min(start_ns) OVER ()) AS offset_ns,
  CAST(arrayMap(
    (time, name, attributes) -> (toFloat64(toUnixTimestamp64Nano(time) - min(start_ns) OVER ()), name, attributes),
    event_times, event_names, event_attributes), '${EVENTS}') AS events,
  CAST(arrayZip(link_trace_ids, link_span_ids, link_trace_states, link_attributes), '${LINKS}') AS links
FROM (
  SELECT
    ${columns.join(',\n    ')}
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
  ORDER BY ${fields.timestamp}, ${fields.spanId}
  LIMIT 1 BY ${identity}
  LIMIT {limit:UInt64}
)
ORDER BY offset_ns, span_id`
  return queryOf('trace', sql, condition.parameters, { limit })
}
