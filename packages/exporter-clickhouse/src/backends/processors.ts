import type { LogRecordLike, SpanLike } from '@spanhouse/transform'
import type { FlushOptions } from '../common/flush-options.js'

/** What the processors of the environment have in common. `switchBackend()` changes their backends. */
export interface SwitchableProcessor {
  /**
   * Resolves when everything that came before is delivered or dropped. Rejects after `timeoutMs` (default: `flushTimeoutMs`), or if a
   * backend reports a failure.
   */
  forceFlush(options?: FlushOptions): Promise<void>
  /** Delivers what it can within `shutdownTimeoutMs`. Always resolves. */
  shutdown(): Promise<void>
  /** `await using` shuts it down at the end of the block. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A SpanProcessor for SDK 2 and 3 that passes spans to backends. */
export interface SwitchableSpanProcessor extends SwitchableProcessor {
  onStart(): void
  /** Passes a sampled span to the backends. Never throws. */
  onEnd(span: SpanLike): void
}

/** A LogRecordProcessor for SDK 2 and 3 that passes log records to backends. */
export interface SwitchableLogRecordProcessor extends SwitchableProcessor {
  /** Passes a log record to the backends; ClickHouse encodes it at once. Never throws. */
  onEmit(record: LogRecordLike, context?: unknown): void
}

/** A list that `await using` shuts down at the end of the block. */
export type Disposable<Item> = Item[] & { [Symbol.asyncDispose](): Promise<void> }

/** What `spanProcessorsFromEnv()` returns. `await using` shuts all of them down at the end of the block. */
export type SpanProcessors = Disposable<SwitchableSpanProcessor>

/** What `logRecordProcessorsFromEnv()` returns. `await using` shuts all of them down at the end of the block. */
export type LogRecordProcessors = Disposable<SwitchableLogRecordProcessor>

/** Makes the list. The method is not enumerable, because it is a list of its items. */
export function disposable<Item>(items: Item[], dispose: () => Promise<void>): Disposable<Item> {
  return Object.defineProperty(items, Symbol.asyncDispose, { value: dispose }) as Disposable<Item>
}
