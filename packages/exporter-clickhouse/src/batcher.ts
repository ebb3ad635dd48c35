import type { BatchLimits } from './config.js'

// ClickHouse refuses an INSERT into more (max_partitions_per_insert_block).
const MAX_PARTITIONS = 100

/** Gathers lines until a limit of rows, bytes, age or partitions is met; what is sealed is handed to `onSealed`. */
export class Batcher {
  readonly #limits: BatchLimits
  readonly #onSealed: (lines: string[]) => void
  readonly #partitions = new Set<number>()
  #lines: string[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(limits: BatchLimits, onSealed: (lines: string[]) => void) {
    this.#limits = limits
    this.#onSealed = onSealed
  }

  get rows(): number {
    return this.#lines.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `lineBytes` is the line's length in UTF-8; `partition` the day it falls in, where the table has days. */
  add(line: string, lineBytes: number, partition: number | undefined): void {
    const { maxRows, maxBytes, maxDelayMs } = this.#limits
    const bytes = lineBytes + 1 // its newline
    if (this.#bytes + bytes > maxBytes || this.#wouldCrossPartitions(partition)) this.seal()
    if (this.#lines.length === 0) this.#timer = setTimeout(() => this.seal(), maxDelayMs).unref()
    this.#lines.push(line)
    this.#bytes += bytes
    if (partition !== undefined) this.#partitions.add(partition)
    if (this.#lines.length >= maxRows || this.#bytes >= maxBytes) this.seal()
  }

  seal(): void {
    clearTimeout(this.#timer)
    if (this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    this.#bytes = 0
    this.#partitions.clear()
    this.#onSealed(lines)
  }

  #wouldCrossPartitions(partition: number | undefined): boolean {
    return (
      partition !== undefined &&
      this.#partitions.size >= MAX_PARTITIONS &&
      !this.#partitions.has(partition)
    )
  }
}
