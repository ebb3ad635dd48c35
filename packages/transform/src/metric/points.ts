import { itemsOf } from '../values/list.js'
import type { MetricLike, MetricType } from '../values/metric.js'
import type { AttributesLike, ResourceLike, ScopeLike } from '../values/resource.js'
import type { HrTime } from '../values/time.js'
import { type Encoding, newEncoding } from '../writing/encoding.js'
import { newTally, type Tally } from '../writing/tally.js'
import type { ExponentialBucketsLike, MetricPointLike } from './point.js'

/** The part of a `ResourceMetrics` of SDK 2 or 3 that is read. */
export interface ResourceMetricsLike {
  readonly resource: ResourceLike
  readonly scopeMetrics: readonly {
    readonly scope: ScopeLike
    readonly metrics: readonly MetricDataLike[]
  }[]
}

export interface MetricDataLike {
  readonly descriptor: {
    readonly name: string
    readonly description?: string | undefined
    readonly unit?: string | undefined
  }
  /** The enum of the JS SDK: HISTOGRAM 0, EXPONENTIAL_HISTOGRAM 1, GAUGE 2, SUM 3. */
  readonly dataPointType: number
  /** The enum of the JS SDK: DELTA 0, CUMULATIVE 1. */
  readonly aggregationTemporality: number
  readonly isMonotonic?: boolean | undefined
  readonly dataPoints: readonly DataPointLike[]
}

interface DataPointLike {
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly attributes: AttributesLike
  /** A number, a histogram or an exponential histogram. */
  readonly value: unknown
}

const TYPES: readonly MetricType[] = ['histogram', 'exponential_histogram', 'gauge', 'sum']

/**
 * The data points of a `ResourceMetrics`, in order. What cannot be read is left out and counted as `droppedPoints`. Never throws.
 * The points refer to lists of the SDK, so encode them before the SDK collects again.
 */
export function metricPoints(
  resourceMetrics: ResourceMetricsLike,
  tally: Tally = newTally(),
): MetricPointLike[] {
  const points: MetricPointLike[] = []
  const encoding = newEncoding({ tally })
  try {
    const { resource, scopeMetrics } = resourceMetrics
    for (const item of itemsOf(scopeMetrics, encoding) as ResourceMetricsLike['scopeMetrics'])
      addScope(points, item, resource, encoding)
  } catch {
    tally.droppedPoints++
  }
  return points
}

function addScope(
  points: MetricPointLike[],
  given: ResourceMetricsLike['scopeMetrics'][number],
  resource: ResourceLike,
  encoding: Encoding,
): void {
  try {
    const { scope, metrics } = given
    for (const data of itemsOf(metrics, encoding) as MetricDataLike[])
      addMetric(points, data, resource, scope, encoding)
  } catch {
    encoding.tally.droppedPoints++
  }
}

function addMetric(
  points: MetricPointLike[],
  data: MetricDataLike,
  resource: ResourceLike,
  scope: ScopeLike,
  encoding: Encoding,
): void {
  const { tally } = encoding
  try {
    const dataPoints = itemsOf(data.dataPoints, encoding) as DataPointLike[]
    if (!Array.isArray(data.dataPoints)) tally.droppedPoints++ // there is one at least, or the SDK would not export it
    const metric = metricOf(data)
    for (let index = 0; index < dataPoints.length; index++) {
      const point = metric && pointOf(dataPoints[index], metric, resource, scope)
      if (point) points.push(point)
      else tally.droppedPoints++
    }
  } catch {
    tally.droppedPoints++
  }
}

// The SDK has one descriptor for the life of an instrument, so the columns of a metric are encoded once, not at each collection.
const metrics = new WeakMap<object, MetricLike>()

/** Undefined for a type that we do not know. */
function metricOf(data: MetricDataLike): MetricLike | undefined {
  const { descriptor, dataPointType, aggregationTemporality } = data
  const type = typeof dataPointType === 'number' ? TYPES[dataPointType] : undefined
  if (!type) return undefined
  const { name, description, unit } = descriptor
  const isMonotonic = data.isMonotonic === true
  const temporality =
    type === 'gauge' ? 0 : aggregationTemporality === 0 ? 1 : aggregationTemporality === 1 ? 2 : 0
  const known = metrics.get(descriptor)
  if (
    known?.name === name &&
    known.description === description &&
    known.unit === unit &&
    known.type === type &&
    known.temporality === temporality &&
    known.isMonotonic === isMonotonic
  )
    return known
  const metric = { name, description, unit, type, temporality, isMonotonic } as const
  metrics.set(descriptor, metric)
  return metric
}

interface HistogramLike extends MetricPointLike {
  readonly buckets?: {
    readonly boundaries?: readonly number[]
    readonly counts?: readonly number[]
  }
  readonly positive?: ExponentialBucketsLike
  readonly negative?: ExponentialBucketsLike
}

/** Undefined if the point cannot be read. */
function pointOf(
  data: DataPointLike | undefined,
  metric: MetricLike,
  resource: ResourceLike,
  instrumentationScope: ScopeLike,
): MetricPointLike | undefined {
  try {
    if (typeof data !== 'object') return undefined
    const { startTime, endTime: time, attributes, value } = data
    if (metric.type === 'gauge' || metric.type === 'sum')
      return {
        metric,
        startTime,
        time,
        attributes,
        value: value as number,
        resource,
        instrumentationScope,
      }
    if (typeof value !== 'object') return undefined
    const { count, sum, min, max, buckets, scale, zeroCount, positive, negative } =
      value as HistogramLike
    const bounds = buckets?.boundaries
    const bucketCounts = buckets?.counts
    // biome-ignore format: one line a subject
    return {
      metric, startTime, time, attributes,
      count, sum, min, max,
      bounds, bucketCounts,
      scale, zeroCount, positive, negative,
      resource, instrumentationScope,
    }
  } catch {
    return undefined
  }
}
