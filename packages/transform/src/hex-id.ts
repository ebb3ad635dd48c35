import { type Kind, text } from './kind.js'

const QUOTE = 0x22
const ZERO = 0x30
const DELETE = 0x7f

// Digits and lower-case letters have this bit, upper-case letters and the backslash have not.
const LOWER = 0x20

/** A trace or span id as lower-case hex, in a text column; empty where it is absent or all zero. */
export const hexId: Kind = {
  empty: text.empty,
  write(value, encoding) {
    if (typeof value !== 'string') return text.write(value, encoding)
    const { out } = encoding
    const { length } = value
    out.reserve(length + 2)
    const { bytes } = out
    let at = out.length
    let some = 0
    let all = LOWER
    bytes[at++] = QUOTE
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index)
      if (code < LOWER || code >= DELETE || code === QUOTE)
        return text.write(value.toLowerCase(), encoding)
      some |= code ^ ZERO
      all &= code
      bytes[at++] = code
    }
    if (all !== LOWER) return text.write(value.toLowerCase(), encoding)
    if (some === 0) at = out.length + 1
    bytes[at++] = QUOTE
    encoding.room -= at - out.length - 2
    out.length = at
    return true
  },
}
