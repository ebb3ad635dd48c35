import type { ExemplarLike, MetricPointLike, QuantileLike } from '../metric/point.js'
import type { MetricLike } from '../values/metric.js'
import { EPOCH } from '../values/time.js'
import { newValues, type Values } from './any-value.js'
import type { Origin } from './envelope.js'

/** A data point while it is read: a field that comes again replaces what it said, or adds to it. */
export type PointInMaking = { -readonly [Key in keyof MetricPointLike]: MetricPointLike[Key] } & {
  attributes: Values
  bounds: number[]
  bucketCounts: (number | bigint)[]
  quantiles: QuantileLike[]
  exemplars: ExemplarLike[]
  positive: BucketsInMaking
  negative: BucketsInMaking
}

export interface BucketsInMaking {
  offset: number | undefined
  readonly bucketCounts: (number | bigint)[]
}

/** All points have the same properties in the same order, whatever their type: V8 is fast with those. */
export function newPoint(metric: MetricLike, origin: Origin): PointInMaking {
  return {
    metric,
    startTime: EPOCH,
    time: EPOCH,
    attributes: newValues(),
    flags: 0,
    value: undefined,
    count: undefined,
    sum: undefined,
    min: undefined,
    max: undefined,
    bounds: [],
    bucketCounts: [],
    scale: undefined,
    zeroCount: undefined,
    positive: { offset: undefined, bucketCounts: [] },
    negative: { offset: undefined, bucketCounts: [] },
    quantiles: [],
    exemplars: [],
    resource: origin.resource,
    instrumentationScope: origin.instrumentationScope,
  }
}
