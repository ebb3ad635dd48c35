import { subjectJobs } from './subject-jobs.mjs'

const SUBJECTS = ['spanhouse', 'otlp-protobuf', 'spanhouse-br', 'otlp-json', 'client']

export const throughput = {
  name: 'throughput',
  title: 'Spans a second on one core',
  about:
    'All threads of the process bound to one core, a server that discards on another; until the last span is delivered. ' +
    'Where there is no taskset, nothing is bound.',
  sizes: {
    full: { rounds: 5, spans: 200_000, subjects: SUBJECTS },
    quick: { rounds: 3, spans: 40_000, subjects: SUBJECTS.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf',
  figures: [{ name: 'spansPerSecond', title: 'spans a second', digits: 0, chart: true }],
  async jobs({ spans, subjects }, servers) {
    const { sink, pin } = (await servers.cores()) ?? { sink: (await servers.sinks())[0] }
    const job = { measure: 'cost', shape: 'reference', spans, endpoints: [sink], pin }
    return subjectJobs(subjects, job)
  },
}
