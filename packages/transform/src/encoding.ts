import { ByteWriter } from './byte-writer.js'
import type { KeyLists } from './key-lists.js'
import { newTally, type Tally } from './tally.js'

/** Bounds on what a span's own attributes, events and links may bring into a row. Absent: no bound. Resource and scope are exempt, as in the OpenTelemetry specification. */
export interface Limits {
  /** Longest text of one attribute value, in UTF-16 code units; longer ones are cut and end in `…`. */
  readonly attributeValueLength?: number | undefined
  /** Most attributes of a span, of an event, of a link; the first ones stay. */
  readonly attributeCount?: number | undefined
  /** Most events of a span; the first ones stay. */
  readonly eventCount?: number | undefined
  /** Most links of a span; the first ones stay. */
  readonly linkCount?: number | undefined
}

/** The encoding of one row: where it is written, where alterations are counted, which limits hold, and how much may still be written. */
export interface Encoding {
  out: ByteWriter
  readonly tally: Tally
  readonly limits: Limits
  /** Leave out what is at its type's default. */
  readonly sparse: boolean
  /** The batch's, where rows are sparse and may name their attributes' keys by number. */
  keyLists: Pick<KeyLists, 'isFull' | 'has' | 'numberOf'> | undefined
  /** Characters this row may still take. Shared references make a small graph print endlessly; this ends it. */
  room: number
}

/** What an element of a list or map takes of the room beside its text, so that empty ones come to an end too. */
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
  keyLists?: Encoding['keyLists']
} = {}): Encoding {
  return { out, tally, limits, sparse, keyLists, room: ROW_ROOM }
}
