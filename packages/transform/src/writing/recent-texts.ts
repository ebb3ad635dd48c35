import { type Piece, pieceOf } from './byte-writer.js'
import type { Encoding } from './encoding.js'
import { writeText } from './json-text.js'

// Shorter texts are written as fast as they are looked up; longer ones are rarely repeated.
const SHORTEST = 4
const LONGEST = 128
const SLOTS = 8
const MOST_PATIENCE = 1024

/** A text and its JSON string as it was written. */
interface Slot {
  text: string
  piece: Piece
  /** How many other texts came since this one was written last. After `patience` of them the next one replaces it; patience doubles each time, because texts that never repeat are not worth keeping. */
  misses: number
  patience: number
}

/** Writes the texts of one column or attribute, which often repeat: a text that it remembers is copied instead of encoded. It remembers one text for each length modulo 8. */
export class RecentTexts {
  readonly slots: (Slot | undefined)[] = []

  /** Has the same result as `writeText`. */
  write(text: string, encoding: Encoding): void {
    const slot = this.slots[text.length % SLOTS]
    if (slot !== undefined && slot.text === text && text.length <= encoding.room) {
      slot.misses = 0
      encoding.room -= text.length
      encoding.out.piece(slot.piece)
    } else {
      this.#writeOther(slot, text, encoding)
    }
  }

  // A method of its own, so that the other is small enough to be inlined.
  #writeOther(known: Slot | undefined, text: string, encoding: Encoding): void {
    const { length } = text
    const start = encoding.out.length
    const { room } = encoding
    writeText(text, encoding)
    if (length < SHORTEST || length > LONGEST || length > room) return
    const slot = known ?? newSlot(this.slots, length % SLOTS)
    if (++slot.misses > slot.patience) keep(slot, text, start, encoding)
  }
}

const NOTHING = pieceOf('""')

function newSlot(slots: (Slot | undefined)[], index: number): Slot {
  const slot = { text: '', piece: NOTHING, misses: 0, patience: 1 }
  while (slots.length < SLOTS) slots.push(undefined)
  slots[index] = slot
  return slot
}

/** Keeps a copy: the text may be a slice of a long one and would keep all of that in memory. Text with a lone surrogate is not kept, because it is counted each time. */
function keep(slot: Slot, text: string, start: number, { out }: Encoding): void {
  slot.misses = 0
  slot.patience = Math.min(2 * slot.patience, MOST_PATIENCE)
  const json = out.bytes.toString('utf8', start, out.length)
  const copy = JSON.parse(json) as string
  if (copy !== text) return
  slot.text = copy
  slot.piece = pieceOf(json)
}
