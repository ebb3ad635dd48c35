import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatMetrics, type MetricPointLike, metricsFromOtlpJson, newTally } from '../src/index.js'
import { otelMetricsTables } from '../src/internal.js'
import { hostileValue } from './arbitraries.js'

const key = (name: string, stringValue: string) => ({ key: name, value: { stringValue } })
const traceId = '0AF7651916CD43DD8448EB211C80319C'
const spanId = 'B7AD6B7169203331'
const times = { startTimeUnixNano: '1729627200000000005', timeUnixNano: '1729627260000000007' }
const exemplars = [
  {
    timeUnixNano: '1729627200000000009',
    asDouble: 0.25,
    traceId,
    spanId: Buffer.from(spanId, 'hex').toString('base64'),
    filteredAttributes: [key('reason', 'slow')],
  },
  { asInt: '-3' },
]
const attributes = [key('b', '2'), key('a', '1')]

const request = {
  resourceMetrics: [
    {
      resource: { attributes: [key('service.name', 'shop')] },
      schemaUrl: 'https://example.com/resource',
      scopeMetrics: [
        {
          scope: {
            name: 'meter',
            version: '1',
            attributes: [key('s', 'x')],
            droppedAttributesCount: 3,
          },
          schemaUrl: 'https://example.com/scope',
          metrics: [
            {
              name: 'gauge',
              description: 'd',
              unit: 'By',
              gauge: { dataPoints: [{ ...times, attributes, asInt: '7', exemplars, flags: 2 }] },
            },
            {
              name: 'sum',
              sum: {
                aggregationTemporality: 1,
                isMonotonic: true,
                dataPoints: [{ ...times, asDouble: 1.5 }],
              },
            },
            {
              name: 'histogram',
              histogram: {
                aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
                dataPoints: [
                  {
                    ...times,
                    count: '18446744073709551615',
                    sum: 12.5,
                    bucketCounts: ['18446744073709551614', '1', 0],
                    explicitBounds: [0.5, 'Infinity'],
                    min: 0,
                    max: 'NaN',
                    exemplars,
                  },
                ],
              },
            },
          ],
        },
        {
          metrics: [
            {
              name: 'exponential',
              exponentialHistogram: {
                aggregationTemporality: 2,
                dataPoints: [
                  {
                    count: 6,
                    scale: -3,
                    zeroCount: '1',
                    positive: { offset: -2, bucketCounts: ['1', 0, '3'] },
                    negative: { bucketCounts: [1] },
                  },
                ],
              },
            },
            {
              name: 'summary',
              summary: {
                dataPoints: [
                  {
                    count: '6',
                    sum: 12.5,
                    quantileValues: [
                      { quantile: 0.5, value: 2 },
                      { quantile: 1, value: 'NaN' },
                      {},
                    ],
                  },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
}

test('a whole request: every field of every type', () => {
  const points = metricsFromOtlpJson(request)
  const tally = newTally()
  const rows = points.map((point) => otelMetricsTables[point.metric.type].toRow(point, tally))
  const shared = {
    ResourceAttributes: { 'service.name': 'shop' },
    ResourceSchemaUrl: 'https://example.com/resource',
    ScopeName: 'meter',
    ScopeVersion: '1',
    ScopeAttributes: { s: 'x' },
    ScopeDroppedAttrCount: 3,
    ScopeSchemaUrl: 'https://example.com/scope',
    ServiceName: 'shop',
    StartTimeUnix: '1729627200000000005',
    TimeUnix: '1729627260000000007',
  }
  const withExemplars = {
    'Exemplars.FilteredAttributes': [{ reason: 'slow' }, {}],
    'Exemplars.TimeUnix': ['1729627200000000009', '0'.repeat(19)],
    'Exemplars.Value': [0.25, -3],
    'Exemplars.SpanId': [spanId.toLowerCase(), '0'.repeat(16)],
    'Exemplars.TraceId': [traceId.toLowerCase(), '0'.repeat(32)],
  }
  expect(rows).toMatchObject([
    {
      ...shared,
      ...withExemplars,
      MetricName: 'gauge',
      MetricDescription: 'd',
      MetricUnit: 'By',
      Attributes: { a: '1', b: '2' },
      Value: 7,
      Flags: 2,
    },
    { ...shared, MetricName: 'sum', Value: 1.5, AggregationTemporality: 1, IsMonotonic: true },
    {
      ...shared,
      ...withExemplars,
      MetricName: 'histogram',
      Count: '18446744073709551615',
      Sum: 12.5,
      BucketCounts: ['18446744073709551614', '1', '0'],
      ExplicitBounds: [0.5, 'inf'],
      Min: 0,
      Max: 'nan',
      AggregationTemporality: 2,
    },
    {
      ScopeName: '',
      StartTimeUnix: '0'.repeat(19),
      MetricName: 'exponential',
      Count: '6',
      Sum: 0,
      Scale: -3,
      ZeroCount: '1',
      PositiveOffset: -2,
      PositiveBucketCounts: ['1', '0', '3'],
      NegativeOffset: 0,
      NegativeBucketCounts: ['1'],
      AggregationTemporality: 2,
    },
    {
      MetricName: 'summary',
      Count: '6',
      Sum: 12.5,
      'ValueAtQuantiles.Quantile': [0.5, 1, 0],
      'ValueAtQuantiles.Value': [2, 'nan', 0],
    },
  ])
  expect(flatMetrics.toRow(points[3] as MetricPointLike)).toMatchObject({ sum: null, min: null })
  expect(tally).toEqual(newTally())
  expect(points[0]?.resource).toBe(points[4]?.resource)
  expect(points[0]?.instrumentationScope).toBe(points[2]?.instrumentationScope)
})

test('one metric, with its resource and scope or without', () => {
  const metric = { name: 'm', gauge: { dataPoints: [{ asDouble: 1 }, { asDouble: 2 }] } }
  const resource = { attributes: [key('service.name', 's')] }
  const points = metricsFromOtlpJson({ ...metric, resource, scope: { name: 'meter' } })
  expect(points.map((point) => flatMetrics.toRow(point))).toMatchObject(
    [1, 2].map((value) => ({ value, service_name: 's', scope_name: 'meter', metric_name: 'm' })),
  )
  expect(points[0]?.metric).toBe(points[1]?.metric)
  expect(metricsFromOtlpJson(metric)).toHaveLength(2)
})

test.each<[unknown, unknown]>([
  [{ asDouble: 1.5 }, 1.5],
  [{ asDouble: 'NaN' }, 'nan'],
  [{ asDouble: '-Infinity' }, '-inf'],
  [{ asDouble: -0 }, '-0'],
  [{ asDouble: '2.5' }, 2.5],
  [{ asInt: 7 }, 7],
  [{ asInt: '9223372036854775807' }, 2 ** 63],
  [{ asInt: '-0' }, 0],
  [{ asInt: 'seven' }, 0],
  [{ asDouble: null }, 'nan'],
  [{ flags: 1 }, 'nan'],
])('the number %j is %o', (fields, value) => {
  const [point] = metricsFromOtlpJson({ gauge: { dataPoints: [fields] } })
  expect(flatMetrics.toRow(point as MetricPointLike)['value']).toBe(value)
})

test.each<[unknown, string]>([
  [undefined, ''],
  [0, ''],
  [1, 'delta'],
  [2, 'cumulative'],
  [3, ''],
  ['AGGREGATION_TEMPORALITY_DELTA', 'delta'],
  ['AGGREGATION_TEMPORALITY_CUMULATIVE', 'cumulative'],
  ['AGGREGATION_TEMPORALITY_UNSPECIFIED', ''],
  ['nonsense', ''],
])('temporality %o is “%s”', (aggregationTemporality, temporality) => {
  const [point] = metricsFromOtlpJson({ sum: { aggregationTemporality, dataPoints: [{}] } })
  expect(flatMetrics.toRow(point as MetricPointLike)).toMatchObject({ temporality })
})

test.each([
  undefined,
  null,
  'text',
  7,
  [],
  [request],
  {},
  { resourceMetrics: 7 },
  { name: 'n' },
  { gauge: 7 },
  { sum: { dataPoints: [null, 7] } },
  Symbol('s'),
  () => 1,
])('%o holds no points', (json) => {
  expect(metricsFromOtlpJson(json)).toEqual([])
})

test('any JSON, and what is none, is read without an exception', () => {
  const anywhere = fc.oneof(fc.jsonValue(), hostileValue)
  const names =
    'startTimeUnixNano timeUnixNano flags asInt count sum min scale zeroCount positive attributes'
  const lists = fc.array(anywhere, { maxLength: 3 })
  const point = fc.record(
    {
      ...Object.fromEntries(names.split(' ').map((name) => [name, anywhere])),
      explicitBounds: lists,
      bucketCounts: lists,
      quantileValues: lists,
      exemplars: fc.array(fc.record({ asDouble: anywhere, traceId: anywhere })),
    },
    { requiredKeys: [] },
  )
  const data = fc.record({ dataPoints: fc.array(point), aggregationTemporality: anywhere })
  const metric = fc.oneof(
    anywhere,
    ...['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'].map((type) =>
      fc.record({ name: anywhere, [type]: fc.oneof(data, anywhere) }),
    ),
  )
  fc.assert(
    fc.property(metric, anywhere, (given, other) => {
      const scopeMetrics = [{ scope: other, metrics: [given, other] }, other]
      const whole = { resourceMetrics: [{ resource: other, scopeMetrics }, other] }
      for (const point of [whole, given, other].flatMap(metricsFromOtlpJson)) {
        JSON.parse(flatMetrics.toLine(point))
        JSON.parse(otelMetricsTables[point.metric.type].toLine(point))
      }
    }),
  )
})
