import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newEncoding } from '../src/writing/encoding.js'
import { writeText } from '../src/writing/json-text.js'
import { RecentTexts } from '../src/writing/recent-texts.js'

test('texts are written as ever, however often they come and whatever came between', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      'GET /cart',
      'GET /item',
      'a "quoted" one',
      'tête-à-tête',
      'x'.repeat(130),
      'up\ud800',
    ),
  )
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 20 }),
      fc.array(fc.nat(19), { maxLength: 200 }),
      fc.nat(500),
      (texts, order, room) => {
        const recent = new RecentTexts()
        const [known, anew] = [newEncoding(), newEncoding()]
        known.room = room
        anew.room = room
        for (const index of order) {
          const one = texts[index % Math.max(texts.length, 1)] ?? ''
          recent.write(one, known)
          writeText(one, anew)
        }
        expect(known.out.toString()).toBe(anew.out.toString())
        expect([known.room, known.tally]).toEqual([anew.room, anew.tally])
      },
    ),
    { numRuns: 300 },
  )
})

test('a text that is known is cut as any other where the row has no room for it', () => {
  const recent = new RecentTexts()
  const [known, anew] = [newEncoding(), newEncoding()]
  for (let time = 0; time < 5; time++) recent.write('GET /cart', known)
  expect(recent.slots.some((slot) => slot?.text === 'GET /cart')).toBe(true)
  known.out.length = 0
  known.room = anew.room = 3
  recent.write('GET /cart', known)
  writeText('GET /cart', anew)
  expect([known.out.toString(), known.room]).toEqual([anew.out.toString(), anew.room])
})

test('a text that is part of a long one does not hold that in memory', () => {
  const recent = Array.from({ length: 50 }, () => new RecentTexts())
  const encoding = newEncoding()
  const before = heapUsed()
  for (const [n, one] of recent.entries()) {
    const body = Buffer.alloc(1_000_000, `${n} body `).toString('latin1')
    for (let time = 0; time < 10; time++) one.write(body.slice(1000, 1050), encoding)
  }
  expect(recent.every(({ slots }) => slots.some((slot) => slot?.text.length === 50))).toBe(true)
  expect(heapUsed() - before).toBeLessThan(5_000_000)
})

function heapUsed(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
