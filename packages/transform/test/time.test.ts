import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HrTime } from '../src/index.js'
import {
  clampTime,
  elapsed,
  milliseconds,
  readTime,
  writeNanos,
  writeTime,
} from '../src/values/time.js'
import { ByteWriter } from '../src/writing/byte-writer.js'

function written(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter()
  write(out)
  return out.toString()
}

const nanosText = (time: HrTime) => written((out) => writeNanos(out, time))
const timeText = (time: HrTime, precision: number) =>
  written((out) => writeTime(out, time, precision))

test.each<[unknown, string | undefined]>([
  [[1729627200, 5], '1729627200.000000005'],
  [[1, 2_000_000_001], '0000000003.000000001'],
  [[2, -1], '0000000001.999999999'],
  [[1.5, 0], '0000000001.500000000'],
  [[1, 0.9], '0000000001.000000000'],
  [[1e300, 1e300], '9223372036.854775807'],
  [[-1e300, 0], '0000000000.000000000'],
  [[Number.NaN, 0], undefined],
  [[0, Number.POSITIVE_INFINITY], undefined],
  [['1', 0], undefined],
  [[], undefined],
  ['1729627200145000000', '1729627200.145000000'],
  [1729627200145000000, '1729627200.145000000'],
  [1729627200145000000n, '1729627200.145000000'],
  [1.9, '0000000000.000000001'],
  [1e21, '9223372036.854775807'],
  [-1e30, '0000000000.000000000'],
  ['-1500000000', '0000000000.000000000'],
  [2n ** 63n - 1n, '9223372036.854775807'],
  [2n ** 63n, '9223372036.854775807'],
  ['9'.repeat(5000), '9223372036.854775807'],
  ['1e3', undefined],
  ['', undefined],
  [new Date(1729627200145), '1729627200.145000000'],
  [new Date(-1), '0000000000.000000000'],
  [new Date(Number.NaN), undefined],
  [{}, undefined],
])('%o as the text of a DateTime64(9) is %s', (value, text) => {
  const time = readTime(value)
  expect(time && timeText(clampTime(time), 9)).toBe(text)
})

test('HrTime, digits and bigint of one instant are read alike, and nothing in range is changed', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), (nanos) => {
      const time = readTime(nanos) ?? [0, 0]
      expect(readTime(String(nanos))).toEqual(time)
      expect(readTime([time[0], time[1]])).toEqual(time)
      expect(nanosText(time)).toBe(String(nanos))
      expect(clampTime(time)).toBe(time)
    }),
  )
})

test('elapsed() is the exact difference, cut to what a UInt64 holds', () => {
  const nanos = fc.bigInt({ min: -(2n ** 66n), max: 2n ** 66n })
  fc.assert(
    fc.property(nanos, nanos, (start, end) => {
      const { duration, clamped } = elapsed(readTime(start) ?? [0, 0], readTime(end) ?? [0, 0])
      const exact = end - start
      const most = 2n ** 64n - 1n
      const expected = exact < 0n ? 0n : exact > most ? most : exact
      expect(nanosText(duration)).toBe(String(expected))
      expect(clamped).toBe(expected !== exact)
    }),
  )
})

test('milliseconds() is what the server makes of the nanoseconds', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (nanos) => {
      expect(milliseconds(readTime(nanos) ?? [0, 0])).toBe(Number(nanos) / 1e6)
    }),
  )
})

test('lower precisions cut the fraction', () => {
  expect(timeText([1, 987_654_321], 3)).toBe('0000000001.987')
  expect(timeText([1, 987_654_321], 0)).toBe('0000000001')
})
