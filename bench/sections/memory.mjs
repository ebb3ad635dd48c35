import { subjectJobs } from './subject-jobs.mjs'

const SUBJECTS = ['floor', 'spanhouse', 'otlp-protobuf', 'otlp-json', 'client']

export const memory = {
  name: 'memory',
  title: 'Memory at rest and under load',
  about:
    'Heap (with the buffers outside of it) and resident memory, in MiB: at rest, and the most that was seen while 10,000 spans a second came, garbage included. ' +
    "What the floor has is Node.js, OpenTelemetry's SDK and the spans of the run; the others are shown by what they add to it.",
  sizes: {
    full: { rounds: 5, seconds: 4, subjects: SUBJECTS },
    quick: { rounds: 3, seconds: 1.2, subjects: SUBJECTS.slice(0, 3) },
  },
  above: 'floor',
  figures: [
    { name: 'restHeapMiB', title: 'heap at rest', digits: 1 },
    { name: 'restResidentMiB', title: 'resident at rest', digits: 1 },
    { name: 'loadHeapMiB', title: 'heap under load', digits: 1, chart: true },
    { name: 'loadResidentMiB', title: 'resident under load', digits: 1 },
  ],
  async jobs({ seconds, subjects }, servers) {
    const [sink] = await servers.sinks()
    const job = { measure: 'memory', shape: 'reference', rate: 10_000, seconds, endpoints: [sink] }
    return subjectJobs(subjects, job)
  },
}
