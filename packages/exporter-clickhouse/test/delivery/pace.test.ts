import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { SOON } from '../../../../test/kit/exporters.js'
import type { Retry } from '../../src/clickhouse/outcome.js'
import { Pace } from '../../src/delivery/pace.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

const RETRY = {
  maxRetries: Number.POSITIVE_INFINITY,
  initialDelayMs: 1000,
  multiplier: 2,
  maxDelayMs: 5000,
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function failure(why: Retry['why'], more: Partial<Retry> = {}): Retry {
  return { status: 'retry', why, error: new Error('no'), ...more }
}

/** Milliseconds until it resumes after `failures` failures in a row of this kind. */
function pauseAfter(failures: number, outcome: Retry, retry = RETRY): number {
  let resumed = 0
  const pace = new Pace(retry, 4, () => resumed++)
  let passed = 0
  for (let n = 1; n <= failures; n++) {
    pace.failed(outcome)
    expect(pace.concurrency).toBe(0)
    for (passed = 0; resumed < n; passed++) vi.advanceTimersByTime(1)
  }
  return passed
}

test('lets four requests run on a healthy server, none in a pause, one after it', () => {
  const pace = new Pace(RETRY, 4, () => {})
  expect(pace.concurrency).toBe(4)
  pace.failed(failure('transient'))
  expect(pace.concurrency).toBe(0)
  vi.advanceTimersByTime(1000)
  expect(pace.concurrency).toBe(1)
})

test('lets one more run after each success, up to four', () => {
  const pace = new Pace(RETRY, 4, () => {})
  pace.failed(failure('transient'))
  const seen = Array.from({ length: 6 }, () => {
    pace.succeeded()
    return pace.concurrency
  })
  expect(seen).toEqual([1, 2, 3, 4, 4, 4])
})

test('lets as few run after an outage that another has met', () => {
  const pace = new Pace(RETRY, 4, () => {})
  pace.slowDown()
  expect(pace.concurrency).toBe(1)
  const seen = Array.from({ length: 5 }, () => {
    pace.succeeded()
    return pace.concurrency
  })
  expect(seen).toEqual([1, 2, 3, 4, 4])
})

test('a server that is away is asked at least every two seconds, however often it failed', () => {
  for (const why of ['transient', 'ambiguous'] as const)
    for (const failures of [1, 3, 10])
      expect(pauseAfter(failures, failure(why))).toBeLessThanOrEqual(2000)
})

test('one that asks for patience gets it: pauses grow up to the maximum', () => {
  expect(pauseAfter(10, failure('overloaded'))).toBeGreaterThanOrEqual(2500)
  expect(pauseAfter(10, failure('overloaded'))).toBeLessThanOrEqual(5000)
})

test('attempts that are limited are spread out as configured', () => {
  expect(pauseAfter(3, failure('transient'), { ...RETRY, maxRetries: 3 })).toBeGreaterThanOrEqual(
    2000,
  )
})

test('Retry-After is a floor', () => {
  expect(pauseAfter(1, failure('overloaded', { retryAfterMs: 7000 }))).toBe(7000)
})

test('what somebody has to mend is asked about every 30 seconds', () => {
  expect(pauseAfter(1, failure('misconfigured'))).toBe(30_000)
})

test('batches that fail together are one failure and one pause', () => {
  let resumed = 0
  const pace = new Pace(RETRY, 4, () => resumed++)
  for (let n = 0; n < 4; n++) {
    pace.failed(failure('transient'))
    vi.advanceTimersByTime(200)
  }
  vi.advanceTimersByTime(200)
  expect(resumed).toBe(1)
})

test('who waits for the rows ends the pause, but not what the server asked for, nor a wrong password', () => {
  for (const [outcome, ends] of [
    [failure('transient'), true],
    [failure('overloaded', { retryAfterMs: 5000 }), false],
    [failure('misconfigured'), false],
  ] as const) {
    let resumed = 0
    const pace = new Pace(RETRY, 4, () => resumed++)
    pace.failed(outcome)
    pace.hurry()
    vi.advanceTimersByTime(200)
    expect(resumed === 1).toBe(ends)
    pace.stop()
  }
})

test('with several tables, of which one refuses its rows, the next attempt is due soon, but not before any table has taken some', () => {
  for (const [tables, hasTaken, soon] of [
    [5, true, true],
    [5, false, false],
    [1, true, false],
  ] as const) {
    let resumed = 0
    const pace = new Pace(RETRY, 4, () => resumed++, tables)
    if (hasTaken) pace.succeeded()
    for (let failures = 1; failures <= 3; failures++) {
      const before = resumed
      pace.failed(failure('misconfigured'))
      vi.advanceTimersByTime(2000)
      if (failures > 1)
        expect([tables, hasTaken, resumed > before]).toEqual([tables, hasTaken, soon])
      vi.advanceTimersByTime(28_000)
    }
    pace.stop()
  }
})

test('a success ends the pause that another batch has caused', () => {
  let resumed = 0
  const pace = new Pace(RETRY, 4, () => resumed++)
  pace.failed(failure('transient'))
  pace.succeeded()
  expect([resumed, pace.failing]).toEqual([1, false])
})

test.each<[string, (pace: Pace) => void]>([
  ['a shorter one', (pace) => pace.failed(failure('overloaded', { retryAfterMs: 100 }))],
  [
    'a reset and a flush',
    (pace) => {
      pace.failed(failure('ambiguous'))
      pace.hurry()
    },
  ],
  ['the success of what was in flight', (pace) => pace.succeeded()],
])('Retry-After is a floor, whatever comes after it: %s', (_, happen) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const resumed = vi.fn()
  const pace = new Pace(
    { ...SOON, multiplier: 2, maxRetries: Number.POSITIVE_INFINITY },
    4,
    resumed,
  )
  pace.failed(failure('overloaded', { retryAfterMs: 3000 }))
  happen(pace)
  vi.advanceTimersByTime(2990)
  expect(resumed).not.toHaveBeenCalled()
  vi.advanceTimersByTime(20)
  expect(resumed).toHaveBeenCalledTimes(1)
})
