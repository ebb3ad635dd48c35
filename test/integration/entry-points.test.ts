import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
  TracerProvider,
} from '#sdk'
import {
  ClickHouseLogRecordExporter,
  ClickHouseLogRecordProcessor,
  ClickHouseMetricExporter,
  ClickHouseSpanProcessor,
} from '../../packages/exporter-clickhouse/src/index.js'
import { flushed, PATIENT_MS } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

const resource = resourceFromAttributes({ 'service.name': 'shop' })

/** An application of the SDK whose three signals go to a database. Resolves when all of it is delivered. */
async function runApplication(database: string, schema: 'flat' | 'otel', withExporter: boolean) {
  const options = { endpoint: server.url, database, schema }
  const spans = new ClickHouseSpanProcessor(options)
  const records = withExporter
    ? new ClickHouseLogRecordExporter(options)
    : new ClickHouseLogRecordProcessor(options)
  const exporter = new ClickHouseMetricExporter(options)
  const logs =
    records instanceof ClickHouseLogRecordExporter
      ? new BatchLogRecordProcessor({ exporter: records })
      : records
  const tracers = new TracerProvider({ resource, spanProcessors: [spans] })
  const loggers = new LoggerProvider({ resource, processors: [logs] })
  const readers = [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })]
  const meters = new MeterProvider({ resource, readers })
  onTestFinished(async () => {
    await Promise.all([tracers.shutdown(), loggers.shutdown(), meters.shutdown()])
  })
  const meter = meters.getMeter('test')
  const orders = meter.createCounter('orders')
  const took = meter.createHistogram('took')
  const span = tracers.getTracer('test').startSpan('order')
  for (let n = 1; n <= 100; n++) {
    loggers.getLogger('test').emit({
      severityNumber: 9,
      severityText: 'INFO',
      body: `record ${n}`,
      attributes: { n },
    })
    orders.add(1)
    took.record(n)
  }
  span.end()
  await loggers.forceFlush({ timeoutMillis: PATIENT_MS })
  await meters.forceFlush({ timeoutMillis: PATIENT_MS })
  await Promise.all([flushed(spans), flushed(records), flushed(exporter)])
  for (const one of [spans, records, exporter])
    expect(one.stats().destinations['primary']).toMatchObject({ dropped: {}, waiting: 0 })
}

describe.each([
  ['the processor', false],
  ['the exporter', true],
])('log records by %s, and metrics', (_, withExporter) => {
  test('are in the flat tables', async () => {
    const database = `flat_${withExporter}`
    await runApplication(database, 'flat', withExporter)
    expect(
      await server.query(
        `SELECT count(), uniqExact(body), sum(toInt64(attributes['n'])), any(service_name), any(severity_text) FROM ${database}.logs FORMAT TSV`,
      ),
    ).toBe('100\t100\t5050\tshop\tINFO\n')
    expect(
      await server.query(
        `SELECT metric_name, metric_type, value, count, sum, service_name FROM ${database}.metrics ORDER BY metric_name FORMAT TSV`,
      ),
    ).toBe('orders\tsum\t100\t0\t\\N\tshop\ntook\thistogram\t0\t100\t5050\tshop\n')
    expect(await server.query(`SELECT count() FROM ${database}.traces`)).toBe('1\n')
  })

  test('are in the tables of the Collector, each type of metric in its own', async () => {
    const database = `otel_${withExporter}`
    await runApplication(database, 'otel', withExporter)
    expect(
      await server.query(
        `SELECT count(), uniqExact(Body), any(ServiceName), any(SeverityText) FROM ${database}.otel_logs FORMAT TSV`,
      ),
    ).toBe('100\t100\tshop\tINFO\n')
    expect(
      await server.query(
        `SELECT MetricName, Value, AggregationTemporality, IsMonotonic FROM ${database}.otel_metrics_sum FORMAT TSV`,
      ),
    ).toBe('orders\t100\t2\ttrue\n')
    expect(
      await server.query(
        `SELECT MetricName, Count, Sum FROM ${database}.otel_metrics_histogram FORMAT TSV`,
      ),
    ).toBe('took\t100\t5050\n')
    expect(await server.query(`SELECT count() FROM ${database}.otel_traces`)).toBe('1\n')
  })
})
