import { diag } from '@opentelemetry/api'
import { clock } from './clock.js'

const LOG_EVERY_MS = 60_000

/** Wraps a function of the application so that an error in it neither stops a delivery nor ends the process. Errors are logged at most once a minute. */
export function hook<Args extends unknown[]>(
  name: string,
  call: ((...args: Args) => unknown) | undefined,
): (...args: Args) => void {
  let lastLogged = Number.NEGATIVE_INFINITY
  let failures = 0
  const failed = (error: unknown) => {
    failures++
    if (clock.now() - lastLogged < LOG_EVERY_MS) return
    lastLogged = clock.now()
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
