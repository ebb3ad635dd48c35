// What memory grows by while the destination is dead and more spans come than the queue can hold.
import { openFeed } from '../spans/feed.mjs'
import { startSubject } from '../subjects/subjects.mjs'
import { memoryHeld, memoryPeak } from './memory-usage.mjs'
import { pace } from './pace.mjs'

// Few: the ids that they get again and again are memory too.
const DIFFERENT_SPANS = 5000

const MIB = 1024 * 1024

export async function measure({ subject: name, shape, rate, seconds, ...surroundings }) {
  const nextSpan = openFeed(shape, DIFFERENT_SPANS)
  const subject = await startSubject(name, surroundings)
  const before = await memoryHeld()
  const peak = await memoryPeak(() => pace(subject, nextSpan, rate, seconds))
  const held = await memoryHeld()
  const { queueBytes } = surroundings
  const peakHeapMiB = peak.heapMiB - before.heapMiB
  return {
    peakHeapMiB,
    peakOverQueueMiB: queueBytes === undefined ? null : peakHeapMiB - queueBytes / MIB,
    heldHeapMiB: held.heapMiB - before.heapMiB,
    peakResidentMiB: peak.residentMiB - before.residentMiB,
    waitingSpans: subject.waiting?.() ?? null,
  }
}
