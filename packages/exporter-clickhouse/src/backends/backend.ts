import type { SpanLike } from '@spanhouse/transform'
import type { BackendName } from './names.js'

/** One place that ended spans go to. */
export interface Backend {
  readonly name: BackendName
  /** Takes a span. Never throws. */
  onEnd(span: SpanLike): void
  /** Resolves when every span that ended before is delivered or given up. Rejects at the deadline, and if that is known to have failed. */
  flush(timeoutMs: number | undefined): Promise<void>
  /** Flushes within a deadline and closes. Never rejects. */
  shutdown(): Promise<void>
}

/** A backend that was opened, or the reason why it was not: a clause without secrets. */
export type Opening = Backend | { readonly problem: string }
