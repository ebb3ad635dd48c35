import type { ServerResponse } from 'node:http'
import { extendTable, flatTraces } from '@spanhouse/transform'
import { expect, onTestFinished, test, vi } from 'vitest'
import { exported, exporterTo } from '../../../../test/kit/exporters.js'
import { flushed, until } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { Batch } from '../../src/batching/batch.js'
import { turn } from '../../src/common/clock.js'
import { Entry } from '../../src/delivery/entry.js'
import { smallOnes } from '../../src/delivery/small-batches.js'
import { followGlobalClock } from '../global-clock.js'

/** Of other services and with other keys: the INSERT of compact rows has another statement each time. */
const spanOf = (n: number) =>
  makeSpan({
    name: `span ${n}`,
    attributes: { [`key ${n % 7}`]: n },
    resource: { attributes: { 'service.name': `service ${n % 3}` } },
  })

test.each([
  ['gzip', {}],
  ['br', { compression: { codec: 'br' } }],
  ['none', { compression: { codec: 'none' } }],
] as const)('one-row batches that wait are sent together: %s', async (_, options) => {
  const server = await scriptedServer({ status: 502 })
  const to = exporterTo({ endpoint: server.url, ...options })
  await Promise.all(Array.from({ length: 300 }, (_, n) => exported(to, [spanOf(n)])))
  const refused = server.inserts.length
  server.follow('ok')
  await flushed(to)
  expect(statsOf(to)).toMatchObject({ accepted: 300, delivered: 300, waiting: 0 })
  const rows = server.rows.map((row) => [row['span_name'], row['service_name']])
  expect(rows).toHaveLength(300)
  expect(new Map(rows as [string, string][])).toEqual(
    new Map(Array.from({ length: 300 }, (_, n) => [`span ${n}`, `service ${n % 3}`])),
  )
  expect(server.inserts.length - refused).toBeLessThan(100)
})

test('numbers in a JSON column arrive with every digit, also when batches are united', async () => {
  const server = await scriptedServer({ status: 502 })
  const to = exporterTo({
    endpoint: server.url,
    schema: extendTable(flatTraces, { retype: { attributes: 'JSON' } }),
    compression: { codec: 'none' },
  })
  const attributes = { big: 9_007_199_254_740_993n, huge: 1e20, negative: -0 }
  const spans = Array.from({ length: 100 }, () => makeSpan({ attributes: attributes as never }))
  await Promise.all(spans.map((span) => exported(to, [span])))
  server.follow('ok')
  await flushed(to)
  expect(statsOf(to)).toMatchObject({ accepted: 100, delivered: 100, waiting: 0 })
  expect(Math.max(...server.inserts.map(({ rows }) => rows.length))).toBeGreaterThan(1)
  for (const { body, rows } of server.inserts)
    expect(
      String(body).split('{"big":9007199254740993,"huge":1e+20,"negative":-0}').length - 1,
    ).toBe(rows.length)
})

test('what was sent once is sent again as it was, however small', async () => {
  const server = await scriptedServer({ status: 502 })
  const to = exporterTo({ endpoint: server.url })
  await Promise.all(Array.from({ length: 40 }, (_, n) => exported(to, [spanOf(n)])))
  await until(() => server.inserts.length > 8)
  server.follow('ok')
  await flushed(to)
  expect(server.rows).toHaveLength(40)
  const bodies = new Map<string, string[]>()
  for (const { query, body } of server.inserts) {
    const token = query.get('insert_deduplication_token') ?? ''
    bodies.set(token, [...(bodies.get(token) ?? []), body.toString('base64')])
  }
  const refused = server.inserts.slice(0, 8).map(({ query }) => query)
  for (const query of refused) {
    const sent = bodies.get(query.get('insert_deduplication_token') ?? '') ?? []
    expect(sent.length).toBeGreaterThan(1)
    expect(new Set(sent).size).toBe(1)
  }
})

test('batches that are large, or on disk, stay what they are', async () => {
  const server = await scriptedServer({ status: 502 })
  const to = exporterTo({ endpoint: server.url, spool: { directory: temporaryDirectory() } })
  for (let n = 0; n < 5; n++) await exported(to, [spanOf(n)])
  // Most of its batches are not attempted before the server takes them.
  const large = exporterTo({ endpoint: server.url, retry: { initialDelayMs: 1000 } })
  const spans = Array.from({ length: 150 }, (_, n) => spanOf(n))
  for (let n = 0; n < 3; n++)
    await new Promise<unknown>((resolve) => large.export(spans.slice(n), resolve))
  server.follow('ok')
  await Promise.all([flushed(to), flushed(large)])
  const sizes = server.inserts.map(({ rows }) => rows.length)
  expect(new Set(sizes)).toEqual(new Set([1, 49, 50]))
  expect(statsOf(to).delivered).toBe(5)
  expect(statsOf(large).delivered).toBe(447)
})

test('a shutdown while batches are united counts each row once', async () => {
  const server = await scriptedServer('hang')
  const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 1 })
  const exports = Promise.all(Array.from({ length: 100 }, (_, n) => exported(to, [spanOf(n)])))
  await server.received(4)
  server.follow('ok')
  await Promise.all([to.shutdown(), exports])
  const { accepted, delivered, dropped, waiting } = statsOf(to)
  expect({ accepted, waiting }).toEqual({ accepted: 100, waiting: 0 })
  expect(delivered + (dropped.shutdown ?? 0)).toBe(100)
})

test('what is united stays small', async () => {
  const server = await scriptedServer({ status: 502 })
  const to = exporterTo({ endpoint: server.url })
  const bulky = (n: number) =>
    makeSpan({ name: `bulky ${n}`, attributes: { text: 'x'.repeat(10_000) } })
  await Promise.all(
    Array.from({ length: 60 }, (_, n) => new Promise((resolve) => to.export([bulky(n)], resolve))),
  )
  server.follow('ok')
  await flushed(to)
  expect(server.rows).toHaveLength(60)
  expect(Math.max(...server.inserts.map(({ rows }) => rows.length))).toBeLessThan(14)
})

test('an export whose rows went with those of others is told what became of them', async () => {
  followGlobalClock()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }) // nobody loses patience
  onTestFinished(() => void vi.useRealTimers())
  const compressions = vi.spyOn(Batch.prototype, 'compress')
  onTestFinished(() => compressions.mockRestore())
  const held: ServerResponse[] = []
  let isOpen = false
  const server = await scriptedServer((_, response) => {
    if (isOpen) response.writeHead(502).end()
    else held.push(response)
  })
  const to = exporterTo({ endpoint: server.url, retry: { maxRetries: 0 } })
  const results = Promise.all(Array.from({ length: 20 }, (_, n) => exported(to, [spanOf(n)])))
  while (compressions.mock.calls.length < 20) await turn()
  await Promise.all(compressions.mock.results.map(({ value }) => value))
  await server.received(4)
  isOpen = true
  for (const response of held) response.end()
  expect((await results).filter(({ code }) => code === 0)).toHaveLength(4)
  expect(statsOf(to)).toMatchObject({ delivered: 4, dropped: { retries_exhausted: 16 } })
})

test('small batches go together only with others for the same table, and not if `dispatch` names it', () => {
  const entryFor = (table: string, foreign = false) => {
    const batch = Batch.seal(['{}'], { codec: 'none', level: 1, thresholdBytes: 0 })
    const entry = Entry.of(batch, { foreign })
    entry.insert = { statement: `INSERT INTO ${table} (\`a\`) FORMAT JSONEachRow`, settings: {} }
    entry.to('ready')
    return entry
  }
  const [first, other, last] = [
    entryFor('`db`.`traces`'),
    entryFor('`db`.`logs`'),
    entryFor('`db`.`traces`'),
  ] as const
  const dispatched = entryFor('`db`.`traces`', true)
  const limits = { maxRows: 100, maxBytes: 1e6, maxDelayMs: 1000 }
  expect(smallOnes(first, [first, other, dispatched, last], limits)).toEqual([first, last])
  expect(smallOnes(dispatched, [first, dispatched, last], limits)).toEqual([dispatched])
})

test('small batches that dispatch has made arrive after an outage as they are', async () => {
  const server = await scriptedServer({ status: 502 })
  const to = exporterTo({
    endpoint: server.url,
    dispatch: (row, { table }) => ({ tenants: { name: row['span_name'] }, [table]: { ...row, extra: 'kept' } }), // biome-ignore format: one line
  })
  await Promise.all(Array.from({ length: 100 }, (_, n) => exported(to, [spanOf(n)])))
  server.follow('ok')
  await flushed(to)
  expect(statsOf(to)).toMatchObject({ accepted: 200, delivered: 200, dropped: {}, waiting: 0 })
  const wide = server.inserts.filter(({ query }) => query.get('query')?.includes('traces'))
  expect(wide.every(({ query }) => query.get('query')?.includes('`extra`'))).toBe(true)
  expect(server.rows.filter((row) => row['extra'] === 'kept')).toHaveLength(100)
  expect(server.rows.filter((row) => 'name' in row)).toHaveLength(100)
})
