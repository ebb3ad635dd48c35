import {
  ClickHouseSpanExporter,
  ClickHouseSpanProcessor,
  type Options,
} from '@spanhouse/exporter-clickhouse'
import { expect, test } from 'vitest'
import { flushed, onThisMachine, RECOVERED_MS, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { type Behaviour, type ScriptedServer, scriptedServer } from '../kit/scripted-server.js'
import { shopSpans } from '../kit/shop-spans.js'
import { narrowTable, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'

const unwilling: [string, Behaviour][] = [
  ['200 with an exception code in a header', { status: 200, code: 209 }],
  [
    '200 with an exception in the body',
    {
      status: 200,
      body: 'Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)',
    },
  ],
  [
    '200 with an exception after the headers',
    { status: 200, body: '\r\n__exception__\r\nabc\r\n' },
  ],
  ['a cut answer', 'cut'],
  ['a reset', 'reset'],
  ['502 of a proxy', { status: 502, body: '<html>Bad Gateway</html>' }],
  ['429', { status: 429 }],
]
test.each(unwilling)(
  '%s is no success: sent again with the same token and bytes',
  async (_, first) => {
    const server = await scriptedServer([first])
    const processor = open(server)
    for (const span of shopSpans(10)) processor.onEnd(span)
    await flushed(processor)
    expect(server.inserts.length).toBeGreaterThan(1)
    const [one, other] = server.inserts
    expect(other?.query.get('insert_deduplication_token')).toMatch(/^v1-/)
    for (const name of ['insert_deduplication_token', 'query', 'async_insert'])
      expect(other?.query.get(name)).toBe(one?.query.get(name))
    expect(other?.query.get('query_id')).not.toBe(one?.query.get('query_id'))
    expect(other?.body.equals(one?.body as Buffer)).toBe(true)
    expect(server.rows).toHaveLength(10)
    expect(statsOf(processor)).toMatchObject({ delivered: 10, dropped: {} })
    await processor.shutdown()
  },
)

test.each([
  ['seconds', () => '1'],
  ['a date', () => new Date(Date.now() + 2000).toUTCString()],
])('Retry-After in %s is a floor', async (_, retryAfter) => {
  const text = retryAfter()
  const server = await scriptedServer([{ status: 503, headers: { 'retry-after': text } }])
  const processor = open(server, { batch: { maxRows: 10 } })
  const startedAt = Date.now()
  for (const span of shopSpans(10)) processor.onEnd(span)
  await until(() => statsOf(processor).delivered === 10)
  const waitedMs = Date.now() - startedAt
  figure('Retry-After: 1', { 'ms waited': waitedMs })
  const floorMs = text === '1' ? 1000 : Date.parse(text) - startedAt
  expect(waitedMs).toBeGreaterThan(floorMs - 50)
  expect(waitedMs).toBeLessThan(onThisMachine(RECOVERED_MS))
  await processor.shutdown()
})

test('forceFlush() does not break Retry-After', async () => {
  const server = await scriptedServer([{ status: 503, headers: { 'retry-after': '3' } }])
  const processor = open(server)
  for (const span of shopSpans(10)) processor.onEnd(span)
  await expect(processor.forceFlush({ timeoutMs: 100 })).rejects.toThrow('primary')
  await server.received(1)
  await expect(processor.forceFlush({ timeoutMs: 100 })).rejects.toThrow('primary')
  expect(server.inserts).toHaveLength(1)
  await flushed(processor)
  expect(server.inserts).toHaveLength(2)
  await processor.shutdown()
})

test('an old server that knows none of our settings: each is left out once and remembered, and stats() show the consequence', async () => {
  const known = new Set(['query', 'query_id', 'wait_end_of_query', 'date_time_input_format'])
  const server = await scriptedServer({
    each: ({ query, isInsert }) => {
      const unknown = [...query.keys()].find((name) => !known.has(name))
      return isInsert && unknown
        ? {
            status: 404,
            body: `Code: 115, e.displayText() = DB::Exception: Unknown setting ${unknown}`,
          }
        : 'ok'
    },
  })
  const processor = open(server)
  for (const span of shopSpans(10)) processor.onEnd(span)
  await flushed(processor)
  const attempts = server.inserts.length
  for (const span of shopSpans(10)) processor.onEnd(span)
  await flushed(processor)
  figure('an old server', {
    'requests of the first batch': attempts,
    'of the next': server.inserts.length - attempts,
  })
  expect(server.inserts.length).toBe(attempts + 1)
  // It knows this one, but would store random times with it.
  expect(server.inserts.at(-1)?.query.has('date_time_input_format')).toBe(false)
  expect(statsOf(processor)).toMatchObject({ delivered: 20, dropped: {} })
  await expect.poll(() => statsOf(processor).deduplication).toBe('ineffective')
  await processor.shutdown()
})

test('an unknown setting of the user is not left out: the rows are held', async () => {
  const server = await scriptedServer({
    each: ({ query }) =>
      query.has('mine')
        ? { status: 404, code: 115, body: "Code: 115. DB::Exception: Unknown setting 'mine'" }
        : 'ok',
  })
  const processor = open(server, { settings: { mine: 1 }, shutdownTimeoutMs: 1 })
  for (const span of shopSpans(10)) processor.onEnd(span)
  await expect(processor.forceFlush({ timeoutMs: 200 })).rejects.toThrow('primary (10 rows)')
  await server.received(1)
  expect(server.inserts).toHaveLength(1)
  await processor.shutdown()
})

test('a redirect is not followed', async () => {
  const other = await scriptedServer()
  const server = await scriptedServer({
    each: () => ({ status: 307, headers: { location: other.url } }),
  })
  const processor = open(server, { password: 's3cret', username: 'ann', shutdownTimeoutMs: 1 })
  for (const span of shopSpans(10)) processor.onEnd(span)
  await expect(processor.forceFlush({ timeoutMs: 200 })).rejects.toThrow('primary (10 rows)')
  await server.received(1)
  expect(other.requests).toHaveLength(0)
  await processor.shutdown()
})

test('asyncInsert gives up deduplication: rows sent again after a lost answer are counted as possible duplicates', async () => {
  const server = await scriptedServer(['ok', 'ok', 'lose the answer'])
  const exporter = new ClickHouseSpanExporter({
    endpoint: server.url,
    schema: narrowTable(TRACES),
    asyncInsert: true,
    retry: { initialDelayMs: 1 },
  })
  const exported = () =>
    new Promise<void>((resolve) => exporter.export(shopSpans(5), () => resolve()))
  await exported()
  await until(() => server.requests.length === 2 || statsOf(exporter).deduplication !== 'unknown')
  server.follow(['lose the answer'])
  await exported() // on the connection that was kept
  await flushed(exporter)
  expect(server.rows).toHaveLength(15)
  expect(statsOf(exporter)).toMatchObject({
    delivered: 10,
    deduplication: 'ineffective',
    possibleDuplicates: 5,
  })
  await exporter.shutdown()
})

test('retry.maxRetries: rows are given up after so many more attempts and counted, and the next batch is tried', async () => {
  const server = await scriptedServer({ status: 503 })
  const processor = open(server, { retry: { maxRetries: 3, initialDelayMs: 1, maxDelayMs: 10 } })
  for (const span of shopSpans(10)) processor.onEnd(span)
  await flushed(processor)
  expect(server.inserts).toHaveLength(4)
  expect(statsOf(processor)).toMatchObject({ delivered: 0, dropped: { retries_exhausted: 10 } })
  server.follow('ok')
  for (const span of shopSpans(10)) processor.onEnd(span)
  await flushed(processor)
  expect(statsOf(processor)).toMatchObject({ delivered: 10, dropped: { retries_exhausted: 10 } })
  await processor.shutdown()
})

function open(server: ScriptedServer, options: Options = {}): ClickHouseSpanProcessor {
  return new ClickHouseSpanProcessor({
    endpoint: server.url,
    schema: narrowTable(TRACES),
    retry: { initialDelayMs: 10 },
    ...options,
  })
}
