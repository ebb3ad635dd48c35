// Memory of a process at rest (subject made, nothing done), and at its most while spans come at a steady pace.
import { openFeed } from '../spans/feed.mjs'
import { startSubject } from '../subjects/subjects.mjs'
import { memoryHeld, memoryPeak } from './memory-usage.mjs'
import { pace } from './pace.mjs'
import { push } from './push.mjs'
import { settle } from './settle.mjs'

const SPANS = 20_000

export async function measure({ subject: name, shape, rate, seconds, ...surroundings }) {
  const subject = await startSubject(name, surroundings)
  const rest = await memoryHeld()
  const nextSpan = openFeed(shape, SPANS)
  await push(subject, nextSpan, SPANS)
  await settle()
  const load = await memoryPeak(() => pace(subject, nextSpan, rate, seconds))
  return {
    restHeapMiB: rest.heapMiB,
    restResidentMiB: rest.residentMiB,
    loadHeapMiB: load.heapMiB,
    loadResidentMiB: load.residentMiB,
  }
}
