import { AsyncResource } from 'node:async_hooks'
import { metrics as metricsApi } from '@opentelemetry/api'
import type { MetricPointLike, ResourceMetricsLike } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import {
  AggregationTemporality,
  ExportResultCode,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  resourceFromAttributes,
} from '#sdk'
import { PATIENT } from '../../../../test/kit/exporters.js'
import { eventually, PATIENT_MS } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { turn } from '../../src/common/clock.js'
import type { Options } from '../../src/config/options.js'
import { withFlush } from '../../src/lifetime/with-flush.js'
import { ClickHouseMetricExporter } from '../../src/metrics/metric-exporter.js'
import type { ExportResult } from '../../src/pipeline/exports.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

function exporterTo(options: Options<MetricPointLike>) {
  const made = new ClickHouseMetricExporter({ ...PATIENT, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

/** A meter of the SDK, which collects only when it is flushed. */
function meterTo(exporter: ClickHouseMetricExporter) {
  const reader = new PeriodicExportingMetricReader({
    exporter: exporter satisfies PushMetricExporter,
    exportIntervalMillis: 3_600_000,
  })
  const resource = resourceFromAttributes({ 'service.name': 'shop' })
  const provider = new MeterProvider({ resource, readers: [reader] })
  return { provider, meter: provider.getMeter('by-hand') }
}

const exported = (to: ClickHouseMetricExporter, metrics: unknown) =>
  new Promise<ExportResult>((resolve) => to.export(metrics as ResourceMetricsLike, resolve))

const EMPTY = { resource: resourceFromAttributes({}), scopeMetrics: [] }
const UNREADABLE = { ...EMPTY, scopeMetrics: [{ metrics: [{ dataPoints: [7] }] }] }

test('data points of a meter are rows of the table for metrics', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url })
  const { provider, meter } = meterTo(exporter)
  const orders = meter.createCounter('orders', { unit: '1' })
  orders.add(1, { a: '1' })
  orders.add(2, { a: '2' })
  meter.createHistogram('took').record(7)
  await provider.forceFlush()
  expect(server.rows).toMatchObject([
    {
      metric_name: 'orders',
      metric_type: 'sum',
      value: 1,
      temporality: 'cumulative',
      service_name: 'shop',
    },
    { metric_name: 'orders', value: 2, attributes: { a: '2' } },
    { metric_name: 'took', metric_type: 'histogram', sum: 7 },
  ])
  expect(statsOf(exporter)).toMatchObject({ accepted: 3, delivered: 3 })
  await provider.shutdown()
})

test('an otel schema has a table for each type', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url, schema: 'otel' })
  const { provider, meter } = meterTo(exporter)
  meter.createCounter('orders').add(1)
  meter.createGauge('open').record(4)
  meter.createHistogram('took').record(7)
  await provider.forceFlush()
  const tables = server.inserts.map(
    ({ query, body }) =>
      /`otel_metrics_\w+`/.exec(`${query.get('query') ?? ''}${body.toString('latin1')}`)?.[0],
  )
  expect(server.rows).toHaveLength(3)
  expect(new Set(tables).size).toBe(3)
  await provider.shutdown()
})

describe('the temporality', () => {
  const types = Object.values(InstrumentType)

  test('is cumulative by default, for every instrument', () => {
    const exporter = exporterTo({})
    for (const type of types)
      expect(exporter.selectAggregationTemporality(type)).toBe(AggregationTemporality.CUMULATIVE)
  })

  test('with `delta` is what the official OTLP exporter has', () => {
    const exporter = exporterTo({ metrics: { temporality: 'delta' } })
    const cumulative = types.filter(
      (type) => exporter.selectAggregationTemporality(type) === AggregationTemporality.CUMULATIVE,
    )
    expect(cumulative.toSorted()).toEqual(
      [InstrumentType.OBSERVABLE_UP_DOWN_COUNTER, InstrumentType.UP_DOWN_COUNTER].toSorted(),
    )
    expect(types.length).toBeGreaterThan(6)
    for (const type of types.filter((one) => !cumulative.includes(one)))
      expect(exporter.selectAggregationTemporality(type)).toBe(AggregationTemporality.DELTA)
  })

  test('reaches the rows', async () => {
    const server = await scriptedServer()
    const { provider, meter } = meterTo(
      exporterTo({ endpoint: server.url, metrics: { temporality: 'delta' } }),
    )
    const [orders, open] = [meter.createCounter('orders'), meter.createUpDownCounter('open')]
    for (const n of [1, 2]) {
      orders.add(n)
      open.add(n)
      await provider.forceFlush()
    }
    const values = (name: string) =>
      server.rows.filter((row) => row['metric_name'] === name).map((row) => row['value'])
    expect(values('orders')).toEqual([1, 2])
    expect(values('open')).toEqual([1, 3])
    await provider.shutdown()
  })
})

describe('the callback comes exactly once', () => {
  test.each([
    ['an empty collection', EMPTY, 0],
    ['nothing', undefined, 1],
    ['a metric that cannot be read', UNREADABLE, 1],
  ])('for %s, and no request is made', async (_, metrics, unreadable) => {
    const server = await scriptedServer()
    const exporter = exporterTo({ endpoint: server.url })
    const results = vi.fn()
    exporter.export(metrics as never, results)
    await exporter.forceFlush()
    expect(results).toHaveBeenCalledExactlyOnceWith({ code: ExportResultCode.SUCCESS })
    expect(server.requests).toEqual([])
    expect(statsOf(exporter)).toMatchObject({
      accepted: unreadable,
      dropped: unreadable ? { encode_error: unreadable } : {},
    })
  })

  test('after shutdown, with a failure, and nothing is counted', async () => {
    const exporter = exporterTo({})
    await exporter.shutdown()
    const { code, error } = await exported(exporter, UNREADABLE)
    expect(code).toBe(ExportResultCode.FAILED)
    expect(error?.message).toContain('shut down')
    expect(statsOf(exporter).accepted).toBe(0)
  })
})

test('an invocation ends only when its metrics are collected and delivered', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url })
  const { provider, meter } = meterTo(exporter)
  metricsApi.setGlobalMeterProvider(provider)
  onTestFinished(() => metricsApi.disable())
  const orders = meter.createCounter('orders')
  const handler = withFlush(async () => orders.add(1), { timeoutMs: 60_000 })
  for (const n of [1, 2]) {
    await handler()
    expect(server.rows.map((row) => row['value'])).toContain(n)
  }
  await provider.shutdown()
})

describe('while metrics are collected for an invocation', () => {
  function asGlobalProvider(forceFlush: () => Promise<unknown>): void {
    metricsApi.setGlobalMeterProvider(
      Object.create(metricsApi.getMeterProvider(), { forceFlush: { value: forceFlush } }),
    )
    onTestFinished(() => metricsApi.disable())
  }

  test('an export and a flush of somebody else wait for delivery, as at any other time', async () => {
    const server = await scriptedServer()
    const exporter = exporterTo({ endpoint: server.url })
    const { provider, meter } = meterTo(exporter)
    let end = () => {}
    asGlobalProvider(() => new Promise<void>((resolve) => (end = resolve)))
    const invocation = withFlush(async () => {}, { timeoutMs: PATIENT_MS })()
    await turn()
    meter.createCounter('orders').add(1)
    await provider.forceFlush()
    expect(statsOf(exporter)).toMatchObject({ delivered: 1, waiting: 0 })
    end()
    await invocation
    await provider.shutdown()
  })

  test('what an earlier collection left behind waits too', async () => {
    const server = await scriptedServer()
    const exporter = exporterTo({ endpoint: server.url })
    const { provider, meter } = meterTo(exporter)
    let later: (() => Promise<void>) | undefined
    let end = () => {}
    asGlobalProvider(async () => {
      if (later) return new Promise<void>((resolve) => (end = resolve))
      later = AsyncResource.bind(() => provider.forceFlush())
    })
    const handler = withFlush(async () => {}, { timeoutMs: PATIENT_MS })
    await handler()
    const invocation = handler()
    await turn()
    meter.createCounter('orders').add(1)
    await later?.()
    expect(statsOf(exporter)).toMatchObject({ delivered: 1, waiting: 0 })
    end()
    await invocation
    await provider.shutdown()
  })

  test('the collection waits for no server, of whatever exporter of ours its points are', async () => {
    const server = await scriptedServer('hang')
    const options = { endpoint: server.url, timeoutMs: PATIENT_MS, shutdownTimeoutMs: 1 }
    const exporters = [exporterTo(options), exporterTo(options)]
    const readers = exporters.map(
      (exporter) =>
        new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 }),
    )
    const provider = new MeterProvider({ readers })
    provider.getMeter('by-hand').createCounter('orders').add(1)
    const collections: Promise<void>[] = []
    asGlobalProvider(() => {
      const collection = provider.forceFlush()
      collections.push(collection)
      return collection
    })
    const invocation = withFlush(async () => {}, { timeoutMs: 200 })()
    await eventually(() => expect(collections).toHaveLength(2))
    await Promise.all(collections) // although the server answers nothing
    for (const exporter of exporters) expect(statsOf(exporter).waiting).toBeGreaterThan(0)
    await invocation
  })
})

test('a collection that never ends does not turn later flushes off', async () => {
  const server = await scriptedServer('hang')
  const exporter = exporterTo({ endpoint: server.url, flushTimeoutMs: 50, shutdownTimeoutMs: 50 })
  const { provider, meter } = meterTo(exporter)
  // A reader of the application that does not end.
  const hanging = Object.create(provider, { forceFlush: { value: () => new Promise(() => {}) } })
  metricsApi.setGlobalMeterProvider(hanging)
  onTestFinished(() => metricsApi.disable())
  await withFlush(async () => {}, { timeoutMs: 100 })()
  meter.createCounter('orders').add(1)
  void provider.forceFlush().catch(() => {})
  await eventually(() => expect(statsOf(exporter).waiting).toBe(1))
  await expect(exporter.forceFlush({ timeoutMs: 50 })).rejects.toThrow('not flushed')
})

test('the exporter may collect its own metrics: each collection is one export', async () => {
  const server = await scriptedServer()
  let to: ClickHouseMetricExporter | undefined
  const late: PushMetricExporter = {
    export: (metrics, resultCallback) => to?.export(metrics, resultCallback),
    forceFlush: async () => to?.forceFlush(),
    shutdown: async () => to?.shutdown(),
  }
  const reader = new PeriodicExportingMetricReader({
    exporter: late,
    exportIntervalMillis: 3_600_000,
  })
  const meters = new MeterProvider({ readers: [reader] })
  to = exporterTo({ endpoint: server.url, meterProvider: meters })
  for (let n = 1; n <= 3; n++) {
    await meters.forceFlush()
    expect(server.inserts).toHaveLength(n)
  }
  expect(server.rows.map((row) => row['metric_name'])).toContain(
    'otel.sdk.exporter.metric_data_point.exported',
  )
  await meters.shutdown()
})
