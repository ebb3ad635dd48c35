import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { pause, turn } from '../../src/common/clock.js'
import { startDeadline, valueWithin, within } from '../../src/common/deadline.js'

afterEach(() => void vi.useRealTimers())

/** The event loop stands still: nothing is read, no timer fires. */
function stall(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('a deadline', () => {
  test('comes when the process has run for so long', async () => {
    const startedAt = performance.now()
    await new Promise<void>((resolve) => startDeadline(300, resolve))
    expect(performance.now() - startedAt).toBeGreaterThan(200)
  })

  test('never comes once it was cancelled, not even in its last turns', async () => {
    const expire = vi.fn()
    await turn() // timers are looked at before the next one
    const cancel = startDeadline(1, expire)
    stall(20)
    await turn() // its timer has fired, and the first of its turns is over
    cancel()
    await pause(50)
    expect(expire).not.toHaveBeenCalled()
  })

  test('does not count a stall in full: work of several steps on the disk still has its time', async () => {
    // Each read needs turns of the event loop, as each step of a spool's write does.
    const work = async () => {
      for (let step = 0; step < 5; step++) await readFile(import.meta.filename)
      return 'read'
    }
    const result = valueWithin(800, work)
    stall(1000)
    expect(await result).toBe('read')
  })

  test('ends a wait for what never comes, and aborts it', async () => {
    const aborted = vi.fn()
    const inTime = await within(1, (signal) => {
      signal.addEventListener('abort', aborted)
      return new Promise(() => {})
    })
    expect(inTime).toBe(false)
    expect(aborted).toHaveBeenCalledTimes(1)
  })

  test('of weeks is not taken for none', async () => {
    const expire = vi.fn()
    const cancel = startDeadline(2 ** 40, expire, { ref: false })
    await pause(30)
    cancel()
    expect(expire).not.toHaveBeenCalled()
  })
})

describe('a pause', () => {
  test('ends when its signal is aborted, also one that was before', async () => {
    const aborter = new AbortController()
    const paused = pause(1_000_000, aborter.signal)
    aborter.abort()
    await paused
    await pause(1_000_000, aborter.signal)
  })
})
