import { ELEMENT, type Encoding } from './encoding.js'

const MAX_HOLES = 1000 // a sparse array can claim four thousand million elements and hold none

/** The elements of a list, as far as the row has room; those that throw are undefined. */
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
    elements.push(elementAt(list, index, encoding))
  }
  return elements
}

/** The elements of an array that are something; none where `list` is absent or no array. */
export function itemsOf(list: unknown, encoding: Encoding): unknown[] {
  if (list === undefined || list === null) return []
  if (Array.isArray(list))
    return elementsOf(list, encoding).filter((item) => item !== undefined && item !== null)
  encoding.tally.unreadableValues++
  return []
}

function elementAt(list: ArrayLike<unknown>, index: number, encoding: Encoding): unknown {
  try {
    return list[index]
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}
