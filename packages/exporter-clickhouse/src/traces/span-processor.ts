import type { SpanLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainAsExporter } from '../telemetry/misplaced.js'
import { isSampled } from './sampled.js'

/**
 * A SpanProcessor for SDK 2 and 3 that inserts spans into ClickHouse; recommended over the exporter. It encodes each span when it ends
 * and collects rows into batches by number, bytes and age. The constructor throws a ConfigError if the options cannot be used.
 */
export class ClickHouseSpanProcessor {
  static {
    explainAsExporter(
      ClickHouseSpanProcessor.prototype,
      'a ClickHouseSpanProcessor was passed as a span exporter, so no span is exported. Pass it to the tracer provider (spanProcessors: [processor]), or use a ClickHouseSpanExporter.',
    )
  }

  readonly #pipeline: Pipeline<SpanLike>

  constructor(options?: Options) {
    this.#pipeline = new Pipeline(parseConfig('traces', options))
  }

  onStart(): void {}

  /** Takes a sampled span, and ignores others. Never throws. */
  onEnd(span: SpanLike): void {
    if (!this.#pipeline.closed && isSampled(span)) this.#pipeline.accept(span)
  }

  /** Resolves when every span that ended before is delivered or dropped. Rejects after `timeoutMs` with the names of the destinations that are not done. */
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
