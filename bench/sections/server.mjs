import { subjects } from '../subjects/subjects.mjs'
import { subjectJobs } from './subject-jobs.mjs'

export const server = {
  name: 'server',
  title: 'Spans a second into a real ClickHouse',
  about:
    'The server of @spanhouse/local-clickhouse and the process share the cores; until SELECT count() finds every span. ' +
    'The last row is what the server takes: the requests of the first one, recorded before and only sent, four at a time. × is the ratio to it.',
  sizes: {
    full: { rounds: 5, spans: 200_000, subjects: ['spanhouse', 'spanhouse-br', 'client'] },
    quick: { rounds: 3, spans: 20_000, subjects: ['spanhouse'] },
  },
  baseline: () => 'replayed',
  figures: [{ name: 'spansPerSecond', title: 'spans a second', digits: 0, chart: true }],
  titleOf: (key) => (key === 'replayed' ? 'the first row, only sent' : subjects[key].title),
  async jobs({ spans, subjects }, servers) {
    const job = { shape: 'reference', spans, endpoints: [await servers.clickHouse()] }
    return {
      ...subjectJobs(subjects, { measure: 'countable', ...job }),
      replayed: { measure: 'replay', subject: 'spanhouse', atOnce: 4, ...job },
    }
  },
}
