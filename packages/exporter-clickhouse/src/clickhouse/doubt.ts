import { clock } from '../common/clock.js'

/** Says that a host may have the rows of a batch, because an attempt there had no clear end. */
export interface Doubt {
  /** Undefined: an earlier process may have sent them to any host. */
  readonly host: object | undefined
  /** When that host was first in doubt, on the monotonic clock. */
  readonly since: number
  /** A host that does not share tokens with this one may have the rows too. */
  readonly isDoubled: boolean
}

/** For how long a batch stays with the only host that can tell whether it has the rows. A server that restarts is back by then. */
export const STAY_MS = 60_000

export const OF_EARLIER_PROCESS: Doubt = { host: undefined, since: 0, isDoubled: false }

/** Whether two hosts recognise the rows of the other by their token. An unknown host (undefined) may be any. */
type Share = (host: object | undefined, other: object) => boolean

/** The host that a batch must stay with for now, except for hosts that share its tokens. */
export function hostToStayWith(doubt: Doubt | undefined): object | undefined {
  return doubt && clock.now() - doubt.since < STAY_MS ? doubt.host : undefined
}

/** After an attempt at `host` that had no clear end. */
export function inDoubt(before: Doubt | undefined, host: object, share: Share): Doubt {
  if (!before) return { host, since: clock.now(), isDoubled: false }
  if (before.host === host || (before.host && share(before.host, host))) return before
  return { host, since: clock.now(), isDoubled: mayBeElsewhere(before, host, share) }
}

/** Whether the rows that `host` has taken may also be at a host that does not share its tokens. */
export function mayBeElsewhere(doubt: Doubt | undefined, host: object, share: Share): boolean {
  if (!doubt) return false
  return doubt.isDoubled || !share(doubt.host, host)
}
