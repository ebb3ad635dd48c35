import type { MetricLike } from '../values/metric.js'
import type { AttributesLike, ResourceLike, ScopeLike } from '../values/resource.js'
import type { HrTime } from '../values/time.js'

/** A measurement that stands for others, mostly with the trace in which it was made. */
export interface ExemplarLike {
  readonly time: HrTime
  readonly value?: number | bigint | undefined
  readonly traceId?: string | undefined
  readonly spanId?: string | undefined
  /** Those that the data point lacks. */
  readonly attributes?: AttributesLike | undefined
}

/** Buckets of an exponential histogram, from bucket number `offset` on. */
export interface ExponentialBucketsLike {
  readonly offset?: number | undefined
  readonly bucketCounts?: readonly (number | bigint)[] | undefined
}

/** One data point with all that its row needs: made by `metricPoints` or `metricsFromOtlpJson`. */
export interface MetricPointLike {
  readonly metric: MetricLike
  readonly startTime?: HrTime | undefined
  readonly time: HrTime
  readonly attributes: AttributesLike
  /** Bit 0: no value was recorded. */
  readonly flags?: number | undefined
  /** Of a gauge or sum. */
  readonly value?: number | bigint | undefined
  // Of histograms and summaries.
  readonly count?: number | bigint | undefined
  readonly sum?: number | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Upper bounds of the buckets of a histogram, ascending. The last bucket has none, so there is one count more, or no count at all. */
  readonly bounds?: readonly number[] | undefined
  readonly bucketCounts?: readonly (number | bigint)[] | undefined
  // Of an exponential histogram.
  readonly scale?: number | undefined
  readonly zeroCount?: number | bigint | undefined
  readonly positive?: ExponentialBucketsLike | undefined
  readonly negative?: ExponentialBucketsLike | undefined
  /** Of a summary. */
  readonly quantiles?: readonly QuantileLike[] | undefined
  readonly exemplars?: readonly ExemplarLike[] | undefined
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
}

export interface QuantileLike {
  /** 0 … 1 */
  readonly quantile: number
  readonly value: number
}
