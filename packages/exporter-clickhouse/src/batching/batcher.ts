import { ByteWriter, KeyLists, type LengthOf } from '@spanhouse/transform/internal'
import { clock } from '../common/clock.js'
import type { BatchLimits } from '../config/config.js'
import type { Rows } from './batch.js'

// ClickHouse refuses an INSERT into more partitions (max_partitions_per_insert_block).
const MAX_PARTITIONS = 100
const NEWLINE = 0x0a
const MIN_BYTES = 64 * 1024
// A larger buffer is not copied when it is full: that would block the event loop for milliseconds.
const MAX_COPIED_BYTES = 1024 * 1024
const SLACK = 1.25

interface KeyListLimits {
  /** How long the key lists in the statement may be, measured by `lengthOf`. Undefined: rows are whole. */
  readonly keyListsRoom: number | undefined
  readonly lengthOf: LengthOf
}

interface CutLimits {
  /**
   * The rows decide alone where they are cut into batches, not their age, nor the buffers that happen to be there: the same rows make the
   * same batches again, also in another process.
   */
  readonly repeatable?: boolean
  /** How many bytes the servers take, if they have refused larger batches. Asked when a batch begins. */
  readonly takenBytes?: () => number
}

type Limits = BatchLimits & KeyListLimits & CutLimits

/**
 * Collects rows until it reaches a limit of rows, bytes, age or partitions, or until its buffer is full and too large to be copied.
 * Then it seals them and passes them to `onSealed`.
 */
export class Batcher {
  /** Whether its rows leave out what they have in common. */
  readonly isCompact: boolean
  readonly #limits: Limits
  readonly #onSealed: (rows: Rows, keyLists: KeyLists) => void
  readonly #partitions = new Set<number>()
  #lastPartition: number | undefined
  #open: ByteWriter | undefined
  #spare: ByteWriter | undefined
  #keyLists: KeyLists
  #rows = 0
  #maxBytes = 0
  /** See `Rows`. Whoever commits a row says so. */
  isUnique = false
  /** What the next batch is likely to need: the length of the last one, or twice that if its buffer was full. */
  #expectedBytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: Limits, onSealed: (rows: Rows, keyLists: KeyLists) => void) {
    this.#limits = limits
    this.isCompact = limits.keyListsRoom !== undefined
    this.#keyLists = this.#newKeyLists()
    this.#onSealed = onSealed
  }

  get rows(): number {
    return this.#rows
  }

  get bytes(): number {
    return this.#open?.length ?? 0
  }

  /** Where to write the next row, after the others. */
  get writer(): ByteWriter {
    if (!this.#open) {
      const spare = this.#spare
      this.#spare = undefined
      const isEnough = spare !== undefined && spare.bytes.length >= this.#expectedBytes
      this.#open = isEnough ? spare : new ByteWriter(this.#expectedBytes * SLACK)
    }
    return this.#open
  }

  /** The key lists to which that row may refer. */
  get keyLists(): KeyLists {
    return this.#keyLists
  }

  /** Whether the row that was just written, without its newline, fits into the batch. `partition`: its day, if the table is partitioned by day. */
  fits(partition: number | undefined): boolean {
    if (this.#rows === 0) return true
    return this.writer.length < this.#maxBytes && !this.#wouldCrossPartitions(partition)
  }

  /** Takes that row into the batch. */
  commit(partition: number | undefined): void {
    const { maxRows, repeatable } = this.#limits
    const { writer } = this
    writer.byte(NEWLINE)
    if (this.#rows === 0) this.#begin()
    this.#rows++
    if (partition !== this.#lastPartition) this.#enter(partition)
    const isCut = this.#rows >= maxRows || writer.length >= this.#maxBytes
    if (isCut || (!repeatable && isFull(writer))) this.seal()
  }

  seal(): void {
    clock.clearTimeout(this.#timer)
    const writer = this.#open
    if (!writer || this.#rows === 0) return
    const { bytes, length } = writer
    const release = () => this.#release(writer)
    const keyLists = this.#keyLists
    const sealed = {
      rows: this.#rows,
      bytes: Buffer.from(bytes.buffer, 0, length),
      isUnique: this.isUnique,
      release,
    }
    this.#open = undefined
    this.#keyLists = this.#newKeyLists()
    this.#rows = 0
    this.isUnique = false
    this.#expectedBytes = Math.min(isFull(writer) ? 2 * length : length, this.#limits.maxBytes)
    this.#partitions.clear()
    this.#lastPartition = undefined
    this.#onSealed(sealed, keyLists)
  }

  #newKeyLists(): KeyLists {
    return new KeyLists(this.#limits.keyListsRoom ?? 0, this.#limits.lengthOf)
  }

  // A method of its own: a closure in commit() would be allocated for every row.
  #begin(): void {
    const { maxBytes, takenBytes, maxDelayMs, repeatable } = this.#limits
    this.#maxBytes = takenBytes ? Math.min(maxBytes, takenBytes()) : maxBytes
    if (!repeatable) this.#timer = clock.setTimeout(() => this.seal(), maxDelayMs).unref()
  }

  #release(writer: ByteWriter): void {
    // A buffer that grew under high load is not kept when batches are small again.
    const isOversized = writer.bytes.length > 4 * Math.max(writer.length, MIN_BYTES)
    writer.length = 0
    if (!isOversized) this.#spare ??= writer
  }

  #enter(partition: number | undefined): void {
    this.#lastPartition = partition
    if (partition !== undefined) this.#partitions.add(partition)
  }

  #wouldCrossPartitions(partition: number | undefined): boolean {
    return (
      partition !== undefined &&
      this.#partitions.size >= MAX_PARTITIONS &&
      !this.#partitions.has(partition)
    )
  }
}

function isFull({ bytes, length }: ByteWriter): boolean {
  return length >= MAX_COPIED_BYTES && length > bytes.length * (15 / 16)
}
