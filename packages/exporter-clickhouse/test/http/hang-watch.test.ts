import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchForHangs } from '../../src/http/hang-watch.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function never(signal: AbortSignal): Promise<string> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

test('a request that is answered in time is not watched', async () => {
  const ping = vi.fn(async () => true)
  await watchForHangs(ping).watched(async () => 'answer')
  await vi.advanceTimersByTimeAsync(10_000)
  expect(ping).not.toHaveBeenCalled()
})

test('a request that is merely slow is left alone, however long it takes', async () => {
  const ping = vi.fn(async () => true)
  const answer = watchForHangs(ping).watched(
    () => new Promise((resolve) => setTimeout(resolve, 20_000, 'late')),
  )
  await vi.advanceTimersByTimeAsync(20_000)
  expect(ping).toHaveBeenCalled()
  expect(await answer).toBe('late')
})

test('a request from before the server went is ended when it is back', async () => {
  let isThere = false
  const lost = watchForHangs(async () => isThere).watched(never)
  lost.catch(() => {})
  await vi.advanceTimersByTimeAsync(5000)
  isThere = true
  await vi.advanceTimersByTimeAsync(1000)
  await expect(lost).rejects.toThrow('counts as lost')
})

test('one that began after the server was last seen away is not', async () => {
  let isThere = false
  const watch = watchForHangs(async () => isThere)
  watch.watched(never).catch(() => {})
  await vi.advanceTimersByTimeAsync(3000)
  isThere = true
  const later = watch.watched(() => new Promise((resolve) => setTimeout(resolve, 3000, 'answer')))
  await vi.advanceTimersByTimeAsync(3000)
  expect(await later).toBe('answer')
})

test('closing ends them all, and the watch', async () => {
  const ping = vi.fn(async () => true)
  const watch = watchForHangs(ping)
  const held = watch.watched(never)
  held.catch(() => {})
  await vi.advanceTimersByTimeAsync(2000)
  watch.close()
  await expect(held).rejects.toThrow('shutting down')
  const asked = ping.mock.calls.length
  await vi.advanceTimersByTimeAsync(5000)
  expect(ping.mock.calls.length - asked).toBeLessThanOrEqual(1)
})
