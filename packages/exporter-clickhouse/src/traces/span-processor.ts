import type { SpanLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainAsExporter } from './misplaced.js'

const SAMPLED = 1

/**
 * A SpanProcessor of SDK 2 or 3 that inserts spans into ClickHouse: the recommended way in. It encodes each
 * span as it ends and gathers rows by number, bytes and age. Throws a ConfigError for options that cannot be used.
 */
export class ClickHouseSpanProcessor {
  static {
    explainAsExporter(ClickHouseSpanProcessor.prototype)
  }

  readonly #pipeline: Pipeline

  constructor(options?: Options) {
    this.#pipeline = new Pipeline(parseConfig(options))
  }

  onStart(): void {}

  /** Takes in a sampled span; others are left alone. Never throws. */
  onEnd(span: SpanLike): void {
    if (!this.#pipeline.closed && isSampled(span)) this.#pipeline.accept('traces', span)
  }

  /** Resolves when every span ended before is delivered or dropped; rejects after `timeoutMs`, naming the destinations that still wait. */
  forceFlush(options: { timeoutMs?: number } = {}): Promise<void> {
    return this.#pipeline.flush(options.timeoutMs)
  }

  /** Delivers what it can within `shutdownTimeoutMs` and counts the rest as dropped (`shutdown`). Always resolves. */
  shutdown(): Promise<void> {
    return this.#pipeline.shutdown()
  }

  stats(): Stats {
    return this.#pipeline.stats()
  }
}

/** What cannot say so is taken for sampled: it was made to be seen. */
function isSampled(span: SpanLike): boolean {
  try {
    const { traceFlags = SAMPLED } = span.spanContext() as { traceFlags?: number }
    return (traceFlags & SAMPLED) === SAMPLED
  } catch {
    return true
  }
}
