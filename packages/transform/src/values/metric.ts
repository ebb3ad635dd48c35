/** The types of OTLP, under the names of the Collector's tables. */
export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary'

/** What all data points of a metric have in common. Encoded once per object, so it must not change. */
export interface MetricLike {
  readonly name: string
  readonly description?: string | undefined
  readonly unit?: string | undefined
  readonly type: MetricType
  /** The numbers of OTLP: unspecified 0, delta 1, cumulative 2. Those of the JS SDK are one less. 0 for types without a temporality. */
  readonly temporality: 0 | 1 | 2
  /** Of a sum: whether it never falls, except when it starts again. False for other types. */
  readonly isMonotonic: boolean
}
