import { expect, test } from 'vitest'
import {
  bandBounds,
  bandOf,
  durationCondition,
  durationRange,
  durationTicks,
  linesOf,
  strength,
} from '../src/traces/heat.js'

test('a duration lies in its band', () => {
  for (const ns of [1, 999, 1e6, 1_234_567, 5e9]) {
    const { fromNs, toNs } = bandBounds(bandOf(ns))
    expect(fromNs).toBeLessThanOrEqual(ns * 1.000001)
    expect(toNs).toBeGreaterThan(ns)
  }
})

test('the search for a cell is rounded outwards', () => {
  expect(durationCondition(1_333_521, 1_778_279)).toBe('duration:1.33ms..1.78ms')
  expect(durationCondition(100, 999_999)).toBe('duration:0.1us..1000us')
  expect(durationCondition(1e9, 1.3335e10)).toBe('duration:1s..13.34s')
})

test('one cell does not fill the chart', () => {
  const { minNs, maxNs } = durationRange([{ bucket_us: 0, band: 48, count: 1, errors: 0 }])
  expect(maxNs / minNs).toBeCloseTo(10)
})

test('one trace is visible beside ten thousand', () => {
  expect(strength(1, 10_000)).toBeGreaterThan(0.05)
  expect(strength(10_000, 10_000)).toBe(1)
})

test('a step without requests is a zero in the rate and a gap in the latency', () => {
  const row = { bucket_us: 2e6, requests: 5, errors: 2, p50_ns: 1, p95_ns: 2, p99_ns: 3 }
  const lines = linesOf([row], { fromUs: 1.5e6, toUs: 4e6, stepUs: 1e6 })
  expect(lines.times).toEqual([1, 2, 3])
  expect(lines.good).toEqual([0, 3, 0])
  expect(lines.errors).toEqual([0, 2, 0])
  expect(lines.p95).toEqual([null, 2, null])
})

test('an axis of durations has at least three labels, and no more than there is room for', () => {
  expect(durationTicks(1e6, 1e7, 10)).toEqual([1e6, 2e6, 5e6, 1e7])
  expect(durationTicks(1, 1e9, 10)).toHaveLength(10)
  expect(durationTicks(1, 1e9, 5)).toEqual([1, 100, 1e4, 1e6, 1e8])
  expect(durationTicks(1, 1e9, 0)).toEqual([1])
  expect(durationTicks(1e9, 3e15, 10)).toEqual([
    1e9, 1e10, 60e9, 600e9, 3600e9, 86_400e9, 864_000e9,
  ])
})
