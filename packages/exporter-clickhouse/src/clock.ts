import { clearTimeout, setImmediate, setTimeout } from 'node:timers'

/**
 * Every timer and every time of the package comes from here, taken once, when the module loads: test runners replace those of the
 * process later (jest, vitest and node:test mock timers), and a flush would then wait for a time that nobody lets pass.
 * An object, so that our own tests can let time pass.
 */
export interface Clock {
  /** Milliseconds on a clock that nobody sets. */
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

/** One turn of the event loop: what has arrived by now is read in it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void clock.setImmediate(resolve))
}

/** Resolves after so long, or when the signal is aborted. Does not hold the process open. */
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
