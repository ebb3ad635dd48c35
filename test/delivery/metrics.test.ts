import { ClickHouseMetricExporter, ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'
import { expect, test } from 'vitest'
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '#sdk'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'
import { Pipeline } from '../../packages/exporter-clickhouse/src/pipeline/pipeline.js'
import { flushed } from '../kit/patience.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { shopSpans } from '../kit/shop-spans.js'
import { narrowTable, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'

test('the metrics have the names and attributes of the conventions, and agree with stats()', async () => {
  const healthy = await scriptedServer()
  const failing = await scriptedServer({ status: 503 })
  const { meterProvider, read } = meter()
  const exporter = new ClickHouseSpanExporter({
    schema: narrowTable(TRACES),
    retry: { initialDelayMs: 1, maxDelayMs: 1 },
    destinations: [
      { name: 'healthy', endpoint: healthy.url },
      { name: 'failing', endpoint: failing.url, retry: { maxRetries: 2 } },
    ],
    meterProvider,
  })
  await exported(exporter, 30)
  await exported(exporter, 12)
  await flushed(exporter)

  const sick = statsOf(exporter, 'failing')
  expect(sick.dropped).toEqual({ retries_exhausted: 42 })
  const metrics = await read()
  const component = {
    'otel.component.type': 'clickhouse_http_span_exporter',
    'otel.component.name': expect.stringMatching(/^clickhouse_http_span_exporter\/\d+$/),
  }
  const values = (name: string) =>
    metrics.get(name)?.map(({ value, attributes }) => ({ value, ...attributes }))
  expect(values('otel.sdk.exporter.span.inflight')).toEqual([
    { value: 0, ...component, destination: 'healthy' },
    { value: 0, ...component, destination: 'failing' },
  ])
  expect(values('otel.sdk.exporter.span.exported')).toEqual([
    { value: 42, ...component, destination: 'healthy' },
    { value: 0, ...component, destination: 'failing' },
    { value: 42, ...component, destination: 'failing', 'error.type': 'retries_exhausted' },
  ])
  expect(metrics.get('otel.sdk.exporter.operation.duration')).toEqual([
    {
      attributes: { ...component, 'server.address': '127.0.0.1', 'server.port': healthy.port },
      value: expect.objectContaining({ count: 2 }),
    },
    {
      attributes: {
        ...component,
        'server.address': '127.0.0.1',
        'server.port': failing.port,
        'error.type': expect.any(String),
      },
      value: expect.objectContaining({ count: sick.requests }),
    },
  ])
  expect(metrics.get('spanhouse.batch.rows')).toEqual([
    {
      attributes: { destination: 'healthy', signal: 'traces' },
      value: expect.objectContaining({ count: 2, sum: 42, min: 12, max: 30 }),
    },
  ])
  expect(metrics.get('spanhouse.insert.duration')).toHaveLength(2)
  const all = [...metrics].flatMap(([name, points]) => points.map((point) => ({ name, ...point })))
  const valuesOf = (destination: string) =>
    all
      .filter(({ attributes }) => attributes['destination'] === destination)
      .map(({ value }) => value)
  expect(valuesOf('failing')).toContain(sick.errors)
  await exporter.shutdown()
})

test.each([
  ['logs', 'log', 'otel.sdk.exporter.log'],
  ['metrics', 'metric', 'otel.sdk.exporter.metric_data_point'],
] as const)('%s have the names of the conventions for them', async (signal, type, prefix) => {
  const server = await scriptedServer()
  const { meterProvider, read } = meter()
  const config = parseConfig('traces', { endpoint: server.url, meterProvider }, {})
  const destinations = config.destinations.map((one) => ({ ...one, signal }))
  const pipeline = new Pipeline({ ...config, destinations })
  await pipeline.export(shopSpans(3))
  const metrics = await read()
  const component = {
    'otel.component.type': `clickhouse_http_${type}_exporter`,
    'otel.component.name': expect.stringMatching(`^clickhouse_http_${type}_exporter/\\d+$`),
  }
  const ofDestination = { ...component, destination: 'primary' }
  expect(metrics.get(`${prefix}.exported`)).toEqual([{ attributes: ofDestination, value: 3 }])
  expect(metrics.get(`${prefix}.inflight`)).toEqual([{ attributes: ofDestination, value: 0 }])
  expect(metrics.get('otel.sdk.exporter.operation.duration')).toMatchObject([
    { attributes: component },
  ])
  expect(metrics.get('otel.sdk.exporter.span.exported')).toBeUndefined()
  const own = [...metrics].filter(([name]) => name.startsWith('spanhouse.'))
  expect(own.length).toBeGreaterThan(3)
  for (const [, points] of own)
    for (const { attributes } of points)
      expect(attributes).toMatchObject({ destination: 'primary', signal })
  await pipeline.shutdown()
})

test('metrics of the exporters that go through our own exporter cost one INSERT a collection, and no more', async () => {
  const server = await scriptedServer()
  const metrics = new ClickHouseMetricExporter({ endpoint: server.url })
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3e6 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  const exporter = new ClickHouseSpanExporter({ endpoint: server.url, meterProvider })
  await exported(exporter, 3)
  const ofMetrics = () =>
    server.inserts.filter(({ query }) => query.get('query')?.includes('`metrics`')).length
  for (let collections = 1; collections < 4; collections++) {
    await reader.forceFlush()
    await metrics.forceFlush()
    expect(ofMetrics()).toBe(collections)
  }
  await exporter.shutdown()
  await meterProvider.shutdown()
})

test('waiting rows are in flight, in spans and in bytes', async () => {
  const hung = await scriptedServer('hang')
  const { meterProvider, read } = meter()
  const exporter = new ClickHouseSpanExporter({
    endpoint: hung.url,
    schema: narrowTable(TRACES),
    meterProvider,
    shutdownTimeoutMs: 1,
  })
  exporter.export(shopSpans(7), () => {})
  await hung.received(1)
  const metrics = await read()
  expect(metrics.get('otel.sdk.exporter.span.inflight')).toMatchObject([{ value: 7 }])
  const { waitingBytes } = statsOf(exporter)
  expect(waitingBytes).toBeGreaterThan(0)
  const bytes = [...metrics].find(([name]) => name.includes('queue'))
  expect(bytes?.[1]).toEqual([
    { attributes: { destination: 'primary', signal: 'traces' }, value: waitingBytes },
  ])
  await exporter.shutdown()
})

test('altered values are counted by what was done to them', async () => {
  const server = await scriptedServer()
  const { meterProvider, read } = meter()
  const exporter = new ClickHouseSpanExporter({ endpoint: server.url, meterProvider })
  const [span] = shopSpans(1)
  const attributes = { note: '\ud800', broken: Symbol('none') }
  const changed = { ...span, spanContext: span?.spanContext, attributes } as never
  await new Promise<void>((resolve) => exporter.export([changed], () => resolve()))
  const ours = { destination: 'primary', signal: 'traces' }
  expect((await read()).get('spanhouse.altered')).toEqual([
    { attributes: { ...ours, kind: 'repairedStrings' }, value: 1 },
    { attributes: { ...ours, kind: 'droppedAttributes' }, value: 1 },
  ])
  expect(statsOf(exporter).altered).toEqual({ repairedStrings: 1, droppedAttributes: 1 })
  await exporter.shutdown()
})

test('onDrop gets rows, reason and destination; an onDrop that throws does no harm', async () => {
  const refusing = await scriptedServer({
    each: ({ rows }) =>
      rows.length > 0 ? { status: 400, code: 27, body: 'Code: 27. DB::Exception' } : 'ok',
  })
  const healthy = await scriptedServer()
  const drops: unknown[][] = []
  const exporter = new ClickHouseSpanExporter({
    schema: narrowTable(TRACES),
    destinations: [
      { name: 'refusing', endpoint: refusing.url },
      { name: 'healthy', endpoint: healthy.url },
    ],
    onDrop: (...drop) => {
      drops.push(drop)
      throw new Error('the application’s own')
    },
  })
  await exported(exporter, 3)
  await flushed(exporter)
  expect(drops).toEqual(Array(3).fill([1, 'rejected', 'refusing']))
  expect(statsOf(exporter, 'refusing')).toMatchObject({ dropped: { rejected: 3 }, waiting: 0 })
  expect(healthy.rows).toHaveLength(3)
  await exporter.shutdown()
})

function exported(exporter: ClickHouseSpanExporter, rows: number): Promise<void> {
  return new Promise((resolve) => exporter.export(shopSpans(rows), () => resolve()))
}

interface Point {
  readonly attributes: Record<string, unknown>
  readonly value: unknown
}

function meter() {
  const memory = new InMemoryMetricExporter(1) // cumulative
  const reader = new PeriodicExportingMetricReader({ exporter: memory, exportIntervalMillis: 3e6 })
  const meterProvider = new MeterProvider({ readers: [reader] })
  return {
    meterProvider,
    async read(): Promise<Map<string, Point[]>> {
      memory.reset()
      await reader.forceFlush()
      const metrics = memory
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
      return new Map(
        metrics.map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => ({ attributes, value })),
        ]),
      )
    },
  }
}
