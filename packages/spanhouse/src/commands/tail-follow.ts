import type { Query } from '@spanhouse/queries'
import type { Reader } from '../clickhouse/reader.js'

const LATENESS_MS = 10_000
const LIMIT = 2000
/** Every fifth look goes back further, for rows that were sent late. */
const WIDE_EVERY = 5
const WIDE_LATENESS_MS = 60_000
const WIDE_LIMIT = 20_000
const HOUR_MS = 3_600_000
/** How long after a gap rows from the time of the gap may still arrive: exporters send again after growing pauses. */
const AFTER_GAP_MS = 300_000

/** How rows of one kind are followed. Times are microseconds since 1970: of a span, its end. */
export interface Feed<Row> {
  /** The newest rows first; `fromUs` limits the table to what began since. */
  newest(limit: number, fromUs: number | undefined): Query<Row>
  /** The rows since a time, the newest first. */
  since(us: number, limit: number): Query<Row>
  timeOf(row: Row): number
  /** What tells each row from the others of the table. */
  keysOf(rows: readonly Row[]): readonly string[]
}

export interface Follower<Row> {
  /** The newest rows that are there, the earliest first. To be asked first. */
  begin(lines: number, signal: AbortSignal): Promise<readonly Row[]>
  /** What has come since, the earliest first. */
  next(signal: AbortSignal): Promise<readonly Row[]>
  /** Says that the server could not be asked for a while: rows of that time may come late. */
  afterGap(gapMs: number): void
}

/**
 * Follows a table. A row has no time of arrival, only its own time, so every look reads again what is a little older than the newest row so
 * far, and leaves out what it has seen.
 */
export function follow<Row>(
  reader: Reader,
  feed: Feed<Row>,
  now: () => number = Date.now,
): Follower<Row> {
  /** The time of each row that may be read again, by its key. */
  const seen = new Map<string, number>()
  let newestUs = 0
  let looks = 0
  let gap = { ms: 0, until: 0 }
  /** Older ones were there before, but were too many to be read. */
  let floorUs = Number.NEGATIVE_INFINITY

  // Of rows with the same time, the newest came first too.
  const inOrder = (rows: readonly Row[]) =>
    [...rows].reverse().sort((a, b) => feed.timeOf(a) - feed.timeOf(b))

  const read = async (latenessMs: number, limit: number, signal: AbortSignal) => {
    const query = feed.since(Math.floor(newestUs - latenessMs * 1000), limit)
    return (await reader.ask(query, signal)).rows
  }

  /** Of rows, those that were not seen. */
  const fresh = (rows: readonly Row[]): Row[] => {
    const found: Row[] = []
    const keys = feed.keysOf(rows)
    for (const [index, row] of rows.entries()) {
      const key = keys[index] ?? ''
      const us = feed.timeOf(row)
      if (seen.has(key) || us < floorUs) continue
      seen.set(key, us)
      found.push(row)
      // A clock that is ahead must not hide what others send.
      newestUs = Math.max(newestUs, Math.min(us, now() * 1000))
    }
    return inOrder(found)
  }

  const forget = (latenessMs: number) => {
    const oldest = newestUs - latenessMs * 2000
    for (const [key, us] of seen) if (us < oldest) seen.delete(key)
  }

  return {
    async begin(lines, signal) {
      const newest = await newestRows(reader, feed, Math.max(lines, 1), now(), signal)
      const lastUs = newest.reduce((last, row) => Math.max(last, feed.timeOf(row)), 0)
      newestUs = newest.length > 0 ? Math.min(lastUs, now() * 1000) : (now() - HOUR_MS) * 1000
      const there = await read(WIDE_LATENESS_MS, WIDE_LIMIT, signal)
      const isCut = there.length >= WIDE_LIMIT
      if (isCut) floorUs = there.reduce((first, row) => Math.min(first, feed.timeOf(row)), newestUs)
      fresh(there)
      const all = new Map<string, Row>()
      for (const rows of [newest, there])
        for (const [index, key] of feed.keysOf(rows).entries()) all.set(key, rows[index] as Row)
      for (const [key, row] of all) seen.set(key, feed.timeOf(row))
      return lines === 0 ? [] : inOrder([...all.values()]).slice(-lines)
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
async function newestRows<Row>(
  reader: Reader,
  feed: Feed<Row>,
  limit: number,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  for (const hours of [1, 24]) {
    const { rows } = await reader.ask(feed.newest(limit, (nowMs - hours * HOUR_MS) * 1000), signal)
    if (rows.length >= limit) return rows
  }
  return (await reader.ask(feed.newest(limit, undefined), signal)).rows
}
