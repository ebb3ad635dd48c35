import { buildTrace } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { dots, eventNs, indentOf, labelSide, placeOf, strips } from '../../src/trace/bar.js'
import { ms, span } from './spans.js'

const zoom = { fromNs: ms(20), toNs: ms(120) }

test('a bar is cut at the edges of what is shown, and known to be outside', () => {
  expect(placeOf(zoom, ms(30), ms(50))).toEqual({ left: 10, width: 20 })
  expect(placeOf(zoom, ms(0), ms(500))).toEqual({ left: 0, width: 100 })
  expect(placeOf(zoom, ms(0), ms(10))).toBe('before')
  expect(placeOf(zoom, ms(130), ms(140))).toBe('after')
})

test('the text of a bar stands where there is room', () => {
  expect(labelSide({ left: 0, width: 30 })).toBe('right')
  expect(labelSide({ left: 60, width: 40 })).toBe('left')
  expect(labelSide({ left: 0, width: 100 })).toBe('inside')
})

test('10,000 parts of a bar become as many as can be told apart', () => {
  const segments = Array.from({ length: 10_000 }, (_, n) => ({
    fromNs: ms(20 + n / 100),
    toNs: ms(20 + n / 100 + 0.005),
  }))
  expect(strips(zoom, segments)).toHaveLength(1)
  expect(
    strips(zoom, [
      { fromNs: ms(0), toNs: ms(30) },
      { fromNs: ms(40), toNs: ms(50) },
      { fromNs: ms(400), toNs: ms(500) },
    ]),
  ).toEqual([
    { left: 0, width: 10 },
    { left: 20, width: 10 },
  ])
})

test('events are dots where they happened; those at the same place are one', () => {
  const event = (at: number, name: string) => ({ offset_ns: ms(at), name, attributes: {} })
  const rows = [
    span('a', '', [5, 205], {
      events: [
        event(35, 'retry'),
        event(35.01, 'exception'),
        event(75, 'done'),
        event(200, 'late'),
      ],
    }),
  ]
  const first = buildTrace(rows).spans[0]
  if (!first) throw new Error('no span')
  // The trace starts at 5 ms, so 35 ms is 30 ms after its start.
  expect(eventNs(first, { offset_ns: ms(35), name: '', attributes: {} })).toBe(ms(30))
  expect(dots(zoom, first)).toEqual([
    { left: 10, isException: true, isLog: false, names: ['retry', 'exception'] },
    { left: 50, isException: false, isLog: false, names: ['done'] },
  ])
})

test('the deepest row still has room for its name', () => {
  expect(indentOf(3, 16)).toBe(48)
  expect(indentOf(10_000, 16)).toBeLessThan(200)
  expect(indentOf(9, 16)).toBeGreaterThan(indentOf(8, 16))
})
