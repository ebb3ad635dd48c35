import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { vi } from 'vitest'
import { followGlobalClock } from '../../../packages/exporter-clickhouse/test/global-clock.js'

const POOL_THREADS = 4
const throughThePool = promisify(deflateRaw)
const NOTHING = Buffer.alloc(1)

/** Takes timers and clocks over. Input, output and the thread pool go on by themselves. */
export function takeTheClock(): void {
  followGlobalClock()
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    now: new Date('2026-03-01T12:00:00Z'),
  })
}

const TURNS = 6
const MAX_ROUNDS = 400

/** Resolves when nothing moves any more, so far as `glance` shows, until a timer comes. */
export async function settled(glance: () => string): Promise<void> {
  let before = ''
  for (let round = 0, still = 0; still < 2 && round < MAX_ROUNDS; round++) {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((next) => setImmediate(next))
    // What was given to the threads before comes back before this, or in the next round.
    await Promise.all(Array.from({ length: POOL_THREADS }, () => throughThePool(NOTHING)))
    const now = glance()
    still = now === before ? still + 1 : 0
    before = now
  }
}

/** Lets time go by, in steps small enough that what waits for an answer gets it in between. */
export async function goBy(ms: number, stepMs: number, glance: () => string): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    vi.advanceTimersByTime(Math.min(stepMs, left))
    await settled(glance)
  }
}

/** The wall clock is set; the monotonic one is not. */
export function setWallClock(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs)
}
