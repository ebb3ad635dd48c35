import { ordinaryKeys, VALUES, writeOrdinary } from '../attributes/ordinary.js'
import { AttributeSource } from '../attributes/source.js'
import { memberPiece } from '../writing/byte-writer.js'
import { writeDigits } from '../writing/digits.js'
import type { Encoding, KeyNumbers } from '../writing/encoding.js'
import { type AnyColumn, originOf } from './column.js'

const MAP_OF_TEXTS =
  /^\s*Map\s*\(\s*(String|LowCardinality\s*\(\s*String\s*\))\s*,\s*String\s*\)\s*$/

export function isMapOfTexts(type: string): boolean {
  return MAP_OF_TEXTS.test(type)
}

/** Whether a compact row may hold the values of the column without their keys. */
export function isKeyed(column: AnyColumn): boolean {
  return originOf(column) === 'record' && !column.each && isMapOfTexts(column.type)
}

/** The two members that replace such a map in a compact row: the number of its key list, and its values. Neither is a keyword of SQL. */
export function keyedNames(name: string): { number: string; values: string } {
  return { number: `${name}k`, values: `${name}v` }
}

/**
 * Writes a map of texts as these two members, and nothing for an empty map. Returns false, with nothing written or counted, for a map
 * that must be written with its keys, or if the encoding has no key lists.
 */
export function keyedMap(name: string): (value: unknown, encoding: Encoding) => boolean {
  const { number, values } = keyedNames(name)
  const numberMember = memberPiece(number)
  const valuesMember = memberPiece(values)
  return (value, encoding) => {
    const { out, keyLists, room, tally } = encoding
    const source = keyLists && sourceOf(value, keyLists)
    if (!source) return false
    const { repairedStrings } = tally
    const start = out.length
    out.piece(valuesMember)
    const keys = writeOrdinary(source, encoding, VALUES)
    const listNumber = keys && keys.length > 0 ? keyLists.numberOf(keys) : undefined
    if (listNumber !== undefined) {
      out.piece(numberMember)
      writeDigits(out, listNumber)
      return true
    }
    out.length = start
    encoding.room = room
    tally.repairedStrings = repairedStrings
    return keys?.length === 0
  }
}

/** Undefined if it is already certain that the map must be written with its keys. */
function sourceOf(value: unknown, keyLists: KeyNumbers): AttributeSource | undefined {
  try {
    const source = value instanceof AttributeSource ? value : new AttributeSource(value)
    if (!keyLists.isFull) return source
    const keys = ordinaryKeys(source)
    return keys && keyLists.has(keys) ? source : undefined
  } catch {
    return undefined // a getter throws, or a Proxy throws even for instanceof
  }
}
