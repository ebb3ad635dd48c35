import { clock } from '../common/clock.js'
import { whereOf } from '../common/errors.js'

/** Stands for the result of a call that threw, or returned a promise. */
export const FAILED: unique symbol = Symbol('failed')

const LOG_EVERY_MS = 60_000
// One call that takes this long delays every request of the application.
const CALL_MS = 50
// A tenth of the time: the application would need a tenth more machines.
const MOST_IN_PERIOD_MS = LOG_EVERY_MS / 10

/** Who is told about a hook: a line for the log, at most once a minute. */
export interface HookReport {
  /** Called for every failure. */
  failed(): void
  /** Called for every call that took more than 50 ms. */
  slow(): void
  say(line: string): void
}

/**
 * Wraps a function of the application that is called for each record and decides about it: it never throws, and what goes wrong in it, or
 * takes long, is counted and said. Nothing can stop a function that runs in this thread, so a slow one is only counted and named. `consequence`: what a failure means.
 */
export function guardedHook<Args extends unknown[], Result>(
  name: string,
  call: (...args: Args) => Result,
  report: HookReport,
  consequence: string,
): (...args: Args) => Result | typeof FAILED {
  let lastFailureLine = Number.NEGATIVE_INFINITY
  let failures = 0
  let period = newPeriod(clock.now())

  const failed = (what: string): typeof FAILED => {
    failures++
    report.failed()
    const now = clock.now()
    if (now - lastFailureLine < LOG_EVERY_MS) return FAILED
    const times = failures > 1 ? ` (${failures} times since the last such line)` : ''
    lastFailureLine = now
    failures = 0
    report.say(`${name} ${what}${times}. ${consequence}`)
    return FAILED
  }

  const took = (ms: number, now: number): void => {
    if (now - period.from > LOG_EVERY_MS) period = newPeriod(now - ms)
    period.calls++
    period.ms += ms
    if (ms > CALL_MS) {
      period.slow++
      report.slow()
    }
    period.longest = Math.max(period.longest, ms)
    if (period.isSaid || (period.slow === 0 && period.ms < MOST_IN_PERIOD_MS)) return
    period.isSaid = true
    const { calls, ms: sum, longest } = period
    report.say(
      `${name} is slow: ${calls === 1 ? '1 call' : `${calls} calls`} took ${Math.round(sum)} ms, the longest ${Math.round(longest)} ms. It runs in the application's own thread, for each record.`,
    )
  }

  return (...args) => {
    const start = clock.now()
    try {
      const result = call(...args)
      if (isPromise(result)) {
        Promise.resolve(result).catch(() => {}) // a rejection that nobody handles would end the process
        return failed('returned a promise, but has to answer at once')
      }
      return result
    } catch (error) {
      return failed(`threw ${whereOf(error)}`)
    } finally {
      const now = clock.now()
      took(now - start, now)
    }
  }
}

function newPeriod(from: number) {
  return { from, calls: 0, ms: 0, slow: 0, longest: 0, isSaid: false }
}

function isPromise(value: unknown): boolean {
  try {
    return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
  } catch {
    return false
  }
}
