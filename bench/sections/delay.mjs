import { subjectJobs } from './subject-jobs.mjs'

const SUBJECTS = ['floor', 'spanhouse', 'otlp-protobuf', 'otlp-json', 'client']
const RATES = [1000, 10_000] // spans a second

export const delay = {
  name: 'delay',
  title: 'Delay of the event loop',
  about:
    'Largest and 99th percentile of the delays that a timer of 1 ms meets while spans come at a steady pace, in milliseconds. ' +
    'What the floor has is the timer itself and the machine; the others are shown by what they add to it.',
  sizes: {
    full: { rounds: 5, seconds: 4, rates: RATES, subjects: SUBJECTS },
    quick: { rounds: 3, seconds: 1.2, rates: RATES.slice(1), subjects: SUBJECTS.slice(0, 3) },
  },
  above: 'floor',
  figures: RATES.flatMap((rate) => [
    { name: `largestMs${rate}`, title: `largest, ms, at ${rate}/s`, digits: 1, chart: true },
    { name: `p99Ms${rate}`, title: `p99, ms, at ${rate}/s`, digits: 2 },
  ]),
  async jobs({ seconds, rates, subjects }, servers) {
    const [sink] = await servers.sinks()
    const job = { measure: 'delay', shape: 'reference', rates, seconds, endpoints: [sink] }
    return subjectJobs(subjects, job)
  },
}
