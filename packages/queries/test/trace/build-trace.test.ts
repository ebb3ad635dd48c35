import { describe, expect, test } from 'vitest'
import { buildTrace, type Trace } from '../../src/index.js'
import { ms, span } from './spans.js'

const outline = (trace: Trace) =>
  trace.spans.map((each) => `${'  '.repeat(each.depth)}${each.row.span_id}`)

test('puts spans in a tree, siblings in the order of their start, whatever the order of the rows', () => {
  const rows = [
    span('d', 'a', [5, 6]),
    span('c', 'b', [2, 3]),
    span('b', 'a', [1, 4]),
    span('a', '', [0, 10]),
  ]
  const expected = ['a', '  b', '    c', '  d']
  expect(outline(buildTrace(rows))).toEqual(expected)
  expect(outline(buildTrace(rows.toReversed()))).toEqual(expected)
})

test('numbers spans depth first, so that descendants are a range', () => {
  const trace = buildTrace([
    span('a', '', [0, 10]),
    span('b', 'a', [1, 4]),
    span('c', 'b', [2, 3]),
    span('d', 'a', [5, 6]),
  ])
  expect(trace.spans.map((each) => [each.index, each.lastIndex])).toEqual([
    [0, 3],
    [1, 2],
    [2, 2],
    [3, 3],
  ])
})

test('shows several roots, in the order of their start', () => {
  const trace = buildTrace([span('late', '', [5, 6]), span('early', '', [0, 2])])
  expect(trace.roots.map((root) => root.row.span_id)).toEqual(['early', 'late'])
  expect(trace.durationNs).toBe(ms(6))
})

test('shows an orphan at the top level with the id of the parent that is missing', () => {
  const trace = buildTrace([span('a', '', [0, 10]), span('b', 'gone', [1, 2])])
  expect(trace.roots.map((root) => [root.row.span_id, root.missingParent])).toEqual([
    ['a', undefined],
    ['b', 'gone'],
  ])
})

test('takes a parent of zeros for none', () => {
  const trace = buildTrace([span('a', '0000000000000000', [0, 10])])
  expect(trace.roots[0]?.missingParent).toBeUndefined()
})

describe('cycles', () => {
  test('cuts a cycle at its earliest span and marks it', () => {
    const trace = buildTrace([
      span('b', 'a', [1, 2]),
      span('a', 'c', [0, 3]),
      span('c', 'b', [1.5, 2]),
      span('below', 'c', [1.6, 1.7]),
    ])
    expect(outline(trace)).toEqual(['a', '  b', '    c', '      below'])
    expect(trace.spans.map((each) => each.inCycle)).toEqual([true, false, false, false])
  })

  test('shows a span that is its own parent', () => {
    const trace = buildTrace([span('a', 'a', [0, 1]), span('b', 'a', [0, 1])])
    expect(outline(trace)).toEqual(['a', '  b'])
    expect(trace.roots[0]?.inCycle).toBe(true)
  })

  test('cuts each of several cycles once', () => {
    const pairs = Array.from({ length: 50 }, (_, i) => [
      span(`x${i}`, `y${i}`, [i, i + 1]),
      span(`y${i}`, `x${i}`, [i, i + 1]),
    ]).flat()
    const trace = buildTrace(pairs)
    expect(trace.spans).toHaveLength(100)
    expect(trace.roots).toHaveLength(50)
  })
})

test('shows a span id once and counts the rows left out', () => {
  const trace = buildTrace([
    span('a', '', [0, 10]),
    span('b', 'a', [1, 2]),
    span('b', 'a', [1, 2]),
    span('a', '', [0, 10]),
  ])
  expect(outline(trace)).toEqual(['a', '  b'])
  expect(trace.duplicates).toBe(2)
})

test('keeps every span that has no id', () => {
  expect(buildTrace([span('', '', [0, 1]), span('', '', [0, 1])]).spans).toHaveLength(2)
})

test("leaves spans outside their parent's time, and the skew of clocks, as they are", () => {
  const trace = buildTrace([
    span('client', '', [10, 20]),
    span('server', 'client', [0, 5], { service: 'users' }),
    span('later', 'client', [30, 40]),
  ])
  expect(trace.spans.map((each) => [each.row.span_id, each.startNs, each.endNs])).toEqual([
    ['client', ms(10), ms(20)],
    ['server', ms(0), ms(5)],
    ['later', ms(30), ms(40)],
  ])
  expect(trace.durationNs).toBe(ms(40))
})

test('counts from the earliest span, also if the rows count from another', () => {
  const trace = buildTrace([span('a', '', [100, 110]), span('b', 'a', [103, 104])])
  expect(trace.spans.map((each) => each.startNs)).toEqual([0, ms(3)])
  expect(trace.startUs).toBe(1_700_000_000_100_000)
})

test('numbers services in the order of their first span', () => {
  const trace = buildTrace([
    span('a', '', [0, 10], { service: 'web' }),
    span('b', 'a', [1, 4], { service: 'users', status: 'error' }),
    span('c', 'a', [5, 6], { service: 'web' }),
  ])
  expect(trace.spans.map((each) => each.service)).toEqual([0, 1, 0])
  expect(trace.services).toEqual([
    { name: 'web', spans: 2, errors: 0, selfNs: ms(7) },
    { name: 'users', spans: 1, errors: 1, selfNs: ms(3) },
  ])
  expect(trace.errors).toBe(1)
})

test('self time is the time in which no child runs: overlapping children count once, only within their parent', () => {
  const trace = buildTrace([
    span('a', '', [0, 10]),
    span('b', 'a', [1, 5]),
    span('c', 'a', [2, 4]),
    span('d', 'a', [4, 6]),
    span('e', 'a', [9, 15]),
  ])
  expect(trace.spans[0]?.selfNs).toBe(ms(4))
})

test('a trace of no spans is empty', () => {
  expect(buildTrace([])).toMatchObject({ traceId: '', spans: [], roots: [], durationNs: 0 })
})

test('a depth of 10,000, a family of 100,000 and a cycle of 10,000 are no problem', () => {
  const deep = Array.from({ length: 10_000 }, (_, i) =>
    span(`s${i}`, i === 0 ? '' : `s${i - 1}`, [i / 1000, 20]),
  )
  const trace = buildTrace(deep)
  expect(trace.spans.at(-1)?.depth).toBe(9999)
  expect(trace.spans[0]?.lastIndex).toBe(9999)
  const wide = Array.from({ length: 100_000 }, (_, i) => span(`s${i}`, 'root', [i, i + 1]))
  expect(buildTrace([span('root', '', [0, 100_000]), ...wide]).repeats).toEqual([])
  const circle = deep.map((row, i) => ({ ...row, parent_span_id: `s${(i + 9999) % 10_000}` }))
  expect(buildTrace(circle).roots).toHaveLength(1)
})
