import {
  ClickHouseLogRecordExporter,
  ClickHouseMetricExporter,
  ClickHouseSpanExporter,
} from '@spanhouse/exporter-clickhouse'
import { beforeAll, describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import {
  AggregationTemporality,
  InMemoryLogRecordExporter,
  InMemoryMetricExporter,
  InMemorySpanExporter,
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
  SimpleLogRecordProcessor,
  SpanKind,
  SpanStatusCode,
  simpleSpanProcessor,
  TracerProvider,
} from '../sdk2/sdk.js'
import { newDatabase, realServer, receiverTo } from './kit.js'
import { officialExporter, type Wire } from './official.js'

const server = realServer()
const RESOURCE = resourceFromAttributes({
  'service.name': 'shop',
  'service.version': '1.2.3',
  'deployment.environment.name': 'test',
  'process.pid': 4711,
  'process.command_args': ['node', 'app.js'],
})
const VALUES = {
  text: 'grüße 👋 "quoted" \\ \u0000 \n',
  whole: 42,
  negative: -7,
  big: Number.MAX_SAFE_INTEGER, // JavaScript prints larger ones rounded, and OTLP has all digits
  fraction: 0.1,
  tiny: 1e-300,
  flag: false,
  texts: ['a', 'b'],
  numbers: [1, 2.5],
  none: [],
}

interface Records {
  readonly trace: unknown[]
  readonly logs: unknown[]
  readonly metrics: unknown
}
let records: Records

beforeAll(async () => {
  records = { trace: await spans(), logs: logs(), metrics: await points() }
})

async function spans(): Promise<unknown[]> {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    resource: RESOURCE,
    spanProcessors: [simpleSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('checkout', '9.9')
  for (let n = 0; n < 300; n++) {
    const kind = [SpanKind.INTERNAL, SpanKind.SERVER, SpanKind.CLIENT][n % 3] as SpanKind
    const span = tracer.startSpan(`span ${n}`, {
      kind,
      attributes: { ...VALUES, n },
      links: [
        {
          context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 },
          attributes: { why: 'test' },
        },
      ],
    })
    span.addEvent('happened', { n, deep: 'yes' })
    if (n % 5 === 0) span.recordException(new TypeError('no such thing'))
    if (n % 5 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' })
    span.end()
  }
  await provider.forceFlush()
  return exporter.getFinishedSpans()
}

function logs(): unknown[] {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({
    resource: RESOURCE,
    processors: [new SimpleLogRecordProcessor({ exporter } as never)],
  })
  const logger = provider.getLogger('pino', '1')
  const bodies = ['a line', { nested: { list: [1, 'two', null, true] } }, 17, ['x', 2.5], undefined]
  for (let n = 0; n < 100; n++)
    logger.emit({
      body: bodies[n % bodies.length] as string,
      severityNumber: 1 + (n % 24),
      severityText: 'INFO',
      eventName: n % 2 ? 'clicked' : '',
      attributes: { ...VALUES, n, map: { b: 1, a: { c: 'd' } } },
    })
  return exporter.getFinishedLogRecords()
}

async function points(): Promise<unknown> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ resource: RESOURCE, readers: [reader] })
  const meter = provider.getMeter('meter', '2')
  const counter = meter.createCounter('orders', { unit: '{order}', description: 'Orders so far.' })
  const duration = meter.createHistogram('duration', { unit: 's' })
  const stock = meter.createGauge('stock')
  for (let n = 0; n < 50; n++) {
    counter.add(n, { shop: `s${n % 7}` })
    duration.record(n / 10, { route: `/r/${n % 3}` })
    stock.record(n % 2 ? n + 0.5 : n, { item: `i${n % 11}` })
  }
  await reader.forceFlush()
  return exporter.getMetrics()[0]
}

/** The number of rows in each table, and a hash of each of its columns over all rows. */
async function hashesIn(database: string): Promise<Record<string, unknown>> {
  const of = `database = '${database}'`
  const columns = await server.at.query(
    `SELECT table, name FROM system.columns WHERE ${of} AND table IN (SELECT name FROM system.tables WHERE ${of} AND engine LIKE '%MergeTree' AND name NOT LIKE '%trace_id_ts%') ORDER BY table, position FORMAT JSONCompactEachRow`,
  )
  const byTable = new Map<string, string[]>()
  for (const line of columns.trim().split('\n')) {
    const [table, name] = JSON.parse(line) as [string, string]
    byTable.set(table, [...(byTable.get(table) ?? []), name])
  }
  const entries = [...byTable].map(async ([table, names]) => {
    const hashes = names.map(
      (name) => `toString(sum(cityHash64(toString(\`${name}\`)))) AS \`${name}\``,
    )
    // Over all columns at once too: a value may have moved to another row.
    const all = `toString(sum(cityHash64(toString(tuple(*))))) AS all`
    const text = await server.at.query(
      `SELECT count() AS rows, ${all}, ${hashes.join(', ')} FROM ${database}.${table} SETTINGS prefer_column_name_to_alias = 1 FORMAT JSONEachRow`,
    )
    return [table, JSON.parse(text)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

type Exporter = {
  export(records: never, callback: (result: { code: number; error?: Error }) => void): void
  shutdown(): Promise<void>
}

async function exported(exporter: Exporter, given: unknown): Promise<void> {
  const result = await new Promise<{ code: number; error?: Error }>((resolve) =>
    exporter.export(given as never, resolve),
  )
  expect(result.error).toBeUndefined()
  await exporter.shutdown()
}

describe.each(['flat', 'otel'] as const)('in the tables of %s', (schema) => {
  let direct: Record<string, unknown>
  beforeAll(async () => {
    const options = { endpoint: server.at.url, database: newDatabase(), schema }
    await exported(new ClickHouseSpanExporter(options) as never, records.trace)
    await exported(new ClickHouseLogRecordExporter(options) as never, records.logs)
    await exported(new ClickHouseMetricExporter(options) as never, records.metrics)
    direct = await hashesIn(options.database)
  })

  // A receiver reads a request before it knows the tables.
  const wires: Wire[] = LONG || schema === 'flat' ? ['proto', 'http', 'grpc'] : ['proto']
  test.each(wires)(
    'what comes by OTLP/%s is what the exporter in the application writes, column by column',
    async (wire) => {
      expect(Object.keys(direct).length).toBeGreaterThanOrEqual(3)
      const database = newDatabase()
      const { http, grpc } = await receiverTo({ endpoint: server.at.url, database, schema })
      const url = wire === 'grpc' ? grpc : http
      for (const signal of ['trace', 'logs', 'metrics'] as const)
        await exported(officialExporter(signal, wire, url), records[signal])
      expect(await hashesIn(database)).toEqual(direct)
    },
  )
})
