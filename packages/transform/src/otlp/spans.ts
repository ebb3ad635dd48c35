import type { EventLike, LinkLike, SpanContextLike, SpanLike } from '../span/span.js'
import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { EPOCH, type HrTime, readTime } from '../values/time.js'
import { readKeyValues, type Seen } from './any-value.js'
import { countField, field, listField, textField } from './field.js'
import { idField, SPAN_ID, TRACE_ID } from './id.js'

const KINDS = [
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]
const STATUSES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']
const UNSPECIFIED = -1

/**
 * The spans of parsed OTLP/JSON: an ExportTraceServiceRequest, or one span, which may contain its `resource` and `scope`.
 * Anything else gives no spans; a field of a wrong type counts as absent. Never throws.
 * Ids may be hex, as in OTLP, or base64, as in protobuf's own JSON mapping.
 * Spans of one resource share one resource object.
 */
export function spansFromOtlpJson(json: unknown): SpanLike[] {
  const seen: Seen = new Map()
  const groups = field(json, 'resourceSpans')
  if (groups !== undefined)
    return listField(json, 'resourceSpans').flatMap((group) => spansOfGroup(group, seen))
  if (!looksLikeSpan(json)) return []
  return [
    readSpan(
      json,
      readResource(field(json, 'resource'), seen),
      readScope(field(json, 'scope'), seen),
      seen,
    ),
  ]
}

function looksLikeSpan(json: unknown): boolean {
  return ['traceId', 'spanId', 'startTimeUnixNano'].some((key) => field(json, key) !== undefined)
}

function spansOfGroup(group: unknown, seen: Seen): SpanLike[] {
  const resource = readResource(field(group, 'resource'), seen)
  return listField(group, 'scopeSpans').flatMap((scopeSpans) => {
    const scope = readScope(field(scopeSpans, 'scope'), seen)
    const spans = listField(scopeSpans, 'spans').filter(
      (span) => typeof span === 'object' && span !== null,
    )
    return spans.map((span) => readSpan(span, resource, scope, seen))
  })
}

function readSpan(
  json: unknown,
  resource: ResourceLike,
  instrumentationScope: ScopeLike,
  seen: Seen,
): SpanLike {
  const context = readContext(json)
  const parentSpanId = idField(json, 'parentSpanId', SPAN_ID)
  const status = field(json, 'status')
  return {
    name: textField(json, 'name'),
    kind: readKind(field(json, 'kind')),
    spanContext: () => context,
    parentSpanContext:
      parentSpanId === '' ? undefined : { traceId: context.traceId, spanId: parentSpanId },
    startTime: readNanos(json, 'startTimeUnixNano'),
    endTime: readNanos(json, 'endTimeUnixNano'),
    status: { code: readStatus(field(status, 'code')), message: textField(status, 'message') },
    attributes: readKeyValues(json, 'attributes', seen),
    events: listField(json, 'events').map((event) => readEvent(event, seen)),
    links: listField(json, 'links').map((link) => readLink(link, seen)),
    resource,
    instrumentationScope,
    droppedAttributesCount: countField(json, 'droppedAttributesCount'),
    droppedEventsCount: countField(json, 'droppedEventsCount'),
    droppedLinksCount: countField(json, 'droppedLinksCount'),
  }
}

function readEvent(json: unknown, seen: Seen): EventLike {
  return {
    name: textField(json, 'name'),
    time: readNanos(json, 'timeUnixNano'),
    attributes: readKeyValues(json, 'attributes', seen),
    droppedAttributesCount: countField(json, 'droppedAttributesCount'),
  }
}

function readLink(json: unknown, seen: Seen): LinkLike {
  return {
    context: readContext(json),
    attributes: readKeyValues(json, 'attributes', seen),
    droppedAttributesCount: countField(json, 'droppedAttributesCount'),
  }
}

function readResource(json: unknown, seen: Seen): ResourceLike {
  return { attributes: readKeyValues(json, 'attributes', seen) }
}

function readScope(json: unknown, seen: Seen): ScopeLike {
  return {
    name: textField(json, 'name'),
    version: textField(json, 'version'),
    attributes: readKeyValues(json, 'attributes', seen),
  }
}

function readContext(json: unknown): SpanContextLike {
  const state = textField(json, 'traceState')
  return {
    traceId: idField(json, 'traceId', TRACE_ID),
    spanId: idField(json, 'spanId', SPAN_ID),
    traceState: state === '' ? undefined : { serialize: () => state },
  }
}

// The enum of OTLP starts with UNSPECIFIED 0, that of the JS API with INTERNAL 0.
function readKind(kind: unknown): number {
  if (typeof kind === 'string') return KINDS.indexOf(kind)
  return typeof kind === 'number' && kind >= 1 && kind <= KINDS.length ? kind - 1 : UNSPECIFIED
}

function readStatus(code: unknown): number {
  if (typeof code === 'string') return Math.max(0, STATUSES.indexOf(code))
  return typeof code === 'number' ? code : 0
}

function readNanos(json: unknown, key: string): HrTime {
  try {
    return readTime(field(json, key)) ?? EPOCH
  } catch {
    return EPOCH // a Proxy that throws when it is read
  }
}
