import { expect, test } from 'vitest'
import { buildTrace, criticalNs, type SpanRow } from '../../src/index.js'
import { span } from './spans.js'

/** The segments of each span that is on the path, in ms. */
function path(rows: SpanRow[]): Record<string, [number, number][]> {
  return Object.fromEntries(
    buildTrace(rows)
      .spans.filter((each) => each.critical.length > 0)
      .map((each) => [
        each.row.span_id,
        each.critical.map(({ fromNs, toNs }) => [fromNs / 1e6, toNs / 1e6]),
      ]),
  )
}

test('goes back from the end through the child that ended last, then the one that ended before it', () => {
  expect(
    path([
      span('a', '', [0, 10]),
      span('first', 'a', [1, 4]),
      span('second', 'a', [5, 9]),
      span('inner', 'second', [6, 8]),
    ]),
  ).toEqual({
    a: [
      [0, 1],
      [4, 5],
      [9, 10],
    ],
    first: [[1, 4]],
    second: [
      [5, 6],
      [8, 9],
    ],
    inner: [[6, 8]],
  })
})

test('of children side by side only the last to end is on the path', () => {
  expect(
    path([span('a', '', [0, 10]), span('short', 'a', [1, 5]), span('long', 'a', [1, 9])]),
  ).toEqual({
    a: [
      [0, 1],
      [9, 10],
    ],
    long: [[1, 9]],
  })
})

test('what a child does outside its parent is not on the path', () => {
  expect(
    path([
      span('a', '', [5, 10]),
      span('before', 'a', [0, 6]),
      span('after', 'a', [9, 20]),
      span('never', 'a', [12, 13]),
      span('b', '', [20, 21]),
    ]),
  ).toEqual({ before: [[5, 6]], a: [[6, 9]], after: [[9, 10]], b: [[20, 21]] })
})

test('goes through several roots', () => {
  expect(
    path([span('a', 'gone', [0, 3]), span('b', 'gone', [1, 2]), span('c', 'gone', [4, 6])]),
  ).toEqual({ a: [[0, 3]], c: [[4, 6]] })
})

test('covers the whole time of a single root once', () => {
  const rows = [span('root', '', [0, 1000])]
  for (let i = 0; i < 2000; i++) {
    const from = (i * 7919) % 990
    rows.push(span(`s${i}`, i % 3 ? `s${Math.floor(i / 3)}` : 'root', [from, from + (i % 11)]))
  }
  const trace = buildTrace(rows)
  const total = trace.spans.reduce((sum, each) => sum + criticalNs(each), 0)
  expect(total).toBe(1000e6)
})
