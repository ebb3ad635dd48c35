import { once } from 'node:events'
import http, { createServer } from 'node:http'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createClient } from '@clickhouse/client'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  flatTraces,
  otelTraces,
  quoteIdentifier,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  AsyncLocalStorageContextManager,
  batchSpanProcessor,
  context,
  HttpInstrumentation,
  InMemorySpanExporter,
  resourceFromAttributes,
  SpanKind,
  SpanStatusCode,
  TracerProvider,
} from '#sdk'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import type { ExportResult } from '../../packages/exporter-clickhouse/src/pipeline/exports.js'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/traces/span-exporter.js'
import { hostileSpan } from '../../packages/transform/test/arbitraries.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { userTable } from '../../packages/transform/test/user-table.js'
import { freePort } from '../kit/free-port.js'
import { testWithOneSdk } from '../kit/one-sdk.js'
import { flushed, onThisMachine, PATIENT_MS, RECOVERED_MS } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

let server: ClickHouseServer

beforeAll(async () => {
  server = await startClickHouse({ users: [{ name: 'writer', password: 'p:ä"ss' }] })
})
afterAll(() => server?.stop())

function exporter(options: Options): ClickHouseSpanExporter {
  const made = new ClickHouseSpanExporter({
    shutdownTimeoutMs: 1000,
    retry: { initialDelayMs: 50, maxDelayMs: 500 },
    ...options,
  })
  onTestFinished(() => made.shutdown())
  return made
}

function tracing(to: ClickHouseSpanExporter) {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [batchSpanProcessor(to, { scheduledDelayMillis: 50, maxQueueSize: 100_000 })],
  })
  onTestFinished(() => provider.shutdown())
  return { provider, tracer: provider.getTracer('test', '1.0') }
}

function exported(to: ClickHouseSpanExporter, spans: SpanLike[]): Promise<ExportResult> {
  return new Promise((resolve) => to.export(spans, resolve))
}

/** A database of the test's own. */
let databases = 0
function newDatabase(): string {
  return `test_${++databases}`
}

async function count(at: ClickHouseServer, from: string, what = 'count()'): Promise<number> {
  return Number(await at.query(`SELECT ${what} FROM ${from}`))
}

describe('a database and a table that are missing are made for', () => {
  const schemas: [string, Table<SpanLike>, Options['schema'], name: string][] = [
    ['flat', flatTraces, 'flat', 'span_name'],
    ['otel', otelTraces, 'otel', 'SpanName'],
    ['a user’s own table', userTable, userTable, 'by'],
  ]
  test.each(schemas)('%s, and hold what a tracer made', async (_, table, schema, name) => {
    const database = newDatabase()
    const to = exporter({ endpoint: server.url, database, schema })
    const { provider, tracer } = tracing(to)
    for (let n = 0; n < 100; n++) {
      const span = tracer.startSpan(`span ${n}`, { kind: SpanKind.SERVER, attributes: { n } })
      span.addEvent('event', { 'event.n': n })
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
      span.end()
    }
    await provider.forceFlush()
    await to.forceFlush({ timeoutMs: PATIENT_MS }) // a server that takes long to create the table counts as failing
    expect(to.stats().destinations['primary']).toMatchObject({
      accepted: 100,
      delivered: 100,
      dropped: {},
      waiting: 0,
    })

    const client = createClient({ url: server.url, database })
    const reply = await client.query({
      query: `SELECT ${quoteIdentifier(name)} AS name, count() AS rows FROM ${quoteIdentifier(table.name)} GROUP BY name`,
      format: 'JSONEachRow',
    })
    const rows = await reply.json<{ name: string; rows: string }>()
    await client.close()
    expect(rows.reduce((sum, row) => sum + Number(row.rows), 0)).toBe(100)
    if (table !== userTable) expect(new Set(rows.map((row) => row.name)).size).toBe(100)
  })

  testWithOneSdk('names that nobody would choose', async () => {
    const [database, table] = ['da`ta\\base', 't\'; DROP TABLE x; -- "é\n']
    const to = exporter({ endpoint: server.url, database, table })
    expect(await exported(to, [makeSpan()])).toEqual({ code: 0 })
    expect(to.stats().destinations['primary']).toMatchObject({ delivered: 1 })
    expect(await count(server, `${quoteIdentifier(database)}.${quoteIdentifier(table)}`)).toBe(1)
  })

  testWithOneSdk('several batches and two destinations at the same time', async () => {
    const database = newDatabase()
    const to = exporter({
      database,
      batch: { maxRows: 1 },
      destinations: [
        { name: 'a', endpoint: server.url },
        { name: 'b', endpoint: server.url, table: 'elsewhere' },
      ],
    })
    const spans = Array.from({ length: 10 }, (_, n) => makeSpan({ name: `span ${n}` }))
    expect(await exported(to, spans)).toEqual({ code: 0 })
    await flushed(to)
    expect(await count(server, `${database}.traces`, 'uniqExact(span_name)')).toBe(10)
    expect(await count(server, `${database}.elsewhere`, 'uniqExact(span_name)')).toBe(10)
  })

  testWithOneSdk("nobody with manageSchema: 'off', and the rows are kept", async () => {
    const database = newDatabase()
    const to = exporter({
      endpoint: server.url,
      database,
      manageSchema: 'off',
      shutdownTimeoutMs: 50,
    })
    expect(await exported(to, [makeSpan(), makeSpan()])).toEqual({ code: 0 })
    expect(to.stats().destinations['primary']).toMatchObject({
      waiting: 2,
      dropped: {},
      failing: true,
      lastError: expect.stringContaining(database),
    })
    expect(await count(server, `system.databases WHERE name = '${database}'`)).toBe(0)
  })
})

testWithOneSdk('two servers both get every row once', async () => {
  await using other = await startClickHouse()
  const to = exporter({
    destinations: [
      { name: 'local', endpoint: server.url, database: newDatabase() },
      { name: 'central', endpoint: other.url, database: 'central' },
    ],
  })
  const { provider, tracer } = tracing(to)
  for (let n = 0; n < 2000; n++) tracer.startSpan(`span ${n}`).end()
  await provider.forceFlush()
  await flushed(to) // the provider's does not wait for an export that had begun by itself
  for (const [at, from] of [
    [server, `test_${databases}.traces`],
    [other, 'central.traces'],
  ] as const) {
    expect(await count(at, from)).toBe(2000)
    expect(await count(at, from, 'uniqExact(span_id)')).toBe(2000)
  }
  await to.shutdown()
})

testWithOneSdk('a server that starts late gets what was made before', async () => {
  const port = await freePort()
  const to = exporter({ endpoint: `http://127.0.0.1:${port}` })
  const { provider, tracer } = tracing(to)
  for (let n = 0; n < 50; n++) tracer.startSpan(`early ${n}`).end()
  await provider.forceFlush()
  expect(to.stats().destinations['primary']).toMatchObject({ waiting: 50, delivered: 0 })
  await using late = await startClickHouse({ httpPort: port })
  const startedAt = performance.now()
  await vi.waitFor(() => expect(to.stats().destinations['primary']?.delivered).toBe(50), PATIENT_MS)
  expect(performance.now() - startedAt).toBeLessThan(onThisMachine(RECOVERED_MS))
  expect(await count(late, 'telemetry.traces', 'uniqExact(span_id)')).toBe(50)
  await to.shutdown()
})

testWithOneSdk(
  'a server that is killed and started again misses nothing and doubles nothing; the other does not notice',
  async () => {
    const dataDir = temporaryDirectory()
    const first = await startClickHouse({ dataDir, httpPort: await freePort() })
    const database = newDatabase()
    const to = exporter({
      database,
      destinations: [
        { name: 'steady', endpoint: server.url },
        { name: 'killed', endpoint: first.url },
      ],
    })
    const { provider, tracer } = tracing(to)
    let made = 0
    const make = () => {
      for (let n = 0; n < 20; n++) tracer.startSpan(`span ${made++}`).end()
    }
    const load = setInterval(make, 5)
    onTestFinished(() => clearInterval(load))
    const { destinations } = to.stats()
    expect(Object.keys(destinations)).toEqual(['steady', 'killed'])
    await vi.waitFor(
      () => expect(to.stats().destinations['killed']?.delivered).toBeGreaterThan(500),
      PATIENT_MS,
    )
    await first.kill()
    const steadyAtDeath = to.stats().destinations['steady']?.delivered ?? 0
    await vi.waitFor(
      () => expect(to.stats().destinations['killed']?.failing).toBe(true),
      PATIENT_MS,
    )
    await vi.waitFor(
      () =>
        expect(to.stats().destinations['steady']?.delivered).toBeGreaterThan(steadyAtDeath + 1000),
      PATIENT_MS,
    )
    const again = await startClickHouse({ dataDir, httpPort: first.httpPort })
    onTestFinished(() => again.stop())
    await vi.waitFor(
      () => expect(to.stats().destinations['killed']?.failing).toBe(false),
      PATIENT_MS,
    )
    clearInterval(load)
    await provider.forceFlush()
    await flushed(to)
    for (const at of [server, again]) {
      expect(await count(at, `${database}.traces`)).toBe(made)
      expect(await count(at, `${database}.traces`, 'uniqExact(span_id)')).toBe(made)
    }
    for (const stats of Object.values(to.stats().destinations))
      expect(stats).toMatchObject({ accepted: made, delivered: made, dropped: {}, waiting: 0 })
    await to.shutdown()
  },
)

describe('credentials', () => {
  testWithOneSdk('of any characters let the rows in', async () => {
    const database = newDatabase()
    const endpoint = server.url.replace('//', `//writer:${encodeURIComponent('p:ä"ss')}@`)
    const to = exporter({ endpoint, database })
    expect(await exported(to, [makeSpan()])).toEqual({ code: 0 })
    expect(await count(server, `${database}.traces`)).toBe(1)
  })

  testWithOneSdk('that are wrong keep them waiting', async () => {
    const to = exporter({
      endpoint: server.url,
      username: 'writer',
      password: 'canary',
      shutdownTimeoutMs: 50,
    })
    expect(await exported(to, [makeSpan()])).toEqual({ code: 0 })
    const stats = to.stats().destinations['primary']
    expect(stats).toMatchObject({ waiting: 1, dropped: {}, failing: true, requests: 1 })
    expect(stats?.lastError).toContain('Authentication failed')
    expect(stats?.lastError).not.toContain('canary')
  })
})

testWithOneSdk('no hostile span is lost, nor any beside it', async () => {
  const database = newDatabase()
  const to = exporter({ endpoint: server.url, database })
  const spans = fc.sample(hostileSpan, { numRuns: 500, seed: 11 })
  expect(await exported(to, spans)).toEqual({ code: 0 })
  await flushed(to)
  expect(to.stats().destinations['primary']).toMatchObject({
    accepted: 500,
    delivered: 500,
    dropped: {},
  })
  expect(await count(server, `${database}.traces`)).toBe(500)
})

testWithOneSdk('a lost answer doubles nothing', async () => {
  const database = newDatabase()
  // Between us and the server: passes every request on, and loses each second answer.
  let requests = 0
  const proxy = createServer((req, res) => {
    const { url: path, method, headers } = req
    const onward = http.request(server.url + path, { method, headers }, (reply) => {
      if (++requests % 2 === 0) {
        req.socket.resetAndDestroy()
        return
      }
      res.writeHead(reply.statusCode ?? 500, reply.headers)
      reply.pipe(res)
    })
    req.pipe(onward)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  const { port } = proxy.address() as AddressInfo
  const to = exporter({ endpoint: `http://127.0.0.1:${port}`, database, schema: 'otel' })
  for (let n = 0; n < 10; n++)
    to.export(
      Array.from({ length: 10 }, (_, i) => makeSpan({ name: `span ${n} ${i}` })),
      () => {},
    )
  await flushed(to)
  expect(to.stats().destinations['primary']).toMatchObject({ delivered: 100, dropped: {} })
  expect(requests).toBeGreaterThan(15)
  expect(await count(server, `${database}.otel_traces`)).toBe(100)
  expect(await count(server, `${database}.otel_traces`, 'uniqExact(SpanName)')).toBe(100)
})

test.skipIf(!HttpInstrumentation)(
  'our own requests are not traced where all others are',
  async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    onTestFinished(() => context.disable())
    const seen = new InMemorySpanExporter()
    const provider = new TracerProvider({ spanProcessors: [batchSpanProcessor(seen)] })
    const instrumentation = new HttpInstrumentation()
    instrumentation.setTracerProvider(provider)
    // It patches what require() gives; what import gives follows.
    createRequire(import.meta.url)('node:http')
    syncBuiltinESMExports()
    onTestFinished(() => {
      instrumentation.disable()
      syncBuiltinESMExports()
    })

    const to = exporter({ endpoint: server.url, database: newDatabase() })
    expect(await exported(to, [makeSpan()])).toEqual({ code: 0 })
    await flushed(to)
    await provider.forceFlush()
    expect(seen.getFinishedSpans()).toEqual([])

    await new Promise((resolve) => {
      http.get(`${server.url}/ping`, (reply) => reply.resume().on('end', resolve))
    })
    await provider.forceFlush()
    expect(seen.getFinishedSpans().map((span) => span.name)).toEqual(['GET'])
  },
)
