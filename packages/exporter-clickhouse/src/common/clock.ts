import { clearTimeout, setImmediate, setTimeout } from 'node:timers'

/**
 * All timers and clocks of the package. They are taken once, when the module loads, because test runners (jest, vitest, node:test)
 * may later replace those of the process with mocks, and a flush would then wait for a timer that never fires.
 * It is an object so that our own tests can replace its methods.
 */
export interface Clock {
  /** Milliseconds on the monotonic clock. */
  now(): number
  /** Milliseconds since 1970. */
  unixMs(): number
  setTimeout(callback: () => void, ms: number): NodeJS.Timeout
  clearTimeout(timer: NodeJS.Timeout | undefined): void
  setImmediate(callback: () => void): unknown
  queueMicrotask(callback: () => void): void
}

const { performance } = globalThis

export const clock: Clock = {
  now: performance.now.bind(performance),
  unixMs: Date.now,
  setTimeout,
  clearTimeout,
  setImmediate,
  queueMicrotask: globalThis.queueMicrotask,
}

/** Resolves after one turn of the event loop, in which everything that has already arrived is read. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void clock.setImmediate(resolve))
}

/** Resolves after `ms`, or when the signal is aborted. Does not hold the process open. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = () => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.setTimeout(end, ms).unref()
    signal?.addEventListener('abort', end)
  })
}
