import type { EventLike, LinkLike, SpanContextLike, SpanLike } from '../span/span.js'
import { readKeyValues, type Seen } from './any-value.js'
import { type Envelope, type Origin, readNanos, recordsIn } from './envelope.js'
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

const ENVELOPE: Envelope = {
  groups: 'resourceSpans',
  scopes: 'scopeSpans',
  records: 'spans',
  marks: ['traceId', 'spanId', 'startTimeUnixNano'],
}

/**
 * The spans of parsed OTLP/JSON: an ExportTraceServiceRequest, or one span, which may contain its `resource` and `scope`.
 * Anything else gives no spans; a field of a wrong type counts as absent. Never throws.
 * Ids may be hex, as in OTLP, or base64, as in protobuf's own JSON mapping.
 * Spans of one resource share one resource object.
 */
export function spansFromOtlpJson(json: unknown): SpanLike[] {
  return recordsIn(json, ENVELOPE, readSpan)
}

function readSpan(json: unknown, { resource, instrumentationScope, seen }: Origin): SpanLike {
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
