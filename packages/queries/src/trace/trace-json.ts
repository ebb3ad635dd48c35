import type { LogRow, SpanRow } from '../ask/rows.js'
import { criticalNs } from './critical-operations.js'
import { isoTime, type LogJson, logJson } from './log-json.js'
import type { Repeat, Trace, TraceSpan } from './trace.js'

/** A trace as `spanhouse trace --json` prints it. Fields may be added; those that are here keep their names and meanings. Texts are as they were sent. */
export interface TraceJson {
  trace_id: string
  /** ISO 8601 in UTC, with milliseconds. */
  start: string
  /** Microseconds since 1970. */
  start_us: number
  /** From the start of the first span to the end of the last. */
  duration_ns: number
  errors: number
  /** In the order of their first span. */
  services: { name: string; spans: number; errors: number; self_ns: number }[]
  /** Depth first, siblings in the order of their start. */
  spans: SpanJson[]
  /** Five or more siblings of the same service, name and kind. */
  repeats: RepeatJson[]
  /** In the order of their times. Absent if they were not looked for. */
  logs?: LogJson[]
}

export interface SpanJson extends Omit<SpanRow, 'trace_id'> {
  /** 0 at the top level. */
  depth: number
  /** The time in which none of its children runs. */
  self_ns: number
  /** How much of its time decides when the trace ends. */
  critical_ns: number
  /** Whether `parent_span_id` names a span that is not in the trace. */
  parent_missing: boolean
  /** Whether the parents of this span lead back to it; `depth` is 0 then. */
  in_cycle: boolean
}

export interface RepeatJson {
  /** Empty at the top level. */
  parent_span_id: string
  service: string
  name: string
  kind: string
  count: number
  errors: number
  /** The sum of their durations. */
  total_ns: number
  /** The time in which at least one of them runs. */
  wall_ns: number
  /** `sequential`: one after another, as in the N+1 problem. */
  how: 'sequential' | 'parallel'
  span_ids: string[]
}

/** The trace as a value for `JSON.stringify`. It is flat, so its depth has no limit. */
export function traceJson(trace: Trace, logs?: readonly LogRow[]): TraceJson {
  return {
    trace_id: trace.traceId,
    start: isoTime(trace.startUs),
    start_us: trace.startUs,
    duration_ns: trace.durationNs,
    errors: trace.errors,
    services: trace.services.map(({ name, spans, errors, selfNs }) => ({
      name,
      spans,
      errors,
      self_ns: selfNs,
    })),
    spans: trace.spans.map(spanJson),
    repeats: trace.repeats.map(repeatJson),
    ...(logs && { logs: logs.map((row) => logJson(row, trace)) }),
  }
}

/** One span of `TraceJson`. */
export function spanJson(span: TraceSpan): SpanJson {
  const { row } = span
  return {
    span_id: row.span_id,
    parent_span_id: row.parent_span_id,
    depth: span.depth,
    service: row.service,
    name: row.name,
    kind: row.kind,
    start_us: row.start_us,
    offset_ns: span.startNs,
    duration_ns: row.duration_ns,
    self_ns: span.selfNs,
    critical_ns: criticalNs(span),
    status: row.status,
    status_message: row.status_message,
    parent_missing: span.missingParent !== undefined,
    in_cycle: span.inCycle,
    trace_state: row.trace_state,
    attributes: row.attributes,
    resource: row.resource,
    scope_name: row.scope_name,
    scope_version: row.scope_version,
    events: row.events,
    links: row.links,
  }
}

function repeatJson(repeat: Repeat): RepeatJson {
  return {
    parent_span_id: repeat.spans[0]?.parent?.row.span_id ?? '',
    service: repeat.service,
    name: repeat.name,
    kind: repeat.kind,
    count: repeat.count,
    errors: repeat.errors,
    total_ns: repeat.totalNs,
    wall_ns: repeat.wallNs,
    how: repeat.sequential ? 'sequential' : 'parallel',
    span_ids: repeat.spans.map((span) => span.row.span_id),
  }
}
