import { expect, test } from 'vitest'
import { flatMetrics, newTally, otelMetricsHistogram } from '../src/index.js'
import { otelMetricsTables } from '../src/internal.js'
import { makePoint } from './points.js'

// What the Collector stores for what is absent or none, beside what the flat table does. Doubles that JSON has no number for are texts.
test.each<[string, Parameters<typeof makePoint>, object, object]>([
  ['no value', ['gauge', { value: undefined, flags: 1 }], { Value: 0, Flags: 1 }, { value: 'nan' }],
  ['null as a value', ['sum', { value: null }], { Value: 0 }, { value: 'nan' }],
  ['NaN', ['gauge', { value: Number.NaN }], { Value: 'nan' }, { value: 'nan' }],
  ['an infinity', ['sum', { value: Infinity }], { Value: 'inf' }, { value: 'inf' }],
  ['the other infinity', ['sum', { value: -Infinity }], { Value: '-inf' }, { value: '-inf' }],
  ['zero', ['gauge', { value: 0 }], { Value: 0 }, { value: 0 }],
  ['negative zero', ['gauge', { value: -0 }], { Value: '-0' }, { value: '-0' }],
  [
    'an int beyond 2^53',
    ['sum', { value: 2n ** 63n - 1n }],
    { Value: 2 ** 63 },
    { value: 2 ** 63 },
  ],
  [
    'a histogram without sum, minimum and maximum',
    ['histogram', { sum: undefined, min: undefined, max: undefined }],
    { Sum: 0, Min: 0, Max: 0 },
    { sum: null, min: null, max: null },
  ],
  [
    'a histogram in which these are zero',
    ['histogram', { sum: 0, min: 0, max: -0 }],
    { Sum: 0, Min: 0, Max: '-0' },
    { sum: 0, min: 0, max: '-0' },
  ],
  [
    'a histogram of nothing',
    ['histogram', { count: 0, bounds: [], bucketCounts: [] }],
    { Count: '0', ExplicitBounds: [], BucketCounts: [] },
    { count: '0', bounds: [], bucket_counts: [] },
  ],
  [
    'a histogram with one bucket',
    ['histogram', { count: 9, bounds: [], bucketCounts: [9] }],
    { Count: '9', ExplicitBounds: [], BucketCounts: ['9'] },
    { count: '9', bounds: [], bucket_counts: ['9'] },
  ],
  [
    'counts to the end of 64 bits',
    ['histogram', { count: 2n ** 64n - 1n, bucketCounts: [2n ** 64n - 1n, 2n ** 53n, 7] }],
    {
      Count: '18446744073709551615',
      BucketCounts: ['18446744073709551615', '9007199254740992', '7'],
    },
    {
      count: '18446744073709551615',
      bucket_counts: ['18446744073709551615', '9007199254740992', '7'],
    },
  ],
  [
    'bounds of every sort',
    ['histogram', { bounds: [-Infinity, -1e-7, -0, 0.005, 1e21, Infinity] }],
    { ExplicitBounds: ['-inf', -1e-7, '-0', 0.005, 1e21, 'inf'] },
    { bounds: ['-inf', -1e-7, '-0', 0.005, 1e21, 'inf'] },
  ],
  [
    'no positive and no negative buckets',
    ['exponential_histogram', { positive: undefined, negative: {} }],
    { PositiveOffset: 0, PositiveBucketCounts: [], NegativeOffset: 0, NegativeBucketCounts: [] },
    {
      positive_offset: 0,
      positive_bucket_counts: [],
      negative_offset: 0,
      negative_bucket_counts: [],
    },
  ],
  [
    'an exemplar without ids, value and time',
    ['sum', { exemplars: [{}, { traceId: '', spanId: '0'.repeat(16), value: 3n }] }],
    {
      'Exemplars.TraceId': ['0'.repeat(32), '0'.repeat(32)],
      'Exemplars.SpanId': ['0'.repeat(16), '0'.repeat(16)],
      'Exemplars.TimeUnix': ['0'.repeat(19), '0'.repeat(19)],
      'Exemplars.Value': [0, 3],
      'Exemplars.FilteredAttributes': [{}, {}],
    },
    { 'exemplars.trace_id': ['', ''], 'exemplars.span_id': ['', ''], 'exemplars.value': [0, 3] },
  ],
  [
    'ids in upper case',
    ['sum', { exemplars: [{ traceId: 'AB', spanId: 'CD' }] }],
    { 'Exemplars.TraceId': ['ab'], 'Exemplars.SpanId': ['cd'] },
    { 'exemplars.trace_id': ['ab'], 'exemplars.span_id': ['cd'] },
  ],
  [
    'no temporality',
    ['sum', {}, { temporality: 0 }],
    { AggregationTemporality: 0 },
    { temporality: '' },
  ],
  [
    'delta',
    ['sum', {}, { temporality: 1 }],
    { AggregationTemporality: 1 },
    { temporality: 'delta' },
  ],
  [
    'no times',
    ['gauge', { time: undefined, startTime: undefined }],
    { TimeUnix: '0'.repeat(19), StartTimeUnix: '0'.repeat(19) },
    { timestamp: '0000000000.000000000', start_timestamp: '0000000000.000000000' },
  ],
  [
    'a time after 2106, where a DateTime ends',
    ['gauge', { time: [9e9, 1] }],
    { TimeUnix: '4294967295000000000' },
    { timestamp: '9000000000.000000001' },
  ],
])('%s', (_name, [type, changes, ofMetric], inOtel, inFlat) => {
  const point = makePoint(type, changes, ofMetric)
  expect(otelMetricsTables[type].toRow(point)).toMatchObject(inOtel)
  expect(flatMetrics.toRow(point)).toMatchObject(inFlat)
})

test('a value that is no number is counted, and costs no other column', () => {
  const tally = newTally()
  const point = makePoint('histogram', { count: 'many', bounds: [1, 'x', {}], bucketCounts: [-1] })
  expect(otelMetricsHistogram.toRow(point, tally)).toMatchObject({
    Count: '0',
    Sum: 12.5,
    ExplicitBounds: [1, 0, 0],
    BucketCounts: ['0'],
  })
  expect(tally).toEqual({ ...newTally(), unreadableValues: 3, adjustedNumbers: 1 })
})

test('a list that is too long for a row is cut', () => {
  const tally = newTally()
  const bounds = new Array(3_000_000).fill(1)
  const row = otelMetricsHistogram.toRow(makePoint('histogram', { bounds, exemplars: [] }), tally)
  expect((row['ExplicitBounds'] as unknown[]).length).toBeLessThan(2_100_000)
  expect(tally.truncatedValues).toBe(1)
})
