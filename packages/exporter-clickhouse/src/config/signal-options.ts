import type { MetricPointLike, Promotion, Table } from '@spanhouse/transform'
import type { Temporality } from './config.js'
import type { RoutingOptions, SampleOptions } from './routing-options.js'
import type { SharedOptions } from './shared-options.js'

/** Options for one signal alone. Each is stronger than the option of the same name beside the group. */
export interface SignalOptions<Input> extends RoutingOptions<Input> {
  /** Database of its tables. Default: `database` beside the group. */
  database?: string | undefined
  /** Name of its table. Default: that of the schema. */
  table?: string | undefined
  /** `flat`, `otel`, `otel_json`, or a table of your own from `defineTable`. Default: `schema` beside the group. */
  schema?: 'flat' | 'otel' | 'otel_json' | Table<Input> | undefined
  /** As `promote` beside the group. Default: that one. */
  promote?: readonly Promotion[] | undefined
  /** As `keepPromoted` beside the group. Default: that one. */
  keepPromoted?: boolean | undefined
  /** Age at which its rows are deleted, in tables that the exporter creates. In seconds. Default: `ttl` beside the group. */
  ttl?: number | undefined
  /** As `retention` beside the group, for its rows alone. Default: that one. */
  retention?: SharedOptions<never>['retention']
  /** Limits of its batches. */
  batch?: SharedOptions<never>['batch']
  /** Its batches that wait in memory. Each signal has a queue of its own. */
  queue?: SharedOptions<never>['queue']
  /** As `asyncInsert` beside the group. Default: that one. */
  asyncInsert?: boolean | undefined
}

export interface SampledSignalOptions<Input> extends SignalOptions<Input> {
  /** As `sample` beside the group. */
  sample?: SampleOptions | undefined
}

export interface MetricsOptions extends SignalOptions<MetricPointLike> {
  /** Names of the tables of the schemas `otel` and `otel_json`, which have one for each type of metric. */
  tables?:
    | {
        /** Table of gauges. Default: `otel_metrics_gauge`. */
        gauge?: string | undefined
        /** Table of sums. Default: `otel_metrics_sum`. */
        sum?: string | undefined
        /** Table of histograms. Default: `otel_metrics_histogram`. */
        histogram?: string | undefined
        /** Table of exponential histograms. Default: `otel_metrics_exponential_histogram`. */
        exponentialHistogram?: string | undefined
        /** Table of summaries. Default: `otel_metrics_summary`. */
        summary?: string | undefined
      }
    | undefined
  /** Ages at which the rows of each of these tables are deleted, if they differ. */
  ttls?:
    | {
        /** For rows of gauges. In seconds. Default: `ttl`. */
        gauge?: number | undefined
        /** For rows of sums. In seconds. Default: `ttl`. */
        sum?: number | undefined
        /** For rows of histograms. In seconds. Default: `ttl`. */
        histogram?: number | undefined
        /** For rows of exponential histograms. In seconds. Default: `ttl`. */
        exponentialHistogram?: number | undefined
        /** For rows of summaries. In seconds. Default: `ttl`. */
        summary?: number | undefined
      }
    | undefined
}

/** Options for metrics, with those that hold for all destinations. */
export interface AllMetricsOptions extends MetricsOptions {
  /**
   * What the values of counters and histograms count. With `cumulative`, from the start of the process: totals are read from the last
   * row, rates are differences of rows, and a lost row does no harm. With `delta`, since the row before: any period is a plain `sum()`
   * over rows and processes. Default: `cumulative`.
   */
  temporality?: Temporality | undefined
}
