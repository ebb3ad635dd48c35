import type { MadePoint } from '../kit/numbered-records.mjs'
import {
  COMMON_PLACES,
  type Fields,
  holed,
  hostile,
  type Place,
  SECONDS,
  type Shape,
  type Source,
} from './hostile.js'
import { hostileText } from './hostile-values.js'
import type { Random } from './seed.js'

/** Of the SDK: a histogram, an exponential histogram, a gauge and a sum. */
const TYPES = [0, 1, 2, 3]

const DESCRIPTOR = { name: 'http.server.duration', description: 'How long', unit: 'ms' }
const HISTOGRAM = {
  count: 10,
  sum: 12.5,
  min: 0.5,
  max: 9,
  buckets: { boundaries: [1, 2.5], counts: [1, 2, 7] },
}

const dataOf = (changes: Fields, ofPoint: Fields = {}) => ({
  metric: {
    descriptor: DESCRIPTOR,
    dataPointType: 0,
    aggregationTemporality: 1,
    isMonotonic: true,
    dataPoints: [
      {
        startTime: [1_729_627_200, 0],
        endTime: [1_729_627_260, 5],
        attributes: { 'http.route': '/cart' },
        value: HISTOGRAM,
        ...ofPoint,
      },
    ],
    ...changes,
  },
})

// Those of a resource and a scope; attributes are in the points.
const {
  resource,
  'resource.attributes': ofResource,
  'resource attribute': oneOfResource,
} = COMMON_PLACES

/** A metric of the SDK with one data point, with anything in any place. */
const PLACES: Readonly<Record<string, Place>> = {
  resource: resource as Place,
  'resource.attributes': ofResource as Place,
  'resource attribute': oneOfResource as Place,
  scope: (scope) => ({ scope }),
  'scope.name': (name) => ({ scope: { name, version: '1' } }),
  metric: (metric) => ({ metric }),
  descriptor: (descriptor) => dataOf({ descriptor }),
  'descriptor.name': (name) => dataOf({ descriptor: { ...DESCRIPTOR, name } }),
  'descriptor.unit': (unit) => dataOf({ descriptor: { ...DESCRIPTOR, unit } }),
  dataPointType: (dataPointType) => dataOf({ dataPointType }),
  aggregationTemporality: (aggregationTemporality) => dataOf({ aggregationTemporality }),
  isMonotonic: (isMonotonic) => dataOf({ dataPointType: 3, isMonotonic }),
  dataPoints: (dataPoints) => dataOf({ dataPoints }),
  'a data point': (value) => dataOf({ dataPoints: [value, value] }),
  startTime: (startTime) => dataOf({}, { startTime }),
  endTime: (endTime) => dataOf({}, { endTime }),
  'attributes of a point': (attributes) => dataOf({}, { attributes }),
  'value of a gauge': (value) => dataOf({ dataPointType: 2 }, { value }),
  'value of a histogram': (value) => dataOf({}, { value }),
  'value of an exponential histogram': (value) => dataOf({ dataPointType: 1 }, { value }),
  buckets: (buckets) => dataOf({}, { value: { ...HISTOGRAM, buckets } }),
  count: (count) => dataOf({}, { value: { ...HISTOGRAM, count } }),
}

const STRUCTURES: Readonly<Record<string, Shape>> = {
  'data points with holes': (_, input) => {
    Object.assign(input, dataOf({ dataPoints: holed({ value: HISTOGRAM }) }))
  },
  'times are anywhere': (random, input) => {
    const time = () => [random.pick(SECONDS), random.between(-5, 2_000_000_000)]
    Object.assign(input, dataOf({}, { startTime: time(), endTime: time() }))
  },
  'texts are hostile': (random, input) => {
    const [name, description, unit] = [hostileText(random), hostileText(random), 'é"']
    Object.assign(input, dataOf({ descriptor: { name, description, unit } }))
  },
}

const HEAVY_STRUCTURES: Readonly<Record<string, Shape>> = {
  'a thousand points': (_, input) => {
    const point = { startTime: [1, 0], endTime: [2, 0], attributes: {}, value: 7 }
    Object.assign(input, dataOf({ dataPointType: 2, dataPoints: Array(1000).fill(point) }))
  },
}

function ordinary(random: Random, resource: object): Fields {
  const dataPointType = random.pick(TYPES)
  const value = dataPointType === 0 ? HISTOGRAM : random.between(0, 1000) / 8
  const endTime = [random.pick(SECONDS), random.between(0, 999_999_999)]
  return {
    resource,
    scope: { name: 'http', version: '1.2.3' },
    ...dataOf({ dataPointType, aggregationTemporality: random.between(0, 1) }, { endTime, value }),
  }
}

export const HOSTILE_METRICS: Source<MadePoint> = hostile({
  ordinary,
  places: PLACES,
  structures: STRUCTURES,
  heavyStructures: HEAVY_STRUCTURES,
  heavyPlaces: ['descriptor.name', 'dataPoints', 'attributes of a point', 'scope.name'],
  fields: ['resource', 'scope', 'metric'],
})
