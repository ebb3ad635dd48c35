import { ELEMENT, type Encoding } from '../writing/encoding.js'

const NO_ITEMS: readonly unknown[] = []
const MAX_HOLES = 1000 // a sparse array can claim four thousand million elements and have none

/** The elements of a list, as far as the row has room. An element whose getter throws becomes undefined. */
export function elementsOf(list: ArrayLike<unknown>, encoding: Encoding): unknown[] {
  const elements: unknown[] = []
  let holes = 0
  for (let index = 0; index < list.length; index++) {
    if (encoding.room <= 0 || holes > MAX_HOLES) {
      encoding.tally.truncatedValues++
      break
    }
    if (!(index in list)) holes++
    encoding.room -= ELEMENT
    elements[index] = elementAt(list, index, encoding)
  }
  return elements
}

/** The elements of an array that are neither null nor undefined; none if `list` is absent or not an array. */
export function itemsOf(list: unknown, encoding: Encoding): readonly unknown[] {
  if (list === undefined || list === null) return NO_ITEMS
  if (Array.isArray(list) && list.length === 0) return NO_ITEMS
  if (Array.isArray(list)) {
    const elements = elementsOf(list, encoding)
    return elements.every(isThere) ? elements : elements.filter(isThere)
  }
  encoding.tally.unreadableValues++
  return []
}

function isThere(item: unknown): boolean {
  return item !== undefined && item !== null
}

function elementAt(list: ArrayLike<unknown>, index: number, encoding: Encoding): unknown {
  try {
    return list[index]
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}
