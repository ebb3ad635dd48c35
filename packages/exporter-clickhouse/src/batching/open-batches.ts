import {
  type CompactForm,
  compactFormOf,
  type LengthOf,
  type ResourceForm,
} from '@spanhouse/transform/internal'
import type { BatchLimits } from '../config/config.js'
import type { Rows } from './batch.js'
import { Batcher } from './batcher.js'

// An application has one resource, or a few. The rows of more come whole, in one batch.
const MAX_RESOURCES = 8
// Of a statement. A server reads so much in a millisecond.
const MAX_KEY_LISTS = 32_768

export interface Limits extends BatchLimits {
  /** What the constants and the key lists of a batch may take of its statement, by the measure of `lengthOf`. */
  readonly maxStatement: number
  readonly lengthOf: LengthOf
}

type Sealed = (rows: Rows, common: CompactForm | undefined) => void

/** Batches that are being filled: one for the rows of each resource, and one for rows that are whole. */
export class OpenBatches {
  readonly #limits: Limits
  readonly #onSealed: Sealed
  readonly #whole: Batcher
  readonly #byResource = new Map<string, Batcher>()
  readonly #roomBeside = new WeakMap<ResourceForm, number>()
  #last: { readonly constants: ResourceForm | undefined; readonly batcher: Batcher } | undefined

  constructor(limits: Limits, onSealed: Sealed) {
    this.#limits = limits
    this.#onSealed = onSealed
    this.#whole = new Batcher({ ...limits, keyListsRoom: undefined }, (rows) =>
      onSealed(rows, undefined),
    )
  }

  get rows(): number {
    return this.#sum((batcher) => batcher.rows)
  }

  get bytes(): number {
    return this.#sum((batcher) => batcher.bytes)
  }

  /**
   * The batch for rows with these constants. It is the batch of whole rows if there are no constants, if too many resources have
   * batches already, or if the statement has no room for the constants.
   */
  of(constants: ResourceForm | undefined): Batcher {
    if (this.#last && this.#last.constants === constants) return this.#last.batcher
    const batcher = (constants && this.#compact(constants)) ?? this.#whole
    this.#last = { constants, batcher }
    return batcher
  }

  /** The bound is on what is held, however many batches it is parted in. */
  sealIfFull(): void {
    const open = this.#byResource.size + (this.#whole.rows > 0 ? 1 : 0)
    if (open > 1 && this.bytes >= this.#limits.maxBytes) this.seal()
  }

  seal(): void {
    this.#whole.seal()
    for (const batcher of this.#byResource.values()) batcher.seal()
  }

  /** Undefined if there is no such batch and no room for one more. */
  #compact(constants: ResourceForm): Batcher | undefined {
    const keyListsRoom = this.#keyListsRoom(constants)
    if (keyListsRoom < 0) return undefined
    const open = this.#byResource.get(constants.select)
    if (open) return open
    if (this.#byResource.size >= MAX_RESOURCES) this.#forgetEmpty()
    if (this.#byResource.size >= MAX_RESOURCES) return undefined
    const batcher = new Batcher({ ...this.#limits, keyListsRoom }, (rows, keyLists) =>
      this.#onSealed(rows, compactFormOf(constants, keyLists)),
    )
    this.#byResource.set(constants.select, batcher)
    return batcher
  }

  // Call this only where #last is about to be replaced: if #last were a forgotten batch, seal() and the account would miss its rows.
  #forgetEmpty(): void {
    for (const [key, batcher] of this.#byResource)
      if (batcher.rows === 0) this.#byResource.delete(key)
  }

  /** Negative where not even the constants fit. */
  #keyListsRoom(constants: ResourceForm): number {
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
    let sum = of(this.#whole)
    for (const batcher of this.#byResource.values()) sum += of(batcher)
    return sum
  }
}
