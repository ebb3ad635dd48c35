import { setTimeout as sleep } from 'node:timers/promises'

/** Leaves nothing of what was done before to be cleared away: another thread frees buffers, after the collection. */
export async function settle() {
  for (let time = 0; time < 2; time++) {
    globalThis.gc()
    await sleep(50)
  }
}
