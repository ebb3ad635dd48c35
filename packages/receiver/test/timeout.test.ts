import { expect, test } from 'vitest'
import { holdOf } from '../src/grpc/timeout.js'

test.each([
  ['1500m', 1300],
  ['10S', 9800],
  ['100m', 50],
  ['0n', 0],
  ['4000000u', 3800],
  ['1H', 20_000],
  ['1M', 20_000],
])('a client that waits for %s has its answer in time: after %d ms at most', (timeout, ms) => {
  expect(holdOf(timeout, 20_000)).toBe(ms)
})

test.each([[undefined], [''], ['soon'], ['1'], ['123456789S'], ['-1S']])(
  'without a time that can be read (%s) the receiver decides',
  (timeout) => {
    expect(holdOf(timeout, 20_000)).toBe(20_000)
  },
)
