import { AttributeSource, NONE_DROPPED } from './source.js'

interface Item {
  readonly attributes?: unknown
  readonly droppedAttributesCount?: unknown
}

/** The attributes of anything that has them beside the count of those that a limit left out. */
export function itemAttributes(item: Item, sorted = false): AttributeSource {
  const attributes = countOf(item, 'droppedAttributesCount')
  const dropped = attributes > 0 ? { ...NONE_DROPPED, attributes } : NONE_DROPPED
  return new AttributeSource(item.attributes, dropped, sorted)
}

/** If the getter of a count throws, the attributes must not be lost. */
export function countOf<Key extends PropertyKey>(
  from: { readonly [K in Key]?: unknown },
  key: Key,
): number {
  try {
    const value = from[key]
    return typeof value === 'number' && value > 0 ? value : 0
  } catch {
    return 0
  }
}
