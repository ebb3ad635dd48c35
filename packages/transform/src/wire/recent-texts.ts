import type { Bytes } from './bytes.js'

const SLOTS = 4096
const LONGEST = 128

/**
 * Remembers texts by their bytes: keys, and values that repeat. Finding one costs a third of decoding it, and the encoder recognises the same
 * string again. It holds at most 4,096 texts of up to 128 bytes; a new text replaces the one in its slot.
 */
export class RecentTexts {
  readonly #slots: string[] = Array<string>(SLOTS).fill('')

  read(bytes: Bytes, view: DataView, from: number, to: number): string {
    const length = to - from
    if (length === 0) return ''
    if (length > LONGEST) return bytes.utf8Slice(from, to)
    const slot = hash(bytes, view, from, length)
    const known = this.#slots[slot] as string
    if (known.length === length && isAt(known, bytes, from)) return known
    const text = bytes.utf8Slice(from, to)
    // Only in ASCII texts does each character equal its byte. (An invalid byte becomes one character too, but that equals no byte.)
    if (text.length === length) this.#slots[slot] = text
    return text
  }
}

/** Hashes only the first four bytes, the last four and four in the middle: hashing all would cost more than it saves. */
function hash(bytes: Bytes, view: DataView, from: number, length: number): number {
  if (length < 4) {
    const first = bytes[from] as number
    const last = bytes[from + length - 1] as number
    return (first * 31 + (bytes[from + (length >> 1)] as number) * 7 + last) % SLOTS
  }
  let mixed = Math.imul(view.getInt32(from) + length, 0x9e3779b1)
  mixed = Math.imul(mixed ^ view.getInt32(from + length - 4), 0x85ebca6b)
  mixed = Math.imul((mixed >>> 15) ^ mixed ^ view.getInt32(from + ((length - 4) >> 1)), 0xc2b2ae35)
  return mixed >>> 20
}

function isAt(text: string, bytes: Bytes, from: number): boolean {
  for (let index = 0; index < text.length; index++)
    if (text.charCodeAt(index) !== bytes[from + index]) return false
  return true
}
