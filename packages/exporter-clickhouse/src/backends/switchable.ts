import type { SpanLike } from '@spanhouse/transform'
import type { Backend } from './backend.js'

/** A SpanProcessor for SDK 2 and 3 whose backends `switchBackend()` changes. */
export interface SwitchableSpanProcessor {
  onStart(): void
  /** Passes a span to the backends. Never throws. */
  onEnd(span: SpanLike): void
  /** Resolves when every span that ended before is delivered or dropped. Rejects after `timeoutMs`, and if a backend says that it failed. */
  forceFlush(options?: { timeoutMs?: number }): Promise<void>
  /** Delivers what it can before a deadline. Always resolves. */
  shutdown(): Promise<void>
}

/** A processor and the means to change its backends. */
export interface Switchable {
  readonly processor: SwitchableSpanProcessor
  readonly backends: readonly Backend[]
  /** From now on spans go to these. Resolves when those that are not among them any more are shut down. Never rejects. */
  replace(by: readonly Backend[]): Promise<void>
}

export function newSwitchable(first: readonly Backend[], onShutdown: () => void): Switchable {
  let backends = first
  let closed: Promise<void> | undefined
  // Backends that were replaced and are not shut down yet.
  const leaving = new Set<Promise<void>>()

  const close = async (ones: readonly Backend[]): Promise<void> => {
    const done = Promise.all(ones.map((one) => one.shutdown())).then(() => {})
    leaving.add(done)
    await done
    leaving.delete(done)
  }

  return {
    get backends() {
      return backends
    },
    async replace(by) {
      const before = closed ? by : backends
      if (!closed) backends = by
      await close(before.filter((one) => !backends.includes(one)))
    },
    processor: {
      onStart() {},
      onEnd(span) {
        for (const backend of backends) backend.onEnd(span)
      },
      async forceFlush({ timeoutMs } = {}) {
        const flushes = [...backends.map((one) => one.flush(timeoutMs)), ...leaving]
        for (const result of await Promise.allSettled(flushes))
          if (result.status === 'rejected') throw result.reason
      },
      shutdown() {
        if (!closed) {
          const last = backends
          backends = []
          closed = Promise.all([close(last), ...leaving]).then(onShutdown)
        }
        return closed
      },
    },
  }
}
