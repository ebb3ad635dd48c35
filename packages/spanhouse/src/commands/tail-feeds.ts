import {
  type LogRow,
  type LogSearch,
  type LogTable,
  newestLogsQuery,
  newSpansQuery,
  type Search,
  type SpanBrief,
  type SpanTable,
  spansQuery,
} from '@spanhouse/queries'
import type { Feed } from './tail-follow.js'

export function spanFeed(table: SpanTable, search: Search): Feed<SpanBrief> {
  return {
    newest: (limit, fromUs) =>
      spansQuery(table, fromUs === undefined ? search : { ...search, fromUs }, { limit }),
    since: (us, limit) => newSpansQuery(table, { sinceEndUs: us, latenessMs: 0, search, limit }),
    timeOf: ({ start_us, duration_ns }) => start_us + duration_ns / 1000,
    // A row that is stored twice is shown once.
    keysOf: (rows) => rows.map((row) => `${row.trace_id} ${row.span_id}`),
  }
}

export function logFeed(table: LogTable, search: LogSearch): Feed<LogRow> {
  return {
    newest: (limit, fromUs) =>
      newestLogsQuery(table, fromUs === undefined ? search : { ...search, fromUs }, { limit }),
    since: (us, limit) => newestLogsQuery(table, { ...search, fromUs: us }, { limit }),
    timeOf: ({ time_us }) => time_us,
    keysOf,
  }
}

/** Lines have no id, and equal ones may be written within one tick of a clock: they are counted. */
function keysOf(rows: readonly LogRow[]): string[] {
  const counts = new Map<string, number>()
  return rows.map((row) => {
    const key = [row.time_us, row.service, row.trace_id, row.span_id, row.body, row.event_name]
      .map((part) => String(part).slice(0, MOST_OF_A_KEY))
      .join(' ')
    const count = (counts.get(key) ?? 0) + 1
    counts.set(key, count)
    return `${count} ${key}`
  })
}

/** Bodies may be long, and many keys are kept. */
const MOST_OF_A_KEY = 200
