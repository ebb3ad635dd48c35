import { type Common, type Constants, commonOf, type LengthOf } from '@spanhouse/transform'
import { Batcher, type Rows } from './batcher.js'
import type { BatchLimits } from './config.js'

// An application has one resource, or a few. The rows of more come whole, in one batch.
const MAX_RESOURCES = 8
// Of a statement. A server reads so much in a millisecond.
const MAX_KEY_LISTS = 32_768

export interface Limits extends BatchLimits {
  /** What the constants and the key lists of a batch may take of its statement, by the measure of `lengthOf`. */
  readonly maxStatement: number
  readonly lengthOf: LengthOf
}

type Sealed = (rows: Rows, common: Common | undefined) => void

/** Batches that are being filled: one for the rows of each resource, and one for rows that are whole. */
export class OpenBatches {
  readonly #limits: Limits
  readonly #onSealed: Sealed
  readonly #batchers = new Map<string, Batcher>()
  readonly #roomBeside = new WeakMap<Constants, number>()
  #last: { readonly constants: Constants | undefined; readonly batcher: Batcher } | undefined

  constructor(limits: Limits, onSealed: Sealed) {
    this.#limits = limits
    this.#onSealed = onSealed
  }

  get rows(): number {
    return this.#sum((batcher) => batcher.rows)
  }

  get bytes(): number {
    return this.#sum((batcher) => batcher.bytes)
  }

  /** Whether there is, or can be, a batch of the rows that have this in common. */
  hasRoomFor(constants: Constants): boolean {
    if (this.#last?.constants === constants) return true
    if (this.#keyListsRoom(constants) < 0) return false
    if (this.#batchers.has(constants.select)) return true
    if (this.#batchers.size < MAX_RESOURCES) return true
    for (const [key, batcher] of this.#batchers) if (batcher.rows === 0) this.#batchers.delete(key)
    return this.#batchers.size < MAX_RESOURCES
  }

  /** The batch that the rows go in that have this in common, or, without it, the whole ones. */
  of(constants: Constants | undefined): Batcher {
    if (this.#last && this.#last.constants === constants) return this.#last.batcher
    const key = constants?.select ?? ''
    let batcher = this.#batchers.get(key)
    if (!batcher) {
      const keyListsRoom = constants ? this.#keyListsRoom(constants) : 0
      batcher = new Batcher({ ...this.#limits, keyListsRoom }, (rows, keyLists) =>
        this.#onSealed(rows, constants && commonOf(constants, keyLists)),
      )
      this.#batchers.set(key, batcher)
    }
    this.#last = { constants, batcher }
    return batcher
  }

  /** The bound is on what is held, however many batches it is parted in. */
  sealIfFull(): void {
    if (this.#batchers.size > 1 && this.bytes >= this.#limits.maxBytes) this.seal()
  }

  seal(): void {
    for (const batcher of this.#batchers.values()) batcher.seal()
  }

  /** Negative where not even the constants fit. */
  #keyListsRoom(constants: Constants): number {
    let room = this.#roomBeside.get(constants)
    if (room === undefined) {
      const { maxStatement, lengthOf } = this.#limits
      const taken = lengthOf(constants.select) + lengthOf(constants.structure)
      room = Math.min(maxStatement - taken, MAX_KEY_LISTS)
      this.#roomBeside.set(constants, room)
    }
    return room
  }

  #sum(of: (batcher: Batcher) => number): number {
    let sum = 0
    for (const batcher of this.#batchers.values()) sum += of(batcher)
    return sum
  }
}
