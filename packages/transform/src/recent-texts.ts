import { type Piece, pieceOf } from './byte-writer.js'
import type { Encoding } from './encoding.js'
import { writeText } from './json-text.js'

// Below the one, writing takes no longer than asking; above the other, few texts come again.
const SHORTEST = 4
const LONGEST = 128
const SLOTS = 8
const MOST_PATIENCE = 1024

/** A text and how it is written. */
interface Slot {
  text: string
  piece: Piece
  /** How many others came since it did, and after how many it makes room: texts that never come again are not worth being kept. */
  misses: number
  patience: number
}

/** Writes the texts of one column or attribute, where the same ones come again and again: what it knows, it copies. It knows one of each length, modulo 8. */
export class RecentTexts {
  readonly slots: (Slot | undefined)[] = []

  /** Does what `writeText` does. */
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

/** Only what is written as it is. The text is a copy: what was given may be part of a long one, and would hold all of that in memory. */
function keep(slot: Slot, length: number, start: number, { out }: Encoding): void {
  slot.misses = 0
  slot.patience = Math.min(2 * slot.patience, MOST_PATIENCE)
  if (out.length - start !== length + 2) return
  slot.text = out.bytes.toString('utf8', start + 1, start + 1 + length)
  slot.piece = pieceOf(`"${slot.text}"`)
}
