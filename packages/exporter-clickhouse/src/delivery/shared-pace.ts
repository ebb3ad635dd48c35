import type { Retry } from '../clickhouse/outcome.js'
import { clock } from '../common/clock.js'
import type { RetryConfig } from '../config/config.js'
import { Pace } from './pace.js'

// Small batches are united before a turn is taken, and others come from disk.
const GIVES_WAY_MS = 1000

/** One of the destinations that share a server. */
export interface Sharer {
  /** Rows that wait for the server. */
  readonly waitingRows: number
  /** The server may be asked again. */
  pump(): void
  /** The server failed. `begins`: it was healthy before. `by`: whose request failed. */
  serverFailed(outcome: Retry, begins: boolean, by: Sharer): void
}

/**
 * When a server may be asked, for all destinations that share it. A healthy server sets no limit here: each destination has its own. While
 * it fails, one request at a time is sent in total, and the destinations take turns. The first success lets all of them go on.
 */
export class SharedPace {
  readonly #pace: Pace
  /** The one whose turn it is comes first. */
  readonly #sharers = new Set<Sharer>()
  #probe: object | undefined
  #served = 0
  /** Whose request failed last, if nobody has asked since. Until then it gives way to others, which may need longer to get ready. */
  #asked: { readonly by: Sharer; until: number } | undefined
  #goOn: NodeJS.Timeout | undefined

  constructor(retry: RetryConfig) {
    this.#pace = new Pace(retry, Number.POSITIVE_INFINITY, () => this.#resumed())
  }

  /** Returns a function that ends the share. */
  join(sharer: Sharer): () => void {
    this.#sharers.add(sharer)
    return () => void this.#sharers.delete(sharer)
  }

  mayStart(sharer: Sharer): boolean {
    if (this.#pace.concurrency === 0) return false
    if (!this.#pace.failing) return true
    return this.#probe === undefined && !this.#givesWay(sharer)
  }

  /** The last request that says something about the server failed. */
  get failing(): boolean {
    return this.#pace.failing
  }

  /** The server did not even answer a ping in time when it was last asked. */
  get timedOut(): boolean {
    return this.#pace.timedOut
  }

  /** A flush asked for the request under way. */
  get hurried(): boolean {
    return this.#pace.hurried
  }

  /** Requests of all sharers whose rows the server has read. */
  get served(): number {
    return this.#served
  }

  get waitingRows(): number {
    let rows = 0
    for (const sharer of this.#sharers) rows += sharer.waitingRows
    return rows
  }

  /**
   * A request is about to be sent. Call the returned function when it has ended, and its outcome has been acted on. Undefined: it must wait.
   */
  takeTurn(sharer: Sharer): (() => void) | undefined {
    if (!this.mayStart(sharer)) return undefined
    if (!this.#pace.failing) return () => {}
    this.#passTurn(sharer)
    this.#asked = undefined
    const probe = {}
    this.#probe = probe
    return () => {
      if (this.#probe !== probe) return
      this.#probe = undefined
      this.#pumpAll() // the outcome may have said nothing about the server
    }
  }

  /** The server has read the rows of a request. */
  serves(): void {
    this.#served++
    this.answers()
  }

  /** The server answers, although it may not have taken the rows. */
  answers(): void {
    const wasFailing = this.#pace.failing
    this.#pace.succeeded()
    if (wasFailing) this.#pumpAll()
  }

  failed(outcome: Retry, by: Sharer): void {
    const begins = !this.#pace.failing
    if (begins) {
      this.#probe = undefined
      this.#passTurn(by)
    }
    this.#asked = { by, until: Number.POSITIVE_INFINITY }
    this.#pace.failed(outcome)
    for (const sharer of [...this.#sharers]) sharer.serverFailed(outcome, begins, by)
  }

  /** A flush waits for rows: the next attempt is due now. */
  hurry(): void {
    this.#pace.hurry()
  }

  close(): void {
    this.#pace.stop()
    clock.clearTimeout(this.#goOn)
  }

  /** The server may be asked again. */
  #resumed(): void {
    if (this.#asked && this.#pace.failing) {
      this.#asked.until = clock.now() + GIVES_WAY_MS
      clock.clearTimeout(this.#goOn)
      this.#goOn = clock.setTimeout(() => this.#pumpAll(), GIVES_WAY_MS).unref()
    }
    this.#pumpAll()
  }

  /** What the server refuses in the name of all may be the rows of this one only. */
  #givesWay(sharer: Sharer): boolean {
    if (this.#asked?.by !== sharer || clock.now() >= this.#asked.until) return false
    for (const other of this.#sharers) if (other !== sharer && other.waitingRows > 0) return true
    return false
  }

  /** Next time it is the turn of the others. */
  #passTurn(sharer: Sharer): void {
    if (this.#sharers.delete(sharer)) this.#sharers.add(sharer)
  }

  #pumpAll(): void {
    // A copy: one that takes its turn moves to the end.
    for (const sharer of [...this.#sharers]) sharer.pump()
  }
}
