import type { DropReason } from './outcome.js'

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
  /** Requests with rows, retries among them. */
  requests: number
  retries: number
  /** Whether the last attempt failed. */
  failing: boolean
  /** Of the last failed attempt, without row values; null if there was none. */
  lastError: string | null
}

/** Plain JSON; destinations in their configured order. */
export interface Stats {
  destinations: Record<string, DestinationStats>
}
