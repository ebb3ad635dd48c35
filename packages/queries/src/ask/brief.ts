import { isRoot, startUs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'

/** The columns of a SpanBrief. */
export function briefColumns(table: SpanTable): string[] {
  const { fields } = table
  return [
    `${fields.traceId} AS trace_id`,
    `${fields.spanId} AS span_id`,
    `if(${isRoot(table)}, '', ${fields.parentSpanId}) AS parent_span_id`,
    `${fields.service} AS service`,
    `${fields.name} AS name`,
    `${fields.kind} AS kind`,
    `toFloat64(${startUs(table)}) AS start_us`,
    `toFloat64(${fields.durationNs}) AS duration_ns`,
    `${fields.status} AS status`,
    `${fields.statusMessage} AS status_message`,
  ]
}
