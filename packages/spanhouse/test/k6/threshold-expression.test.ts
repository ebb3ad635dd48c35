import { expect, test } from 'vitest'
import { parseThreshold } from '../../src/k6/threshold-expression.js'

test.each([
  ['p(95)<500', { name: 'p', percent: 95 }, 499.9, true],
  ['p(99.99) >= 2', { name: 'p', percent: 99.99 }, 2, true],
  ['rate<0.01', { name: 'rate' }, 0.01, false],
  ['rate>0.99', { name: 'rate' }, 1, true],
  ['count == 100', { name: 'count' }, 100, true],
  ['count===100', { name: 'count' }, 101, false],
  ['value!=0', { name: 'value' }, 0, false],
  [' avg  <=  200.5 ', { name: 'avg' }, 200.5, true],
  ['med<1e3', { name: 'med' }, 999, true],
  ['min>-5', { name: 'min' }, -6, false],
  ['max<10', { name: 'max' }, 9, true],
])('%s is understood', (source, measure, observed, isKept) => {
  const expression = parseThreshold(source)
  expect(expression?.measure).toEqual(measure)
  expect(expression?.holds(observed)).toBe(isKept)
})

test.each([
  '',
  'p95<1',
  'p()<1',
  'p(101)<1',
  'avg<',
  '<5',
  'avg 5',
  'avg=5',
  'avg<5 && max<6',
  'mean<5',
  'avg<five',
])('%j is no threshold', (source) => {
  expect(parseThreshold(source)).toBeUndefined()
})

test('a hostile text takes no time', () => {
  const startedAt = performance.now()
  parseThreshold(`avg${' '.repeat(200_000)}<`)
  parseThreshold(`p(${'9'.repeat(200_000)}`)
  expect(performance.now() - startedAt).toBeLessThan(5000)
})
