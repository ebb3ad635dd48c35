import { setTimeout as sleep } from 'node:timers/promises'
import { TOO_MANY_QUERIES } from './failures.js'
import { ReadError } from './read-error.js'

const PATIENCE_MS = 1000
const PAUSE_MS = 50

/**
 * As `ask`, again for a second while the server runs too many queries: it counts a query until a moment after its answer, so a user who may
 * run one at a time would be refused now and then although one is asked after another.
 */
export async function onceFree<T>(ask: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;)
    try {
      return await ask()
    } catch (error) {
      const isFull = error instanceof ReadError && error.code === TOO_MANY_QUERIES
      if (!isFull || performance.now() > deadline) throw error
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => {}) // `ask` says that it was aborted
    }
}
