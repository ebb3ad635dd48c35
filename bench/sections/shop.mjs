import { costFigures, costJob } from './cost.mjs'
import { subjectJobs } from './subject-jobs.mjs'

const SUBJECTS = ['spanhouse', 'otlp-protobuf', 'spanhouse-br', 'otlp-json', 'client']

export const shop = {
  name: 'shop',
  title: "The same with the demo's spans",
  about:
    'What the three services of the demo recorded, 1 to 11 attributes a span and a resource of 7, over and over with fresh ids, times, users and URLs. ' +
    'All under one resource, as an exporter lives in the process of one service.',
  sizes: {
    full: { rounds: 5, spans: 40_000, subjects: SUBJECTS },
    quick: { rounds: 3, spans: 10_000, subjects: SUBJECTS.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf',
  figures: costFigures.map((figure) => ({ ...figure, chart: false })),
  async jobs({ spans, subjects }, servers) {
    return subjectJobs(subjects, await costJob(servers, { shape: 'shop', spans }))
  },
}
