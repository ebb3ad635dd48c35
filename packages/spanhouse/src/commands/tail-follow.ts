import {
  newSpansQuery,
  type Search,
  type SpanBrief,
  type SpanTable,
  spansQuery,
} from '@spanhouse/queries'
import type { Reader } from '../clickhouse/reader.js'

const LATENESS_MS = 10_000
const LIMIT = 2000
/** Every fifth look goes back further, for spans that were sent late. */
const WIDE_EVERY = 5
const WIDE_LATENESS_MS = 60_000
const WIDE_LIMIT = 20_000
const HOUR_MS = 3_600_000
/** How long after a gap spans from the time of the gap may still arrive: exporters send again after growing pauses. */
const AFTER_GAP_MS = 300_000

export interface Follower {
  /** The newest spans that are there, the earliest end first. To be asked first. */
  begin(lines: number, signal: AbortSignal): Promise<readonly SpanBrief[]>
  /** What has come since, the earliest end first. */
  next(signal: AbortSignal): Promise<readonly SpanBrief[]>
  /** Says that the server could not be asked for a while: spans of that time may come late. */
  afterGap(gapMs: number): void
}

/**
 * Follows a table. A span has no time of arrival, only its own times, so every look reads again what ended shortly before the newest end
 * so far, and leaves out what it has seen.
 */
export function follow(
  reader: Reader,
  table: SpanTable,
  search: Search,
  now: () => number = Date.now,
): Follower {
  /** The end of each span that may be read again, by its ids. */
  const seen = new Map<string, number>()
  let sinceEndUs = 0
  let looks = 0
  let gap = { ms: 0, until: 0 }
  /** Older ones were there before, but were too many to be read. */
  let floorUs = Number.NEGATIVE_INFINITY

  const read = async (latenessMs: number, limit: number, signal: AbortSignal) => {
    const query = newSpansQuery(table, { sinceEndUs, latenessMs, search, limit })
    return (await reader.ask(query, signal)).rows
  }

  /** Of rows, those that were not seen. */
  const fresh = (rows: readonly SpanBrief[]): SpanBrief[] => {
    const found: SpanBrief[] = []
    for (const row of rows) {
      const key = `${row.trace_id} ${row.span_id}`
      const endUs = endOf(row)
      if (seen.has(key) || endUs < floorUs) continue
      seen.set(key, endUs)
      found.push(row)
      // A clock that is ahead must not hide what others send.
      sinceEndUs = Math.max(sinceEndUs, Math.min(endUs, now() * 1000))
    }
    return found.sort((a, b) => endOf(a) - endOf(b))
  }

  const forget = (latenessMs: number) => {
    const oldest = sinceEndUs - latenessMs * 2000
    for (const [key, endUs] of seen) if (endUs < oldest) seen.delete(key)
  }

  return {
    async begin(lines, signal) {
      const newest = await newestSpans(reader, table, search, Math.max(lines, 1), now(), signal)
      const lastEnd = newest.reduce((last, row) => Math.max(last, endOf(row)), 0)
      sinceEndUs = newest.length > 0 ? Math.min(lastEnd, now() * 1000) : (now() - HOUR_MS) * 1000
      const there = await read(WIDE_LATENESS_MS, WIDE_LIMIT, signal)
      const isCut = there.length >= WIDE_LIMIT
      if (isCut) floorUs = there.reduce((first, row) => Math.min(first, endOf(row)), sinceEndUs)
      fresh(there)
      const all = new Map(
        [...newest, ...there].map((row) => [`${row.trace_id} ${row.span_id}`, row]),
      )
      for (const row of all.values()) seen.set(`${row.trace_id} ${row.span_id}`, endOf(row))
      const sorted = [...all.values()].sort((a, b) => endOf(a) - endOf(b))
      return lines === 0 ? [] : sorted.slice(-lines)
    },
    async next(signal) {
      looks++
      const isAfterGap = now() < gap.until
      const latenessMs = isAfterGap ? WIDE_LATENESS_MS + gap.ms : WIDE_LATENESS_MS
      const isWide = isAfterGap || looks % WIDE_EVERY === 0
      const rows = isWide
        ? await read(latenessMs, WIDE_LIMIT, signal)
        : await read(LATENESS_MS, LIMIT, signal)
      const found = fresh(rows)
      forget(latenessMs)
      return found
    },
    afterGap(gapMs) {
      gap = { ms: gapMs, until: now() + AFTER_GAP_MS }
    },
  }
}

/** Looks in the last hour, then in the last day, then everywhere: most tables are too large to sort. */
async function newestSpans(
  reader: Reader,
  table: SpanTable,
  search: Search,
  limit: number,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly SpanBrief[]> {
  for (const hours of [1, 24]) {
    const fromUs = (nowMs - hours * HOUR_MS) * 1000
    const query = spansQuery(table, { ...search, fromUs }, { limit })
    const { rows } = await reader.ask(query, signal)
    if (rows.length >= limit) return rows
  }
  return (await reader.ask(spansQuery(table, search, { limit }), signal)).rows
}

function endOf({ start_us, duration_ns }: SpanBrief): number {
  return start_us + duration_ns / 1000
}
