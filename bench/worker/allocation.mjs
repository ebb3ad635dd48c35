// What is allocated per span. The young generation is set larger than all that the run allocates (see the section's
// flags), so that growth is allocation; what collections there are all the same are added back.
// Memory that is freed by hand (zlib's own) is not seen.
import { GCProfiler } from 'node:v8'
import { push } from './push.mjs'
import { warmedUp } from './warmed-up.mjs'

export async function measure(job) {
  const { spans: count } = job
  const { subject, nextSpan } = await warmedUp(job)

  const profiler = new GCProfiler()
  const begin = inUse()
  profiler.start()
  await push(subject, nextSpan, count)
  const end = inUse()
  const steps = [begin, ...profiler.stop().statistics.flatMap(collected), end]

  let [heap, buffers] = [0, 0]
  for (let step = 0; step < steps.length; step += 2) {
    const [from, to] = [steps[step], steps[step + 1]]
    heap += to.heap - from.heap
    buffers += Math.max(0, to.buffers - from.buffers)
  }
  return {
    heapBytes: heap / count,
    bufferBytes: buffers / count,
    bytes: (heap + buffers) / count,
  }
}

function inUse() {
  const { heapUsed, external } = process.memoryUsage()
  return { heap: heapUsed, buffers: external }
}

/** A growth ends before each collection, and another begins after it. */
function collected({ beforeGC, afterGC }) {
  return [beforeGC, afterGC].map(({ heapStatistics }) => ({
    heap: heapStatistics.usedHeapSize,
    buffers: heapStatistics.externalMemory,
  }))
}
