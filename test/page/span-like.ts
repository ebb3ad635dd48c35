import type { SpanLike } from '@spanhouse/transform'
import type { SpanRow } from '../../packages/queries/src/index.js'
import { OLD_US } from './trace-data.js'

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer']
const CODES = ['unset', 'ok', 'error']

/** A row of a trace as the span that it came from. */
export function spanLike(row: SpanRow): SpanLike {
  const parent = row.parent_span_id
  return {
    name: row.name,
    kind: Math.max(KINDS.indexOf(row.kind), 0),
    spanContext: () => ({ traceId: row.trace_id, spanId: row.span_id }),
    parentSpanContext: parent === '' ? undefined : { traceId: row.trace_id, spanId: parent },
    startTime: hrTime(row.offset_ns),
    endTime: hrTime(row.offset_ns + row.duration_ns),
    status: { code: Math.max(CODES.indexOf(row.status), 0), message: row.status_message },
    attributes: row.attributes,
    events: row.events.map(({ name, offset_ns, attributes }) => ({
      name,
      time: hrTime(offset_ns),
      attributes,
    })),
    links: row.links.map(({ trace_id, span_id, attributes }) => ({
      context: { traceId: trace_id, spanId: span_id },
      attributes,
    })),
    resource: { attributes: row.resource },
    instrumentationScope: { name: row.scope_name, version: row.scope_version },
  }
}

/** From the start of the test's traces. */
function hrTime(offsetNs: number): [number, number] {
  const ns = (OLD_US % 1e6) * 1000 + offsetNs
  return [Math.floor(OLD_US / 1e6) + Math.floor(ns / 1e9), Math.round(ns % 1e9)]
}
