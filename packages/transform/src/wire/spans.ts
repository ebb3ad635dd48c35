import type { EventLike, LinkLike, SpanLike } from '../span/span.js'
import { EPOCH } from '../values/time.js'
import { KEY_VALUE, newValues, readKeyValue } from './any-value.js'
import { messagesIn, type Origin } from './envelope.js'
import type { WireOptions } from './options.js'
import { WireReader } from './reader.js'
import { type Kind, slicesIn } from './slices.js'
import { readNanos } from './time.js'

const Span = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  startTime: 0x39,
  endTime: 0x41,
  attributes: 0x4a,
  droppedAttributesCount: 0x50,
  events: 0x5a,
  droppedEventsCount: 0x60,
  links: 0x6a,
  droppedLinksCount: 0x70,
  status: 0x7a,
} as const
const Event = { time: 0x09, name: 0x12, attributes: 0x1a, droppedAttributesCount: 0x20 } as const
const Link = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  attributes: 0x22,
  droppedAttributesCount: 0x28,
} as const
const Status = { message: 0x12, code: 0x18 } as const

const LAST_KIND = 5
const UNSPECIFIED = -1

const SPANS: Kind<SpanLike> = {
  shape: {
    [Span.attributes]: KEY_VALUE,
    [Span.events]: { isItem: true, [Event.attributes]: KEY_VALUE },
    [Span.links]: { isItem: true, [Link.attributes]: KEY_VALUE },
    [Span.status]: {},
  },
  records: (reader) => messagesIn(reader, readSpan),
}

/**
 * The spans of an ExportTraceServiceRequest in protobuf: the same as `spansFromOtlpJson` makes of the same request in JSON. Spans of one resource
 * share one resource object, those of later requests too while it is remembered: do not change it. Nothing refers to `bytes`, which may be
 * used again. Throws a `WireError` if the bytes are malformed or have more than `maxItems` items.
 */
export function spansFromOtlpProtobuf(bytes: Uint8Array, options: WireOptions = {}): SpanLike[] {
  return [...SPANS.records(new WireReader(bytes, options))]
}

/**
 * The same spans in slices of 1,000, or of a MiB of the request if they are large, for a large request that must not block the process: let
 * others run after each slice. The whole request is checked first, in steps that are empty slices, so a `WireError` comes before the first
 * span or not at all. `bytes` must not change before the end.
 */
export function spansInOtlpProtobuf(
  bytes: Uint8Array,
  options: WireOptions = {},
): Generator<SpanLike[]> {
  return slicesIn(bytes, SPANS, options)
}

function readSpan(reader: WireReader, end: number, origin: Origin): SpanLike {
  const attributes = newValues()
  const events: EventLike[] = []
  const links: LinkLike[] = []
  const status = { code: 0, message: '' }
  let traceId = ''
  let spanId = ''
  let traceState = ''
  let parentSpanId = ''
  let name = ''
  let kind = 0
  let startTime = EPOCH
  let endTime = EPOCH
  let droppedAttributesCount = 0
  let droppedEventsCount = 0
  let droppedLinksCount = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case Span.traceId:
        traceId = reader.hex(end)
        break
      case Span.spanId:
        spanId = reader.hex(end)
        break
      case Span.traceState:
        traceState = reader.text(end)
        break
      case Span.parentSpanId:
        parentSpanId = reader.hex(end)
        break
      case Span.name:
        name = reader.text(end)
        break
      case Span.kind:
        kind = reader.varint(end)
        break
      case Span.startTime:
        startTime = readNanos(reader, end)
        break
      case Span.endTime:
        endTime = readNanos(reader, end)
        break
      case Span.attributes:
        readKeyValue(reader, end, attributes)
        break
      case Span.droppedAttributesCount:
        droppedAttributesCount = reader.varint(end)
        break
      case Span.events:
        events.push(readEvent(reader, end))
        break
      case Span.droppedEventsCount:
        droppedEventsCount = reader.varint(end)
        break
      case Span.links:
        links.push(readLink(reader, end))
        break
      case Span.droppedLinksCount:
        droppedLinksCount = reader.varint(end)
        break
      case Span.status:
        readStatus(reader, end, status)
        break
      default:
        reader.skip(tag, end)
    }
  }
  const context = { traceId, spanId, traceState: stateOf(traceState) }
  return {
    name,
    kind: kind >= 1 && kind <= LAST_KIND ? kind - 1 : UNSPECIFIED,
    spanContext: () => context,
    parentSpanContext: parentSpanId === '' ? undefined : { traceId, spanId: parentSpanId },
    startTime,
    endTime,
    status,
    attributes,
    events,
    links,
    resource: origin.resource,
    instrumentationScope: origin.instrumentationScope,
    droppedAttributesCount,
    droppedEventsCount,
    droppedLinksCount,
  }
}

function readEvent(reader: WireReader, end: number): EventLike {
  reader.item()
  const to = reader.endOfNext(end)
  const attributes = newValues()
  let name = ''
  let time = EPOCH
  let droppedAttributesCount = 0
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Event.time) time = readNanos(reader, to)
    else if (tag === Event.name) name = reader.text(to)
    else if (tag === Event.attributes) readKeyValue(reader, to, attributes)
    else if (tag === Event.droppedAttributesCount) droppedAttributesCount = reader.varint(to)
    else reader.skip(tag, to)
  }
  return { name, time, attributes, droppedAttributesCount }
}

function readLink(reader: WireReader, end: number): LinkLike {
  reader.item()
  const to = reader.endOfNext(end)
  const attributes = newValues()
  let traceId = ''
  let spanId = ''
  let traceState = ''
  let droppedAttributesCount = 0
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Link.traceId) traceId = reader.hex(to)
    else if (tag === Link.spanId) spanId = reader.hex(to)
    else if (tag === Link.traceState) traceState = reader.text(to)
    else if (tag === Link.attributes) readKeyValue(reader, to, attributes)
    else if (tag === Link.droppedAttributesCount) droppedAttributesCount = reader.varint(to)
    else reader.skip(tag, to)
  }
  const context = { traceId, spanId, traceState: stateOf(traceState) }
  return { context, attributes, droppedAttributesCount }
}

function readStatus(reader: WireReader, end: number, status: { code: number; message: string }) {
  const to = reader.endOfNext(end)
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Status.message) status.message = reader.text(to)
    else if (tag === Status.code) status.code = reader.varint(to) | 0
    else reader.skip(tag, to)
  }
}

function stateOf(text: string): { serialize(): string } | undefined {
  return text === '' ? undefined : { serialize: () => text }
}
