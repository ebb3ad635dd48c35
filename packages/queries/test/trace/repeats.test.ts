import { expect, test } from 'vitest'
import { barText, buildTrace, repeatText, type SpanRow, visibleRows } from '../../src/index.js'
import { ms, span } from './spans.js'

const query = (i: number, at: [number, number], more: Partial<SpanRow> = {}) =>
  span(`q${i}`, 'root', at, { name: 'SELECT users', kind: 'client', ...more })

const times = (count: number, of: (i: number) => SpanRow) =>
  Array.from({ length: count }, (_, i) => of(i))

test('five siblings of the same service, name and kind are a group, also with others between them', () => {
  const trace = buildTrace([
    span('root', '', [0, 100]),
    ...times(5, (i) => query(i, [i * 10, i * 10 + 5])),
    ...times(4, (i) => span(`other${i}`, 'root', [i * 10 + 6, i * 10 + 9], { name: 'render' })),
  ])
  expect(trace.repeats).toHaveLength(1)
  expect(trace.repeats[0]).toMatchObject({
    service: 'shop',
    name: 'SELECT users',
    kind: 'client',
    count: 5,
    errors: 0,
    totalNs: ms(25),
    wallNs: ms(25),
    sequential: true,
  })
  expect(trace.repeats[0]?.spans.map((each) => each.row.span_id)).toEqual([
    'q0',
    'q1',
    'q2',
    'q3',
    'q4',
  ])
})

test('four siblings are no group, nor are five of different services, kinds or parents', () => {
  const groups = (rows: SpanRow[]) => buildTrace([span('root', '', [0, 100]), ...rows]).repeats
  expect(groups(times(4, (i) => query(i, [i, i + 1])))).toEqual([])
  expect(groups(times(5, (i) => query(i, [i, i + 1], { service: i ? 'shop' : 'x' })))).toEqual([])
  expect(groups(times(5, (i) => query(i, [i, i + 1], { kind: i ? 'client' : 'server' })))).toEqual(
    [],
  )
  expect(
    groups(times(5, (i) => query(i, [i, i + 1], { parent_span_id: i ? 'root' : 'q1' }))),
  ).toEqual([])
})

test('siblings that run side by side are a parallel group', () => {
  const trace = buildTrace([span('root', '', [0, 100]), ...times(6, (i) => query(i, [i, i + 50]))])
  expect(trace.repeats[0]).toMatchObject({ sequential: false, totalNs: ms(300), wallNs: ms(55) })
})

test('a group in words says how often, how long, and how', () => {
  const one = (gap: number, more: Partial<SpanRow> = {}) =>
    buildTrace([
      span('root', '', [0, 1000]),
      ...times(48, (i) => query(i, [i * gap, i * gap + 6.5], more)),
    ]).repeats.map(repeatText)
  expect(one(10)).toEqual(['SELECT users ×48, 312 ms, one after another'])
  expect(one(1)).toEqual(['SELECT users ×48, 53.5 ms, side by side'])
  expect(one(10, { status: 'error' })).toEqual([
    'SELECT users ×48, 312 ms, one after another, 48 failed',
  ])
})

test('a waterfall shows the first of a group with what is below it, unless the group is expanded', () => {
  const trace = buildTrace([
    span('root', '', [0, 100]),
    ...times(5, (i) => query(i, [i * 10, i * 10 + 5])),
    span('below0', 'q0', [1, 2]),
    span('below1', 'q1', [11, 12]),
    span('other', 'root', [16, 17]),
  ])
  const ids = (rows: ReturnType<typeof visibleRows>) =>
    rows.map(({ span: each, repeat }) => each.row.span_id + (repeat ? '×' : ''))
  expect(ids(visibleRows(trace))).toEqual(['root', 'q0×', 'below0', 'other'])
  expect(ids(visibleRows(trace, { expanded: new Set(trace.repeats) }))).toEqual([
    'root',
    'q0',
    'below0',
    'q1',
    'below1',
    'other',
    'q2',
    'q3',
    'q4',
  ])
  const folded = new Set(trace.spans.filter((each) => each.row.span_id === 'q0'))
  expect(ids(visibleRows(trace, { folded }))).toEqual(['root', 'q0×', 'other'])
})

test('a bar shows when each span of a group runs, and what of it is on the critical path', () => {
  const trace = buildTrace([
    span('root', '', [0, 100]),
    ...times(5, (i) => query(i, [i * 20, i * 20 + (i === 2 ? 0.01 : 10)])),
    span('long', 'root', [0, 50], { name: 'long' }),
    span('short', 'root', [99.99, 100], { name: 'short' }),
  ])
  const bars = visibleRows(trace).map((row) =>
    barText(row, trace.durationNs, 20, { critical: '#', beside: '-' }),
  )
  expect(bars).toEqual([
    '----------##--##--##',
    '##########          ',
    '--  --  -   ##  ##  ',
    '                   #',
  ])
})
