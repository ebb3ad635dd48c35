import type { Outcome, Retry } from '../clickhouse/outcome.js'
import { MAX_CONCURRENCY } from '../clickhouse/sender.js'
import type { RetryConfig } from '../config/config.js'
import { Pace } from './pace.js'
import { isRefused } from './verdict.js'

/** What the outcomes of all attempts say about one server, and how many requests it may get now. */
export class Health {
  readonly #pace: Pace
  #inFlight = 0
  /** Only attempts begun since the server last began to fail. The probe does not wait for earlier ones. */
  #inFlightNow = 0
  #generation = 0
  #isBehind = false
  /** Undefined before the first attempt has ended. */
  #refusedEverything: boolean | undefined
  #lastError: Error | undefined

  /** `resumed` is called when a pause is over. */
  constructor(retry: RetryConfig, resumed: () => void) {
    this.#pace = new Pace(retry, MAX_CONCURRENCY, resumed)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Several requests at a time for a healthy server, one for a failing one, none during a pause. */
  get mayStart(): boolean {
    return this.#inFlightNow < this.#pace.concurrency
  }

  /** The last attempt failed. */
  get failing(): boolean {
    return this.#pace.failing
  }

  /** The server did not answer in time when it was last asked. */
  get timedOut(): boolean {
    return this.#pace.timedOut
  }

  /** A flush asked for the attempt under way. */
  get hurried(): boolean {
    return this.#pace.hurried
  }

  get lastError(): Error | undefined {
    return this.#lastError
  }

  /** The server is slow to answer, or failed when it was last asked: no export() waits for it. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** Every attempt so far was refused: another one helps only after somebody has repaired something. */
  get refusedEverything(): boolean {
    return this.#refusedEverything === true
  }

  /** A request begins. Call the returned function when the request has ended, and its outcome has been acted on. */
  begin(): () => void {
    const generation = this.#generation
    this.#inFlight++
    this.#inFlightNow++
    return () => {
      this.#inFlight--
      if (generation === this.#generation) this.#inFlightNow--
    }
  }

  saw(outcome: Outcome): void {
    this.#refusedEverything = isRefused(outcome) && this.#refusedEverything !== false
  }

  answered(): void {
    this.#isBehind = false
    this.#pace.succeeded()
  }

  fallBehind(): void {
    this.#isBehind = true
  }

  /** An attempt failed, or rows were refused. */
  noteError(error: Error): void {
    this.#lastError = error
  }

  /** The server is at fault: all of its batches wait. */
  pauseAfter(outcome: Retry): void {
    if (!this.#pace.failing) {
      this.#generation++
      this.#inFlightNow = 0
    }
    this.#pace.failed(outcome)
  }

  /** A flush waits for the rows: the next attempt is due now. */
  hurry(): void {
    this.#pace.hurry()
  }

  close(): void {
    this.#pace.stop()
  }
}
