import { VALUES, writeOrdinary } from './attribute-map.js'
import { AttributeSource } from './attributes.js'
import { pieceOf } from './byte-writer.js'
import { writeDigits } from './digits.js'
import type { Encoding } from './encoding.js'

const TEXTS = /^\s*Map\s*\(\s*(String|LowCardinality\s*\(\s*String\s*\))\s*,\s*String\s*\)\s*$/

/** Whether a column of the type is a map of texts. */
export function isMapOfTexts(type: string): boolean {
  return TEXTS.test(type)
}

/** In a row, a map may be in two members instead of its own: the number of its list of keys, and its values. */
export function keyedNames(name: string): { number: string; values: string } {
  return { number: `${name}n`, values: `${name}v` }
}

/**
 * The writer of a map of texts in that form. False, with nothing written or counted, for maps that must be written otherwise,
 * and where the encoding has no lists of keys.
 */
export function keyedMap(name: string): (value: unknown, encoding: Encoding) => boolean {
  const { number, values } = keyedNames(name)
  const [numberMember, valuesMember] = [number, values].map((one) =>
    pieceOf(`,${JSON.stringify(one)}:`),
  ) as [ReturnType<typeof pieceOf>, ReturnType<typeof pieceOf>]
  return (value, encoding) => {
    const { out, keyLists, room, tally } = encoding
    const source = keyLists && sourceOf(value)
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

/** Undefined for a Proxy that will not even be asked what it is. */
function sourceOf(value: unknown): AttributeSource | undefined {
  try {
    return value instanceof AttributeSource ? value : new AttributeSource(value)
  } catch {
    return undefined
  }
}
