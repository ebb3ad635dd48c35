// A row of telemetry.traces as one would write it by hand for @clickhouse/client: plain, not optimised.

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['UNSET', 'OK', 'ERROR']

export function rowOf(span) {
  const { traceId, spanId, traceState } = span.spanContext()
  const resource = span.resource.attributes
  const durationNs = span.duration[0] * 1e9 + span.duration[1]
  return {
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: span.parentSpanContext?.spanId ?? '',
    trace_state: traceState?.serialize() ?? '',
    span_name: span.name,
    span_kind: KINDS[span.kind],
    timestamp: seconds(span.startTime),
    timestamp_ns: `${span.startTime[0]}${nineDigits(span.startTime[1])}`,
    duration_ms: durationNs / 1e6,
    duration_ns: durationNs,
    service_name: resource['service.name'],
    project_name: resource['project.name'] ?? '',
    environment: resource['deployment.environment.name'] ?? '',
    status_code: STATUSES[span.status.code],
    status_message: span.status.message ?? '',
    attributes: texts(span.attributes),
    resource_attributes: texts(resource),
    scope_name: span.instrumentationScope.name,
    scope_version: span.instrumentationScope.version ?? '',
    'events.timestamp': span.events.map((event) => seconds(event.time)),
    'events.name': span.events.map((event) => event.name),
    'events.attributes': span.events.map((event) => texts(event.attributes ?? {})),
    'links.trace_id': span.links.map((link) => link.context.traceId),
    'links.span_id': span.links.map((link) => link.context.spanId),
    'links.trace_state': span.links.map((link) => link.context.traceState?.serialize() ?? ''),
    'links.attributes': span.links.map((link) => texts(link.attributes ?? {})),
  }
}

function texts(attributes) {
  const map = {}
  for (const [key, value] of Object.entries(attributes))
    map[key] = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return map
}

function seconds([whole, nanoseconds]) {
  return `${whole}.${nineDigits(nanoseconds)}`
}

function nineDigits(nanoseconds) {
  return String(nanoseconds).padStart(9, '0')
}
