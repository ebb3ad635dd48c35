import { expect, test } from 'vitest'
import type { Missing } from '../../src/regions/difference.js'
import { type Step, stepsIn } from '../../src/regions/steps.js'

const MIB = 1024 * 1024

const row = (number: number, more: Partial<Missing> = {}): Missing => ({
  hash: String(number).padStart(20, '0'),
  id: [],
  rows: 1,
  bytes: 100,
  timeMs: 0,
  lacks: 1,
  conflicts: false,
  ...more,
})
const rows = (count: number, more: Partial<Missing> = {}) =>
  Array.from({ length: count }, (_, number) => row(number, more))
const sizes = (steps: readonly Step[]) => steps.map(({ hashes }) => hashes.length)

test('a step has at most 2,000 rows', () => {
  expect(sizes(stepsIn(rows(2000), true))).toEqual([2000])
  expect(sizes(stepsIn(rows(4001), true))).toEqual([2000, 2000, 1])
})

test('a step has at most 8 MiB, and a row that is larger is alone', () => {
  expect(sizes(stepsIn(rows(17, { bytes: MIB }), true))).toEqual([8, 8, 1])
  expect(sizes(stepsIn(rows(3, { bytes: 9 * MIB }), true))).toEqual([1, 1, 1])
})

test('equal rows count as many times as they are lacking, in rows and in bytes', () => {
  expect(sizes(stepsIn(rows(5, { rows: 700, lacks: 700 }), false))).toEqual([2, 2, 1])
  const large = { rows: 4, lacks: 4, bytes: MIB }
  expect(sizes(stepsIn(rows(3, large), false))).toEqual([2, 1])
})

test('rows that are to be there once and rows that are to be there more often are in steps of their own', () => {
  const missing = [row(1, { rows: 2 }), row(2), row(3, { rows: 2 }), row(4)]
  expect(stepsIn(missing, false)).toEqual([
    { hashes: [row(2).hash, row(4).hash], times: 1 },
    { hashes: [row(1).hash, row(3).hash], times: 2 },
  ])
  expect(sizes(stepsIn(missing, true))).toEqual([4])
})

test('the same rows make the same steps in whatever order they come, and each is in one', () => {
  const missing = rows(4321, { bytes: 5000 })
  const steps = stepsIn(missing, true)
  expect(stepsIn([...missing].reverse(), true)).toEqual(steps)
  expect(steps.flatMap(({ hashes }) => hashes)).toEqual(missing.map(({ hash }) => hash))
  expect(stepsIn([], true)).toEqual([])
})
