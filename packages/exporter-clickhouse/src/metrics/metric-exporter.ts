import type { MetricPointLike, ResourceMetricsLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { flushGlobalProvider } from '../lifetime/global-providers.js'
import type { ExportResult } from '../pipeline/exports.js'
import { explainMisplaced } from '../telemetry/misplaced.js'
import { openPointExporter, type PointExporter } from './point-exporter.js'

// AggregationType.DEFAULT of @opentelemetry/sdk-metrics 2 and 3, and the number of series for which it makes room by default.
const DEFAULT = 0
const CARDINALITY = 2000

/**
 * A PushMetricExporter for SDK 2 and 3 that inserts metrics into ClickHouse, one row a data point. It belongs into a
 * PeriodicExportingMetricReader. At the natural end of the process and in `withFlush()`, the global meter provider is flushed once more, so
 * that what was counted since the last collection is not lost. The constructor throws a ConfigError if the options cannot be used.
 */
export class ClickHouseMetricExporter {
  static {
    explainMisplaced(
      ClickHouseMetricExporter.prototype,
      ['setMetricProducer'],
      'a ClickHouseMetricExporter was passed as a metric reader, so no metric is exported. Pass new PeriodicExportingMetricReader({ exporter }) instead.',
      // Without these, each instrument that the application creates would throw.
      { selectAggregation: () => ({ type: DEFAULT }), selectCardinalityLimit: () => CARDINALITY },
    )
  }

  readonly #exporter: PointExporter

  constructor(options?: Options<MetricPointLike>) {
    const collect = () => flushGlobalProvider('metrics')
    this.#exporter = openPointExporter(parseConfig('metrics', options), { collect })
  }

  /** Calls back exactly once and never throws. The result is FAILED (1) only after shutdown, or if no destination took any of the data points. */
  export(metrics: ResourceMetricsLike, resultCallback: (result: ExportResult) => void): void {
    this.#exporter.export(metrics, resultCallback)
  }

  /**
   * The option `metrics.temporality`. With `delta`, sums that can also fall stay cumulative, as OpenTelemetry has it: their changes would have
   * to be added up from the start.
   */
  selectAggregationTemporality(instrumentType: string): 0 | 1 {
    return this.#exporter.selectAggregationTemporality(instrumentType)
  }

  /** Resolves when every data point exported before is delivered or dropped. Rejects after `timeoutMs` with the names of the destinations that are not done. */
  forceFlush(options?: { timeoutMs?: number }): Promise<void> {
    return this.#exporter.forceFlush(options)
  }

  /** Delivers what it can within `shutdownTimeoutMs` and counts the rest as dropped (`shutdown`). Always resolves. */
  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }

  /** `await using` shuts it down at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  stats(): Stats {
    return this.#exporter.stats()
  }
}
