import { diag } from '@opentelemetry/api'
import { clock } from './clock.js'

const SAY_EVERY_MS = 60_000

/** Wraps a function of the application so that it can neither stop a delivery nor end the process. Logs at most once a minute that it threw. */
export function hook<Args extends unknown[]>(
  name: string,
  call: ((...args: Args) => unknown) | undefined,
): (...args: Args) => void {
  let lastSaid = Number.NEGATIVE_INFINITY
  let failures = 0
  const failed = (error: unknown) => {
    failures++
    if (clock.now() - lastSaid < SAY_EVERY_MS) return
    lastSaid = clock.now()
    const times = failures > 1 ? ` ${failures} times` : ''
    failures = 0
    try {
      diag.error(`spanhouse: ${name} threw${times}`, error)
    } catch {}
  }
  return (...args) => {
    try {
      Promise.resolve(call?.(...args)).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
