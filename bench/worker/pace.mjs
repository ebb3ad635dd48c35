import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** Gives spans at a steady pace; those that fell due while the loop was held up come at once, as requests would. */
export async function pace(subject, nextSpan, spansPerSecond, seconds) {
  const total = spansPerSecond * seconds
  const startedAt = performance.now()
  for (let made = 0; made < total; ) {
    await sleep(1)
    const due = ((performance.now() - startedAt) / 1000) * spansPerSecond
    for (; made < Math.min(due, total); made++) subject.onEnd(nextSpan())
  }
}
