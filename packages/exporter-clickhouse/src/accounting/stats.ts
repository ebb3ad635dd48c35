import type { Altered } from './alterations.js'
import type { DropReason } from './drop-reason.js'

export type Deduplication = 'effective' | 'ineffective' | 'unknown'

/** Rows of one destination. At every moment accepted = delivered + dropped + waiting. */
export interface DestinationStats {
  accepted: number
  delivered: number
  /** Rows by reason. Contains only reasons that occurred. */
  dropped: Partial<Record<DropReason, number>>
  /** Rows in the open batch, the queue or a request. */
  waiting: number
  /** Memory that the waiting rows use. */
  waitingBytes: number
  /** Bytes of waiting rows on disk, counted as if no other destination shared them. */
  spooledBytes: number
  /** Rows that wait only in memory, although there is a spool, because the disk has not taken them. They are lost if the process is killed. */
  unspooled: number
  /** Requests in flight. */
  inFlight: number
  /** Requests with rows, including retries. */
  requests: number
  /** Attempts that failed. */
  errors: number
  /** Failed attempts whose rows were kept for another attempt. */
  retries: number
  /** Whether the server ignores a retried batch that it already has. `unknown` until it was asked, after the first success. */
  deduplication: Deduplication
  /**
   * Rows that were sent again after an attempt that may have been written, without an effective deduplication token, or so late that the table may have
   * forgotten it.
   */
  possibleDuplicates: number
  /**
   * Values that were altered so that the server takes them, or were left out, by what was done to them: the counters of `Tally`. Contains
   * only what occurred. A value that is missing is not counted. Counted when a row is encoded, whatever becomes of the row.
   */
  altered: Altered
  /** Calls of `filter`, `dispatch` and functions of `redact` that threw or returned a promise. Their records are not lost. */
  hookErrors: number
  /** Calls of them that took more than 50 ms by the clock. */
  slowHooks: number
  /** Whether the last attempt failed, or nothing may be sent because a variable cannot be read (`misconfigured`). */
  failing: boolean
  /** The error of the last failed attempt, without row values; or why nothing may be sent. Null if there was none. */
  lastError: string | null
}

/** Plain JSON. Destinations are in their configured order. */
export interface Stats {
  destinations: Record<string, DestinationStats>
}
