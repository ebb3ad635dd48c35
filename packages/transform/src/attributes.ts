import type { Encoding } from './encoding.js'

/** The entries of an attributes object, within the limits. What is no attribute value is left out and counted. */
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

export function sortedByKey(entries: Map<string, unknown>): Map<string, unknown> {
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const NO_VALUE = Symbol()

function keysOf(source: unknown, encoding: Encoding): string[] {
  try {
    if (typeof source === 'object' && source !== null) return Object.keys(source)
  } catch {
    // a Proxy that will not list its keys
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
