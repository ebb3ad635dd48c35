// Memory of the process: at rest and under load, and while the destination is dead.
import { openFeed } from '../records/feed.mjs'
import { jobsFor, startSubject } from '../subjects/subjects.mjs'
import { pace, push, settle } from './kit.mjs'

const SUBJECTS = ['floor', 'spanhouse', 'otlp-protobuf', 'otlp-json', 'client']
const UNREACHABLE = 'http://127.0.0.1:9'
const MIB = 1024 * 1024

export const memory = {
  name: 'memory',
  title: 'Memory at rest and under load',
  about:
    'Heap (with the buffers outside of it) and resident memory, in MiB: at rest, and the peak while 10,000 spans a second came, garbage included. ' +
    "The first row is the floor: Node.js, OpenTelemetry's SDK and the spans of the run. The other rows show what each subject adds to it.",
  sizes: {
    full: { rounds: 5, seconds: 4, compared: SUBJECTS },
    quick: { rounds: 3, seconds: 1.2, compared: SUBJECTS.slice(0, 3) },
  },
  above: 'floor',
  figures: [
    { name: 'restHeapMiB', title: 'heap at rest', digits: 1 },
    { name: 'restResidentMiB', title: 'resident at rest', digits: 1 },
    { name: 'loadHeapMiB', title: 'heap under load', digits: 1, chart: true },
    { name: 'loadResidentMiB', title: 'resident under load', digits: 1 },
  ],
  async jobs({ seconds, compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, {
      measure: 'memory.mjs#measureMemory',
      shape: 'reference',
      rate: 10_000,
      seconds,
      endpoints: [sink],
    })
  },
}

export const backlog = {
  name: 'backlog',
  title: 'Memory with a dead destination',
  about:
    '50,000 spans a second are sent to a port where nothing listens, more than the queue can hold (16 MiB, which fills in seconds, or 8 in a quick run; the default is 64). ' +
    'Growth in MiB: the peak, garbage included, and what is held after a garbage collection. The first row is the floor, the other rows show what each subject adds to it. The BatchSpanProcessor has its default queue of 2,048 spans and drops the rest.',
  sizes: {
    full: {
      rounds: 5,
      seconds: 12,
      queueMiB: 16,
      compared: ['floor', 'spanhouse', 'otlp-protobuf'],
    },
    quick: { rounds: 3, seconds: 4, queueMiB: 8, compared: ['floor', 'spanhouse'] },
  },
  above: 'floor',
  figures: [
    { name: 'peakHeapMiB', title: 'heap, peak', digits: 1, chart: true },
    { name: 'heldHeapMiB', title: 'heap, held', digits: 1 },
    { name: 'peakOverQueueMiB', title: "heap, peak, less the queue's bytes", digits: 1 },
    { name: 'peakResidentMiB', title: 'resident, peak', digits: 1 },
    { name: 'waitingSpans', title: 'spans waiting', digits: 0 },
  ],
  async jobs({ seconds, queueMiB, compared }) {
    const job = {
      measure: 'memory.mjs#measureBacklog',
      shape: 'reference',
      rate: 50_000,
      seconds,
      endpoints: [UNREACHABLE],
    }
    const queues = {
      floor: { queueBytes: 0 },
      spanhouse: { queueBytes: queueMiB * MIB },
      'otlp-protobuf': { maxQueueSize: 2048 },
    }
    return Object.fromEntries(
      compared.map((subject) => [subject, { ...job, subject, ...queues[subject] }]),
    )
  },
}

export async function measureMemory({ subject: name, shape, rate, seconds, ...surroundings }) {
  const differentSpans = 20_000
  const subject = await startSubject(name, surroundings)
  const rest = await memoryHeld()
  const nextSpan = openFeed(shape, differentSpans)
  await push(subject, nextSpan, differentSpans)
  await settle()
  const load = await memoryPeak(() => pace(subject, nextSpan, rate, seconds))
  return {
    restHeapMiB: rest.heapMiB,
    restResidentMiB: rest.residentMiB,
    loadHeapMiB: load.heapMiB,
    loadResidentMiB: load.residentMiB,
  }
}

/** More spans come than the queue can hold. */
export async function measureBacklog({ subject: name, shape, rate, seconds, ...surroundings }) {
  // Few: each time round they get new trace ids, which take memory, too.
  const nextSpan = openFeed(shape, 5000)
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

/** The heap with all that its objects hold outside of it (buffers), and the whole process. */
function memoryUsage() {
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapMiB: (heapUsed + external) / MIB, residentMiB: rss / MIB }
}

/** The same without garbage. */
async function memoryHeld() {
  await settle()
  return memoryUsage()
}

/** The most that was in use at any moment of the work. */
async function memoryPeak(work) {
  const peak = memoryUsage()
  const timer = setInterval(() => {
    const now = memoryUsage()
    for (const figure of Object.keys(peak)) peak[figure] = Math.max(peak[figure], now[figure])
  }, 20)
  await work()
  clearInterval(timer)
  return peak
}
