import { countOf } from '../attributes/item.js'
import { AttributeSource, type Dropped, NONE_DROPPED } from '../attributes/source.js'
import type { Encoding } from '../writing/encoding.js'
import type { Limits } from '../writing/limits.js'
import type { SpanLike } from './span.js'

export function spanAttributes(
  span: SpanLike,
  { limits }: Encoding,
  sorted = false,
): AttributeSource {
  return new AttributeSource(span.attributes, droppedOf(span, limits), sorted)
}

function droppedOf(span: SpanLike, limits: Limits): Dropped {
  return limits.eventCount === undefined && limits.linkCount === undefined && isComplete(span)
    ? NONE_DROPPED
    : countDropped(span, limits)
}

/** True for nearly every span, so the three counts are read under one `try`. */
function isComplete(span: SpanLike): boolean {
  try {
    return !span.droppedAttributesCount && !span.droppedEventsCount && !span.droppedLinksCount
  } catch {
    return false
  }
}

function countDropped(span: SpanLike, { eventCount, linkCount }: Limits): Dropped {
  const attributes = countOf(span, 'droppedAttributesCount')
  const events = countOf(span, 'droppedEventsCount') + overLimit(span, 'events', eventCount)
  const links = countOf(span, 'droppedLinksCount') + overLimit(span, 'links', linkCount)
  return attributes + events + links > 0 ? { attributes, events, links } : NONE_DROPPED
}

/** How many items of a list the limit leaves out. */
function overLimit(span: SpanLike, key: 'events' | 'links', limit: number | undefined): number {
  if (limit === undefined) return 0
  try {
    const list: unknown = span[key]
    return Array.isArray(list) ? Math.max(0, list.length - limit) : 0
  } catch {
    return 0 // counted where the list itself is read
  }
}
