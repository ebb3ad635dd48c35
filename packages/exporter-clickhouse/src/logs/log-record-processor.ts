import type { LogRecordLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import { type FlushOptions, timeoutOf } from '../common/flush-options.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainAsExporter } from '../telemetry/misplaced.js'
import { snapshot } from './snapshot.js'

/**
 * A LogRecordProcessor for SDK 2 and 3 that inserts log records into ClickHouse; recommended over the exporter. It encodes each record when
 * it is emitted, so put it last in the list: what a later processor changes in a record does not reach ClickHouse. It collects rows into
 * batches by number, bytes and age. The constructor throws a ConfigError if the options cannot be used.
 */
export class ClickHouseLogRecordProcessor {
  static {
    explainAsExporter(
      ClickHouseLogRecordProcessor.prototype,
      'a ClickHouseLogRecordProcessor was passed as a log record exporter, so no log record is exported. Pass it to the logger provider (processors: [processor]), or use a ClickHouseLogRecordExporter.',
    )
  }

  readonly #pipeline: Pipeline<LogRecordLike>

  constructor(options?: Options<LogRecordLike>) {
    this.#pipeline = new Pipeline(parseConfig('logs', options), { keep: snapshot })
  }

  /** Takes a log record. Never throws. */
  onEmit(record: LogRecordLike): void {
    if (!this.#pipeline.closed) this.#pipeline.accept(record)
  }

  /** Resolves when every record emitted before is delivered or dropped. Rejects after `timeoutMs` with the names of the destinations that are not done. */
  forceFlush(options: FlushOptions = {}): Promise<void> {
    return this.#pipeline.flush(timeoutOf(options))
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
