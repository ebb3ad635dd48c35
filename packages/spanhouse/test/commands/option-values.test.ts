import { expect, test } from 'vitest'
import { choiceOption, countOption, durationOption } from '../../src/commands/option-values.js'
import { traceIdIn } from '../../src/commands/trace-id.js'

test.each([
  ['500ms', 500],
  ['1.5s', 1500],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['30d', 2_592_000_000],
])('%s is %d ms', (text, ms) => expect(durationOption({ slow: text }, 'slow')).toBe(ms))

test.each(['500', '', 'fast', '-5s', '0s', '1 parsec', '1e400s'])(
  '%j is no length of time',
  (text) => {
    expect(() => durationOption({ slow: text }, 'slow')).toThrow('--slow must be a length of time')
  },
)

test('options that are not given are undefined', () => {
  expect(durationOption({}, 'slow')).toBeUndefined()
  expect(countOption({}, 'lines', [0, 5])).toBeUndefined()
  expect(choiceOption({}, 'sort', ['a'])).toBeUndefined()
})

test('numbers and words have bounds', () => {
  expect(countOption({ lines: '5' }, 'lines', [0, 5])).toBe(5)
  for (const lines of ['6', '-1', '1.5', '', ' ', 'x'])
    expect(() => countOption({ lines }, 'lines', [0, 5])).toThrow('from 0 to 5')
  expect(choiceOption({ sort: 'P95' }, 'sort', ['rate', 'p95'])).toBe('p95')
  expect(() => choiceOption({ sort: 'x' }, 'sort', ['rate', 'p95'])).toThrow('rate, p95')
})

test('an id that is longer than an id is none, nor is one within a longer number', () => {
  expect(() => traceIdIn('a'.repeat(33))).toThrow('no trace id')
  expect(() => traceIdIn(`x${'a'.repeat(64)}`)).toThrow('no trace id')
  expect(traceIdIn(' 0AF7 ')).toBe('0af7')
})
