import { describe, expect, test } from 'vitest'
import { queryText } from '../src/api/client.js'
import { boundsOf, lengthOf, rangeOf, stepOf } from '../src/shell/range.js'
import { pathOf, routeOf } from '../src/shell/route.js'

describe('paths', () => {
  test.each([
    ['/', { view: 'traces' }],
    [
      '/trace/4bf92f3577b34da6a3ce929d0e0e4736',
      { view: 'trace', id: '4bf92f3577b34da6a3ce929d0e0e4736' },
    ],
    ['/compare/a/b', { view: 'compare', a: 'a', b: 'b' }],
    ['/services', { view: 'services' }],
    ['/services/a%2Fb%2Ec%20%E2%9C%93', { view: 'service', service: 'a/b.c ✓' }],
    ['/sql', { view: 'sql' }],
    ['/health', { view: 'health' }],
  ] as const)('%s is a view, and its address is the same again', (path, route) => {
    expect(routeOf(path)).toEqual(route)
    expect(pathOf(route)).toBe(path)
  })

  test.each(['/nothing', '/trace', '/services/%E0%A4%A', '/sql/more', '/compare/a'])(
    '%s is unknown',
    (path) => expect(routeOf(path)).toEqual({ view: 'unknown' }),
  )
})

describe('the range of an address', () => {
  test.each([
    [{}, { kind: 'relative', text: '15m', lengthUs: 900e6 }],
    [{ range: '7d' }, { kind: 'relative', text: '7d', lengthUs: 604_800e6 }],
    [
      { from: '1', to: '2', range: '1h' },
      { kind: 'absolute', fromUs: 1, toUs: 2 },
    ],
    [
      { from: '2', to: '1' },
      { kind: 'relative', text: '15m', lengthUs: 900e6 },
    ],
    [{ from: '1' }, { kind: 'relative', text: '15m', lengthUs: 900e6 }],
    [
      { from: '0', to: '9999999999999999' },
      { kind: 'relative', text: '15m', lengthUs: 900e6 },
    ],
    [{ range: 'soon' }, { kind: 'relative', text: '15m', lengthUs: 900e6 }],
    [
      { from: '-1', to: '1e9' },
      { kind: 'relative', text: '15m', lengthUs: 900e6 },
    ],
  ])('%j', (parameters, range) => expect(rangeOf(parameters)).toEqual(range))

  test.each(['0m', '15', 'm', '999999w', '1.5h', '15m '])('%j is no length', (text) =>
    expect(lengthOf(text)).toBeUndefined(),
  )

  test('a relative range ends a little after now, for clocks that are ahead', () => {
    const range = rangeOf({ range: '5m' })
    expect(boundsOf(range, 1000e6)).toEqual({ fromUs: 700e6, toUs: 1002e6 })
  })

  test('a step is a width that people know', () => {
    expect([900e6, 3600e6, 604_800e6].map((us) => stepOf(us, 90) / 1e6)).toEqual([10, 60, 7200])
    expect(stepOf(1e15, 10)).toBe(1e14)
    expect([1, 90, 1000, 4000, 50_000, 1e6].map((us) => stepOf(us, 90))).toEqual([
      1, 1, 20, 50, 1000, 20_000,
    ])
  })
})

test('what is undefined or empty is not in a query string', () => {
  expect(queryText({ q: 'a=b&c "d"', from: 1, to: undefined, sort: '' })).toBe(
    '?q=a%3Db%26c+%22d%22&from=1',
  )
  expect(queryText({})).toBe('')
})
