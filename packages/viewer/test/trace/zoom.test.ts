import { describe, expect, test } from 'vitest'
import { ticksOf } from '../../src/trace/ticks.js'
import { isWhole, wholeTrace, zoomAround, zoomBetween, zoomToSpan } from '../../src/trace/zoom.js'
import { ms } from './spans.js'

describe('zooming', () => {
  const whole = wholeTrace(ms(100))

  test('shows the part between two places, dragged in either direction', () => {
    expect(zoomBetween(whole, 0.2, 0.6, ms(100))).toEqual({ fromNs: ms(20), toNs: ms(60) })
    expect(zoomBetween(whole, 0.6, 0.2, ms(100))).toEqual({ fromNs: ms(20), toNs: ms(60) })
    const part = { fromNs: ms(20), toNs: ms(60) }
    expect(zoomBetween(part, 0.5, 1, ms(100))).toEqual({ fromNs: ms(40), toNs: ms(60) })
  })

  test('ends at the ends of the trace', () => {
    expect(zoomBetween(whole, -0.3, 0.5, ms(100))).toEqual({ fromNs: 0, toNs: ms(50) })
    expect(zoomToSpan(ms(90), ms(100), ms(100))).toEqual({ fromNs: ms(89.5), toNs: ms(100) })
    expect(isWhole(zoomAround(whole, ms(50), 2, ms(100)), ms(100))).toBe(true)
  })

  test('keeps a moment in its place', () => {
    expect(zoomAround(whole, ms(20), 0.5, ms(100))).toEqual({ fromNs: ms(10), toNs: ms(60) })
  })

  test('never shows no time at all', () => {
    const { fromNs, toNs } = zoomToSpan(ms(100), ms(100), ms(100))
    expect(toNs - fromNs).toBeGreaterThanOrEqual(5)
    expect(toNs).toBeLessThanOrEqual(ms(100))
    expect(wholeTrace(0).toNs).toBeGreaterThan(0)
    const point = zoomBetween(whole, 0.5, 0.5, ms(100))
    expect(point.toNs).toBeGreaterThan(point.fromNs)
  })
})

describe('the ruler', () => {
  const texts = (fromNs: number, toNs: number, most = 6) =>
    ticksOf({ fromNs, toNs }, most).ticks.map(({ text }) => text)

  test('has marks at round times', () => {
    expect(texts(0, ms(100))).toEqual(['0', '20 ms', '40 ms', '60 ms', '80 ms'])
    expect(texts(0, 3)).toEqual(['0', '1 ns', '2 ns'])
    expect(texts(0, 150e9)).toEqual(['0', '30 s', '1 m 0 s', '1 m 30 s', '2 m 0 s'])
    expect(texts(0, 3 * 3600e9)).toEqual([
      '0',
      '30 m',
      '1 h 0 m',
      '1 h 30 m',
      '2 h 0 m',
      '2 h 30 m',
    ])
    expect(texts(0, 30 * 86_400e9)).toEqual([
      '0',
      '5 d 0 h',
      '10 d 0 h',
      '15 d 0 h',
      '20 d 0 h',
      '25 d 0 h',
    ])
    expect(texts(0, 4 * 86_400e9, 8).slice(2, 5)).toEqual(['24 h 0 m', '36 h 0 m', '2 d 0 h'])
  })

  test('has as many digits as tell two marks apart', () => {
    expect(texts(1.234e9, 1.2342e9, 4)).toEqual([
      '1.23400 s',
      '1.23405 s',
      '1.23410 s',
      '1.23415 s',
    ])
    expect(new Set(texts(3600e9, 3600e9 + 1000, 8)).size).toBeGreaterThan(3)
  })

  test('has no more marks than there is room for, at any length', () => {
    for (let exponent = 1; exponent < 17; exponent += 0.37) {
      const { ticks, stepPercent } = ticksOf({ fromNs: 0, toNs: 10 ** exponent }, 8)
      expect(ticks.length).toBeLessThanOrEqual(9)
      expect(ticks.length).toBeGreaterThanOrEqual(2)
      expect(new Set(ticks.map(({ text }) => text)).size).toBe(ticks.length)
      expect(stepPercent).toBeGreaterThanOrEqual(12.4)
    }
  })

  test('stands where the time is', () => {
    const { ticks } = ticksOf({ fromNs: ms(15), toNs: ms(65) }, 5)
    expect(ticks[0]).toEqual({ percent: 10, text: '20 ms' })
  })
})
