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
    const { length } = text
    if (length < SHORTEST || length > LONGEST || length > encoding.room) {
      writeText(text, encoding)
      return
    }
    const slot = this.slots[length % SLOTS] ?? newSlot(this.slots, length % SLOTS)
    if (slot.text === text) {
      slot.misses = 0
      encoding.room -= length
      encoding.out.piece(slot.piece)
      return
    }
    const start = encoding.out.length
    writeText(text, encoding)
    if (++slot.misses > slot.patience) keep(slot, length, start, encoding)
  }
}

const NOTHING = pieceOf('')

function newSlot(slots: (Slot | undefined)[], index: number): Slot {
  const slot = { text: '', piece: NOTHING, misses: 0, patience: 1 }
  while (slots.length < SLOTS) slots.push(undefined)
  slots[index] = slot
  return slot
}

/** Keeps only text that needed no escape and no cut. The text is a copy: the given one may be a slice of a long text and would keep all of that in memory. */
function keep(slot: Slot, length: number, start: number, { out }: Encoding): void {
  slot.misses = 0
  slot.patience = Math.min(2 * slot.patience, MOST_PATIENCE)
  if (out.length - start !== length + 2) return
  slot.text = out.bytes.toString('utf8', start + 1, start + 1 + length)
  slot.piece = pieceOf(`"${slot.text}"`)
}
