import { expect, test } from 'vitest'
import { newTally, otelLogsJson } from '../src/index.js'
import { makeLog } from './logs.js'

function pathsOf(attributes: object): { paths: string[]; truncated: number } {
  const tally = newTally()
  const row = otelLogsJson.toRow(makeLog({ attributes: attributes as never }), tally)
  return { paths: row['LogAttributesKeys'], truncated: tally.truncatedValues }
}

/** The leaves `key 0`, `key 1` and so on. */
const leaves = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, n]))

test('the paths to all values are listed, sorted, and maps are entered', () => {
  const attributes = { b: 1, a: { d: [{ e: 1 }], c: new Map([['x', 1]]), none: {} } }
  expect(pathsOf(attributes)).toEqual({ paths: ['a.c.x', 'a.d', 'b'], truncated: 0 })
})

test('a long name above many keys is repeated in 1 MiB of paths at most, and the cut is counted', () => {
  const { paths, truncated } = pathsOf({ ['x'.repeat(50_000)]: leaves(2000) })
  expect(paths.length).toBeGreaterThan(10)
  expect(paths.join('').length).toBeLessThanOrEqual(1024 * 1024)
  expect(truncated).toBe(2) // the object, and the list of its paths
})

test('of too many paths, the first 10,000 are listed, and the cut is counted', () => {
  expect(pathsOf(leaves(10_000))).toMatchObject({ paths: { length: 10_000 }, truncated: 0 })
  expect(pathsOf(leaves(10_001))).toMatchObject({ paths: { length: 10_000 }, truncated: 1 })
})

test('maps that contain others twice, and no values, are not looked through without end', () => {
  let looks = 0
  const around = (below: object) =>
    new Proxy(
      { a: below, b: below },
      {
        ownKeys(map) {
          if (++looks > 1_000_000) throw new Error('without end')
          return Reflect.ownKeys(map)
        },
      },
    )
  let map: object = {}
  for (let n = 0; n < 40; n++) map = around(map)
  const { paths, truncated } = pathsOf({ map })
  expect(looks).toBeLessThan(1_000_000)
  expect(paths).toEqual([])
  expect(truncated).toBeGreaterThan(1)
})
