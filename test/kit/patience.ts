import { availableParallelism, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { vi } from 'vitest'

// Tests do not measure the machine: they wait for the event, and how long it took is recorded as a figure.

/** `SPANHOUSE_LONG=1` runs the outages and kills at their full number and length. */
export const LONG: boolean = process.env['SPANHOUSE_LONG'] === '1'

/** For an event that happens eventually, however slow the machine: after this long it will not happen any more. */
export const PATIENT_MS = 60_000

/** A bound for what must not wait for something that takes ten seconds or never ends, such as a server that hangs. */
export const SOON_MS = 5000

/** The promise is "within five seconds of a server's return"; on a busy machine it may take three times as long. */
export const RECOVERED_MS = 15_000

const READY_A_CORE = 3

const MAX_PAUSE_MS = 100

/**
 * A limit in milliseconds, for this machine as it is now. As it is given where at most three processes share a core, which is so when
 * all tests run on a machine that has nothing else to do; the more processes are ready to run, the longer.
 */
export function onThisMachine(ms: number): number {
  const [ready = 0] = loadavg()
  return ms * Math.max(1, ready / availableParallelism() / READY_A_CORE)
}

/** Flushes, however slow the machine: the default of ten seconds is meant for applications. */
export function flushed(source: {
  forceFlush(options: { timeoutMs: number }): Promise<void>
}): Promise<void> {
  return source.forceFlush({ timeoutMs: PATIENT_MS })
}

/** What asks a server is asked again after a pause that is longer than the answer took: otherwise the server would do little else. */
function pauseAfter(askedAt: number): Promise<void> {
  return sleep(Math.min(MAX_PAUSE_MS, Math.max(5, 4 * (performance.now() - askedAt))))
}

/** Waits until `check` no longer throws. */
export function eventually<T>(check: () => T | Promise<T>, timeout = PATIENT_MS): Promise<T> {
  const once = () => {
    const askedAt = performance.now()
    const answer = check()
    if (!(answer instanceof Promise)) return answer
    return answer.catch(async (error) => {
      await pauseAfter(askedAt)
      throw error
    })
  }
  return vi.waitFor(once, { timeout, interval: 5 })
}

/** Waits until `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeout = PATIENT_MS,
): Promise<void> {
  const deadline = performance.now() + timeout
  for (;;) {
    const askedAt = performance.now()
    if (await condition()) return
    if (performance.now() > deadline) throw new Error(`not so within ${timeout} ms: ${condition}`)
    await pauseAfter(askedAt)
  }
}

/**
 * How long `work` takes, in milliseconds. On a busy machine a timer in it may fire tens of milliseconds early: Node counts from the time at which the
 * turn of the event loop began. So compare with half of what it waits for.
 */
export async function elapsed(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}
