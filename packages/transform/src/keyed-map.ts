import { ordinaryKeys, VALUES, writeOrdinary } from './attribute-map.js'
import { AttributeSource } from './attributes.js'
import { memberPiece } from './byte-writer.js'
import { writeDigits } from './digits.js'
import type { Encoding } from './encoding.js'
import type { AnyColumn } from './member.js'

const MAP_OF_TEXTS =
  /^\s*Map\s*\(\s*(String|LowCardinality\s*\(\s*String\s*\))\s*,\s*String\s*\)\s*$/

export function isMapOfTexts(type: string): boolean {
  return MAP_OF_TEXTS.test(type)
}

/** Whether a compact row may have the column without its keys. */
export function isKeyed({ type, from = 'span', each }: AnyColumn): boolean {
  return from === 'span' && !each && isMapOfTexts(type)
}

/** The two members that such a map is in then, instead of its own: the number of its list of keys, and its values. No keywords of SQL. */
export function keyedNames(name: string): { number: string; values: string } {
  return { number: `${name}k`, values: `${name}v` }
}

/**
 * The writer of a map of texts in that form, which leaves out an empty one. False, with nothing written or counted, for maps that
 * must be written otherwise, and where the encoding has no lists of keys.
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

/** Undefined where it is known already that it must be written otherwise. */
function sourceOf(
  value: unknown,
  keyLists: NonNullable<Encoding['keyLists']>,
): AttributeSource | undefined {
  try {
    const source = value instanceof AttributeSource ? value : new AttributeSource(value)
    if (!keyLists.isFull) return source
    const keys = ordinaryKeys(source)
    return keys && keyLists.has(keys) ? source : undefined
  } catch {
    return undefined // a getter, or a Proxy that will not even be asked what it is
  }
}
