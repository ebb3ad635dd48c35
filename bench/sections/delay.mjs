// How long the event loop is held up while spans come at a steady pace.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { jobsFor } from '../subjects/subjects.mjs'
import { pace, warmedUp } from './kit.mjs'

const SUBJECTS = ['floor', 'spanhouse', 'otlp-protobuf', 'otlp-json', 'client']
const RATES = [1000, 10_000] // spans a second

export const delay = {
  name: 'delay',
  title: 'Delay of the event loop',
  about:
    'Largest delay and 99th percentile of a timer of 1 ms while spans come at a steady rate, in milliseconds. ' +
    'The first row is the floor: the delay of the timer itself and of the machine. The other rows show what each subject adds to it.',
  sizes: {
    full: { rounds: 5, seconds: 4, rates: RATES, compared: SUBJECTS },
    quick: { rounds: 3, seconds: 1.2, rates: RATES.slice(1), compared: SUBJECTS.slice(0, 3) },
  },
  above: 'floor',
  figures: RATES.flatMap((rate) => [
    { name: `largestMs${rate}`, title: `largest, ms, at ${rate}/s`, digits: 1, chart: true },
    { name: `p99Ms${rate}`, title: `p99, ms, at ${rate}/s`, digits: 2 },
  ]),
  async jobs({ seconds, rates, compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, {
      measure: 'delay.mjs#measureDelay',
      shape: 'reference',
      rates,
      seconds,
      endpoints: [sink],
    })
  },
}

export async function measureDelay({ rates, seconds, ...job }) {
  const { subject, nextSpan } = await warmedUp({ ...job, spans: 0 })
  const figures = {}
  for (const rate of rates) {
    const delays = monitorEventLoopDelay({ resolution: 1 })
    delays.enable()
    await pace(subject, nextSpan, rate, seconds)
    delays.disable()
    figures[`largestMs${rate}`] = delays.max / 1e6
    figures[`p99Ms${rate}`] = delays.percentile(99) / 1e6
    await subject.flush()
  }
  return figures
}
