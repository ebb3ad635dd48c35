import { randomBytes } from 'node:crypto'
import {
  ClickHouseLogRecordProcessor,
  ClickHouseMetricExporter,
  type Options,
} from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import type { MetricPointLike } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '#sdk'
import { insertsOnly, replies } from '../kit/behaviours.js'
import { diagLines } from '../kit/diag-lines.js'
import {
  type AnyOptions,
  openCollector,
  openExporter,
  type RecordCollector,
} from '../kit/entry-points.mjs'
import { type AnyRecord, numbered, type SignalName } from '../kit/numbered-records.mjs'
import { eventually, flushed, LONG, onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { startProxy } from '../kit/proxy.js'
import { answer, type Behaviour, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import {
  METRICS_BY_TYPE,
  records,
  SIGNALS,
  type SignalUnderTest,
  signalFigure,
} from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn, tally } from '../kit/stored-ids.js'
import { DiagLogLevel, diag } from '../sdk2/node_modules/@opentelemetry/api'

// What several signals of one process do to each other at one server. What each does by itself is in the other files.

let server: ClickHouseServer
let databases = 0
let database = ''
beforeAll(async () => {
  const users = SIGNALS.map(({ signal: sick }) => {
    const others = SIGNALS.filter(({ signal }) => signal !== sick)
    const grants = others.map(({ signal }) => `SELECT, INSERT ON without_rights_${sick}.${signal}`)
    return { name: `no_${sick}`, grants: [...grants, `SELECT ON without_rights_${sick}.*`] }
  })
  server = await startClickHouse({ users })
})
afterAll(() => server?.stop())

function collectors(options: AnyOptions): Record<SignalName, RecordCollector> {
  database = options.database ?? `together${databases++}`
  const all = { shutdownTimeoutMs: 20, ...options, database }
  const open = (signal: SignalName) => {
    const one = openCollector(signal, all)
    onTestFinished(() => one.shutdown())
    return one
  }
  return { traces: open('traces'), logs: open('logs'), metrics: open('metrics') }
}

function add(to: RecordCollector, rows: readonly AnyRecord[]): void {
  for (const row of rows) to.add(row)
}

test('a flood of log records, for which its queue is too small, drops no span and no data point', async () => {
  const proxy = await startProxy(server.httpPort, 'refuse')
  onTestFinished(() => proxy.close())
  const to = collectors({
    endpoint: proxy.url,
    queue: { maxBytes: 200_000 },
    batch: { maxRows: 100, maxBytes: 50_000 },
  })
  const [spans, logs, points] = SIGNALS
  let flood = 0
  for (let n = 0; n < 60; n++) {
    add(to.logs, records(logs, 400))
    flood += 400
    if (n % 20 === 0) {
      add(to.traces, records(spans, 100))
      add(to.metrics, records(points, 100))
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await proxy.become('none')
  for (const one of Object.values(to)) await flushed(one)

  for (const of of [spans, points]) {
    expect(await tally(server, database, 300, of)).toEqual({ rows: 300, lost: 0, duplicated: 0 })
    expect(statsOf(to[of.signal])).toMatchObject({ delivered: 300, dropped: {} })
  }
  const { delivered, dropped } = statsOf(to.logs)
  expect(dropped).toEqual({ queue_full: flood - delivered })
  expect(dropped.queue_full).toBeGreaterThan(flood / 4)
  expect((await tally(server, database, delivered, logs)).rows).toBe(delivered)
})

describe('a dead server', () => {
  test('gets one request at a time in total and one line, and one line when it is back and every signal delivered', async () => {
    const front = await new ScriptedClickHouse().listen()
    onTestFinished(() => front.close())
    let underWay = 0
    let most = 0
    const unavailable: Behaviour = async (exchange) => {
      most = Math.max(most, ++underWay)
      await new Promise((resolve) => setImmediate(resolve)) // as long as others may come beside it
      underWay--
      await replies({ status: 503, headers: {}, body: 'no backend' })(exchange)
    }
    front.behaviour = unavailable
    const lines = diagLines()
    const to = collectors({ endpoint: front.url, retry: { initialDelayMs: 5, maxDelayMs: 10 } })
    lines.length = 0 // each has said what is configured
    for (const of of SIGNALS) add(to[of.signal], records(of, 50))
    await until(() => SIGNALS.every(({ signal }) => statsOf(to[signal]).failing))
    // The first refusal counts for all three, so the other two may still have the request that they sent before it.
    const before = front.requests
    await until(() => front.requests > before + 10)
    most = underWay
    const { requests } = front
    await until(() => front.requests > requests + 60)
    expect(most).toBe(1)
    expect(lines).toEqual([expect.stringMatching(/primary \(127\.0\.0\.1:\d+\) takes no rows/)])
    front.behaviour = answer
    for (const of of SIGNALS) await flushed(to[of.signal])
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/primary \(127\.0\.0\.1:\d+\) takes rows again after/),
    ])
    for (const { signal } of SIGNALS)
      expect(statsOf(to[signal])).toMatchObject({ delivered: 50, dropped: {} })
  })
})

describe('a signal whose table refuses its rows does not hold up the others:', () => {
  interface Way {
    options?(sick: SignalUnderTest): AnyOptions
    readonly breaks?: (table: string) => string
    readonly mends?: (table: string) => string
  }
  const ways: Readonly<Record<string, Way>> = {
    'a column is missing': {
      breaks: (table) => `ALTER TABLE ${table} DROP COLUMN scope_version`,
      mends: (table) => `ALTER TABLE ${table} ADD COLUMN scope_version LowCardinality(String)`,
    },
    'the table is missing': {
      breaks: (table) => `RENAME TABLE ${table} TO ${table}_away`,
      mends: (table) => `RENAME TABLE ${table}_away TO ${table}`,
    },
    'the right to insert is missing': {
      options: ({ signal }) => ({
        username: `no_${signal}`,
        database: `without_rights_${signal}`,
      }),
    },
  }
  const cases = Object.entries(ways).flatMap(([way, how]) =>
    SIGNALS.map((sick) => [sick.title, way, sick, how] as const),
  )

  test.each(cases)('%s, when %s', async (_title, _way, sick, { options, breaks, mends }) => {
    const to = collectors({
      endpoint: server.url,
      manageSchema: 'off',
      batch: { maxDelayMs: 20 },
      ...options?.(sick),
    })
    for (const { tables } of SIGNALS)
      for (const table of tables)
        for (const statement of table.ddl({ database })) await server.query(statement)
    if (breaks) await server.query(breaks(`${database}.${sick.signal}`))

    const healthy = SIGNALS.filter((of) => of !== sick)
    add(to[sick.signal], records(sick, 20))
    await until(() => statsOf(to[sick.signal]).errors > 0)
    const startedAt = performance.now()
    for (let round = 1; round <= 5; round++) {
      for (const of of healthy) add(to[of.signal], records(of, 10))
      await until(() => healthy.every(({ signal }) => statsOf(to[signal]).delivered === round * 10))
    }
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(SOON_MS))
    for (const { signal } of healthy) expect(statsOf(to[signal])).toMatchObject({ errors: 0 })
    expect(statsOf(to[sick.signal])).toMatchObject({ delivered: 0, waiting: 20, dropped: {} })
    if (!mends || !LONG) return // such a table is asked again after half a minute

    await server.query(mends(`${database}.${sick.signal}`))
    await flushed(to[sick.signal])
    for (const of of SIGNALS) {
      const rows = of === sick ? 20 : 50
      expect(await tally(server, database, rows, of)).toEqual({ rows, lost: 0, duplicated: 0 })
    }
  })
})

test('metrics of four types in one export: those whose tables are well are stored, while one table refuses; it gets its rows when it is mended', async () => {
  const byType = METRICS_BY_TYPE
  database = `types${databases++}`
  for (const table of byType.tables)
    for (const statement of table.ddl({ database })) await server.query(statement)
  await server.query(`ALTER TABLE ${database}.otel_metrics_histogram DROP COLUMN ExplicitBounds`)
  const exporter = openExporter('metrics', {
    endpoint: server.url,
    database,
    schema: 'otel',
    manageSchema: 'off',
  })
  onTestFinished(() => exporter.shutdown())
  const run = randomBytes(4).toString('hex')
  let made = 0
  const exportSome = () => {
    const points = Array.from({ length: 8 }, () => numbered.metrics(run, made++))
    return new Promise<number>((resolve) => exporter.export(points, ({ code }) => resolve(code)))
  }
  expect(await exportSome()).toBe(0)
  const startedAt = performance.now()
  for (let n = 0; n < 9; n++) expect(await exportSome()).toBe(0)
  const stored = (made / 4) * 3
  await until(async () => (await rowsIn(server, database, byType)) === stored)
  await until(() => statsOf(exporter).delivered === stored) // the answer comes after the rows are stored
  const milliseconds = performance.now() - startedAt
  signalFigure('ten exports, one table of five refuses', byType, { milliseconds })
  expect(milliseconds).toBeLessThan(onThisMachine(2 * SOON_MS))
  expect(statsOf(exporter)).toMatchObject({ waiting: made / 4, dropped: {} })
  await server.query(
    `ALTER TABLE ${database}.otel_metrics_histogram ADD COLUMN ExplicitBounds Array(Float64)`,
  )
  await flushed(exporter)
  expect(await tally(server, database, made, byType)).toEqual({
    rows: made,
    lost: 0,
    duplicated: 0,
  })
})

describe('an exporter that takes what it says of itself', () => {
  test('as metrics makes one export of each collection, whether the server takes it or not', async () => {
    const front = await new ScriptedClickHouse().listen()
    onTestFinished(() => front.close())
    const { meters, exporter } = ofItself({
      endpoint: front.url,
      shutdownTimeoutMs: 20,
      flushTimeoutMs: 200,
      retry: { initialDelayMs: 2, maxDelayMs: 4 },
    })
    for (let n = 1; n <= 3; n++) {
      await meters.forceFlush()
      expect(new Set(front.inserts.map(({ token }) => token)).size).toBe(n)
    }
    const { accepted } = statsOf(exporter)
    front.behaviour = insertsOnly(replies({ status: 503, headers: {}, body: '' }))
    const { requests } = front
    for (let n = 0; n < 3; n++) await meters.forceFlush().catch(() => {})
    await until(() => front.requests > requests + 50)
    const more = statsOf(exporter).accepted - accepted
    expect(more).toBeGreaterThan(0)
    expect(more).toBeLessThan(3 * accepted) // as many points a collection as before, however many attempts failed
  })

  test('as log records, by way of diag, makes a few of an outage', async () => {
    const front = await new ScriptedClickHouse(
      undefined,
      replies({ status: 503, headers: {}, body: '' }),
    ).listen()
    onTestFinished(() => front.close())
    const processor = new ClickHouseLogRecordProcessor({
      endpoint: front.url,
      shutdownTimeoutMs: 20,
      retry: { initialDelayMs: 2, maxDelayMs: 4 },
      batch: { maxDelayMs: 5, maxRows: 2 },
      queue: { maxBytes: 2000 },
    })
    onTestFinished(() => processor.shutdown())
    const provider = new LoggerProvider({ processors: [processor] })
    const logger = provider.getLogger('diag')
    const say = (...words: unknown[]) => logger.emit({ body: words.join(' ') })
    const levels = { error: say, warn: say, info: say, debug: say, verbose: say }
    diag.setLogger(levels, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
    onTestFinished(() => diag.disable())
    for (let n = 0; n < 20; n++) say(`the application says ${n} ${'x'.repeat(200)}`)
    await until(() => front.requests > 40)
    await eventually(() => expect(statsOf(processor).dropped.queue_full).toBeGreaterThan(0))
    const before = statsOf(processor).accepted
    const { requests } = front
    await until(() => front.requests > requests + 100)
    expect(before).toBeLessThan(40)
    expect(statsOf(processor).accepted - before).toBeLessThan(5)
    front.behaviour = answer
    await flushed(processor)
    expect(statsOf(processor).delivered).toBeGreaterThan(0)
  })
})

/** An exporter of metrics whose own metrics go to itself. */
function ofItself(options: Options<MetricPointLike>) {
  const holder: { exporter?: ClickHouseMetricExporter } = {}
  const late: PushMetricExporter = {
    export: (metrics, callback) => holder.exporter?.export(metrics, callback),
    forceFlush: async () => holder.exporter?.forceFlush(),
    shutdown: async () => holder.exporter?.shutdown(),
  }
  const reader = new PeriodicExportingMetricReader({
    exporter: late,
    exportIntervalMillis: 3_600_000,
  })
  const meters = new MeterProvider({ readers: [reader] })
  const exporter = new ClickHouseMetricExporter({ ...options, meterProvider: meters })
  holder.exporter = exporter
  // The reader does not shut its exporter down if the flush before that fails.
  onTestFinished(() => meters.shutdown().catch(() => exporter.shutdown()))
  return { meters, exporter }
}
