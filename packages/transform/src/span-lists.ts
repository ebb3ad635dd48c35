import type { Encoding } from './encoding.js'
import { itemsOf } from './list.js'
import type { EventLike, LinkLike, SpanLike } from './span.js'

export function eventsOf(span: SpanLike, encoding: Encoding): EventLike[] {
  const given = itemsOf(span.events, encoding)
  const events = firstObjects<EventLike>(given, encoding.limits.eventCount)
  encoding.tally.droppedEvents += given.length - events.length
  return events
}

export function linksOf(span: SpanLike, encoding: Encoding): LinkLike[] {
  const given = itemsOf(span.links, encoding)
  const links = firstObjects<LinkLike>(given, encoding.limits.linkCount)
  encoding.tally.droppedLinks += given.length - links.length
  return links
}

/** How many items of a list a limit leaves out. */
export function overLimit(list: unknown, limit: number | undefined): number {
  return limit !== undefined && Array.isArray(list) ? Math.max(0, list.length - limit) : 0
}

function firstObjects<Item>(items: unknown[], limit: number | undefined): Item[] {
  const objects = items.filter((item) => typeof item === 'object' && item !== null)
  return objects.slice(0, limit === undefined ? undefined : Math.max(0, limit)) as Item[]
}
