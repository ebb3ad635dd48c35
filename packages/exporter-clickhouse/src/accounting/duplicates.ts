import type { Deduplication } from './stats.js'

/** A table remembers a token until so many later INSERTs, and for so long. `Infinity`: without such a limit. */
export interface Memory {
  readonly inserts: number
  readonly ms: number
}

/** What has come since a token may have been used for the first time: INSERTs of this process, and time. */
export type Age = Memory

const NO_AGE: Age = { inserts: 0, ms: 0 }
const ENDLESS: Memory = { inserts: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
// Other writers use up the memory too, and an INSERT into several partitions takes several places in it.
const SHARE_OF_INSERTS = 0.5

/** Counts the rows of one table that the server may have stored twice. */
export class Duplicates {
  readonly #count: (rows: number) => void
  #deduplication: Deduplication = 'unknown'
  #memory = ENDLESS
  /** Delivered with a token after an attempt that may have been written, while it is unknown whether the table heeds tokens. */
  #doubtful = 0
  /** The greatest age of those tokens. */
  #doubtfulAge = NO_AGE

  /** `count` is called with rows that may be there twice. */
  constructor(count: (rows: number) => void) {
    this.#count = count
  }

  get deduplication(): Deduplication {
    return this.#deduplication
  }

  /**
   * `ambiguous`: an earlier attempt may have been written, so that without a token at work the rows are there twice. `elsewhere`: perhaps at
   * a host that does not share its tokens with the one that has taken the rows now. `age`: since that attempt.
   */
  deliver(
    rows: number,
    {
      ambiguous,
      hasToken,
      elsewhere = false,
      age = NO_AGE,
    }: { ambiguous: boolean; hasToken: boolean; elsewhere?: boolean; age?: Age | undefined },
  ): void {
    if (!ambiguous) return
    if (elsewhere || !hasToken || this.#forgets(age)) this.#count(rows)
    else if (this.#deduplication === 'unknown') {
      this.#doubtful += rows
      this.#doubtfulAge = older(this.#doubtfulAge, age)
    }
  }

  /** Delivered rows that another process will send under another token. */
  sentAgain(rows: number): void {
    this.#count(rows)
  }

  /** The same may be learnt again. A server that does not tell any more changes nothing. `memory`: of a table that heeds tokens. */
  learn(deduplication: Deduplication, memory: Memory = ENDLESS): void {
    if (deduplication === 'unknown') return
    this.#deduplication = deduplication
    this.#memory = memory
    if (this.#forgets(this.#doubtfulAge)) this.#count(this.#doubtful)
    this.#doubtful = 0
    this.#doubtfulAge = NO_AGE
  }

  /** Whether the table may not know a token of that age any more. */
  #forgets({ inserts, ms }: Age): boolean {
    if (this.#deduplication === 'ineffective') return true
    return inserts >= this.#memory.inserts * SHARE_OF_INSERTS || ms >= this.#memory.ms
  }
}

function older(a: Age, b: Age): Age {
  return { inserts: Math.max(a.inserts, b.inserts), ms: Math.max(a.ms, b.ms) }
}
