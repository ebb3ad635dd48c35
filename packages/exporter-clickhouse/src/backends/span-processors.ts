import type { SpanLike } from '@spanhouse/transform'

/** A SpanProcessor for SDK 2 and 3 that passes spans to backends, which `switchBackend()` changes. */
export interface SwitchableSpanProcessor {
  onStart(): void
  /** Passes a sampled span to the backends. Never throws. */
  onEnd(span: SpanLike): void
  /**
   * Resolves when every span that ended before is delivered or dropped. Rejects after `timeoutMs` (default: `flushTimeoutMs`), or if a
   * backend reports a failure.
   */
  forceFlush(options?: { timeoutMs?: number }): Promise<void>
  /** Delivers what it can within `shutdownTimeoutMs`. Always resolves. */
  shutdown(): Promise<void>
  /** `await using` shuts it down at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What `spanProcessorsFromEnv()` returns. `await using` shuts all of them down at the end of the block. */
export type SpanProcessors = SwitchableSpanProcessor[] & {
  [Symbol.asyncDispose](): Promise<void>
}
