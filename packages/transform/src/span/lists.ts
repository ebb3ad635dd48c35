import { itemsOf } from '../values/list.js'
import type { Encoding } from '../writing/encoding.js'
import type { EventLike, LinkLike, SpanLike } from './span.js'

const NONE: readonly never[] = []

export function eventsOf(span: SpanLike, encoding: Encoding): readonly EventLike[] {
  const given = itemsOf(span.events, encoding)
  if (given.length === 0) return NONE
  const events = firstObjects<EventLike>(given, encoding.limits.eventCount)
  encoding.tally.droppedEvents += given.length - events.length
  return events
}

export function linksOf(span: SpanLike, encoding: Encoding): readonly LinkLike[] {
  const given = itemsOf(span.links, encoding)
  if (given.length === 0) return NONE
  const links = firstObjects<LinkLike>(given, encoding.limits.linkCount)
  encoding.tally.droppedLinks += given.length - links.length
  return links
}

function firstObjects<Item>(items: readonly unknown[], limit: number | undefined): readonly Item[] {
  const most = limit === undefined ? items.length : Math.max(0, limit)
  if (items.length <= most && items.every(isObject)) return items as readonly Item[]
  return items.filter(isObject).slice(0, most) as Item[]
}

function isObject(item: unknown): boolean {
  return typeof item === 'object' && item !== null
}
