import { expect, test } from 'vitest'
import { figureOf } from '../../../../test/kit/k6-run.mjs'
import { newDistribution } from '../../src/k6/distribution.js'

const SHARES = [0, 0.1, 0.5, 0.9, 0.95, 0.999, 1]

/** Of many sizes and both signs. */
function valuesOf(count: number, make: (random: number) => number): number[] {
  let state = 7
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return make(state / 2 ** 32)
  })
}

const SHAPES: Readonly<Record<string, (random: number) => number>> = {
  times: (random) => -Math.log(1 - random) * 200,
  'of all sizes': (random) => 10 ** (random * 40 - 20),
  'of both signs': (random) => (random - 0.5) * 1000,
  'mostly zero': (random) => Math.max(0, random - 0.9),
  'all equal': () => 42,
}

test.each(Object.entries(SHAPES))(
  '%s: percentiles are exact while all values are kept',
  (_, make) => {
    const values = valuesOf(5000, make)
    const distribution = newDistribution({ values: 10_000 })
    for (const value of values) distribution.add(value)
    expect(distribution.isExact).toBe(true)
    for (const share of SHARES)
      expect(distribution.at(share)).toBe(figureOf(`p(${share * 100})`, 'trend', values, 1))
  },
)

test.each(Object.entries(SHAPES))(
  '%s: percentiles are at most 1 %% off beyond the budget',
  (_, make) => {
    const values = valuesOf(50_000, make)
    const budget = { values: 4096 }
    const distribution = newDistribution(budget)
    for (const value of values) distribution.add(value)
    expect(distribution.isExact).toBe(false)
    expect(budget.values).toBe(4096) // given back to others
    const sorted = [...values].sort((a, b) => a - b)
    for (const share of SHARES) {
      // Between the two neighbours any value is right.
      const place = share * (values.length - 1)
      const [below = 0, above = 0] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
      const found = distribution.at(share)
      expect(found).toBeGreaterThanOrEqual(below - Math.abs(below) * 0.0101)
      expect(found).toBeLessThanOrEqual(above + Math.abs(above) * 0.0101)
    }
  },
)

test('values can come after a percentile was asked for', () => {
  const distribution = newDistribution({ values: 1024 })
  distribution.add(3)
  expect(distribution.at(0.5)).toBe(3)
  distribution.add(1)
  distribution.add(2)
  expect(distribution.at(0.5)).toBe(2)
})

test('without any value, percentiles are 0, as those of k6', () => {
  expect(newDistribution({ values: 0 }).at(0.5)).toBe(0)
  expect(newDistribution({ values: 1024 }).at(0.5)).toBe(0)
})

test('the largest and the smallest double have a bucket', () => {
  const distribution = newDistribution({ values: 0 })
  for (const value of [Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.MIN_VALUE])
    distribution.add(value)
  expect(distribution.at(0)).toBeLessThan(1e-300)
  expect(distribution.at(1)).toBeGreaterThan(1e300)
})
