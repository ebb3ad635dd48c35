import { MAX_CONCURRENCY } from '../clickhouse/link.js'
import type { Outcome, Retry } from '../clickhouse/outcome.js'
import type { RetryConfig } from '../config/config.js'
import { Pace } from './pace.js'
import type { SharedPace, Sharer } from './shared-pace.js'
import { isRefused } from './verdict.js'

interface Surroundings {
  readonly retry: RetryConfig
  /** How many tables the destination inserts into. */
  readonly tables: number
  /** Of the server, for all destinations that share it. */
  readonly server: SharedPace
  readonly waitingRows: () => number
  /** More requests may be sent. */
  readonly pump: () => void
  /** No export() waits for this destination any more. */
  readonly onBehind: () => void
}

/** An attempt that has begun. */
export interface Going {
  /** To be called right before a request is sent. False: the server fails, and it is not our turn to ask. */
  takeTurn(): boolean
  /** To be called when the attempt has ended, and its outcome has been acted on. */
  end(): void
}

/**
 * What the outcomes of all attempts say about one destination, and how many requests it may send now. Failures of the server concern all
 * destinations that share it (`SharedPace`). Others concern this one only: its tables, its rights, its batches.
 */
export class Health implements Sharer {
  readonly #with: Surroundings
  readonly #pace: Pace
  readonly #leave: () => void
  #inFlight = 0
  /** Only attempts begun since destination or server last began to fail. The probe does not wait for earlier ones. */
  #inFlightNow = 0
  #generation = 0
  #isBehind = false
  #served = 0
  /** How many requests of the other destinations had been served at the first of our failures in a row; none after a success. */
  #servedOthersAtFailure = Number.POSITIVE_INFINITY
  /** Undefined before the first attempt has ended. */
  #refusedEverything: boolean | undefined
  #lastError: Error | undefined

  constructor(surroundings: Surroundings) {
    const { retry, server, tables } = surroundings
    this.#with = surroundings
    this.#pace = new Pace(retry, MAX_CONCURRENCY, () => this.pump(), tables)
    this.#leave = server.join(this)
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Several requests at a time if all is well, one after a failure, none during a pause. */
  get mayStart(): boolean {
    return this.#inFlightNow < this.#pace.concurrency && this.#with.server.mayStart(this)
  }

  /** The last attempt failed. */
  get failing(): boolean {
    return this.#pace.failing || this.serverFails
  }

  get serverFails(): boolean {
    return this.#with.server.failing
  }

  /** The last attempt got no answer in time. */
  get timedOut(): boolean {
    return this.#pace.timedOut || this.#with.server.timedOut
  }

  /** A flush asked for the attempt under way. */
  get hurried(): boolean {
    return this.#pace.hurried || this.#with.server.hurried
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

  get waitingRows(): number {
    return this.#with.waitingRows()
  }

  get waitingRowsOfAll(): number {
    return this.#with.server.waitingRows
  }

  /** Requests of other destinations that the server has served. */
  get servedOthers(): number {
    return this.#with.server.served - this.#served
  }

  /**
   * Whether the server has served others since this destination last failed, or since the attempt began that now fails. Then the server is
   * not at fault. `servedOthersBefore`: `servedOthers` when the attempt began.
   */
  isAlone(servedOthersBefore: number): boolean {
    return this.servedOthers > Math.min(servedOthersBefore, this.#servedOthersAtFailure)
  }

  /** An attempt begins. */
  begin(): Going {
    const generation = this.#generation
    let endTurn: (() => void) | undefined
    this.#inFlight++
    this.#inFlightNow++
    return {
      takeTurn: () => {
        endTurn = this.#with.server.takeTurn(this)
        return endTurn !== undefined
      },
      end: () => {
        this.#inFlight--
        if (generation === this.#generation) this.#inFlightNow--
        endTurn?.()
      },
    }
  }

  saw(outcome: Outcome): void {
    this.#refusedEverything = isRefused(outcome) && this.#refusedEverything !== false
  }

  /** The server has read the rows of an attempt. */
  served(): void {
    this.#isBehind = false
    this.#served++
    this.#servedOthersAtFailure = Number.POSITIVE_INFINITY
    this.#pace.succeeded()
    this.#with.server.serves()
  }

  /** The server answers, although it may not have taken the rows. */
  serverAnswers(): void {
    this.#with.server.answers()
  }

  fallBehind(): void {
    this.#isBehind = true
    this.#with.onBehind()
  }

  /** An attempt failed, or rows were refused. */
  noteError(error: Error): void {
    this.#lastError = error
  }

  /** All batches wait: those of all destinations if the server is at fault. */
  pauseAfter(fault: 'server' | 'signal', outcome: Retry): void {
    this.#servedOthersAtFailure = Math.min(this.#servedOthersAtFailure, this.servedOthers)
    if (fault === 'server') {
      this.#with.server.failed(outcome, this)
      return
    }
    if (!this.#pace.failing) this.#startAnew()
    this.#pace.failed(outcome)
  }

  /** Another INSERT into the table had to end first. True the first time. */
  excluded(): boolean {
    return this.#pace.excluded()
  }

  /** As far as it goes back, other INSERTs had to end first, and none did. */
  get isExcludedForLong(): boolean {
    return this.#pace.isExcludedForLong
  }

  pump(): void {
    this.#with.pump()
  }

  serverFailed(outcome: Retry, begins: boolean, by: Sharer): void {
    if (begins) {
      this.#startAnew()
      this.#pace.slowDown()
    }
    if (by === this) return
    this.saw(outcome) // our rows would have met the same
    this.noteError(outcome.error)
    this.fallBehind()
  }

  /** A flush waits for the rows: the next attempt is due now. */
  hurry(): void {
    this.#pace.hurry()
    this.#with.server.hurry()
  }

  close(): void {
    this.#leave()
    this.#pace.stop()
  }

  #startAnew(): void {
    this.#generation++
    this.#inFlightNow = 0
  }
}
