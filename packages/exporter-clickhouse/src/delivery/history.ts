import type { Retry } from '../clickhouse/outcome.js'

/** The results of the attempts to insert a batch so far. */
export interface History {
  /** Attempts that ended in a retry. */
  readonly failures: number
  /** How many of them ended at the deadline. */
  readonly timeouts: number
  /** Consecutive failures in which the server said each time that it refuses these rows. */
  readonly refusals: number
  /** An attempt may have written the rows: the batch must not be dropped to make room, nor divided. */
  readonly ambiguous: boolean
  /** How many batches the destination had delivered at its last failure. */
  readonly deliveriesAtFailure: number
  /** Other batches were delivered between its last two failures. */
  readonly overtaken: boolean
}

export const NEW: History = {
  failures: 0,
  timeouts: 0,
  refusals: 0,
  ambiguous: false,
  deliveriesAtFailure: 0,
  overtaken: false,
}

/**
 * `deliveries`: batches that the destination has delivered. `hurried`: a flush asked for the attempt, or another INSERT had to end first, so it
 * does not count towards `maxRetries`. Nor does one at a single host of several.
 */
export function afterFailure(
  history: History,
  outcome: Retry,
  { deliveries, hurried }: { readonly deliveries: number; readonly hurried: boolean },
): History {
  const { failures, timeouts, refusals, ambiguous, deliveriesAtFailure } = history
  return {
    failures: hurried || outcome.ofHost ? failures : failures + 1,
    timeouts: outcome.timedOut && !outcome.unsent ? timeouts + 1 : timeouts,
    refusals: hurried ? refusals : isDefinite(outcome) ? refusals + 1 : 0,
    ambiguous: ambiguous || outcome.why === 'ambiguous',
    deliveriesAtFailure: deliveries,
    overtaken: failures > 0 && deliveries > deliveriesAtFailure,
  }
}

/** As far as we can know, the server refuses these rows and sending them again will not help. */
export function isDefinite({ why, unlisted = false, ofBatch = false }: Retry): boolean {
  return why === 'misconfigured' || unlisted || ofBatch
}
