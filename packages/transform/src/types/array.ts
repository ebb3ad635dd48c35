import { elementsOf } from '../values/list.js'
import { setValues } from '../values/native.js'
import { isList } from '../values/plain-value.js'
import { type Piece, pieceOf } from '../writing/byte-writer.js'
import { ELEMENT, type Encoding } from '../writing/encoding.js'
import { type Kind, writeAs } from './kind.js'

const COMMA = 0x2c
const OPEN = 0x5b
const CLOSE = 0x5d
// Longer lists are not remembered.
const MAX_REMEMBERED = 1000

export function array(element: Kind): Kind {
  return {
    empty: '[]',
    write(value, encoding) {
      const list = value instanceof Set ? setValues(value) : value
      if (!isList(list)) return false
      if (element.number && writeNumbers(list, element, encoding)) return true
      const { out } = encoding
      out.byte(OPEN)
      for (const [index, item] of elementsOf(list, encoding).entries()) {
        if (index > 0) out.byte(COMMA)
        writeAs(element, item, encoding)
      }
      out.byte(CLOSE)
      return true
    },
  }
}

/** Ordinary numbers in one pass. Returns false, with nothing written or counted, for a list that must be read element by element. */
function writeNumbers(list: ArrayLike<unknown>, element: Kind, encoding: Encoding): boolean {
  const { out } = encoding
  const start = out.length
  try {
    const { length } = list
    const room = encoding.room - length * ELEMENT
    let index = 0
    out.byte(OPEN)
    for (; index < length && room > 0; index++) {
      const item = list[index]
      if (index > 0) out.byte(COMMA)
      if (typeof item !== 'number' || !element.number?.(item, out)) break
    }
    if (index === length) {
      out.byte(CLOSE)
      encoding.room = room
      return true
    }
  } catch {
    // A Proxy that throws.
  }
  out.length = start
  return false
}

/** For a column whose lists of numbers are mostly like the one before, such as the bounds of a histogram: that one is copied. */
export function repeating(list: Kind): Kind {
  let last: readonly unknown[] = []
  let piece: Piece = pieceOf('')
  return {
    ...list,
    write(value, encoding) {
      const { out } = encoding
      const taken = last.length * ELEMENT
      if (encoding.room > taken && isSame(value, last)) {
        out.piece(piece)
        encoding.room -= taken
        return true
      }
      const start = out.length
      if (!list.write(value, encoding)) return false
      if (isNumbers(value)) {
        last = [...value]
        piece = pieceOf(out.bytes.toString('utf8', start, out.length))
      }
      return true
    },
  }
}

function isSame(value: unknown, last: readonly unknown[]): boolean {
  if (!Array.isArray(value) || value.length !== last.length || last.length === 0) return false
  for (let index = 0; index < last.length; index++)
    if (!Object.is(value[index], last[index])) return false
  return true
}

function isNumbers(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length < MAX_REMEMBERED &&
    value.every((item) => typeof item === 'number')
  )
}
