import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classify } from '../../src/clickhouse/classify.js'
import { reply } from './replies.js'

describe('Retry-After', () => {
  const now = Date.parse('2030-01-01T00:00:00Z')
  const after = (text: string, status = 503) => {
    const outcome = classify(
      reply({ status, headers: { 'retry-after': text } }),
      undefined,
      undefined,
      () => now,
    )
    return outcome.status === 'retry' ? outcome.retryAfterMs : 'no retry'
  }

  test.each([
    ['2', 2000],
    [' 2 ', 2000],
    ['1.5', 1500],
    ['0', undefined],
    ['-5', undefined],
    ['99999999', 60_000],
    ['9'.repeat(400), 60_000],
    ['Tue, 01 Jan 2030 00:00:07 GMT', 7000],
    ['Tuesday, 01-Jan-30 00:00:07 GMT', 7000],
    ['Tue Jan  1 00:00:07 2030', 7000],
    ['Wed, 02 Jan 2030 00:00:00 GMT', 60_000],
    ['Mon, 31 Dec 2029 23:59:59 GMT', undefined],
    ['Tue, 01 Jan 2030 00:00:00 GMT', undefined],
  ])('%j', (text, ms) => {
    expect(after(text)).toBe(ms)
    expect(after(text, 429)).toBe(ms)
  })

  test.each([
    '',
    'soon',
    'never',
    'NaN',
    'Infinity',
    '1e9',
    '0x10',
    '5 bananas',
    'error 2099',
    'try in 2099',
    '2099-01-01',
    'Tue, 99 Jan 2099 99:99:99 GMT',
  ])('%j is neither seconds nor a date, and ignored', (text) => {
    expect(after(text)).toBeUndefined()
  })

  test('is the same wherever the process runs', () => {
    const zone = process.env['TZ']
    try {
      for (const TZ of ['America/New_York', 'Asia/Kathmandu', 'UTC']) {
        process.env['TZ'] = TZ
        expect(after('Tue, 01 Jan 2030 00:00:07 GMT')).toBe(7000)
        expect(after('Tue Jan  1 00:00:07 2030')).toBe(7000)
      }
    } finally {
      if (zone === undefined) delete process.env['TZ']
      else process.env['TZ'] = zone
    }
  })

  test('is never negative, NaN or more than a minute', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.date().map(String)), (text) => {
        const ms = after(text)
        expect(ms === undefined || (Number(ms) > 0 && Number(ms) <= 60_000)).toBe(true)
      }),
    )
  })
})
