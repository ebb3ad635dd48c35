import { subjectJobs } from './subject-jobs.mjs'

const SUBJECTS = ['spanhouse', 'otlp-protobuf', 'otlp-json', 'client', 'stringify']
const SPANS = 10_000
// More than so many spans allocate: see worker/allocation.mjs.
const YOUNG_GENERATION_MIB = 256

export const allocation = {
  name: 'allocation',
  title: 'Allocation',
  about:
    'Bytes allocated for a span of the first table: in the heap, in buffers outside of it, and both.',
  sizes: {
    full: { rounds: 5, subjects: SUBJECTS },
    quick: { rounds: 3, subjects: SUBJECTS.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf',
  figures: [
    { name: 'heapBytes', title: 'heap, bytes a span', digits: 0 },
    { name: 'bufferBytes', title: 'buffers, bytes a span', digits: 0 },
    { name: 'bytes', title: 'both, bytes a span', digits: 0, chart: true },
  ],
  async jobs({ subjects }, servers) {
    const [sink] = await servers.sinks()
    return subjectJobs(subjects, {
      measure: 'allocation',
      shape: 'reference',
      spans: SPANS,
      endpoints: [sink],
      flags: ['min', 'max'].map((end) => `--${end}-semi-space-size=${YOUNG_GENERATION_MIB}`),
    })
  },
}
