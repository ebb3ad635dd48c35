import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

const SPANS_PER_TURN = 100

/** Gives `count` spans as fast as they are taken, and waits until each is delivered. */
export async function push(subject, nextSpan, count) {
  const before = subject.delivered()
  const inFlight = (made) => made - (subject.delivered() - before)
  for (let made = 0; made < count; ) {
    for (const end = Math.min(made + SPANS_PER_TURN, count); made < end; made++)
      subject.onEnd(nextSpan())
    await turn()
    // Asleep: to ask again at every turn would be main-thread time of its own.
    while (inFlight(made) > subject.maxInFlight) await sleep(2)
  }
  await subject.flush()
  if (inFlight(count) !== 0) throw new Error(`${inFlight(count)} of ${count} spans were lost`)
}
