// The shapes of rows. Times are microseconds since 1970 (a double has room for them), durations and offsets nanoseconds.

export interface TraceRow {
  trace_id: string
  start_us: number
  /** From the start of the first span to the end of the last. */
  duration_ns: number
  /** Of the root span, or of the earliest span if the root is missing. */
  root_service: string
  root_name: string
  has_root: boolean
  spans: number
  errors: number
  services: string[]
}

/** A span in a list. */
export interface SpanBrief {
  trace_id: string
  span_id: string
  parent_span_id: string
  service: string
  name: string
  /** `server`, `client`, `internal`, `producer`, `consumer` or empty. */
  kind: string
  start_us: number
  duration_ns: number
  /** `ok`, `error` or `unset`. */
  status: string
  status_message: string
}

export interface SpanEvent {
  /** From the start of the trace. */
  offset_ns: number
  name: string
  attributes: Record<string, string>
}

export interface SpanLink {
  trace_id: string
  span_id: string
  trace_state: string
  attributes: Record<string, string>
}

/** A span of one trace, whole. */
export interface SpanRow extends SpanBrief {
  /** From the start of the earliest span of the trace. */
  offset_ns: number
  trace_state: string
  attributes: Record<string, string>
  resource: Record<string, string>
  scope_name: string
  scope_version: string
  events: SpanEvent[]
  links: SpanLink[]
}

/** A line of a log. */
export interface LogRow {
  time_us: number
  trace_id: string
  /** Empty if it was written outside of a span. */
  span_id: string
  service: string
  /** 1 to 24 as OTLP has it, 0 if it is not known. */
  severity_number: number
  severity_text: string
  /** JSON if it was no text. */
  body: string
  event_name: string
  attributes: Record<string, string>
  resource: Record<string, string>
  scope_name: string
  scope_version: string
}

/** Requests are spans of the kinds server and consumer, and roots. */
export interface ServiceRow {
  service: string
  requests: number
  errors: number
  spans: number
  /** Requests a second over the range. */
  rate: number
  p50_ns: number
  p95_ns: number
  p99_ns: number
  last_us: number
}

export interface OperationRow {
  service: string
  name: string
  kind: string
  count: number
  errors: number
  /** Spans a second over the range. */
  rate: number
  p50_ns: number
  p95_ns: number
  p99_ns: number
  max_ns: number
  total_ns: number
}

/** Calls from one service to another, or to a peer that sends no spans (a database, a queue, an address). */
export interface EdgeRow {
  caller: string
  callee: string
  callee_kind: 'service' | 'database' | 'messaging' | 'external'
  calls: number
  errors: number
  p50_ns: number
  p95_ns: number
}

/** One step of the lines over time. */
export interface RateRow {
  bucket_us: number
  requests: number
  errors: number
  p50_ns: number | null
  p95_ns: number | null
  p99_ns: number | null
}

/** One cell of the heat map. A band is `floor(log10(duration in ns) * 8)`. */
export interface HeatRow {
  bucket_us: number
  band: number
  count: number
  errors: number
}

export interface KeyRow {
  key: string
  /** `span` or `resource`. */
  place: string
  spans: number
}

export interface ValueRow {
  value: string
  spans: number
}

export interface ExtentRow {
  spans: number
  first_us: number
  last_us: number
}

/** The newest value of one of the exporter's own metrics. */
export interface HealthRow {
  /** `delivered`, `dropped`, `waiting`, `queue_bytes`, `spool_bytes`, `errors` or `retries_exceeded`. */
  measure: string
  service: string
  /** The process: `service.instance.id`, or host and process id. */
  instance: string
  destination: string
  /** `traces`, `logs` or `metrics`. */
  signal: string
  /** Of drops; else empty. */
  reason: string
  value: number
  at_us: number
}
