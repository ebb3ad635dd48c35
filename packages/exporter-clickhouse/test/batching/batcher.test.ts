import type { KeyLists } from '@spanhouse/transform/internal'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Rows } from '../../src/batching/batch.js'
import { Batcher } from '../../src/batching/batcher.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const lengthOf = (text: string) => text.length

function addTo(batcher: Batcher, line: string, partition?: number): void {
  const { writer } = batcher
  const start = writer.length
  writer.text(line)
  if (!batcher.fits(partition)) {
    writer.length = start
    batcher.seal()
    batcher.writer.text(line)
  }
  batcher.commit(partition)
}

function linesOf({ rows, bytes }: Rows): string[] {
  const lines = bytes.toString().split('\n').slice(0, -1)
  expect(lines).toHaveLength(rows)
  return lines
}

function batcher(limits: { maxRows?: number; maxBytes?: number; maxDelayMs?: number }) {
  const sealed: string[][] = []
  const made = new Batcher(
    { maxRows: 1000, maxBytes: 1_000_000, maxDelayMs: 1000, keyListsRoom: 0, lengthOf, ...limits },
    (rows) => sealed.push(linesOf(rows)),
  )
  const add = (line: string, partition?: number) => addTo(made, line, partition)
  return { made, add, sealed }
}

describe('a batch is sealed', () => {
  test('with its last row, not after it', () => {
    const { made, add, sealed } = batcher({ maxRows: 3 })
    add('a')
    add('b')
    expect(sealed).toEqual([])
    expect(made.rows).toBe(2)
    add('c')
    expect(sealed).toEqual([['a', 'b', 'c']])
    expect(made.rows).toBe(0)
  })

  test.each([
    ['one byte below the limit waits', 9, [], ['12345678']],
    ['exactly at the limit goes', 10, [['123456789']], []],
  ])('by bytes, newlines included: %s', (_, bytes, expected, open) => {
    const { made, add, sealed } = batcher({ maxBytes: 10 })
    add('123456789'.slice(0, bytes - 1))
    expect(sealed).toEqual(expected)
    expect(made.rows).toBe(open.length)
    expect(made.bytes).toBe(open.length && bytes)
  })

  test('before a row that would make it too long', () => {
    const { add, sealed } = batcher({ maxBytes: 10 })
    add('1234') // 5 bytes
    add('12345') // 6: one too many
    expect(sealed).toEqual([['1234']])
    add('123') // 4: exactly
    expect(sealed).toEqual([['1234'], ['12345', '123']])
  })

  test('with one row alone that is longer than any', () => {
    const { add, sealed } = batcher({ maxBytes: 10 })
    add('a')
    add('x'.repeat(50))
    expect(sealed).toEqual([['a'], ['x'.repeat(50)]])
  })

  test('by bytes, not characters', () => {
    const { add, sealed } = batcher({ maxBytes: 10 })
    add('äöü') // 7 bytes
    add('äö') // 5
    expect(sealed).toEqual([['äöü']])
  })

  test('when its oldest row is old enough', () => {
    const { add, sealed } = batcher({ maxDelayMs: 1000 })
    add('a')
    vi.advanceTimersByTime(999)
    add('b')
    expect(sealed).toEqual([])
    vi.advanceTimersByTime(1)
    expect(sealed).toEqual([['a', 'b']])
    vi.advanceTimersByTime(10_000)
    expect(sealed).toHaveLength(1)
  })

  test('by age counted anew after each seal', () => {
    const { made, add, sealed } = batcher({ maxDelayMs: 1000 })
    add('a')
    vi.advanceTimersByTime(900)
    made.seal()
    add('b')
    vi.advanceTimersByTime(999)
    expect(sealed).toEqual([['a']])
    vi.advanceTimersByTime(1)
    expect(sealed).toEqual([['a'], ['b']])
  })

  test('before it touches the 101st partition', () => {
    const { add, sealed } = batcher({})
    for (let day = 0; day < 100; day++) add(`${day}`, day)
    add('again', 50)
    expect(sealed).toEqual([])
    add('one more', 100)
    expect(sealed.map((lines) => lines.length)).toEqual([101])
    for (let day = 101; day < 200; day++) add(`${day}`, day)
    expect(sealed).toHaveLength(1)
    add('and one more', 200)
    expect(sealed.map((lines) => lines.length)).toEqual([101, 100])
  })

  test('never while it is empty', () => {
    const { made, sealed } = batcher({})
    made.seal()
    expect(sealed).toEqual([])
  })

  test('without losing a row that comes while it is being handed on', () => {
    const sealed: string[][] = []
    const made: Batcher = new Batcher(
      { maxRows: 2, maxBytes: 1000, maxDelayMs: 1000, keyListsRoom: 0, lengthOf },
      (rows) => {
        sealed.push(linesOf(rows))
        if (sealed.length === 1) addTo(made, 'c')
      },
    )
    addTo(made, 'a')
    addTo(made, 'b')
    expect(made.rows).toBe(1)
    vi.advanceTimersByTime(1000)
    expect(sealed).toEqual([['a', 'b'], ['c']])
  })
})

test('key lists are those of one batch: a row that goes in the next is to be written again, with that one’s', () => {
  const sealed: [string[], KeyLists][] = []
  const limits = { maxRows: 1000, maxBytes: 10, maxDelayMs: 1000, keyListsRoom: 100, lengthOf }
  const made = new Batcher(limits, (rows, keyLists) => sealed.push([linesOf(rows), keyLists]))
  addTo(made, '1234')
  const first = made.keyLists
  const { length } = made.writer
  made.writer.text('56789')
  expect(made.fits(undefined)).toBe(false)
  made.writer.length = length
  made.seal()
  expect([made.rows, made.bytes]).toEqual([0, 0])
  const second = made.keyLists
  addTo(made, '56789')
  made.seal()
  expect(second).not.toBe(first)
  expect(sealed.map(([lines]) => lines)).toEqual([['1234'], ['56789']])
  expect(sealed.map(([, keyLists]) => keyLists)).toEqual([first, second])
})

test('rows keep their order, none is lost, and no limit is passed', () => {
  const line = fc.string({ minLength: 0, maxLength: 30 })
  const day = fc.option(fc.nat(300), { nil: undefined })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(line, day), { maxLength: 400 }),
      fc.integer({ min: 1, max: 250 }),
      fc.integer({ min: 1, max: 2000 }),
      (rows, maxRows, maxBytes) => {
        const { made, add, sealed } = batcher({ maxRows, maxBytes })
        const numbered = rows.map(([text, partition], n) => [`${n}:${text}`, partition] as const)
        for (const [text, partition] of numbered) add(text, partition)
        made.seal()
        expect(sealed.flat()).toEqual(numbered.map(([text]) => text))
        for (const lines of sealed) {
          const bytes = lines.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
          const days = new Set(lines.map((text) => rows[Number.parseInt(text, 10)]?.[1]))
          days.delete(undefined)
          expect(lines.length).toBeGreaterThan(0)
          expect(lines.length).toBeLessThanOrEqual(maxRows)
          if (lines.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes)
          expect(days.size).toBeLessThanOrEqual(100)
        }
        expect([made.rows, made.bytes]).toEqual([0, 0])
      },
    ),
    { numRuns: 50 },
  )
})

test('what grows to many megabytes is copied while it is small: then a batch that has no more room goes, and the next has more', () => {
  const MiB = 1024 * 1024
  const { made, add, sealed } = batcher({ maxRows: 1_000_000, maxBytes: 8 * MiB })
  const line = 'x'.repeat(999)
  const copied: number[] = []
  for (let n = 0; n < 50_000; n++) {
    const { bytes, length } = made.writer
    const { rows } = made
    add(line)
    if (made.rows === rows + 1 && made.writer.bytes !== bytes) copied.push(length)
  }
  expect(Math.max(...copied)).toBeLessThan(1.1 * MiB)
  const rows = sealed.map((batch) => batch.length)
  expect(rows).toEqual([...rows].sort((a, b) => a - b))
  expect(rows.length).toBeLessThan(10)
  expect(rows.at(-1)).toBe(Math.floor((8 * MiB) / 1000))
})
