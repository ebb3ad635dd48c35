import { readAttributes } from './attributes.js'
import type { Encoding } from './encoding.js'
import type { EventLike, LinkLike, ResourceLike, SpanLike } from './span.js'
import { overLimit } from './span-lists.js'

// Attributes with what was dropped of them, by the SDK or here, under the keys OpenTelemetry names for formats without a field for it.

export function spanAttributes(span: SpanLike, encoding: Encoding): Map<string, unknown> {
  const { limits } = encoding
  const { entries, dropped } = attributesOf(span.attributes, encoding)
  setCount(entries, 'attributes', () => count(span.droppedAttributesCount) + dropped)
  setCount(
    entries,
    'events',
    () => count(span.droppedEventsCount) + overLimit(span.events, limits.eventCount),
  )
  setCount(
    entries,
    'links',
    () => count(span.droppedLinksCount) + overLimit(span.links, limits.linkCount),
  )
  return entries
}

export function itemAttributes(
  item: EventLike | LinkLike,
  encoding: Encoding,
): Map<string, unknown> {
  const { entries, dropped } = attributesOf(item.attributes, encoding)
  setCount(entries, 'attributes', () => count(item.droppedAttributesCount) + dropped)
  return entries
}

export function resourceAttributes(
  resource: ResourceLike,
  encoding: Encoding,
): Map<string, unknown> {
  return readAttributes(resource.attributes, encoding)
}

function attributesOf(
  source: unknown,
  encoding: Encoding,
): { entries: Map<string, unknown>; dropped: number } {
  const before = encoding.tally.droppedAttributes
  const entries = readAttributes(source, encoding)
  return { entries, dropped: encoding.tally.droppedAttributes - before }
}

/** Only when not zero. A count that throws must not cost the attributes. */
function setCount(entries: Map<string, unknown>, what: string, read: () => number): void {
  try {
    const dropped = read()
    if (dropped > 0) entries.set(`otel.dropped_${what}_count`, dropped)
  } catch {
    // whatever it reads, the column that shows it has counted it
  }
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0
}
