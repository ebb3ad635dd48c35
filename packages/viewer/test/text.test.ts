import { expect, test } from 'vitest'
import { SERVICE_COLOURS, serviceColour } from '../src/common/colours.js'
import {
  agoText,
  clockText,
  counted,
  durationText,
  percentText,
  rateText,
  shortCount,
} from '../src/common/text.js'
import { scrollToShow, visibleRows } from '../src/common/virtual-rows.js'

test.each([
  [0, '0 ns'],
  [999, '999 ns'],
  [1000, '1.00 µs'],
  [999_499, '999 µs'],
  [999_500, '1.00 ms'],
  [1_240_000, '1.24 ms'],
  [12_400_000, '12.4 ms'],
  [999_600_000, '1.00 s'],
  [59_940_000_000, '59.9 s'],
  [59_960_000_000, '1 m 0 s'],
  [3_599_000_000_000, '59 m 59 s'],
  [7_500_000_000_000, '2 h 5 m'],
  [-1_240_000, '−1.24 ms'],
  [Number.NaN, '–'],
])('a duration of %d ns is %s', (ns, text) => expect(durationText(ns)).toBe(text))

test('counts, rates and shares are short and never hide that there is something', () => {
  expect(['span', 'spans'].map((_, i) => counted(i + 1, 'span'))).toEqual(['1 span', '2 spans'])
  expect([940, 1200, 36_000, 999_700].map(shortCount)).toEqual(['940', '1.2k', '36k', '1.0M'])
  expect([0, 0.4, 12.44, 0.0001].map(rateText)).toEqual(['0/s', '24.0/min', '12.4/s', '0.36/h'])
  expect([0, 0.0004, 0.004, 0.12, 1].map(percentText)).toEqual([
    '0%',
    '<0.1%',
    '0.4%',
    '12%',
    '100%',
  ])
})

test('a time is told by how long ago it was, also if its clock is ahead of ours', () => {
  const now = 1_700_000_000_000_000
  expect([0, 12, 240, 7300, 90_000, -5].map((s) => agoText(now - s * 1e6, now))).toEqual([
    'now',
    '12 s ago',
    '4 m ago',
    '2 h ago',
    '1 d ago',
    'in 5 s',
  ])
})

test('the first twelve services have different colours, and each keeps its own', () => {
  const names = Array.from({ length: 14 }, (_, i) => `service ${i}`)
  const colours = names.map(serviceColour)
  expect(new Set(colours.slice(0, 12)).size).toBe(12)
  expect(names.map(serviceColour)).toEqual(colours)
  expect(colours.every((colour) => colour >= 0 && colour < SERVICE_COLOURS)).toBe(true)
})

test('a list of a million rows has only the visible ones in the document', () => {
  expect(visibleRows(1_000_000, 40, 40_000, 400, 2)).toEqual({ first: 998, end: 1012 })
  expect(visibleRows(3, 40, 40_000, 400)).toEqual({ first: 3, end: 3 })
  expect(visibleRows(0, 40, 0, 400)).toEqual({ first: 0, end: 0 })
})

test('a row is shown with as little scrolling as possible', () => {
  expect([0, 5, 30].map((index) => scrollToShow(index, 40, 100, 400))).toEqual([0, 100, 840])
})

test('numbers that can only be wrong still fit', () => {
  expect(durationText(Number.MAX_VALUE)).toBe('> 27 y')
  expect(agoText(1e20, 1_700_000_000_000_000)).toBe('in > 82 y')
  expect(agoText(Number.NaN, 0)).toBe('–')
})

test('a time before 1970 is a time of day too', () => {
  expect(clockText(-100_000)).toMatch(/:59\.900$/)
  expect(clockText(-1)).toMatch(/:59\.999$/)
})
