import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ALL_TAKEN } from '../src/answers/export-response.js'
import { newRepeats } from '../src/intake/repeats.js'
import type { Verdict } from '../src/intake/verdict.js'

const MINUTE = 60_000
const MOST = 20_000
const ANSWER: Verdict = { step: 'answer', taken: ALL_TAKEN }
const REPEAT: Verdict = { step: 'repeat', why: 'there is no room' }

/** Work that says how often it was done, and ends when it is told. */
function workFor(verdict: Verdict = ANSWER) {
  let times = 0
  let end: (verdict: Verdict | Error) => void = () => {}
  return {
    times: () => times,
    work: () => {
      times++
      return new Promise<Verdict>((resolve, reject) => {
        end = (with_) => (with_ instanceof Error ? reject(with_) : resolve(with_))
      })
    },
    async end(as: Verdict | Error = verdict) {
      end(as)
      await turn()
    },
  }
}

describe('a request that comes again', () => {
  test('while the first is in progress gets the same verdict, and nothing is done twice', async () => {
    const repeats = newRepeats()
    const first = workFor()
    const verdicts = [repeats.verdictOn('a', first.work), repeats.verdictOn('a', first.work)]
    await first.end()
    expect(await Promise.all(verdicts)).toEqual([ANSWER, ANSWER])
    expect(first.times()).toBe(1)
  })

  test('within ten minutes of the answer gets it, and later is new', async () => {
    let time = 0
    const repeats = newRepeats(() => time)
    const first = workFor()
    void repeats.verdictOn('a', first.work)
    time = 5 * MINUTE
    await first.end()
    time = 15 * MINUTE - 1
    expect(await repeats.verdictOn('a', first.work)).toBe(ANSWER)
    expect(first.times()).toBe(1)
    time = 15 * MINUTE
    void repeats.verdictOn('a', first.work)
    expect(first.times()).toBe(2)
  })

  test.each([
    ['that has to be sent again', REPEAT],
    ['that failed', new Error('it broke')],
  ])('and was one %s is new', async (_, outcome) => {
    const repeats = newRepeats()
    const first = workFor()
    repeats.verdictOn('a', first.work).catch(() => {})
    await first.end(outcome)
    expect(repeats.size).toBe(0)
    void repeats.verdictOn('a', first.work)
    expect(first.times()).toBe(2)
  })
})

test('of more than 20,000 answers the oldest are forgotten, and nothing that is in progress', async () => {
  const repeats = newRepeats(() => 0)
  const old = workFor()
  void repeats.verdictOn('in progress', old.work)
  for (let n = 0; n < MOST + 10; n++)
    void repeats.verdictOn(`${n}`, () => Promise.resolve<Verdict>(ANSWER))
  await turn()
  const again = workFor()
  void repeats.verdictOn('in progress', again.work)
  expect(again.times()).toBe(0)
  void repeats.verdictOn(`${MOST + 9}`, again.work)
  expect(again.times()).toBe(0)
  void repeats.verdictOn('0', again.work)
  expect(again.times()).toBe(1)
  expect(repeats.size).toBe(MOST + 2)
})

test('however many are in progress, a further one does not look at them', () => {
  let looks = 0
  const repeats = newRepeats(() => {
    looks++
    return 0
  })
  for (let n = 0; n < 5 * MOST; n++) void repeats.verdictOn(`${n}`, workFor().work)
  expect(repeats.size).toBe(5 * MOST)
  expect(looks).toBe(0)
})
