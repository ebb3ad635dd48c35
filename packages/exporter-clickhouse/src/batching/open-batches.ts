import type { Tally } from '@spanhouse/transform'
import {
  type CompactForm,
  compactFormOf,
  type LengthOf,
  type ResourceForm,
} from '@spanhouse/transform/internal'
import type { BatchLimits } from '../config/config.js'
import type { Rows } from './batch.js'
import { Batcher } from './batcher.js'

// An application has one resource or a few. Rows of further resources are whole, and share one batch.
const MAX_RESOURCES = 8
// Characters or bytes of the statement. A server parses this much in a millisecond.
const MAX_KEY_LISTS_LENGTH = 32_768

interface StatementLimits {
  /** How long the constants and the key lists in the statement may be together, measured by `lengthOf`. */
  readonly maxStatement: number
  readonly lengthOf: LengthOf
}

interface CutLimits {
  /** The same rows make the same batches again, in the same order, if `seal()` is called before and after them. */
  readonly repeatable?: boolean
  /** See `Batcher`. */
  readonly takenBytes?: () => number
}

type Limits = BatchLimits & StatementLimits & CutLimits

/** `altered`: what was altered in the values that the rows have in common. */
type OnSealed = (rows: Rows, common: CompactForm | undefined, altered: Tally | undefined) => void

/** The batches that are being filled: one for each resource, and one for whole rows. */
export class OpenBatches {
  readonly #limits: Limits
  readonly #onSealed: OnSealed
  readonly #whole: Batcher
  readonly #byResource = new Map<string, Batcher>()
  readonly #roomBeside = new WeakMap<ResourceForm, number>()
  #last: { readonly constants: ResourceForm | undefined; readonly batcher: Batcher } | undefined

  constructor(limits: Limits, onSealed: OnSealed) {
    this.#limits = limits
    this.#onSealed = onSealed
    this.#whole = new Batcher({ ...limits, keyListsRoom: undefined }, (rows) =>
      onSealed(rows, undefined, undefined),
    )
  }

  get rows(): number {
    return this.#sum((batcher) => batcher.rows)
  }

  get bytes(): number {
    return this.#sum((batcher) => batcher.bytes)
  }

  /**
   * The batch for rows with these constants. That is the batch of whole rows if there are no constants, if too many resources have
   * a batch already, or if the constants do not fit into the statement.
   */
  of(constants: ResourceForm | undefined): Batcher {
    if (this.#last && this.#last.constants === constants) return this.#last.batcher
    const batcher = (constants && this.#compact(constants)) ?? this.#whole
    this.#last = { constants, batcher }
    return batcher
  }

  /** The bound on bytes is for all batches together. */
  sealIfFull(): void {
    const open = this.#byResource.size + (this.#whole.rows > 0 ? 1 : 0)
    if (open > 1 && this.bytes >= this.#limits.maxBytes) this.seal()
  }

  seal(): void {
    this.#whole.seal()
    for (const batcher of this.#byResource.values()) batcher.seal()
    this.#last = undefined // it may be a batch of whole rows, only because there was no room for one more compact batch
  }

  /** Undefined if there is no batch for these constants and there cannot be one more. */
  #compact(constants: ResourceForm): Batcher | undefined {
    const keyListsRoom = this.#keyListsRoom(constants)
    if (keyListsRoom < 0) return undefined
    const open = this.#byResource.get(constants.select)
    if (open) {
      // Batches are sealed in the order of their first rows, whatever was exported before.
      if (open.rows === 0) this.#moveToEnd(constants.select, open)
      return open
    }
    if (this.#byResource.size >= MAX_RESOURCES) this.#forgetEmpty()
    if (this.#byResource.size >= MAX_RESOURCES) return undefined
    const batcher = new Batcher({ ...this.#limits, keyListsRoom }, (rows, keyLists) =>
      this.#onSealed(rows, compactFormOf(constants, keyLists), constants.altered),
    )
    this.#byResource.set(constants.select, batcher)
    return batcher
  }

  #moveToEnd(key: string, batcher: Batcher): void {
    this.#byResource.delete(key)
    this.#byResource.set(key, batcher)
  }

  // Call this only when #last is about to be replaced: seal() and the account would miss rows in a forgotten batch.
  #forgetEmpty(): void {
    for (const [key, batcher] of this.#byResource)
      if (batcher.rows === 0) this.#byResource.delete(key)
  }

  /** Negative if not even the constants fit. */
  #keyListsRoom(constants: ResourceForm): number {
    let room = this.#roomBeside.get(constants)
    if (room === undefined) {
      const { maxStatement, lengthOf } = this.#limits
      const taken = lengthOf(constants.select) + lengthOf(constants.structure)
      room = Math.min(maxStatement - taken, MAX_KEY_LISTS_LENGTH)
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
