// What a log record costs.
import { logRecords } from '../records/log-records.mjs'
import { jobsFor } from '../subjects/subjects.mjs'
import { measureArrival as arrival, measureCost } from './cost.mjs'

const COMPARED = [
  'spanhouse-logs',
  'otlp-protobuf-logs',
  'otlp-json-logs',
  'spanhouse-logger',
  'pino',
  'winston',
]
const DIFFERENT = 40_000

export const logs = {
  name: 'logs',
  title: 'Time and bytes of a log record',
  about:
    'Records with a message of 30 to 120 characters and five attributes, two of three within a span, one in ten an error with its stack, and a resource with 12. ' +
    'The exporters get records that the SDK has made before. pino (asynchronous, with a buffer of 4 KiB) and winston make theirs, format them and write them to a file, so the row "with the SDK that makes the records" is the one to compare with them.',
  sizes: {
    full: { rounds: 7, records: 100_000, warmUp: 100_000, compared: COMPARED },
    quick: { rounds: 3, records: 20_000, warmUp: 20_000, compared: COMPARED.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf-logs',
  figures: [
    { name: 'mainUs', title: 'main thread, µs a record', digits: 2, chart: true },
    { name: 'cpuUs', title: 'all CPU, µs a record', digits: 2, chart: true },
    { name: 'wireBytes', title: 'bytes sent a record', digits: 1 },
  ],
  async jobs({ records, warmUp, compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, {
      measure: 'logs.mjs#measureLogs',
      spans: records,
      warmUp,
      endpoints: [sink],
    })
  },
}

/** Gives log records as fast as they are taken. */
export function measureLogs(job) {
  return measureCost(job, feedOf(DIFFERENT))
}

export function measureArrival(job) {
  return arrival(job, feedOf(job.spans))
}

function feedOf(count) {
  const records = logRecords(count)
  let at = 0
  return () => records[at++ % count]
}
