import fc from 'fast-check'
import { expect, test } from 'vitest'
import { metricPoints, newTally, type ResourceMetricsLike } from '../src/index.js'
import { otelMetricsTables } from '../src/internal.js'
import { hostileValue } from './arbitraries.js'
import { hostileValues } from './spans.js'

const time = { startTime: [1, 2], endTime: [3, 4], attributes: { a: 1 } }
const [HISTOGRAM, EXPONENTIAL, GAUGE, SUM] = [0, 1, 2, 3]

/** As the SDK gives it. Casts, because tests give what types forbid. */
function exported(...metrics: unknown[]): ResourceMetricsLike {
  return {
    resource: { attributes: { 'service.name': 'shop' } },
    scopeMetrics: [{ scope: { name: 'meter' }, metrics }],
  } as unknown as ResourceMetricsLike
}

function metric(dataPointType: unknown, value: unknown, changes: object = {}): object {
  const descriptor = { name: 'n', description: 'd', unit: 'u', type: 'COUNTER' }
  const dataPoints = [{ ...time, value }]
  return { descriptor, dataPointType, aggregationTemporality: 1, dataPoints, ...changes }
}

test('the data points of every type, with all that they hold', () => {
  const histogram = {
    count: 3,
    sum: 4,
    min: 1,
    max: 2,
    buckets: { boundaries: [1], counts: [1, 2] },
  }
  const exponential = {
    count: 3,
    sum: undefined,
    scale: 2,
    zeroCount: 1,
    positive: { offset: 1, bucketCounts: [1] },
    negative: { offset: 0, bucketCounts: [1] },
  }
  const given = exported(
    metric(GAUGE, 1.5),
    metric(SUM, 7, { isMonotonic: true }),
    metric(SUM, 7, { isMonotonic: false, aggregationTemporality: 0 }),
    metric(HISTOGRAM, histogram, { aggregationTemporality: 0 }),
    metric(EXPONENTIAL, exponential),
  )
  const tally = newTally()
  const points = metricPoints(given, tally)
  const shared = {
    startTime: [1, 2],
    time: [3, 4],
    attributes: { a: 1 },
    resource: given.resource,
    instrumentationScope: { name: 'meter' },
  }
  const of = (type: string, temporality: number, isMonotonic = false) => ({
    name: 'n',
    description: 'd',
    unit: 'u',
    type,
    temporality,
    isMonotonic,
  })
  expect(points).toEqual([
    { ...shared, metric: of('gauge', 0), value: 1.5 },
    { ...shared, metric: of('sum', 2, true), value: 7 },
    { ...shared, metric: of('sum', 1), value: 7 },
    {
      ...shared,
      metric: of('histogram', 1),
      count: 3,
      sum: 4,
      min: 1,
      max: 2,
      bounds: [1],
      bucketCounts: [1, 2],
    },
    { ...shared, metric: of('exponential_histogram', 2), ...exponential },
  ])
  expect(tally).toEqual(newTally())
})

test('points come in order, and share the objects of their resource, scope and metric', () => {
  const points = metricPoints({
    resource: { attributes: {} },
    scopeMetrics: [
      { scope: { name: 'a' }, metrics: [metric(GAUGE, 1, dataPoints(1, 2)), metric(GAUGE, 3)] },
      { scope: { name: 'b' }, metrics: [] },
      { scope: { name: 'c' }, metrics: [metric(GAUGE, 4)] },
    ],
  } as unknown as ResourceMetricsLike)
  expect(points.map(({ value }) => value)).toEqual([1, 2, 3, 4])
  expect(points[0]?.metric).toBe(points[1]?.metric)
  expect(points[0]?.instrumentationScope).toBe(points[2]?.instrumentationScope)
  expect(points[3]?.instrumentationScope.name).toBe('c')
  expect(points[0]?.resource).toBe(points[3]?.resource)
})

test('an instrument keeps its metric object from one collection to the next, until something about it changes', () => {
  const descriptor = { name: 'n', description: 'd', unit: 'u' }
  const of = (changes: object = {}) =>
    metricPoints(exported(metric(SUM, 1, { descriptor, isMonotonic: true, ...changes })))[0]?.metric
  const first = of()
  expect(of()).toBe(first)
  expect(of({ aggregationTemporality: 0 })).not.toBe(first)
  expect(of({ isMonotonic: false })).toMatchObject({ isMonotonic: false, temporality: 2 })
  expect(of({ dataPointType: GAUGE })).toMatchObject({ type: 'gauge' })
  for (const key of ['name', 'description', 'unit']) {
    of()
    Object.assign(descriptor, { [key]: 'other' })
    expect(of()).toMatchObject({ [key]: 'other' })
  }
})

test.each<[string, unknown, number, number]>([
  ['a metric of an unknown type', metric(9, 1, dataPoints(1, 2)), 0, 2],
  ['a type that is no number', metric('length', 1), 0, 1],
  ['a metric without a descriptor', metric(SUM, 1, { descriptor: undefined }), 0, 1],
  ['a histogram that is a number', metric(HISTOGRAM, 7), 0, 1],
  ['a histogram that is null', metric(HISTOGRAM, null), 0, 1],
  ['points that are none', metric(SUM, 1, { dataPoints: [7, 'x', time] }), 1, 2],
  ['points that throw', metric(SUM, 1, { dataPoints: [hostileValues()['proxy'], time] }), 1, 1],
  [
    'a list of points that throws',
    metric(SUM, 1, { dataPoints: hostileValues()['proxyArray'] }),
    0,
    1,
  ],
  ['a metric that throws', hostileValues()['proxy'], 0, 1],
  ['a metric that is a number', 7, 0, 1],
  ['a metric without a list of points', metric(SUM, 1, { dataPoints: undefined }), 0, 1],
])('%s is left out and counted, the rest is kept', (_name, bad, kept, dropped) => {
  const tally = newTally()
  const points = metricPoints(exported(metric(GAUGE, 1), bad, metric(GAUGE, 2)), tally)
  expect(points).toHaveLength(kept + 2)
  expect(tally.droppedPoints).toBe(dropped)
})

test('four thousand million holes cost next to nothing', () => {
  const holes = hostileValues()['verySparse']
  expect(metricPoints(exported(metric(SUM, 1, { dataPoints: holes })))).toEqual([])
  expect(metricPoints({ scopeMetrics: holes } as unknown as ResourceMetricsLike)).toEqual([])
})

test('whatever it is given, it does not throw, and its points give rows', () => {
  const or = (expected: fc.Arbitrary<unknown>) =>
    fc.oneof({ arbitrary: expected, weight: 5 }, hostileValue)
  const list = (item: fc.Arbitrary<unknown>) => or(fc.array(or(item), { maxLength: 3 }))
  const numbers = list(fc.oneof(fc.double(), fc.nat()))
  const some = (fields: Record<string, fc.Arbitrary<unknown>>) =>
    fc.record(fields, { requiredKeys: [] })
  const buckets = some({ offset: or(fc.integer()), bucketCounts: numbers })
  const value = some({
    count: or(fc.nat()),
    sum: or(fc.double()),
    min: or(fc.double()),
    buckets: or(some({ boundaries: numbers, counts: numbers })),
    scale: or(fc.integer()),
    positive: or(buckets),
    negative: or(buckets),
  })
  const point = some({
    startTime: or(fc.constant([1, 2])),
    endTime: or(fc.constant([3, 4])),
    attributes: hostileValue,
    value: or(fc.oneof(value, fc.double())),
  })
  const data = some({
    descriptor: or(some({ name: or(fc.string()), description: hostileValue, unit: hostileValue })),
    dataPointType: or(fc.integer({ min: 0, max: 3 })),
    aggregationTemporality: or(fc.integer({ min: 0, max: 1 })),
    isMonotonic: or(fc.boolean()),
    dataPoints: list(point),
  })
  const scope = some({ scope: hostileValue, metrics: list(data) })
  const request = or(some({ resource: hostileValue, scopeMetrics: list(scope) }))
  let rows = 0
  fc.assert(
    fc.property(request, (given) => {
      for (const made of metricPoints(given as ResourceMetricsLike)) {
        JSON.parse(otelMetricsTables[made.metric.type].toLine(made))
        rows++
      }
    }),
    { numRuns: 1000 },
  )
  expect(rows).toBeGreaterThan(100)
})

function dataPoints(...values: unknown[]): object {
  return { dataPoints: values.map((value) => ({ ...time, value })) }
}
