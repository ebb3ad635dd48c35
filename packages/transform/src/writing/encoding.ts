import { ByteWriter } from './byte-writer.js'
import type { Limits } from './limits.js'
import { newTally, type Tally } from './tally.js'

/** The keys of one attributes object, in the order in which they are written. Equal lists are usually the same object. */
export type KeyList = readonly { readonly name: string }[]

/** The numbers of the key lists that the rows of one batch share. */
export interface KeyNumbers {
  /** Whether new lists no longer get a number. */
  readonly isFull: boolean
  has(list: KeyList): boolean
  /** From 1 on. Undefined for a new list if there is no space for it. */
  numberOf(list: KeyList): number | undefined
}

/** The state of encoding one row: where it is written, where alterations are counted, which limits apply, and how much may still be written. */
export interface Encoding {
  out: ByteWriter
  readonly tally: Tally
  readonly limits: Limits
  /** Leave out values that equal their type's default. */
  readonly sparse: boolean
  /** The key lists of the batch, if rows are sparse and may refer to their attribute keys by number. */
  keyLists: KeyNumbers | undefined
  /** Characters that this row may still take. Shared references let a small object graph print without end; this stops it. */
  room: number
}

/** The room that an element of a list or map takes in addition to its text. Without it, a list of empty elements would never use up the room. */
export const ELEMENT = 8

export const ROW_ROOM: number = 16 * 1024 * 1024

export function newEncoding({
  out = new ByteWriter(),
  tally = newTally(),
  limits = {},
  sparse = false,
  keyLists,
}: {
  out?: ByteWriter | undefined
  tally?: Tally | undefined
  limits?: Limits | undefined
  sparse?: boolean
  keyLists?: KeyNumbers | undefined
} = {}): Encoding {
  return { out, tally, limits, sparse, keyLists, room: ROW_ROOM }
}
