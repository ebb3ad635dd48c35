import { compareUtf8 } from '../values/utf8-order.js'
import type { Encoding } from '../writing/encoding.js'

/** How many attributes, events and links a limit left out. */
export interface Dropped {
  readonly attributes: number
  readonly events: number
  readonly links: number
}

export const NONE_DROPPED: Dropped = { attributes: 0, events: 0, links: 0 }

/** Attributes to be written as a map, with the counts of what was dropped, which are written as attributes too. */
export class AttributeSource {
  readonly attributes: unknown
  readonly dropped: Dropped
  readonly sorted: boolean

  constructor(attributes: unknown, dropped: Dropped = NONE_DROPPED, sorted = false) {
    this.attributes = attributes
    this.dropped = dropped
    this.sorted = sorted
  }
}

/** The entries of an attributes object, within the limits. Anything that is not an attribute value is left out and counted. */
export function readAttributes(source: unknown, encoding: Encoding): Map<string, unknown> {
  const entries = new Map<string, unknown>()
  if (source === undefined || source === null) return entries
  const { tally, limits } = encoding
  const most = limits.attributeCount ?? Number.POSITIVE_INFINITY
  for (const key of keysOf(source, encoding)) {
    const value = attributeAt(source as object, key)
    if (value === undefined) continue
    if (value === NO_VALUE || entries.size >= most) tally.droppedAttributes++
    else entries.set(key, value)
  }
  return entries
}

/** As `readAttributes`, with the counts of what was dropped, here or before. OpenTelemetry prescribes their keys for formats without a field for such counts. */
export function readSource(
  { attributes, dropped, sorted }: AttributeSource,
  encoding: Encoding,
): Map<string, unknown> {
  const { tally } = encoding
  const before = tally.droppedAttributes
  const entries = readAttributes(attributes, encoding)
  const droppedHere = tally.droppedAttributes - before
  const counts = { ...dropped, attributes: dropped.attributes + droppedHere }
  for (const [what, count] of Object.entries(counts))
    if (count > 0) entries.set(`otel.dropped_${what}_count`, count)
  return sorted ? sortedByKey(entries) : entries
}

export function sortedByKey(entries: Map<string, unknown>): Map<string, unknown> {
  return new Map([...entries].sort(([a], [b]) => compareUtf8(a, b)))
}

const NO_VALUE = Symbol()

function keysOf(source: unknown, encoding: Encoding): string[] {
  try {
    if (typeof source === 'object' && source !== null) return Object.keys(source)
  } catch {
    // A Proxy whose ownKeys trap throws.
  }
  encoding.tally.unreadableValues++
  return []
}

function attributeAt(source: object, key: string): unknown {
  try {
    const value: unknown = Reflect.get(source, key)
    return typeof value === 'function' || typeof value === 'symbol' ? NO_VALUE : value
  } catch {
    return NO_VALUE
  }
}
