import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Retry } from '../../src/clickhouse/outcome.js'
import { SharedPace, type Sharer } from '../../src/delivery/shared-pace.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()
beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const GONE: Retry = { status: 'retry', why: 'transient', error: new Error('gone'), ofServer: true }
const RETRY = {
  maxRetries: Number.POSITIVE_INFINITY,
  initialDelayMs: 1000,
  multiplier: 2,
  maxDelayMs: 5000,
}

interface Fake extends Sharer {
  readonly leave: () => void
  wants: boolean
  readonly told: string[]
  end: (() => void) | undefined
}

/** A server, and destinations that want to send one request each as soon as they may. */
function sharing(...names: string[]) {
  const pace = new SharedPace(RETRY)
  const asked: string[] = []
  const all = names.map((name) => {
    const told: string[] = []
    const fake: Fake = {
      wants: true,
      told,
      end: undefined,
      waitingRows: 10,
      pump() {
        if (!fake.wants || fake.end) return
        fake.end = pace.takeTurn(fake)
        if (fake.end) asked.push(name)
      },
      serverFailed(_, begins, by) {
        told.push(`${begins ? 'begins' : 'goes on'}, ${by === fake ? 'own' : 'of another'}`)
      },
      leave: () => {},
    }
    return Object.assign(fake, { leave: pace.join(fake) })
  })
  const ended = (fake: Fake, happen: () => void) => {
    happen()
    const { end } = fake
    fake.end = undefined
    end?.()
  }
  return { pace, asked, all, ended }
}

test('a healthy server sets no limit', () => {
  const { pace, all } = sharing('a', 'b')
  for (const one of all) for (let n = 0; n < 10; n++) expect(pace.takeTurn(one)).toBeDefined()
})

test('a server that fails is asked once at a time, by one after the other', () => {
  const { pace, asked, all, ended } = sharing('a', 'b', 'c')
  const [a] = all as [Fake, Fake, Fake]
  pace.failed(GONE, a)
  expect(all.map(({ told }) => told)).toEqual([
    ['begins, own'],
    ['begins, of another'],
    ['begins, of another'],
  ])
  for (let n = 0; n < 6; n++) {
    vi.advanceTimersByTime(5000)
    for (const one of all) one.pump()
    expect(asked).toHaveLength(n + 1)
    const prober = all.find(({ end }) => end) as Fake
    ended(prober, () => pace.failed(GONE, prober))
  }
  expect(asked).toEqual(['b', 'c', 'a', 'b', 'c', 'a'])
  expect(a.told.slice(1, 4)).toEqual(['goes on, of another', 'goes on, of another', 'goes on, own'])
})

test('a turn that ends without a word about the server goes to the next at once', () => {
  const { pace, asked, all, ended } = sharing('a', 'b')
  const [a] = all as [Fake, Fake]
  pace.failed(GONE, all.at(-1) as Fake)
  vi.advanceTimersByTime(1000)
  expect(asked).toEqual(['a'])
  a.wants = false
  ended(a, () => {})
  expect(asked).toEqual(['a', 'b'])
})

test.each([
  ['a request that is served', (pace: SharedPace) => pace.serves()],
  ['an answer about something else', (pace: SharedPace) => pace.answers()],
])('%s lets all go on at once', (_, happen) => {
  const { pace, asked, all, ended } = sharing('a', 'b', 'c')
  const [a] = all as [Fake, Fake, Fake]
  pace.failed(GONE, all.at(-1) as Fake)
  vi.advanceTimersByTime(1000)
  ended(a, () => happen(pace))
  expect(pace.failing).toBe(false)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})

test('requests from before the outage are no probes: the end of one frees no turn', () => {
  const { pace, asked, all } = sharing('a', 'b')
  const [a, b] = all as [Fake, Fake]
  a.pump()
  const { end } = a
  a.end = undefined
  pace.failed(GONE, b)
  vi.advanceTimersByTime(1000)
  expect(asked).toEqual(['a', 'a'])
  end?.()
  b.pump()
  expect(asked).toEqual(['a', 'a'])
})

test('an answer to a request from before the outage ends it for all, although a probe still hangs', () => {
  const { pace, asked, all } = sharing('a', 'b', 'c')
  pace.failed(GONE, all.at(-1) as Fake)
  vi.advanceTimersByTime(1000)
  expect(asked).toEqual(['a'])
  pace.serves()
  expect(asked).toEqual(['a', 'b', 'c'])
})

test('one that leaves with the turn gives it to the next, and counts no more', () => {
  const { pace, asked, all, ended } = sharing('a', 'b')
  const [a] = all as [Fake, Fake]
  pace.failed(GONE, all.at(-1) as Fake)
  vi.advanceTimersByTime(1000)
  expect(pace.waitingRows).toBe(20)
  a.wants = false
  a.leave()
  ended(a, () => {})
  expect(asked).toEqual(['a', 'b'])
  expect(pace.waitingRows).toBe(10)
})

test('one that takes time to get ready has its turn too: it was another who asked last', () => {
  const { pace, asked, all, ended } = sharing('slow', 'quick')
  const [slow, quick] = all as [Fake, Fake]
  const askNow = slow.pump
  slow.pump = () => void setTimeout(askNow, 100) // it unites small batches first
  pace.failed(GONE, quick)
  for (let n = 0; n < 4; n++) {
    vi.advanceTimersByTime(2500)
    const prober = all.find(({ end }) => end) as Fake
    ended(prober, () => pace.failed(GONE, prober))
  }
  expect(asked).toEqual(['slow', 'quick', 'slow', 'quick'])
})

test('who asked last asks again if nobody else does, or nobody else has rows', () => {
  const { pace, asked, all } = sharing('away', 'here')
  const [away, here] = all as [Fake, Fake]
  away.wants = false // its table is missing, say
  pace.failed(GONE, here)
  vi.advanceTimersByTime(2500)
  expect(asked).toEqual(['here'])
  const alone = sharing('empty', 'only')
  Object.assign(alone.all[0] as Fake, { waitingRows: 0, wants: false })
  alone.pace.failed(GONE, alone.all[1] as Fake)
  vi.advanceTimersByTime(1000)
  expect(alone.asked).toEqual(['only'])
})
