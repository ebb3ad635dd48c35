import type { DropReason } from './drop-reason.js'
import type { Deduplication } from './stats.js'

/** Counts what happened to a destination's rows, and the attempts to send them. */
export class Account {
  accepted = 0
  delivered = 0
  readonly dropped: Partial<Record<DropReason, number>> = {}
  errors = 0
  retries = 0
  possibleDuplicates = 0
  /** Batches delivered. */
  deliveries = 0
  #deduplication: Deduplication = 'unknown'
  /** Rows delivered with a token after an attempt that may have been written, before it was known whether the table deduplicates by token. */
  #doubtful = 0

  get deduplication(): Deduplication {
    return this.#deduplication
  }

  /** `ambiguous`: an earlier attempt may have been written, so without an effective token the rows may be there twice. */
  deliver(rows: number, { ambiguous, hasToken }: { ambiguous: boolean; hasToken: boolean }): void {
    this.delivered += rows
    this.deliveries++
    if (!ambiguous) return
    if (!hasToken || this.#deduplication === 'ineffective') this.possibleDuplicates += rows
    else if (this.#deduplication === 'unknown') this.#doubtful += rows
  }

  drop(rows: number, reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + rows
  }

  learn(deduplication: Deduplication): void {
    this.#deduplication = deduplication
    if (deduplication === 'ineffective') this.possibleDuplicates += this.#doubtful
  }
}
