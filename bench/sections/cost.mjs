import { subjectJobs } from './subject-jobs.mjs'

const SUBJECTS = [
  'spanhouse',
  'spanhouse-br',
  'spanhouse-512',
  'otlp-protobuf',
  'otlp-json',
  'client',
  'stringify',
  'floor',
]

export const costFigures = [
  { name: 'mainUs', title: 'main thread, µs a span', digits: 2, chart: true },
  { name: 'cpuUs', title: 'all CPU, µs a span', digits: 2, chart: true },
  { name: 'wireBytes', title: 'bytes sent a span', digits: 1, chart: true },
]

export const cost = {
  name: 'cost',
  title: 'Time and bytes of a span',
  about:
    'Spans of 11 attributes, a resource of 12, one in four with an exception event, eight to a trace, as fast as they are taken. ' +
    'gzip everywhere but in brotli; spanhouse in its batches of 10,000 rows or 8 MiB, all others in batches of 512. ' +
    'The time runs until the last span is delivered. In a full run 150,000 spans go before those that are measured: a service runs for days, and all subjects get cheaper for the first seconds.',
  sizes: {
    full: { rounds: 7, spans: 200_000, warmUp: 150_000 },
    quick: { rounds: 3, spans: 30_000 },
  },
  baseline: () => 'otlp-protobuf',
  figures: costFigures,
  async jobs({ spans, warmUp }, servers) {
    return subjectJobs(SUBJECTS, await costJob(servers, { shape: 'reference', spans, warmUp }))
  },
}

export async function costJob(servers, job) {
  const [sink] = await servers.sinks()
  return { measure: 'cost', endpoints: [sink], ...job }
}
