import type { RateRow } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { sorted, sortingOf, sortingText } from '../src/common/sorting.js'
import { rateLines } from '../src/services/rate-lines.js'
import { searchFor } from '../src/services/search-for.js'
import { stepFrom } from '../src/services/steps.js'
import { EMPTY, grown } from '../src/services/structure.js'

const rate = (bucket_us: number, requests: number): RateRow => ({
  bucket_us,
  requests,
  errors: 1,
  p50_ns: 10,
  p95_ns: 20,
  p99_ns: 30,
})

test('a step without a row had no requests and has no duration', () => {
  const lines = rateLines([rate(10e6, 30)], { fromUs: 0, toUs: 30e6, bucketUs: 10e6 })
  expect(lines).toEqual({
    times: [0, 10, 20],
    requests: [0, 3, 0],
    errors: [0, 0.1, 0],
    p50: [null, 10, null],
    p95: [null, 20, null],
    p99: [null, 30, null],
  })
})

test('a step counts only as far as it is in the range, and one that has hardly begun is left out', () => {
  const bounds = { fromUs: 5e6, toUs: 21e6, bucketUs: 10e6 }
  const lines = rateLines([rate(0, 30), rate(10e6, 30), rate(20e6, 1)], bounds)
  expect(lines.times).toEqual([0, 10])
  expect(lines.requests).toEqual([6, 3])
})

test('rows are sorted by numbers or texts, and those without a value come last', () => {
  const rows = [{ v: 2 }, { v: null }, { v: 10 }]
  const values = (descending: boolean) => sorted(rows, ({ v }) => v, descending).map(({ v }) => v)
  expect(values(false)).toEqual([2, 10, null])
  expect(values(true)).toEqual([10, 2, null])
  expect(sorted(['b', 'a', 'B'], (text) => text, false)).toEqual(['B', 'a', 'b'])
})

test('the sorting of an address is only one that the table has', () => {
  const otherwise = { key: 'rate', descending: true }
  expect(sortingOf('-p95', ['p95'], otherwise)).toEqual({ key: 'p95', descending: true })
  expect(sortingOf('slowest', ['p95'], otherwise)).toBe(otherwise)
  expect(sortingText({ key: 'p95', descending: true })).toBe('-p95')
})

test('a search has quotes where the search box needs them', () => {
  expect(searchFor({ service: 'shop' })).toBe('service:shop')
  expect(searchFor({ service: 'my "shop"', operation: 'GET /a', status: 'error' })).toBe(
    'service:"my \\"shop\\"" name:"GET /a" status:error',
  )
})

test('an arrow key leads to the nearest node in its direction', () => {
  const places = new Map([
    ['here', { x: 0, y: 100 }],
    ['right', { x: 300, y: 110 }],
    ['far', { x: 600, y: 100 }],
    ['below', { x: 0, y: 180 }],
  ])
  expect(stepFrom(places, 'here', 'right')).toBe('right')
  expect(stepFrom(places, 'here', 'down')).toBe('below')
  expect(stepFrom(places, 'here', 'left')).toBeUndefined()
})

test('the structure of the map keeps what pauses, and is the same object while nothing is new', () => {
  const node = (id: string) => ({ id, name: id, kind: 'service' as const, row: undefined })
  const full = grown(EMPTY, { nodes: [node('b'), node('a')], edges: [] })
  expect(full.nodes).toEqual(['a', 'b'])
  expect(grown(full, { nodes: [node('a')], edges: [] })).toBe(full)
})
