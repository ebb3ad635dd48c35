import type { SpanLike } from '@spanhouse/transform'
import type { BackendName } from './names.js'

/** One place that ended spans go to. */
export interface Backend {
  readonly name: BackendName
  /** Takes a span. Never throws. */
  onEnd(span: SpanLike): void
  /**
   * Resolves when every span that ended before the call is delivered or dropped. Rejects after `timeoutMs` (default: `flushTimeoutMs`), or
   * if the delivery is known to have failed.
   */
  flush(timeoutMs: number | undefined): Promise<void>
  /** Flushes within a deadline and closes. Never rejects. */
  shutdown(): Promise<void>
}

/** An opened backend, or a clause without secrets that says why it cannot be opened. */
export type Opening = Backend | { readonly problem: string }
