import { describe, expect, test } from 'vitest'
import {
  flatMetrics,
  type MetricPointLike,
  newTally,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
} from '../src/index.js'
import { otelMetricsTables } from '../src/internal.js'
import { makePoint } from './points.js'

test('flat: every column of an ordinary point of each type', () => {
  const ordinary = {
    timestamp: '1729627260.000000007',
    start_timestamp: '1729627200.000000005',
    metric_name: 'http.server.duration',
    metric_type: 'gauge',
    unit: 's',
    description: 'How long it took',
    temporality: '',
    is_monotonic: false,
    value: 1.5,
    count: '0',
    sum: null,
    min: null,
    max: null,
    bounds: [],
    bucket_counts: [],
    scale: 0,
    zero_count: '0',
    positive_offset: 0,
    positive_bucket_counts: [],
    negative_offset: 0,
    negative_bucket_counts: [],
    'quantiles.quantile': [],
    'quantiles.value': [],
    flags: 0,
    service_name: 'shop',
    project_name: 'demo',
    environment: 'test',
    attributes: { 'http.route': '/cart', 'http.response.status_code': '500' },
    resource_attributes: {
      'service.name': 'shop',
      'project.name': 'demo',
      'deployment.environment.name': 'test',
    },
    scope_name: 'http',
    scope_version: '1.2.3',
    'exemplars.timestamp': ['1729627200.000000009'],
    'exemplars.value': [0.25],
    'exemplars.trace_id': ['0af7651916cd43dd8448eb211c80319c'],
    'exemplars.span_id': ['b7ad6b7169203331'],
    'exemplars.attributes': [{ reason: 'slow' }],
  }
  const tally = newTally()
  const row = (point: MetricPointLike) => flatMetrics.toRow(point, tally)
  expect(row(makePoint('gauge'))).toEqual(ordinary)
  expect(Object.keys(row(makePoint('gauge')))).toEqual(flatMetrics.insertColumns)
  expect(row(makePoint('sum', { flags: 1 }))).toEqual({
    ...ordinary,
    metric_type: 'sum',
    temporality: 'cumulative',
    is_monotonic: true,
    value: 7,
    flags: 1,
  })
  const histogram = {
    ...ordinary,
    metric_type: 'histogram',
    temporality: 'delta',
    value: 0,
    count: '6',
    sum: 12.5,
    min: 0.5,
    max: 8,
    bounds: [0.5, 5],
    bucket_counts: ['1', '4', '1'],
  }
  expect(row(makePoint('histogram', {}, { temporality: 1 }))).toEqual(histogram)
  expect(row(makePoint('exponential_histogram'))).toEqual({
    ...histogram,
    metric_type: 'exponential_histogram',
    temporality: 'cumulative',
    min: -1,
    bounds: [],
    bucket_counts: [],
    scale: -3,
    zero_count: '1',
    positive_offset: -2,
    positive_bucket_counts: ['1', '0', '3'],
    negative_offset: 4,
    negative_bucket_counts: ['1'],
  })
  expect(row(makePoint('summary'))).toMatchObject({
    metric_type: 'summary',
    temporality: '',
    count: '6',
    sum: 12.5,
    min: null,
    'quantiles.quantile': [0.99],
    'quantiles.value': [8],
    'exemplars.value': [],
  })
  expect(tally).toEqual(newTally())
})

describe('otel', () => {
  const common = {
    ResourceAttributes: {
      'deployment.environment.name': 'test',
      'project.name': 'demo',
      'service.name': 'shop',
    },
    ResourceSchemaUrl: 'https://example.com/resource',
    ScopeName: 'http',
    ScopeVersion: '1.2.3',
    ScopeAttributes: { a: '1', b: '2' },
    ScopeDroppedAttrCount: 3,
    ScopeSchemaUrl: 'https://example.com/scope',
    ServiceName: 'shop',
    MetricName: 'http.server.duration',
    MetricDescription: 'How long it took',
    MetricUnit: 's',
    Attributes: { 'http.response.status_code': '500', 'http.route': '/cart' },
    StartTimeUnix: '1729627200000000005',
    TimeUnix: '1729627260000000007',
  }
  const exemplars = {
    'Exemplars.FilteredAttributes': [{ reason: 'slow' }],
    'Exemplars.TimeUnix': ['1729627200000000009'],
    'Exemplars.Value': [0.25],
    'Exemplars.SpanId': ['b7ad6b7169203331'],
    'Exemplars.TraceId': ['0af7651916cd43dd8448eb211c80319c'],
  }

  test('every column of an ordinary point of each type, in the Collector’s order', () => {
    const rows = {
      gauge: { ...common, Value: 1.5, Flags: 0, ...exemplars },
      sum: {
        ...common,
        Value: 7,
        Flags: 0,
        ...exemplars,
        AggregationTemporality: 2,
        IsMonotonic: true,
      },
      histogram: {
        ...common,
        Count: '6',
        Sum: 12.5,
        BucketCounts: ['1', '4', '1'],
        ExplicitBounds: [0.5, 5],
        ...exemplars,
        Flags: 0,
        Min: 0.5,
        Max: 8,
        AggregationTemporality: 2,
      },
      exponential_histogram: {
        ...common,
        Count: '6',
        Sum: 12.5,
        Scale: -3,
        ZeroCount: '1',
        PositiveOffset: -2,
        PositiveBucketCounts: ['1', '0', '3'],
        NegativeOffset: 4,
        NegativeBucketCounts: ['1'],
        ...exemplars,
        Flags: 0,
        Min: -1,
        Max: 8,
        AggregationTemporality: 2,
      },
      summary: {
        ...common,
        Count: '6',
        Sum: 12.5,
        'ValueAtQuantiles.Quantile': [0.99],
        'ValueAtQuantiles.Value': [8],
        Flags: 0,
      },
    }
    for (const [type, expected] of Object.entries(rows)) {
      const table = otelMetricsTables[type as keyof typeof rows]
      const tally = newTally()
      const row = table.toRow(makePoint(type as keyof typeof rows), tally)
      expect(row).toEqual(expected)
      expect(Object.keys(row)).toEqual(Object.keys(expected))
      expect(table.insertColumns).toEqual(Object.keys(expected))
      expect(Object.keys(row['Attributes'] as object)).toEqual(Object.keys(common.Attributes))
      expect(Object.keys(row['ScopeAttributes'] as object)).toEqual(['a', 'b'])
      expect(tally).toEqual(newTally())
    }
  })

  test('the tables have the Collector’s default names', () => {
    expect(Object.values(otelMetricsTables).map(({ database, name }) => [database, name])).toEqual([
      ['default', 'otel_metrics_gauge'],
      ['default', 'otel_metrics_sum'],
      ['default', 'otel_metrics_histogram'],
      ['default', 'otel_metrics_exponential_histogram'],
      ['default', 'otel_metrics_summary'],
    ])
    expect(Object.values(otelMetricsTables)).toEqual([
      otelMetricsGauge,
      otelMetricsSum,
      otelMetricsHistogram,
      otelMetricsExponentialHistogram,
      otelMetricsSummary,
    ])
  })
})

test('what a metric’s points have in common is read once', () => {
  let reads = 0
  const metric = {
    type: 'sum',
    get name() {
      return `read ${++reads}`
    },
  }
  const [one, other] = [makePoint('sum', { metric }), makePoint('sum', { metric })]
  Object.defineProperty(metric, 'name', { value: 'fixed' })
  expect(otelMetricsSum.toRow(one)['MetricName']).toBe('fixed')
  Object.assign(metric, { unit: 'late' })
  expect(otelMetricsSum.toRow(other)['MetricUnit']).toBe('')
})
