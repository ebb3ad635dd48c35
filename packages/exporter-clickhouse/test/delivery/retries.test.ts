import { diag } from '@opentelemetry/api'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { exported, exporterTo, SOON, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { onThisMachine, PATIENT_MS, SOON_MS } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  namesIn,
  type ScriptedServer,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { expectAllToAddUp, statsOf } from '../../../../test/kit/stats.js'
import type { DestinationStats } from '../../src/accounting/stats.js'
import type { Options } from '../../src/config/options.js'
import type { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'

afterEach(() => diag.disable())

describe('retries', () => {
  test('of three are four requests with the same bytes, settings and token', async () => {
    const server = await scriptedServer({ status: 500 })
    const to = exporterTo({ endpoint: server.url, retry: { ...SOON, maxRetries: 3 } })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(server.inserts).toHaveLength(4)
    const sent = server.inserts.map(({ body, query }) => {
      const settings = new Map(query)
      settings.delete('query_id')
      return JSON.stringify([body.toString('hex'), ...settings])
    })
    expect(new Set(sent).size).toBe(1)
    expect(new Set(server.inserts.map(({ query }) => query.get('query_id'))).size).toBe(4)
    expect(statsOf(to)).toMatchObject({
      accepted: 2,
      delivered: 0,
      dropped: { retries_exhausted: 2 },
      waiting: 0,
      requests: 4,
      retries: 3,
    })
  })

  test('are the same number where connections are refused', async () => {
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      retry: { ...SOON, maxRetries: 3 },
    })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ requests: 4, dropped: { retries_exhausted: 2 } })
  })

  test('never end by themselves', async () => {
    const server = await scriptedServer(Array.from({ length: 30 }, () => ({ status: 500 })))
    const to = exporterTo({ endpoint: server.url, retry: { initialDelayMs: 1, maxDelayMs: 2 } })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 2, requests: 31, retries: 30 })
  })

  test('wait as long as the server asks', async () => {
    const server = await scriptedServer([{ status: 503, headers: { 'retry-after': '0.2' } }])
    const to = exporterTo({ endpoint: server.url })
    const startedAt = performance.now()
    await exported(to, spans(1))
    await server.received(2)
    expect(performance.now() - startedAt).toBeGreaterThan(150)
  })

  test('of a lost answer leave every row there once', async () => {
    const server = await scriptedServer(['lose the answer', 'lose the answer', 'ok'])
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(10), () => {})
    await to.forceFlush()
    expect(server.inserts).toHaveLength(3)
    expect(namesIn(server)).toHaveLength(10)
  })

  test('are made one at a time while the server fails', async () => {
    let under = 0
    let most = 0
    const server = await scriptedServer({ status: 500 })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(1))
    server.follow((_, response) => {
      most = Math.max(most, ++under)
      setImmediate(() => {
        under--
        response.writeHead(500).end()
      })
    })
    for (let n = 0; n < 10; n++) await exported(to, spans(1))
    await server.received(20)
    expect(most).toBe(1)
  })

  test('of a server that hung begin with a question, so that it gets no rows before it answers', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, timeoutMs: 50 })
    await exported(to, spans(1))
    server.follow('ok')
    await to.forceFlush()
    expect(server.requests.map((request) => (request.isInsert ? 'insert' : request.path))).toEqual(
      expect.arrayContaining(['insert', '/ping']),
    )
    expect(namesIn(server)).toEqual(['span 1'])
  })
})

describe('several destinations', () => {
  test('one that hangs costs another nothing', async () => {
    const [good, hung] = [await scriptedServer(), await scriptedServer('hang')]
    const to = exporterTo({
      acknowledge: 'accepted',
      batch: { maxRows: 10 },
      timeoutMs: 60_000,
      destinations: [
        { name: 'hung', endpoint: hung.url },
        { name: 'good', endpoint: good.url },
      ],
    })
    const startedAt = performance.now()
    for (let n = 0; n < 30; n++) await exported(to, spans(10, `${n}`))
    await good.received(30)
    await vi.waitFor(() => expect(to.stats().destinations['good']?.delivered).toBe(300), PATIENT_MS)
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(2 * SOON_MS))
    expect(to.stats().destinations['hung']).toMatchObject({
      delivered: 0,
      waiting: 300,
      dropped: {},
    })
    expectAllToAddUp(to)
  })

  test('that agree get the same bytes, each once', async () => {
    const [a, b] = [await scriptedServer(), await scriptedServer()]
    const to = exporterTo({
      destinations: [
        { name: 'a', endpoint: a.url },
        { name: 'b', endpoint: b.url, table: 'elsewhere' },
      ],
    })
    await exported(to, spans(5))
    expect(a.inserts).toHaveLength(1)
    expect(b.inserts).toHaveLength(1)
    expect(a.inserts[0]?.body.equals(b.inserts[0]?.body as Buffer)).toBe(true)
    expect(a.inserts[0]?.query.get('insert_deduplication_token')).not.toBe(
      b.inserts[0]?.query.get('insert_deduplication_token'),
    )
  })

  test('that do not agree get batches of their own', async () => {
    const [a, b, c, d] = await Promise.all(['ok', 'ok', 'ok', 'ok'].map(() => scriptedServer()))
    if (!a || !b || !c || !d) throw new Error('no servers')
    const to = exporterTo({
      destinations: [
        { name: 'a', endpoint: a.url, batch: { maxRows: 2 } },
        { name: 'b', endpoint: b.url, schema: 'otel' },
        { name: 'c', endpoint: c.url, compression: { codec: 'none' } },
        { name: 'd', endpoint: d.url },
      ],
    })
    await exported(to, spans(5))
    expect(a.inserts.map((insert) => insert.rows.length).sort()).toEqual([1, 2, 2])
    expect(b.inserts.map((insert) => insert.rows.length)).toEqual([5])
    expect(b.rows[0]).toHaveProperty('SpanName', 'span 1')
    expect(c.inserts[0]?.headers).not.toHaveProperty('content-encoding')
    expect(a.inserts[0]?.headers['content-encoding']).toBe('gzip')
    for (const server of [c, d]) expect(namesIn(server).sort()).toEqual(namesIn(a).sort())
  })

  test('stand in the statistics in their order', async () => {
    const to = exporterTo({
      endpoint: 'http://127.0.0.1:1',
      destinations: [
        { name: 'z', endpoint: 'http://127.0.0.1:1' },
        { name: 'a', endpoint: 'http://127.0.0.1:1' },
      ],
    })
    const stats = to.stats()
    expect(Object.keys(stats.destinations)).toEqual(['primary', 'z', 'a'])
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats)
  })
})

describe('whatever a server does', () => {
  const anything = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Behaviour>('ok') },
    fc.constantFrom<Behaviour>('reset', 'lose the answer', 'cut'),
    fc.constantFrom<Behaviour>(
      { status: 500 },
      { status: 503, headers: { 'retry-after': 'junk' } },
      { status: 500, code: 241 },
      { status: 500, code: 999 },
      { status: 200, code: 209 },
      { status: 200, body: 'Code: 241. DB::Exception: Memory limit' },
    ),
  )
  // A real server does not refuse what it has taken before.
  const refuses = anything.filter((it) => it !== 'lose the answer' && it !== 'cut')
  const divides = fc.constantFrom<Behaviour>(
    { status: 413 },
    { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse (at row 2)' },
    { status: 500, code: 252, body: 'Too many partitions for single INSERT block' },
  )
  const script = (behaviours: fc.Arbitrary<Behaviour>) => fc.array(behaviours, { maxLength: 12 })
  const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 })

  async function run(
    a: Behaviour[],
    b: Behaviour[],
    exports: number[],
    options: Options,
  ): Promise<{ to: ClickHouseSpanExporter; servers: ScriptedServer[] }> {
    const servers = [await scriptedServer([...a]), await scriptedServer([...b])]
    const to = exporterTo({
      batch: { maxRows: 5 },
      destinations: servers.map((server, n) => ({
        name: `d${n}`,
        endpoint: server.url,
        batch: { maxRows: n === 0 ? 5 : 4 },
      })),
      ...options,
      retry: { initialDelayMs: 1, maxDelayMs: 2, ...options.retry },
    })
    let callbacks = 0
    let watching = true
    const watch = (async () => {
      while (watching) {
        expectAllToAddUp(to)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    for (const [n, size] of exports.entries()) {
      to.export(spans(size, `${n}`), () => callbacks++)
      expectAllToAddUp(to)
      if (n % 3 === 2) await new Promise((resolve) => setImmediate(resolve))
    }
    await to.forceFlush()
    watching = false
    await watch
    expectAllToAddUp(to)
    expect(callbacks).toBe(exports.length)
    await to.shutdown()
    await Promise.all(servers.map((server) => server.close()))
    return { to, servers }
  }

  test('the figures add up at every moment, and every row is there once', async () => {
    await fc.assert(
      fc.asyncProperty(
        script(anything),
        script(anything),
        sizes,
        fc.constantFrom<'delivered' | 'accepted'>('delivered', 'accepted'),
        async (a, b, exports, acknowledge) => {
          const { to, servers } = await run(a, b, exports, { acknowledge })
          const rows = exports.reduce((sum, size) => sum + size, 0)
          for (const [n, server] of servers.entries()) {
            const stats = to.stats().destinations[`d${n}`]
            expect(stats).toMatchObject({
              accepted: rows,
              delivered: rows,
              dropped: {},
              waiting: 0,
            })
            expect(server.rows).toHaveLength(rows)
            expect(new Set(namesIn(server)).size).toBe(rows)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  test('rows that are given up are counted, and no other is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        script(fc.oneof(refuses, divides)),
        script(fc.oneof(refuses, divides)),
        sizes,
        fc.constantFrom<number | 'unlimited'>(0, 1, 'unlimited'),
        async (a, b, exports, maxRetries) => {
          // On a busy machine a short deadline would lose answers, and then a row that is there could be refused.
          const { to, servers } = await run(a, b, exports, {
            retry: { maxRetries },
            timeoutMs: PATIENT_MS,
          })
          const rows = exports.reduce((sum, size) => sum + size, 0)
          for (const [n, server] of servers.entries()) {
            const stats = to.stats().destinations[`d${n}`] as DestinationStats
            const { rejected = 0, too_large = 0, retries_exhausted = 0, ...others } = stats.dropped
            expect(others).toEqual({})
            expect(stats.accepted).toBe(rows)
            expect(stats.delivered + rejected + too_large + retries_exhausted).toBe(rows)
            const there = new Set(namesIn(server)).size
            expect(there).toBeGreaterThanOrEqual(stats.delivered)
            expect(there).toBeLessThanOrEqual(stats.delivered + retries_exhausted)
            expect(server.rows).toHaveLength(there)
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})
