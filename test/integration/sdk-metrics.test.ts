import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import {
  flatMetrics,
  type MetricPointLike,
  type MetricType,
  metricPoints,
  newTally,
  type ResourceMetricsLike,
} from '@spanhouse/transform'
import { otelMetricsTables } from '@spanhouse/transform/internal'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
} from '#sdk'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { asStored, emptied, insert, stored } from '../kit/stored-rows.js'
import type { ResourceMetrics as OfSdk3 } from '../sdk3/node_modules/@opentelemetry/sdk-metrics'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

const types = Object.keys(otelMetricsTables) as MetricType[]

describe.each([
  ['delta', AggregationTemporality.DELTA, 1],
  ['cumulative', AggregationTemporality.CUMULATIVE, 2],
] as const)('%s', (name, temporality, inOtlp) => {
  test('every instrument of the SDK is stored in both families as its rows', async () => {
    const exported = await measured(temporality)
    const tally = newTally()
    // The types of both SDKs are taken as they are: those of `#sdk` are of SDK 2.
    const take = metricPoints satisfies (given: OfSdk3) => MetricPointLike[]
    const points = exported.flatMap((given) => take(given, tally))
    expect(tally).toEqual(newTally())

    await emptied(server, flatMetrics)
    await insert(server, flatMetrics, points)
    expect(await stored(server, flatMetrics)).toEqual(asStored(flatMetrics, points))
    for (const type of types) {
      const [table, ofType] = [otelMetricsTables[type], pointsOf(points, type)]
      await emptied(server, table)
      await insert(server, table, ofType)
      if (type !== 'summary') expect(await stored(server, table)).toEqual(asStored(table, ofType))
    }

    const columns =
      'metric_name, metric_type, temporality, is_monotonic, value, count, sum, min, max, bucket_counts, attributes'
    const first = `FROM telemetry.metrics ORDER BY metric_name, attributes['a'], timestamp LIMIT 1 BY metric_name, attributes`
    const rows = await server.query(
      `SELECT ${columns} ${first} FORMAT JSONCompactEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
    )
    expect(rows.trim().split('\n')).toEqual([
      `["counter", "sum", "${name}", true, 3, 0, null, null, null, [], {"a":"1"}]`,
      `["counter", "sum", "${name}", true, 4, 0, null, null, null, [], {"a":"2"}]`,
      `["exponential", "exponential_histogram", "${name}", false, 0, 3, 6.5, 0, 4, [], {}]`,
      '["gauge", "gauge", "", false, -1.5, 0, null, null, null, [], {}]',
      `["histogram", "histogram", "${name}", false, 0, 3, 106, 1, 100, [0,2,0,1], {}]`,
      `["observable counter", "sum", "${name}", true, 11, 0, null, null, null, [], {}]`,
      '["observable gauge", "gauge", "", false, 0.1, 0, null, null, null, [], {}]',
      `["observable updown", "sum", "${name}", false, -9, 0, null, null, null, [], {}]`,
      `["updown", "sum", "${name}", false, -2, 0, null, null, null, [], {}]`,
      // The SDK gives no sum for an instrument that takes negative values.
      `["updown as histogram", "histogram", "${name}", false, 0, 1, null, -3, -3, [1,0], {}]`,
    ])
    const shared = await server.query(
      'SELECT DISTINCT service_name, scope_name, scope_version, timestamp >= start_timestamp AND start_timestamp > now() - INTERVAL 1 DAY FROM telemetry.metrics FORMAT TSV',
    )
    expect(shared).toBe('sdk\tmeter\t1.0\t1\n')
    const described = await server.query(
      "SELECT DISTINCT metric_name, unit, description FROM telemetry.metrics WHERE unit != '' FORMAT TSV",
    )
    expect(described).toBe('counter\ts\td\n')
    const kinds = await server.query(
      'SELECT DISTINCT AggregationTemporality FROM (SELECT AggregationTemporality FROM otel_metrics_sum UNION ALL SELECT AggregationTemporality FROM otel_metrics_histogram UNION ALL SELECT AggregationTemporality FROM otel_metrics_exponential_histogram)',
    )
    expect(kinds).toBe(`${inOtlp}\n`)
    expect(
      await server.query(
        'SELECT Scale, ZeroCount, Count, arraySum(PositiveBucketCounts), length(NegativeBucketCounts) FROM otel_metrics_exponential_histogram ORDER BY TimeUnix LIMIT 1 FORMAT TSV',
      ),
    ).toMatch(/^\d+\t1\t3\t2\t0\n$/)
  })
})

/** One collection of every instrument, and a second one. */
async function measured(temporality: AggregationTemporality): Promise<ResourceMetricsLike[]> {
  const exporter = new InMemoryMetricExporter(temporality)
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'sdk' }),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: [
      {
        instrumentName: 'exponential',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
      {
        instrumentName: 'histogram',
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: [0.5, 5, 50] },
        },
      },
      {
        instrumentName: 'updown as histogram',
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: [0] },
        },
      },
    ],
  })
  const meter = provider.getMeter('meter', '1.0')
  const counter = meter.createCounter('counter', { unit: 's', description: 'd' })
  counter.add(3, { a: 1 })
  counter.add(4, { a: 2 })
  meter.createUpDownCounter('updown').add(-2)
  meter.createUpDownCounter('updown as histogram').add(-3)
  meter.createGauge('gauge').record(-1.5)
  for (const value of [1, 5, 100]) meter.createHistogram('histogram').record(value)
  for (const value of [0, 2.5, 4]) meter.createHistogram('exponential').record(value)
  meter.createObservableCounter('observable counter').addCallback((result) => result.observe(11))
  meter
    .createObservableUpDownCounter('observable updown')
    .addCallback((result) => result.observe(-9))
  meter.createObservableGauge('observable gauge').addCallback((result) => result.observe(0.1))
  await provider.forceFlush()
  counter.add(5, { a: 1 })
  await provider.forceFlush()
  const exported: ResourceMetricsLike[] = exporter.getMetrics()
  await provider.shutdown()
  return exported
}

function pointsOf(points: readonly MetricPointLike[], type: MetricType): MetricPointLike[] {
  return points.filter(({ metric }) => metric.type === type)
}
