const NOBODY = 'http://127.0.0.1:9'
const MIB = 1024 * 1024

export const backlog = {
  name: 'backlog',
  title: 'Memory with a dead destination',
  about:
    'Spans come at 50,000 a second to a port where nobody listens, more than the queue can hold (16 MiB, so that it fills in seconds, 8 in a quick run; the default is 64). ' +
    'Growth in MiB: the most that was seen, garbage included, and what is held after a garbage collection; of the floor what it is, of the others what they add to it. The BatchSpanProcessor has its default queue of 2,048 spans and drops the rest.',
  sizes: {
    full: {
      rounds: 5,
      seconds: 12,
      queueMiB: 16,
      subjects: ['floor', 'spanhouse', 'otlp-protobuf'],
    },
    quick: { rounds: 3, seconds: 4, queueMiB: 8, subjects: ['floor', 'spanhouse'] },
  },
  above: 'floor',
  figures: [
    { name: 'peakHeapMiB', title: 'heap, most', digits: 1, chart: true },
    { name: 'heldHeapMiB', title: 'heap, held', digits: 1 },
    { name: 'peakOverQueueMiB', title: "heap, most, less the queue's bytes", digits: 1 },
    { name: 'peakResidentMiB', title: 'resident, most', digits: 1 },
    { name: 'waitingSpans', title: 'spans waiting', digits: 0 },
  ],
  async jobs({ seconds, queueMiB, subjects }) {
    const job = {
      measure: 'backlog',
      shape: 'reference',
      rate: 50_000,
      seconds,
      endpoints: [NOBODY],
    }
    const queues = {
      floor: { queueBytes: 0 },
      spanhouse: { queueBytes: queueMiB * MIB },
      'otlp-protobuf': { maxQueueSize: 2048 },
    }
    return Object.fromEntries(
      subjects.map((subject) => [subject, { ...job, subject, ...queues[subject] }]),
    )
  },
}
