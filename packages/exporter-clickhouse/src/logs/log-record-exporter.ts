import type { LogRecordLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { type ExportResult, exportsOf } from '../pipeline/exports.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainMisplaced } from '../telemetry/misplaced.js'

/** A LogRecordExporter for SDK 2 and 3 that inserts log records into ClickHouse. The constructor throws a ConfigError if the options cannot be used. */
export class ClickHouseLogRecordExporter {
  static {
    explainMisplaced(
      ClickHouseLogRecordExporter.prototype,
      ['onEmit'],
      'a ClickHouseLogRecordExporter was passed as a log record processor, so no log record is exported. Pass a ClickHouseLogRecordProcessor instead, or a BatchLogRecordProcessor of the SDK with this exporter.',
    )
  }

  readonly #pipeline: Pipeline<LogRecordLike>
  readonly #export: ReturnType<typeof exportsOf<LogRecordLike>>

  constructor(options?: Options<LogRecordLike>) {
    this.#pipeline = new Pipeline(parseConfig('logs', options))
    this.#export = exportsOf(this.#pipeline, 'log records')
  }

  /** Calls back exactly once and never throws. The result is FAILED (1) only after shutdown, or if no destination took any of the records. */
  export(records: LogRecordLike[], resultCallback: (result: ExportResult) => void): void {
    this.#export(records, resultCallback)
  }

  /** Resolves when every record exported before is delivered or dropped. Rejects after `timeoutMs` with the names of the destinations that are not done. */
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
