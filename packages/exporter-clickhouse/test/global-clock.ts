import { clock } from '../src/common/clock.js'

/** From now on the exporter asks for the timers and the time of the process each time, so that a test can replace them. */
export function followGlobalClock(): void {
  Object.assign(clock, {
    now: () => performance.now(),
    unixMs: () => Date.now(),
    setTimeout: (...args: Parameters<typeof setTimeout>) => setTimeout(...args),
    clearTimeout: (timer: NodeJS.Timeout | undefined) => clearTimeout(timer),
    setImmediate: (callback: () => void) => setImmediate(callback),
    queueMicrotask: (callback: () => void) => queueMicrotask(callback),
  })
}
