import type { Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openCollector, openExporter } from '../kit/entry-points.mjs'
import { flushed, LONG, onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { providerOf } from '../kit/providers.js'
import { type FaultyProxy, startProxy } from '../kit/proxy.js'
import { figure } from '../kit/results.js'
import {
  records,
  SIGNALS,
  SIGNALS_AND_TABLES,
  type SignalUnderTest,
  signalFigure,
  TRACES,
  titled,
} from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn, tally } from '../kit/stored-ids.js'

// An export() that waits for a server waits a second at least. So many of them, one after the other, and a busy machine's
// moments of standstill do not count.
const EXPORTS = 10
const ROWS = LONG ? 1500 : 600
const AT_ONCE_MS = EXPORTS * 900
// The exporter does not wait longer for an answer (docs/guarantees.md, "What is acknowledged").
const PATIENCE_MS = 1000

let server: ClickHouseServer
let proxy: FaultyProxy
let database = ''
let next = 0
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())
beforeEach(async () => {
  database = `ack${next++}`
  proxy = await startProxy(server.httpPort)
})
afterEach(() => proxy.close())

test.each(titled(SIGNALS))(
  "acknowledge 'delivered' under the SDK's batches of %s: after provider.forceFlush() the rows can be counted",
  async (_, of) => {
    const { provider, exporter } = batched(of)
    for (let round = 1; round <= 5; round++) {
      provider.make(ROWS)
      const startedAt = performance.now()
      await provider.forceFlush()
      const milliseconds = performance.now() - startedAt
      if (milliseconds < PATIENCE_MS) expect(await rowsIn(server, database, of)).toBe(ROWS * round)
      if (round === 5) signalFigure(`forceFlush of ${ROWS} rows, healthy`, of, { milliseconds })
    }
    await flushed(exporter)
    expect(statsOf(exporter)).toMatchObject({ delivered: 5 * ROWS, waiting: 0 })
    expect(await rowsIn(server, database, of)).toBe(5 * ROWS)
    await provider.shutdown()
  },
)

test("acknowledge 'delivered': forceFlush() returns at once while the destination is known to be down, and the rows come later", async () => {
  const { provider, exporter } = batched(TRACES, { timeoutMs: 1500 })
  await proxy.become('hang')
  provider.make(10)
  await provider.forceFlush()
  await until(() => statsOf(exporter).failing) // the first attempt has to fail, at its deadline
  const startedAt = performance.now()
  for (let flushes = 0; flushes < EXPORTS; flushes++) {
    provider.make(150)
    await provider.forceFlush()
  }
  const milliseconds = performance.now() - startedAt
  figure('forceFlush of 150 spans ten times, destination known to be down', { milliseconds })
  expect(milliseconds).toBeLessThan(onThisMachine(AT_ONCE_MS))
  expect(statsOf(exporter)).toMatchObject({ delivered: 0, waiting: 1510, dropped: {} })
  await proxy.become('none')
  await flushed(exporter)
  expect(await tally(server, database, 1510)).toEqual({ rows: 1510, lost: 0, duplicated: 0 })
  await provider.shutdown()
})

test("acknowledge 'accepted': forceFlush() of the provider returns at once, rows gather across exports", async () => {
  const { provider, exporter } = batched(TRACES, { acknowledge: 'accepted' })
  await proxy.become('black hole')
  const startedAt = performance.now()
  for (let round = 0; round < EXPORTS; round++) {
    provider.make(100)
    await provider.forceFlush()
  }
  expect(performance.now() - startedAt).toBeLessThan(onThisMachine(AT_ONCE_MS))
  await proxy.become('none')
  await flushed(exporter)
  expect(await tally(server, database, 1000)).toEqual({ rows: 1000, lost: 0, duplicated: 0 })
  const inserts = statsOf(exporter).requests
  expect(inserts).toBeLessThan(10) // fewer than exports
  figure("acknowledge 'accepted'", { exports: EXPORTS, inserts })
  await provider.shutdown()
})

// A metric exporter gives its rows to the same pipeline.
test.each(titled(LONG ? SIGNALS : [TRACES]))(
  'a destination that begins to hang beside a healthy one: none of the %s that export() took is lost, and the callback comes by the deadline',
  async (_, of) => {
    const timeoutMs = 5000
    const exporter = openExporter(of.signal, {
      timeoutMs,
      destinations: [
        { name: 'healthy', endpoint: server.url, database },
        { name: 'sick', endpoint: proxy.url, database: `${database}_sick` },
      ],
    })
    const export_ = (rows: number) =>
      new Promise<number>((resolve) => {
        const startedAt = performance.now()
        exporter.export(records(of, rows), ({ code }) => {
          expect(code).toBe(0)
          resolve(performance.now() - startedAt)
        })
      })
    const healthy = await export_(500)
    await proxy.become('hang')
    const first = await export_(500)
    let later = 0
    for (let exports = 0; exports < EXPORTS; exports++) later += await export_(50)
    signalFigure('callback of export() with a destination that hangs', of, {
      'ms while both are healthy': healthy,
      'ms of the first that meets it': first,
      'ms of the next ten': later,
      timeoutMs,
    })
    expect(first).toBeLessThan(timeoutMs)
    expect(later).toBeLessThan(onThisMachine(AT_ONCE_MS))
    await proxy.become('none')
    await flushed(exporter)
    for (const name of [database, `${database}_sick`])
      expect(await tally(server, name, 1500, of)).toEqual({ rows: 1500, lost: 0, duplicated: 0 })
    await exporter.shutdown()
  },
)

test.each(titled(SIGNALS))(
  'forceFlush() rejects at its deadline, naming destinations and rows: %s',
  async (_, of) => {
    const processor = openCollector(of.signal, {
      flushTimeoutMs: 300,
      shutdownTimeoutMs: 1,
      batch: { maxRows: 42 },
      destinations: [
        { name: 'healthy', endpoint: server.url, database },
        { name: 'sick', endpoint: proxy.url },
      ],
    })
    await proxy.become('hang')
    for (const record of records(of, 42)) processor.add(record)
    await until(() => statsOf(processor, 'healthy').delivered === 42)
    const startedAt = performance.now()
    await expect(processor.forceFlush()).rejects.toThrow(
      /^spanhouse: not flushed within 300 ms: sick \(42 rows\)$/,
    )
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(SOON_MS))
    expect(await rowsIn(server, database, of)).toBe(42)
    await expect(processor.forceFlush({ timeoutMs: 50 })).rejects.toThrow('within 50 ms')
    await processor.shutdown()
  },
)

test.each(titled(SIGNALS_AND_TABLES))(
  'forceFlush() resolves only when every earlier row of %s can be counted in the server',
  async (_, of) => {
    const processor = openCollector(of.signal, {
      endpoint: server.url,
      database,
      schema: of.family,
    })
    let made = 0
    for (let round = 0; round < (LONG ? 200 : of === TRACES ? 15 : 5); round++) {
      const rows = 1 + ((round * 37) % 300)
      for (const record of records(of, rows)) processor.add(record)
      made += rows
      await Promise.all([flushed(processor), flushed(processor)])
      expect(await rowsIn(server, database, of)).toBe(made)
    }
    await processor.shutdown()
  },
)

test('forceFlush() ends while spans go on arriving: it waits only for the earlier ones', async () => {
  const processor = openCollector('traces', { endpoint: server.url, database })
  const timer = setInterval(() => {
    for (const record of records(TRACES, 10)) processor.add(record)
  }, 1)
  await until(() => statsOf(processor).accepted > 100)
  const earlier = statsOf(processor).accepted
  await flushed(processor)
  expect(await rowsIn(server, database)).toBeGreaterThanOrEqual(earlier)
  clearInterval(timer)
  await processor.shutdown()
})

test.each(titled(SIGNALS))(
  'shutdown() resolves by its deadline and counts the %s that are left',
  async (_, of) => {
    const processor = openCollector(of.signal, {
      shutdownTimeoutMs: 300,
      batch: { maxRows: 42 },
      destinations: [
        { name: 'healthy', endpoint: server.url, database },
        { name: 'sick', endpoint: proxy.url },
      ],
    })
    await proxy.become('hang')
    for (const record of records(of, 42)) processor.add(record)
    await until(() => statsOf(processor, 'healthy').delivered === 42)
    const startedAt = performance.now()
    await Promise.all([processor.shutdown(), processor.shutdown()])
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(SOON_MS))
    expect(await rowsIn(server, database, of)).toBe(42)
    expect(statsOf(processor, 'healthy')).toMatchObject({ delivered: 42, dropped: {}, waiting: 0 })
    expect(statsOf(processor, 'sick')).toMatchObject({ dropped: { shutdown: 42 }, waiting: 0 })
  },
)

function batched(of: SignalUnderTest, options: Options = {}) {
  const exporter = openExporter(of.signal, {
    endpoint: proxy.url,
    database,
    shutdownTimeoutMs: 500,
    metrics: { temporality: 'delta' },
    ...options,
  })
  return { provider: providerOf(of.signal, exporter), exporter }
}
