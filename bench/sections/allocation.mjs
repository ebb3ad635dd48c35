// What is allocated for a span. The young generation is larger than all that the run allocates, so its growth is what was
// allocated; collections that happen nevertheless are added back. Memory that is freed by hand (zlib's own) is not seen.
import { GCProfiler } from 'node:v8'
import { jobsFor } from '../subjects/subjects.mjs'
import { push, warmedUp } from './kit.mjs'

const SUBJECTS = ['spanhouse', 'otlp-protobuf', 'otlp-json', 'client', 'stringify']
const SPANS = 10_000
const YOUNG_GENERATION_MIB = 256 // more than so many spans allocate

export const allocation = {
  name: 'allocation',
  title: 'Allocation',
  about:
    'Bytes allocated for each span of the first table: in the heap, in buffers outside of it, and the sum of both.',
  sizes: {
    full: { rounds: 5, compared: SUBJECTS },
    quick: { rounds: 3, compared: SUBJECTS.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf',
  figures: [
    { name: 'heapBytes', title: 'heap, bytes a span', digits: 0 },
    { name: 'bufferBytes', title: 'buffers, bytes a span', digits: 0 },
    { name: 'bytes', title: 'both, bytes a span', digits: 0, chart: true },
  ],
  async jobs({ compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, {
      measure: 'allocation.mjs#measureAllocation',
      shape: 'reference',
      spans: SPANS,
      endpoints: [sink],
      flags: ['min', 'max'].map((end) => `--${end}-semi-space-size=${YOUNG_GENERATION_MIB}`),
    })
  },
}

export async function measureAllocation(job) {
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

/** One stretch of growth ends before each collection, and another begins after it. */
function collected({ beforeGC, afterGC }) {
  return [beforeGC, afterGC].map(({ heapStatistics }) => ({
    heap: heapStatistics.usedHeapSize,
    buffers: heapStatistics.externalMemory,
  }))
}
