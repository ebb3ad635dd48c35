import type { Query, SpanBrief, SpanTable } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import type { Reader } from '../../src/clickhouse/reader.js'
import { spanFeed } from '../../src/commands/tail-feeds.js'
import { follow } from '../../src/commands/tail-follow.js'

// What a real server would need minutes for: gaps and floods. That the queries find the right rows is tested in test/command.

const table = {
  database: 'd',
  table: 't',
  family: 'flat',
  fields: {},
  missing: [],
} as unknown as SpanTable
const SIGNAL = new AbortController().signal

const brief = (id: number, endMs: number): SpanBrief => ({
  trace_id: 't',
  span_id: `${id}`,
  parent_span_id: '',
  service: '',
  name: `${id}`,
  kind: '',
  start_us: endMs * 1000,
  duration_ns: 0,
  status: 'unset',
  status_message: '',
})

/** Answers every question with the rows that `there` has, and keeps the questions. */
function scripted(there: () => SpanBrief[]) {
  const asked: Query<unknown>[] = []
  const reader = {
    ask: async (query: Query<unknown>) => {
      asked.push(query)
      return { rows: there(), elapsedMs: 0, rowsRead: 0 }
    },
  } as unknown as Reader
  return { reader, asked }
}

const names = (rows: readonly SpanBrief[]) => rows.map(({ name }) => name)

test('shows what is new once, in the order of the ends', async () => {
  let rows = [brief(1, 1000)]
  const follower = follow(scripted(() => rows).reader, spanFeed(table, {}), () => 5000)
  expect(names(await follower.begin(10, SIGNAL))).toEqual(['1'])
  rows = [brief(3, 3000), brief(2, 2000), brief(2, 2000), brief(1, 1000)]
  expect(names(await follower.next(SIGNAL))).toEqual(['2', '3'])
  expect(names(await follower.next(SIGNAL))).toEqual([])
})

test('begins with as many lines as asked, also none, and does not show the others later', async () => {
  const rows = Array.from({ length: 20 }, (_, i) => brief(i, i))
  const follower = follow(scripted(() => rows).reader, spanFeed(table, {}), () => 5000)
  expect(names(await follower.begin(3, SIGNAL))).toEqual(['17', '18', '19'])
  expect(await follower.next(SIGNAL)).toEqual([])
  const silent = follow(scripted(() => rows).reader, spanFeed(table, {}), () => 5000)
  expect(await silent.begin(0, SIGNAL)).toEqual([])
  expect(await silent.next(SIGNAL)).toEqual([])
})

test('forgets ids that cannot be read again: memory does not grow with the spans', async () => {
  let now = 0
  let rows: SpanBrief[] = []
  const follower = follow(scripted(() => rows).reader, spanFeed(table, {}), () => now)
  await follower.begin(1, SIGNAL)
  rows = [brief(1, 0)]
  expect(names(await follower.next(SIGNAL))).toEqual(['1'])
  now = 1_000_000
  rows = [brief(2, now)]
  await follower.next(SIGNAL)
  rows = [brief(1, 0)]
  expect(names(await follower.next(SIGNAL))).toEqual(['1'])
})
