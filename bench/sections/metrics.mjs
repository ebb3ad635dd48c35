// What a data point costs.
import { collections, POINTS } from '../records/collections.mjs'
import { jobsFor } from '../subjects/subjects.mjs'
import { measureArrival as arrival, measureCost } from './cost.mjs'

const COMPARED = [
  'spanhouse-metrics',
  'spanhouse-metrics-otel',
  'otlp-protobuf-metrics',
  'otlp-json-metrics',
]
const DIFFERENT = 20

export const metrics = {
  name: 'metrics',
  title: 'Time and bytes of a data point',
  about:
    'Collections of 1,000 data points, one export after the other: 600 of a counter, 200 of a histogram with 15 buckets and 200 of a gauge, with two to three attributes each. What the SDK does to collect them is the same for all and not measured.',
  sizes: {
    full: { rounds: 7, collections: 150, warmUp: 100, compared: COMPARED },
    quick: { rounds: 3, collections: 40, warmUp: 40, compared: [COMPARED[0], COMPARED[2]] },
  },
  baseline: () => 'otlp-protobuf-metrics',
  figures: [
    { name: 'mainUs', title: 'main thread, µs a data point', digits: 2, chart: true },
    { name: 'cpuUs', title: 'all CPU, µs a data point', digits: 2, chart: true },
    { name: 'wireBytes', title: 'bytes sent a data point', digits: 1 },
  ],
  async jobs({ collections, warmUp, compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, {
      measure: 'metrics.mjs#measureMetrics',
      spans: collections,
      warmUp,
      endpoints: [sink],
    })
  },
}

/** Exports collections, each when the one before it is delivered. */
export async function measureMetrics(job) {
  const { mainUs, cpuUs, wireBytes } = await measureCost(job, await feedOf(DIFFERENT))
  return {
    mainUs: mainUs === null ? null : mainUs / POINTS,
    cpuUs: cpuUs / POINTS,
    wireBytes: wireBytes / POINTS,
  }
}

export async function measureArrival(job) {
  return arrival(job, await feedOf(job.spans))
}

async function feedOf(count) {
  const made = await collections(count)
  let at = 0
  return () => made[at++ % count]
}
