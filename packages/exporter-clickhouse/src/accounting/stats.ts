import type { DropReason } from './drop-reason.js'

export type Deduplication = 'effective' | 'ineffective' | 'unknown'

/** Rows of one destination. At every moment accepted = delivered + dropped + waiting. */
export interface DestinationStats {
  accepted: number
  delivered: number
  /** Rows by reason; only reasons that occurred. */
  dropped: Partial<Record<DropReason, number>>
  /** In the open batch, the queue or a request. */
  waiting: number
  /** Memory held by what waits. */
  waitingBytes: number
  /** Bytes of it on disk, counted as if no other destination shared them. */
  spooledBytes: number
  /** Rows that wait in memory only, although there is a spool: the disk has not taken them. They are lost if the process is killed. */
  unspooled: number
  /** Requests under way. */
  inFlight: number
  /** Requests with rows, retries among them. */
  requests: number
  /** Attempts that failed. */
  errors: number
  /** Failed attempts whose rows were kept for another attempt. */
  retries: number
  /** Whether the server ignores a retried batch that it already has: `unknown` until it was asked, after the first success. */
  deduplication: Deduplication
  /** Rows retried after an attempt that may have been written, without a token at work. */
  possibleDuplicates: number
  /** Whether the last attempt failed. */
  failing: boolean
  /** Of the last failed attempt, without row values; null if there was none. */
  lastError: string | null
}

/** Plain JSON; destinations in their configured order. */
export interface Stats {
  destinations: Record<string, DestinationStats>
}
