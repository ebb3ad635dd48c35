import type { SpanLike } from '@spanhouse/transform'
import type { Stats } from '../accounting/stats.js'
import { hook } from '../common/hook.js'
import type { Options } from '../config/options.js'
import { parseConfig } from '../config/parse-config.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { explainAsProcessor } from './misplaced.js'

/** `ExportResult` of @opentelemetry/core 2 and 3. */
export interface ExportResult {
  code: 0 | 1
  error?: Error
}

// ExportResultCode of @opentelemetry/core. A test compares them with versions 2 and 3.
const SUCCESS = 0
const FAILED = 1

/** A SpanExporter for SDK 2 and 3 that inserts spans into ClickHouse. The constructor throws a ConfigError if the options cannot be used. */
export class ClickHouseSpanExporter {
  static {
    explainAsProcessor(ClickHouseSpanExporter.prototype)
  }

  readonly #pipeline: Pipeline<SpanLike>
  // The callback may throw. Without this wrapper, an unhandled rejection would end the application.
  readonly #callBack = hook(
    'the callback of export()',
    (resultCallback: (result: ExportResult) => void, result: ExportResult) =>
      resultCallback(result),
  )

  constructor(options?: Options) {
    this.#pipeline = new Pipeline(parseConfig('traces', options))
  }

  /** Calls back exactly once and never throws. The result is FAILED (1) only after shutdown, or if no destination took any of the spans. */
  export(spans: SpanLike[], resultCallback: (result: ExportResult) => void): void {
    void this.#export(spans).then((result) => this.#callBack(resultCallback, result))
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

  async #export(spans: SpanLike[]): Promise<ExportResult> {
    if (this.#pipeline.closed) return failed('the exporter is shut down')
    try {
      const taken = await this.#pipeline.export(spans)
      return taken ? { code: SUCCESS } : failed('every destination dropped these spans')
    } catch (error) {
      return { code: FAILED, error: error as Error }
    }
  }
}

function failed(why: string): ExportResult {
  return { code: FAILED, error: new Error(`spanhouse: ${why}`) }
}
