import type { BackendName } from './names.js'

/** One place that records of a signal go to. */
export interface Backend<Input> {
  readonly name: BackendName
  /** Takes a record. Never throws. */
  accept(record: Input, context: unknown): void
  /**
   * Resolves when every record accepted before the call is delivered or dropped. Rejects after `timeoutMs` (default: `flushTimeoutMs`), or
   * if the delivery is known to have failed.
   */
  flush(timeoutMs: number | undefined): Promise<void>
  /** Flushes within a deadline and closes. Never rejects. */
  shutdown(): Promise<void>
}

/** Why something cannot be opened, as a clause without secrets. */
export interface Problem {
  readonly problem: string
}
