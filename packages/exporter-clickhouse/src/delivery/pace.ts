import type { Retry } from '../clickhouse/outcome.js'
import { clock } from '../common/clock.js'
import type { RetryConfig } from '../config/config.js'
import { backoffMs } from './backoff.js'

// While a server is away it is asked about every two seconds, so that the first rows arrive within
// five seconds of its return, however long the backoff has grown.
const PROBE_EVERY_MS = 2000
// Nobody corrects a password within a second, and a server may lock a user out after too many attempts.
const MISCONFIGURED_PROBE_MS = 30_000
const HURRIED_APART_MS = 200
// An INSERT that waits for a quorum takes about this long.
const MAX_TURN_MS = 500
const LONG_EXCLUDED_MS = 10_000

/** When something that can fail may be tried, and with how many requests at once: a server, or the tables of one destination on it. */
export class Pace {
  readonly #retry: RetryConfig
  #maxConcurrency: number
  readonly #resumed: () => void
  readonly #hasSeveralTables: boolean
  #concurrency: number
  #failures = 0
  #last: Retry | undefined
  #pause: NodeJS.Timeout | undefined
  #hurried = false
  #isSlow = false
  #hasSucceeded = false
  #lastFailureAt = Number.NEGATIVE_INFINITY
  /** Exclusions since the last success. */
  #exclusions = 0
  #excludedSince = Number.POSITIVE_INFINITY
  /** Until when the server asked us to wait, on the monotonic clock. */
  #notBefore = 0

  constructor(retry: RetryConfig, maxConcurrency: number, resumed: () => void, tables = 1) {
    this.#retry = retry
    this.#hasSeveralTables = tables > 1
    this.#maxConcurrency = maxConcurrency
    this.#concurrency = maxConcurrency
    this.#resumed = resumed
  }

  /** Requests that may be under way now. */
  get concurrency(): number {
    return this.#pause === undefined ? this.#concurrency : 0
  }

  get failing(): boolean {
    return this.#failures > 0
  }

  /** The server did not answer in time when it was last asked. */
  get timedOut(): boolean {
    return this.#last?.timedOut ?? false
  }

  /** The attempt under way was requested by a flush, so it does not count towards `maxRetries`. */
  get hurried(): boolean {
    return this.#hurried
  }

  succeeded(): void {
    this.#exclusions = 0
    this.#excludedSince = Number.POSITIVE_INFINITY
    this.#hurried = false
    this.#hasSucceeded = true
    // After a failure, one request at a time at first: a server that has just come back must not be flooded.
    const isFirst = this.failing || this.#isSlow
    this.#concurrency = isFirst ? 1 : Math.min(this.#concurrency + 1, this.#maxConcurrency)
    this.#isSlow = false
    this.#failures = 0
    this.#last = undefined
    if (clock.now() >= this.#notBefore) this.#resume()
  }

  /** One request at a time at first, then one more after each success. */
  slowDown(): void {
    this.#concurrency = 1
    this.#isSlow = true
  }

  /**
   * Another INSERT had to end first: from now on one request at a time, because several would only exclude each other. The pause is short,
   * since the server is well. True the first time.
   */
  excluded(): boolean {
    const isFirst = this.#maxConcurrency > 1
    this.#maxConcurrency = 1
    this.#concurrency = 1
    this.#exclusions++
    this.#excludedSince = Math.min(this.#excludedSince, clock.now())
    if (this.#pause === undefined) {
      const maxDelayMs = Math.min(this.#retry.maxDelayMs, MAX_TURN_MS)
      const delay = backoffMs(this.#exclusions, { ...this.#retry, maxDelayMs })
      this.#pause = clock.setTimeout(() => this.#resume(), delay).unref()
    }
    return isFirst
  }

  /** For a long time now, whoever was tried was excluded: no other INSERT seems to end. */
  get isExcludedForLong(): boolean {
    return clock.now() - this.#excludedSince > LONG_EXCLUDED_MS
  }

  failed(outcome: Retry): void {
    const now = clock.now()
    this.#last = outcome
    this.#hurried = false
    this.#lastFailureAt = now
    this.#concurrency = 1
    // Batches that were in flight together fail together: that is one failure of the server, and one pause.
    if (this.#pause !== undefined && outcome.retryAfterMs === undefined) return
    if (this.#pause === undefined) this.#failures++
    this.#notBefore = Math.max(this.#notBefore, now + (outcome.retryAfterMs ?? 0))
    clock.clearTimeout(this.#pause)
    const delay = Math.max(this.#delayMs(outcome), this.#notBefore - now)
    this.#pause = clock.setTimeout(() => this.#resume(), delay).unref()
  }

  /** A flush waits for the rows: the next attempt is due at once, unless the server asked for more time or an attempt cannot help. */
  hurry(): void {
    if (this.#pause === undefined || this.#last?.why === 'misconfigured') return
    const now = clock.now()
    const due = Math.max(this.#lastFailureAt + HURRIED_APART_MS, this.#notBefore)
    this.#hurried = true
    clock.clearTimeout(this.#pause)
    this.#pause = clock.setTimeout(() => this.#resume(), Math.max(due - now, 0)).unref()
  }

  stop(): void {
    clock.clearTimeout(this.#pause)
  }

  #delayMs({ why }: Retry): number {
    const delay = backoffMs(this.#failures, this.#retry)
    // If the server has taken rows before, only this batch may be at fault: the next attempt, with another batch, will show. Or only this
    // table, of which several batches may come one after the other: rows for the other tables must not wait that long.
    const maySucceed = this.#hasSucceeded && (this.#failures === 1 || this.#hasSeveralTables)
    if (why === 'misconfigured' && !maySucceed) return MISCONFIGURED_PROBE_MS
    // With a finite `maxRetries`, keep the configured backoff.
    const probes = why !== 'overloaded' && this.#retry.maxRetries === Number.POSITIVE_INFINITY
    return probes ? Math.min(delay, PROBE_EVERY_MS) : delay
  }

  #resume(): void {
    if (this.#pause === undefined) return
    clock.clearTimeout(this.#pause)
    this.#pause = undefined
    this.#resumed()
  }
}
