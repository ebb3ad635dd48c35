import {
  flatMetrics,
  type MetricPointLike,
  type MetricType,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  type Table,
} from '../src/index.js'

export const metricTables: [string, Table<MetricPointLike>][] = [
  ['flat metrics', flatMetrics],
  ['otel gauge', otelMetricsGauge],
  ['otel sum', otelMetricsSum],
  ['otel histogram', otelMetricsHistogram],
  ['otel exponential histogram', otelMetricsExponentialHistogram],
  ['otel summary', otelMetricsSummary],
]

const OF_TYPE: Record<MetricType, object> = {
  gauge: { value: 1.5 },
  sum: { value: 7 },
  histogram: {
    count: 6,
    sum: 12.5,
    min: 0.5,
    max: 8,
    bounds: [0.5, 5],
    bucketCounts: [1, 4, 1],
  },
  exponential_histogram: {
    count: 6,
    sum: 12.5,
    min: -1,
    max: 8,
    scale: -3,
    zeroCount: 1,
    positive: { offset: -2, bucketCounts: [1, 0, 3] },
    negative: { offset: 4, bucketCounts: [1] },
  },
  summary: { count: 6, sum: 12.5, quantiles: [{ quantile: 0.99, value: 8 }] },
}

const exemplar = {
  time: [1729627200, 9],
  value: 0.25,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  attributes: { reason: 'slow' },
}

/** A data point of the type, cumulative and with one exemplar, with `changes` of a test's own, also to its metric. Casts, because tests give what types forbid. */
export function makePoint(
  type: MetricType,
  changes: Record<string, unknown> = {},
  ofMetric: Record<string, unknown> = {},
): MetricPointLike {
  const hasTemporality = type !== 'gauge' && type !== 'summary'
  const point = {
    metric: {
      name: 'http.server.duration',
      description: 'How long it took',
      unit: 's',
      type,
      temporality: hasTemporality ? 2 : 0,
      isMonotonic: type === 'sum',
      ...ofMetric,
    },
    startTime: [1729627200, 5],
    time: [1729627260, 7],
    attributes: { 'http.route': '/cart', 'http.response.status_code': 500 },
    ...OF_TYPE[type],
    exemplars: type === 'summary' ? undefined : [exemplar],
    resource: {
      attributes: {
        'service.name': 'shop',
        'project.name': 'demo',
        'deployment.environment.name': 'test',
      },
      schemaUrl: 'https://example.com/resource',
    },
    instrumentationScope: {
      name: 'http',
      version: '1.2.3',
      schemaUrl: 'https://example.com/scope',
      attributes: { b: 2, a: 1 },
      droppedAttributesCount: 3,
    },
  }
  return Object.defineProperties(
    point,
    Object.getOwnPropertyDescriptors(changes),
  ) as unknown as MetricPointLike
}

/** One point of every type, and of every sort of value. */
export function allPoints(): MetricPointLike[] {
  const { NaN: nan, POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minusInf } = Number
  const most = 2n ** 64n - 1n
  const values = [0, -0, 1, -1.5, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 1e21, 2 ** 53]
  const points = [...values, nan, inf, minusInf, 2n ** 63n - 1n, -(2n ** 63n), undefined].flatMap(
    (value) => [makePoint('gauge', { value }), makePoint('sum', { value, exemplars: [{ value }] })],
  )
  const none = { sum: undefined, min: undefined, max: undefined, exemplars: undefined }
  const histograms: Record<string, unknown>[] = [
    {},
    { ...none, count: 0, bounds: [], bucketCounts: [] },
    { ...none, count: 3, bounds: [], bucketCounts: [3] },
    { ...none, count: 0, bounds: undefined, bucketCounts: undefined },
    { count: most, bucketCounts: [most, 0n, most], sum: nan, min: inf, max: minusInf },
    { sum: 0, min: 0, max: 0, bounds: [minusInf, -0, 0.005, inf], bucketCounts: [1, 2, 3, 4, 5] },
    { sum: -0, min: -0, max: -0 },
  ]
  const exponential: Record<string, unknown>[] = [
    {},
    { ...none, count: 0, scale: 20, positive: { offset: 0, bucketCounts: [] }, negative: {} },
    { count: most, zeroCount: most, positive: { offset: -5, bucketCounts: [most] } },
    { scale: -10, positive: { offset: 2 ** 31 - 1, bucketCounts: [1] }, negative: undefined },
  ]
  const summaries: Record<string, unknown>[] = [
    {},
    { quantiles: [] },
    { sum: minusInf, quantiles: [0, 1, nan].map((value) => ({ quantile: value, value: -value })) },
  ]
  for (const temporality of [0, 1, 2])
    points.push(makePoint('sum', {}, { temporality, isMonotonic: temporality === 1 }))
  const times = [
    [0, 0],
    [1, 500_000_000],
    [-1, 5],
    [4_294_967_295, 1],
    [9e9, 1],
  ].map((time) =>
    makePoint('gauge', { time, startTime: time, exemplars: [{ time }, { time, traceId: '0' }] }),
  )
  return [
    ...points,
    ...histograms.map((changes) => makePoint('histogram', changes)),
    ...exponential.map((changes) => makePoint('exponential_histogram', changes)),
    ...summaries.map((changes) => makePoint('summary', changes)),
    ...times,
    makePoint('sum', { flags: 1, value: undefined, attributes: {}, resource: {} }),
    makePoint('gauge', {}, { name: 'a "quoted" \\ name\n', unit: '', description: 'é'.repeat(99) }),
  ]
}
