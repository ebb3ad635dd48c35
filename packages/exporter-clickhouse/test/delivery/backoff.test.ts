import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backoffMs } from '../../src/delivery/backoff.js'

const retry = { maxRetries: 3, initialDelayMs: 1000, multiplier: 2, maxDelayMs: 5000 }

describe('backoffMs', () => {
  test.each([
    [1, 500, 1000],
    [2, 1000, 2000],
    [3, 2000, 4000],
    [4, 2500, 5000],
    [5, 2500, 5000],
    [10_000, 2500, 5000],
  ])('after %i failures is between %i and %i ms', (failures, least, most) => {
    expect(backoffMs(failures, retry, () => 0)).toBe(least)
    expect(backoffMs(failures, retry, () => 0.999_999)).toBeCloseTo(most, 1)
  })

  test('differs from client to client at the cap, too', () => {
    const delays = new Set(Array.from({ length: 100 }, () => backoffMs(50, retry)))
    expect(delays.size).toBeGreaterThan(90)
  })

  test('is a time that a timer takes, for any configuration', () => {
    const delay = fc.double({ min: 0, max: 2 ** 31 - 1, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.record({
          maxRetries: fc.constant(1),
          initialDelayMs: delay,
          multiplier: fc.double({ min: 1, max: 100, noNaN: true }),
          maxDelayMs: delay,
        }),
        (failures, config) => {
          const ms = backoffMs(failures, config)
          expect(ms).toBeGreaterThanOrEqual(0)
          expect(ms).toBeLessThanOrEqual(config.maxDelayMs)
        },
      ),
    )
  })
})
