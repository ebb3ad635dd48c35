import type { Encoding } from '../writing/encoding.js'
import type { Kind } from './kind.js'
import { text } from './text.js'

const QUOTE = 0x22

const HEX = /^[0-9a-f]*$/i

// Flags for each character code: it is not '0'; it is not a lower-case hex digit.
const NOT_ZERO = 1
const NOT_HEX = 2
const TRAITS = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code)
  return (character === '0' ? 0 : NOT_ZERO) | (/[0-9a-f]/.test(character) ? 0 : NOT_HEX)
})

/** A trace or span id as lower-case hex in a text column; empty if it is absent or all zero. An id that is not hex is counted and stored unchanged. */
export const hexId: Kind = {
  empty: text.empty,
  form: 'hex',
  write(value, encoding) {
    if (typeof value === 'string') {
      if (writeHex(value, encoding)) return true
      if (/^0*$/.test(value)) {
        encoding.out.text(text.empty)
        return true
      }
    }
    return writeOther(value, encoding)
  },
}

/** Writes lower-case hex digits in quotes. Returns false, with nothing written, for anything else, and if all digits are zero. */
export function writeHex(value: string, encoding: Encoding): boolean {
  const { out } = encoding
  const { length } = value
  out.reserve(length + 2)
  const { bytes } = out
  let at = out.length
  let traits = 0
  bytes[at++] = QUOTE
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    traits |= (TRAITS[code & 0xff] as number) | ((code >> 8) << 1)
    bytes[at++] = code
  }
  if (traits !== NOT_ZERO) return false
  bytes[at++] = QUOTE
  encoding.room -= length
  out.length = at
  return true
}

/** The same, with as many zeros as a valid id has digits in place of an empty one. */
export function zeroedId(digits: number): Kind {
  const empty = `"${'0'.repeat(digits)}"`
  return {
    empty,
    write(value, encoding) {
      const { out } = encoding
      const start = out.length
      const isWritten = hexId.write(value, encoding)
      if (out.length === start + text.empty.length) {
        out.length = start
        out.text(empty)
      }
      return isWritten
    },
  }
}

/** Anything but lower-case hex. */
function writeOther(value: NonNullable<unknown>, encoding: Encoding): boolean {
  if (typeof value === 'string' && HEX.test(value)) return text.write(value.toLowerCase(), encoding)
  const isWritten = text.write(value, encoding)
  if (isWritten) encoding.tally.invalidIds++
  return isWritten
}
