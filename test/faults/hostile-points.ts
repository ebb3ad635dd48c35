import type { MetricPointLike } from '@spanhouse/transform'
import {
  anyId,
  COMMON_PLACES,
  entry,
  type Fields,
  holed,
  hostile,
  many,
  own,
  type Place,
  SECONDS,
  type Shape,
  type Source,
  SPAN_ID,
  TRACE_ID,
} from './hostile.js'
import { hostileKey, hostileText } from './hostile-values.js'
import type { Random } from './seed.js'

const TYPES = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']

const COUNTS = [0, 1, 7, 2 ** 53, -1, 0.5, Number.NaN, 2n ** 64n - 1n, 2n ** 64n, '7', null]
const DOUBLES = [0, -0, 0.1, 5e-324, 1.7e308, Number.NaN, Number.NEGATIVE_INFINITY, 7n, '7', null]

const METRIC = {
  name: 'http.server.duration',
  description: 'How long "it" took',
  unit: 'ms',
  type: 'histogram',
  temporality: 2,
  isMonotonic: true,
}

/** Fields of a point that are no texts and no times. */
const numbers = ['value', 'count', 'sum', 'min', 'max', 'scale', 'zeroCount', 'flags'] as const
const lists = ['bounds', 'bucketCounts', 'quantiles', 'exemplars', 'positive', 'negative'] as const

/** A data point as `metricPoints` and OTLP/JSON make it, with anything in any place. */
const PLACES: Readonly<Record<string, Place>> = {
  ...COMMON_PLACES,
  metric: (metric) => ({ metric }),
  'metric.name': (name) => ({ metric: { ...METRIC, name } }),
  'metric.description': (description) => ({ metric: { ...METRIC, description } }),
  'metric.unit': (unit) => ({ metric: { ...METRIC, unit } }),
  'metric.type': (type) => ({ metric: { ...METRIC, type } }),
  'metric.temporality': (temporality) => ({ metric: { ...METRIC, temporality } }),
  'metric.isMonotonic': (isMonotonic) => ({ metric: { ...METRIC, isMonotonic } }),
  time: (time) => ({ time }),
  'seconds of time': (value) => ({ time: [value, 5] }),
  startTime: (startTime) => ({ startTime }),
  ...Object.fromEntries(
    [...numbers, ...lists].map((name) => [name, (value) => ({ [name]: value })]),
  ),
  'a bound': (value) => ({ bounds: [1, value, 3] }),
  'a count of a bucket': (value) => ({ bucketCounts: [1, value, 3, 4] }),
  'positive.offset': (offset) => ({ positive: { offset, bucketCounts: [1] } }),
  'negative.bucketCounts': (bucketCounts) => ({ negative: { offset: 1, bucketCounts } }),
  quantile: (value) => ({ quantiles: [{ quantile: value, value }, value] }),
  exemplar: (value) => ({ exemplars: [value, { time: [1, 2], value: 1 }] }),
  'time of an exemplar': (time) => ({ exemplars: [{ time, value: 1 }] }),
  'value of an exemplar': (value) => ({ exemplars: [{ time: [1, 2], value }] }),
  'ids of an exemplar': (id) => ({ exemplars: [{ time: [1, 2], traceId: id, spanId: id }] }),
  'attribute of an exemplar': (value, random) => ({
    exemplars: [{ time: [1, 2], attributes: own([hostileKey(random), value]) }],
  }),
}

const STRUCTURES: Readonly<Record<string, Shape>> = {
  'times are anywhere': (random, point) => {
    point['time'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
    point['startTime'] = [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
  },
  'numbers are anything': (random, point) => {
    for (const name of numbers) point[name] = random.pick(random.chance(0.5) ? COUNTS : DOUBLES)
    point['bounds'] = many(random, 5, () => random.pick(DOUBLES))
    point['bucketCounts'] = many(random, 5, () => random.pick(COUNTS))
    point['positive'] = { offset: random.pick(COUNTS), bucketCounts: [random.pick(COUNTS)] }
  },
  'texts are hostile': (random, point) => {
    point['metric'] = {
      ...METRIC,
      name: hostileText(random),
      description: hostileText(random),
      unit: hostileText(random),
    }
    point['attributes'] = own(
      ...many(random, 8, () => entry(hostileKey(random), hostileText(random))),
    )
  },
  'exemplars with ids of any length': (random, point) => {
    point['exemplars'] = many(random, 3, () => ({
      time: [1, 2],
      value: random.pick(DOUBLES),
      traceId: anyId(random),
      spanId: anyId(random),
    }))
  },
  'lists with holes': (_, point) => {
    point['bounds'] = holed(1.5)
    point['bucketCounts'] = holed(3)
    point['exemplars'] = holed({ time: [1, 2], value: 1 })
    point['quantiles'] = holed({ quantile: 0.5, value: 1 })
  },
}

const HEAVY_STRUCTURES: Readonly<Record<string, Shape>> = {
  'a thousand exemplars': (_, point) => {
    point['exemplars'] = Array.from({ length: 1000 }, (_, n) => ({ time: [n, n], value: n }))
  },
  'ten thousand buckets': (_, point) => {
    point['bounds'] = Array.from({ length: 10_000 }, (_, n) => n)
    point['bucketCounts'] = Array.from({ length: 10_001 }, (_, n) => n)
  },
}

function ordinary(random: Random, resource: object): Fields {
  const time = [random.pick(SECONDS), random.between(0, 999_999_999)]
  return {
    metric: { ...METRIC, type: random.pick(TYPES), temporality: random.between(0, 2) },
    startTime: [time[0], 0],
    time,
    attributes: { 'http.route': '/cart', 'http.response.status_code': 500 },
    flags: random.between(0, 1),
    value: random.between(-1000, 1000) / 8,
    count: random.between(0, 1000),
    sum: random.between(0, 1000) / 8,
    min: 0.25,
    max: 900,
    bounds: [1, 2.5, 1000],
    bucketCounts: [1, 2, 3, 4],
    scale: 3,
    zeroCount: 1,
    positive: { offset: -2, bucketCounts: [1, 0, 3] },
    negative: { offset: 4, bucketCounts: [1] },
    quantiles: [{ quantile: 0.99, value: 8 }],
    exemplars: [{ time, value: 0.25, traceId: TRACE_ID, spanId: SPAN_ID, attributes: { a: 'b' } }],
    resource,
    instrumentationScope: { name: 'http', version: '1.2.3' },
  }
}

export const HOSTILE_POINTS: Source<MetricPointLike> = hostile({
  ordinary,
  places: PLACES,
  structures: STRUCTURES,
  heavyStructures: HEAVY_STRUCTURES,
  heavyPlaces: ['attribute', 'metric.name', 'exemplars', 'bounds', 'scope.name'],
  fields: [
    ...['metric', 'startTime', 'time', 'attributes', 'value', 'count', 'sum', 'bounds'],
    ...['bucketCounts', 'positive', 'negative', 'exemplars', 'resource', 'instrumentationScope'],
  ],
})
