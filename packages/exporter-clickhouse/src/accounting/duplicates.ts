import type { Deduplication } from './stats.js'

/** Counts the rows of one table that the server may have stored twice. */
export class Duplicates {
  #possible = 0
  #deduplication: Deduplication = 'unknown'
  /** Delivered with a token after an attempt that may have been written, while it is unknown whether the table heeds tokens. */
  #doubtful = 0

  get possible(): number {
    return this.#possible
  }

  get deduplication(): Deduplication {
    return this.#deduplication
  }

  /**
   * `ambiguous`: an earlier attempt may have been written, so that without a token at work the rows are there twice. `elsewhere`: perhaps at
   * a host that does not share its tokens with the one that has taken the rows now.
   */
  deliver(
    rows: number,
    {
      ambiguous,
      hasToken,
      elsewhere = false,
    }: { ambiguous: boolean; hasToken: boolean; elsewhere?: boolean },
  ): void {
    if (!ambiguous) return
    if (elsewhere || !hasToken || this.#deduplication === 'ineffective') this.#possible += rows
    else if (this.#deduplication === 'unknown') this.#doubtful += rows
  }

  /** Delivered rows that another process will send under another token. */
  sentAgain(rows: number): void {
    this.#possible += rows
  }

  /** The same may be learnt again. A server that does not tell any more changes nothing. */
  learn(deduplication: Deduplication): void {
    if (deduplication === 'unknown') return
    this.#deduplication = deduplication
    if (deduplication === 'ineffective') this.#possible += this.#doubtful
    this.#doubtful = 0
  }
}
