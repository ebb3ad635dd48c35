import type { SpanLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { type ExportResult, exportsOf } from '../pipeline/exports.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainMisplaced } from '../telemetry/misplaced.js'

/** A SpanExporter for SDK 2 and 3 that inserts spans into ClickHouse. The constructor throws a ConfigError if the options cannot be used. */
export class ClickHouseSpanExporter {
  static {
    explainMisplaced(
      ClickHouseSpanExporter.prototype,
      ['onStart', 'onEnd'],
      'a ClickHouseSpanExporter was passed as a span processor, so no span is exported. Pass a ClickHouseSpanProcessor instead, or new BatchSpanProcessor(exporter).',
    )
  }

  readonly #pipeline: Pipeline<SpanLike>
  readonly #export: ReturnType<typeof exportsOf<SpanLike>>

  constructor(options?: Options) {
    this.#pipeline = new Pipeline(parseConfig('traces', options))
    this.#export = exportsOf(this.#pipeline, 'spans')
  }

  /** Calls back exactly once and never throws. The result is FAILED (1) only after shutdown, or if no destination took any of the spans. */
  export(spans: SpanLike[], resultCallback: (result: ExportResult) => void): void {
    this.#export(spans, resultCallback)
  }

  /** Resolves when every span exported before is delivered or dropped. Rejects after `timeoutMs` with the names of the destinations that are not done. */
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
