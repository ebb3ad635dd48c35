import type { Bytes } from './bytes.js'

const SLOTS = 1024
const WORDS = 4

/** Ids in hex that were read before: spans of one trace come together, and a parent comes with its children. */
export class RecentIds {
  readonly #words = new Int32Array(SLOTS * WORDS)
  readonly #texts: string[] = Array<string>(SLOTS).fill('')

  read(bytes: Bytes, view: DataView, from: number, to: number): string {
    const length = to - from
    if (length !== 8 && length !== 16) return length === 0 ? '' : bytes.hexSlice(from, to)
    const a = view.getInt32(from)
    const b = view.getInt32(from + 4)
    const c = length === 16 ? view.getInt32(from + 8) : 0
    const d = length === 16 ? view.getInt32(from + 12) : 0
    const slot = (a ^ b ^ c ^ d) & (SLOTS - 1)
    const words = this.#words
    const at = slot * WORDS
    const known = this.#texts[slot] as string
    if (
      words[at] === a &&
      words[at + 1] === b &&
      words[at + 2] === c &&
      words[at + 3] === d &&
      known.length === 2 * length
    )
      return known
    const text = bytes.hexSlice(from, to)
    words[at] = a
    words[at + 1] = b
    words[at + 2] = c
    words[at + 3] = d
    this.#texts[slot] = text
    return text
  }
}
