import { within } from '../common/deadline.js'
import { timeoutOf } from '../common/flush-options.js'
import type { Backend } from './backend.js'
import type { SwitchableProcessor } from './processors.js'

/** What all processors of the environment have, whatever their signal, and the means to change the backends. */
export interface Switchable<Input> extends SwitchableProcessor {
  /** Passes a record to the backends. Never throws. */
  accept(record: Input, context?: unknown): void
  /**
   * Gets the new backends from `change`, which is given the present ones. Nothing else changes before begin(), and nothing at all if
   * `change` throws.
   */
  replace(change: (before: readonly Backend<Input>[]) => readonly Backend<Input>[]): Replaced
}

export interface Replaced {
  /** From now on, records go to the new backends. Resolves when the removed ones are shut down. Never rejects. */
  begin(): Promise<void>
  /** Shuts the new backends down and keeps the present ones. */
  discard(): void
}

export function newSwitchable<Input>(
  first: readonly Backend<Input>[],
  onShutdown: () => void,
): Switchable<Input> {
  let backends = first
  let closed: Promise<void> | undefined
  // One for each group of backends that is being shut down.
  const leaving = new Set<Promise<void>>()

  const close = async (ones: readonly Backend<Input>[]): Promise<void> => {
    const done = Promise.all(ones.map((one) => one.shutdown())).then(() => {})
    leaving.add(done)
    await done
    leaving.delete(done)
  }

  const left = async (timeoutMs: number | undefined): Promise<void> => {
    const all = Promise.all(leaving) // each ends within shutdownTimeoutMs
    if (timeoutMs === undefined) await all
    else if (!(await within(timeoutMs, () => all)))
      throw new Error(
        `spanhouse: a backend that was switched off was not flushed within ${timeoutMs} ms`,
      )
  }

  return {
    replace(change) {
      const before = backends
      const next = change(before)
      const fresh = next.filter((one) => !before.includes(one))
      return {
        begin() {
          if (closed) return close(fresh) // the processor was shut down meanwhile
          backends = next
          return close(before.filter((one) => !next.includes(one)))
        },
        discard: () => void close(fresh),
      }
    },
    accept(record, context) {
      // for…of would allocate an iterator for every record
      const { length } = backends
      for (let index = 0; index < length; index++) backends[index]?.accept(record, context)
    },
    async forceFlush(options = {}) {
      const timeoutMs = timeoutOf(options)
      const flushes = [...backends.map((one) => one.flush(timeoutMs)), left(timeoutMs)]
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
    [Symbol.asyncDispose]() {
      return this.shutdown()
    },
  }
}
