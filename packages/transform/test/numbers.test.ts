import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatTraces } from '../src/index.js'
import { makeSpan } from './spans.js'

function textOf(value: number, attributeValueLength?: number): unknown {
  const span = makeSpan({ attributes: { value }, events: [], links: [] })
  const row = flatTraces.toRow(span, undefined, { attributeValueLength })
  return (row['attributes'] as Record<string, unknown>)['value']
}

test('a number in an attribute is the text that String() makes of it, but −0 keeps its sign', () => {
  const written = (value: number) => (Object.is(value, -0) ? '-0' : String(value))
  const near = [0.1 + 0.2, 1.005 * 1000, 4.35 * 100, 1 / 3, 0.1234567, 1000.0000001, 1e-7, 5e-324]
  const whole = [0, 7, 1000, 1001, 100_020, 999_999_999, 1e9, 1_000_000_001, 2 ** 53 - 1, 1e21]
  for (const value of [...near, ...whole]) {
    expect(textOf(value)).toBe(written(value))
    expect(textOf(-value)).toBe(written(-value))
  }
  const numbers = fc.oneof(
    fc.double(),
    fc.integer().map((n) => n / 1e6),
    fc.integer().map((n) => (n / 1e6) * 3),
    fc.maxSafeInteger(),
  )
  fc.assert(fc.property(numbers, (value) => textOf(value) === written(value)))
})

test('a number that is longer than an attribute may be is cut as a text is', () => {
  expect(textOf(12_345, 5)).toBe('12345')
  expect(textOf(12_345, 4)).toBe('123…')
  expect(textOf(-1.5, 3)).toBe('-1…')
})
