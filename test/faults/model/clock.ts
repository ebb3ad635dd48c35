import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { vi } from 'vitest'
import { followGlobalClock } from '../../../packages/exporter-clickhouse/test/global-clock.js'

const POOL_THREADS = 4
const throughThePool = promisify(deflateRaw)
const NOTHING = Buffer.alloc(1)

/** Replaces timers and clocks. Input, output and the thread pool go on in real time. */
export function takeTheClock(): void {
  followGlobalClock()
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    now: new Date('2026-03-01T12:00:00Z'),
  })
}

const TURNS = 6
const MAX_ROUNDS = 400

/** Resolves when nothing changes any more, as far as `glance` shows, until a timer fires. */
export async function settled(glance: () => string): Promise<void> {
  let before = ''
  for (let round = 0, still = 0; still < 2 && round < MAX_ROUNDS; round++) {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((next) => setImmediate(next))
    // Earlier work of the thread pool comes back before this, or in the next round.
    await Promise.all(Array.from({ length: POOL_THREADS }, () => throughThePool(NOTHING)))
    const now = glance()
    still = now === before ? still + 1 : 0
    before = now
  }
}

/** Lets time go by, in steps so small that answers arrive in between. */
export async function goBy(ms: number, stepMs: number, glance: () => string): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    vi.advanceTimersByTime(Math.min(stepMs, left))
    await settled(glance)
  }
}

/** Sets the wall clock, not the monotonic one. */
export function setWallClock(byMs: number): void {
  vi.setSystemTime(Date.now() + byMs)
}
