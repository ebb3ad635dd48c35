import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'

const SPANS_PER_TURN = 100

/** Gives `count` spans as fast as they are taken, and waits until each is delivered. */
export async function push(subject, nextSpan, count) {
  const before = subject.delivered()
  let delivered = 0
  // Asked only when it may matter: to make a subject's statistics at every turn would be measured as its own cost.
  const isFull = (made) => {
    if (made - delivered > subject.maxInFlight) delivered = subject.delivered() - before
    return made - delivered > subject.maxInFlight
  }
  for (let made = 0; made < count; ) {
    for (const end = Math.min(made + SPANS_PER_TURN, count); made < end; made++)
      subject.onEnd(nextSpan())
    await turn()
    // Asleep: to ask again at every turn would be main-thread time of its own.
    while (isFull(made)) await sleep(2)
  }
  await subject.flush()
  const lost = count - (subject.delivered() - before)
  if (lost !== 0) throw new Error(`${lost} of ${count} spans were lost`)
}
