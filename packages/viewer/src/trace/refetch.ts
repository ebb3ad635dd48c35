import { TRACE_MARGIN_US, type Trace } from '@spanhouse/queries'

/** Exporters send every few seconds, so the spans of a trace that has just ended are not all there yet. */
export interface Waiting {
  readonly nowMs: number
  /** When the view was opened, or the user asked again. */
  readonly openedMs: number
  /** When the answer last had more spans than before. */
  readonly grownMs: number
  /** When the last span that is known ended; undefined if no span is there. */
  readonly endedMs: number | undefined
}

export const NOT_FOUND_MS = 15_000
/** Reading a large trace again and again would keep the page busy. */
export function pollMs(spans: number): number {
  return spans > 2000 ? 4000 : 1000
}

const QUIET_MS = 10_000
const LONGEST_MS = 120_000
const RECENT_MS = 30_000

/**
 * Whether to ask again. A trace that is not there is waited for, for a quarter of a minute; one that ended in the last half minute until
 * nothing has come for ten seconds.
 */
export function keepsAsking({ nowMs, openedMs, grownMs, endedMs }: Waiting): boolean {
  if (endedMs === undefined) return nowMs - openedMs < NOT_FOUND_MS
  // A clock that is ahead of ours makes a trace end in the future.
  const wasRecent = Math.abs(openedMs - endedMs) < RECENT_MS || endedMs > openedMs
  return wasRecent && nowMs - openedMs < LONGEST_MS && nowMs - grownMs < QUIET_MS
}

/** Spans that start longer before or after the time of the link are not asked for at first. */
export function isCutByTime(trace: Trace, aroundUs: number, isWaiting: boolean): boolean {
  if (trace.spans.length === 0) return false
  const endUs = trace.startUs + trace.durationNs / 1e3
  if (endUs > aroundUs + TRACE_MARGIN_US) return true
  // A parent that has not ended yet is missing too.
  return !isWaiting && trace.spans.some((span) => span.missingParent !== undefined)
}
