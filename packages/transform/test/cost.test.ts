import { expect, test } from 'vitest'
import { flatTraces, newTally } from '../src/index.js'
import { makeSpan } from './spans.js'

const list = <T>(length: number, item: (n: number) => T): T[] =>
  Array.from({ length }, (_, n) => item(n))

/** Milliseconds of CPU, of this process: others may have the machine. The least of some runs, without the noise. */
function costOf(changes: Record<string, unknown>): number {
  const span = makeSpan(changes)
  const runs = list(7, () => {
    const before = process.cpuUsage()
    flatTraces.toLine(span)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...runs)
}

test.each<[string, (size: number) => Record<string, unknown>]>([
  ['a long attribute', (size) => ({ attributes: { big: 'x"\n'.repeat(size * 100) } })],
  ['lone surrogates', (size) => ({ attributes: { big: '\ud800x'.repeat(size * 20) } })],
  [
    'many attributes',
    (size) => ({ attributes: Object.fromEntries(list(size, (n) => [`key ${n}`, n])) }),
  ],
  ['a long list', (size) => ({ attributes: { list: list(size, (n) => n) } })],
  [
    'events',
    (size) => ({ events: list(size, (n) => ({ name: `e${n}`, time: [n, n], attributes: { n } })) }),
  ],
])('eight times as much of %s costs about eight times as much', (_name, make) => {
  costOf(make(1250))
  expect(costOf(make(10_000))).toBeLessThan(8 * 4 * (costOf(make(1250)) + 0.25))
})

test('references shared many times over print only so much', () => {
  let bomb: unknown = 'x'
  for (let level = 0; level < 30; level++) bomb = list(10, () => bomb)
  const attributes = Object.fromEntries(list(100, (n) => [`bomb ${n}`, bomb]))
  const tally = newTally()
  expect(flatTraces.toLine(makeSpan({ attributes }), tally).length).toBeLessThan(64 * 1024 * 1024)
  expect(tally.truncatedValues).toBeGreaterThan(0)
})

test.each([
  ['an attribute', { attributes: { holes: new Array(4e9) } }],
  ['events', { events: new Array(4e9), links: new Array(4e9) }],
])('four thousand million holes as %s cost next to nothing', (_name, changes) => {
  expect(flatTraces.toLine(makeSpan(changes)).length).toBeLessThan(10_000)
  expect(costOf(changes)).toBeLessThan(1000)
})

test('a proxy that never ends is ended', () => {
  const endless: unknown = new Proxy([], {
    get: (_target, key) =>
      key === 'length'
        ? Number.POSITIVE_INFINITY
        : typeof key === 'string' && key !== 'toJSON'
          ? endless
          : undefined,
    has: () => true,
  })
  const line = flatTraces.toLine(makeSpan({ attributes: { endless }, events: endless, links: [] }))
  expect(line.length).toBeLessThan(256 * 1024 * 1024)
})
