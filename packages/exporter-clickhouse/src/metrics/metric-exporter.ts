import {
  type MetricPointLike,
  metricPoints,
  newTally,
  type ResourceMetricsLike,
} from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import type { Temporality } from '../config/config.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { type ExportResult, exportsOf } from '../pipeline/exports.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainMisplaced } from '../telemetry/misplaced.js'

// AggregationTemporality of @opentelemetry/sdk-metrics. A test compares them with versions 2 and 3.
const DELTA = 0
const CUMULATIVE = 1

/**
 * A PushMetricExporter for SDK 2 and 3 that inserts metrics into ClickHouse, one row a data point. It belongs into a
 * PeriodicExportingMetricReader. The constructor throws a ConfigError if the options cannot be used.
 */
export class ClickHouseMetricExporter {
  static {
    explainMisplaced(
      ClickHouseMetricExporter.prototype,
      ['setMetricProducer', 'collect'],
      'a ClickHouseMetricExporter was passed as a metric reader, so no metric is exported. Pass new PeriodicExportingMetricReader({ exporter }) instead.',
    )
  }

  readonly #pipeline: Pipeline<MetricPointLike>
  readonly #export: ReturnType<typeof exportsOf<MetricPointLike>>
  readonly #temporality: Temporality

  constructor(options?: Options<MetricPointLike>) {
    const config = parseConfig('metrics', options)
    this.#temporality = config.temporality
    this.#pipeline = new Pipeline(config)
    this.#export = exportsOf(this.#pipeline, 'metrics')
  }

  /** Calls back exactly once and never throws. The result is FAILED (1) only after shutdown, or if no destination took any of the data points. */
  export(metrics: ResourceMetricsLike, resultCallback: (result: ExportResult) => void): void {
    const tally = newTally()
    const points = metricPoints(metrics, tally)
    this.#pipeline.refuse(tally.droppedPoints, 'encode_error')
    this.#export(points, resultCallback)
  }

  /** With `delta`, sums that can also fall stay cumulative, as OpenTelemetry has it: their changes would have to be added up from the start. */
  selectAggregationTemporality(instrumentType: string): 0 | 1 {
    return this.#temporality === 'delta' && !instrumentType.includes('UP_DOWN') ? DELTA : CUMULATIVE
  }

  /** Resolves when every data point exported before is delivered or dropped. Rejects after `timeoutMs` with the names of the destinations that are not done. */
  forceFlush(options: { timeoutMs?: number } = {}): Promise<void> {
    return this.#pipeline.flush(options.timeoutMs)
  }

  /** Delivers what it can within `shutdownTimeoutMs` and counts the rest as dropped (`shutdown`). Always resolves. */
  shutdown(): Promise<void> {
    return this.#pipeline.shutdown()
  }

  /** `await using` shuts it down at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown()
  }

  stats(): Stats {
    return this.#pipeline.stats()
  }
}
