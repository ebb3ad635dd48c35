// What a span costs: CPU time, bytes, spans a second. Seven sections, which differ in the spans, the destinations and the cores.
import { performance } from 'node:perf_hooks'
import { openFeed, shapes } from '../records/feed.mjs'
import { jobsFor, startSubject, subjects } from '../subjects/subjects.mjs'
import { countsOf, cpuTimes, push, warmedUp } from './kit.mjs'

const SENDERS = ['spanhouse', 'otlp-protobuf', 'spanhouse-br', 'otlp-json', 'client']

export const costFigures = [
  { name: 'mainUs', title: 'main thread, µs a span', digits: 2, chart: true },
  { name: 'cpuUs', title: 'all CPU, µs a span', digits: 2, chart: true },
  { name: 'wireBytes', title: 'bytes sent a span', digits: 1, chart: true },
]

export const cost = {
  name: 'cost',
  title: 'Time and bytes of a span',
  about:
    'Spans with 11 attributes and a resource with 12, one in four with an exception event, eight to a trace, as fast as the subject takes them. ' +
    'All use gzip except where brotli is named. spanhouse has its default batches of 10,000 rows or 8 MiB, all others have batches of 512. ' +
    'The time ends when the last span is delivered. In a full run 150,000 spans are sent before those that are measured: a service runs for days, and all subjects get cheaper in the first seconds.',
  sizes: {
    full: { rounds: 7, spans: 200_000, warmUp: 150_000 },
    quick: { rounds: 3, spans: 30_000 },
  },
  baseline: () => 'otlp-protobuf',
  figures: costFigures,
  async jobs({ spans, warmUp }, servers) {
    const [sink] = await servers.sinks()
    const compared = [
      'spanhouse',
      'spanhouse-br',
      'spanhouse-512',
      'otlp-protobuf',
      'otlp-json',
      'client',
      'stringify',
      'floor',
    ]
    return jobsFor(compared, costJob(sink, { shape: 'reference', spans, warmUp }))
  },
}

const EXPORTERS = ['spanhouse-exporter', 'otlp-protobuf-exporter']
const otlpBeside = (key) => (EXPORTERS.includes(key) ? 'otlp-protobuf-exporter' : 'otlp-protobuf')

export const exporter = {
  name: 'exporter',
  title: 'Exports of 512',
  about:
    "The spans of the first table, given to the exporters themselves in batches of 512, one after another: what they cost under the SDK's `BatchSpanProcessor`, without its own cost.",
  sizes: {
    full: { rounds: 7, spans: 200_000, warmUp: 150_000 },
    quick: { rounds: 3, spans: 30_000 },
  },
  baseline: otlpBeside,
  figures: costFigures,
  async jobs({ spans, warmUp }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(EXPORTERS, costJob(sink, { shape: 'reference', spans, warmUp }))
  },
}

export const first = {
  name: 'first',
  title: 'The first spans of a process',
  about:
    'The spans of the first table, from the first one of a process on: a job, a function or a test never gets further. The time of imports is not included.',
  sizes: {
    full: { rounds: 9, spans: 20_000 },
    quick: { rounds: 3, spans: 20_000 },
  },
  baseline: otlpBeside,
  figures: costFigures.filter(({ name }) => name !== 'wireBytes'),
  async jobs({ spans }, servers) {
    const [sink] = await servers.sinks()
    const compared = ['spanhouse', 'otlp-protobuf', ...EXPORTERS, 'floor']
    return jobsFor(compared, costJob(sink, { shape: 'reference', spans, warmUp: 0 }))
  },
}

export const shop = {
  name: 'shop',
  title: "The same with the demo's spans",
  about:
    'The spans that the three services of the demo recorded, with 1 to 11 attributes and a resource with 7, repeated with new ids, times, users and URLs. ' +
    'All have the same resource, because an exporter runs in the process of one service.',
  sizes: {
    full: { rounds: 5, spans: 40_000, compared: SENDERS },
    quick: { rounds: 3, spans: 10_000, compared: SENDERS.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf',
  figures: costFigures.map((figure) => ({ ...figure, chart: false })),
  async jobs({ spans, compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, costJob(sink, { shape: 'shop', spans }))
  },
}

export const sweep = {
  name: 'sweep',
  title: 'Few attributes and many',
  about: 'The spans of the first table with 3, 11 and 40 attributes.',
  sizes: {
    full: {
      rounds: 5,
      spans: 25_000,
      shapes: ['small', 'reference', 'large'],
      compared: ['spanhouse', 'otlp-protobuf', 'otlp-json', 'client'],
    },
    // Spans of the middle size are in the first table, too.
    quick: {
      rounds: 3,
      spans: 10_000,
      shapes: ['small', 'large'],
      compared: ['spanhouse', 'otlp-protobuf'],
    },
  },
  baseline: (key) => `${key.split('/')[0]}/otlp-protobuf`,
  figures: costFigures.filter(({ name }) => name !== 'wireBytes'),
  titleOf(key) {
    const [shape, subject] = key.split('/')
    return `${shapes[shape].title}: ${subjects[subject].title}`
  },
  async jobs({ spans, shapes, compared }, servers) {
    const [sink] = await servers.sinks()
    const pairs = shapes.flatMap((shape) => compared.map((subject) => ({ shape, subject })))
    return Object.fromEntries(
      pairs.map(({ shape, subject }) => [
        `${shape}/${subject}`,
        costJob(sink, { spans, shape, subject }),
      ]),
    )
  },
}

export const throughput = {
  name: 'throughput',
  title: 'Spans a second on one core',
  about:
    'All threads of the process are bound to one core, and a server that discards the spans is bound to another. The time ends when the last span is delivered. ' +
    'Without taskset, nothing is bound.',
  sizes: {
    full: { rounds: 5, spans: 200_000, compared: SENDERS },
    quick: { rounds: 3, spans: 40_000, compared: SENDERS.slice(0, 2) },
  },
  baseline: () => 'otlp-protobuf',
  figures: [{ name: 'spansPerSecond', title: 'spans a second', digits: 0, chart: true }],
  async jobs({ spans, compared }, servers) {
    const { sink, pin } = (await servers.cores()) ?? { sink: (await servers.sinks())[0] }
    return jobsFor(compared, costJob(sink, { shape: 'reference', spans, pin }))
  },
}

const ILLNESSES = ['refusing', 'hanging', 'trickling', 'answering 500', 'refusing the password']

const destinationRatios = [
  { of: 'two', to: 'one', figure: 'cpuUs', title: 'CPU with a second destination' },
  { of: 'three', to: 'two', figure: 'cpuUs', title: 'CPU with a third' },
  { of: 'metrics', to: 'one', figure: 'cpuUs', title: 'CPU with metrics' },
  ...ILLNESSES.map((illness) => ({
    of: illness,
    to: 'one',
    figure: 'spansPerSecond',
    title: `spans a second beside one ${illness}`,
  })),
]

export const destinations = {
  name: 'destinations',
  title: 'More destinations',
  about: 'The cost or speed of spanhouse with each addition, as a ratio to the same without it.',
  sizes: {
    full: { rounds: 7, spans: 40_000, illnesses: ILLNESSES },
    quick: { rounds: 3, spans: 20_000, illnesses: [] },
  },
  figures: [{ name: 'ratio', title: 'ratio', digits: 3 }],
  rowsOf: (measured) =>
    destinationRatios
      .filter(({ of, to }) => measured[of] && measured[to])
      .map(({ of, to, figure, title }) => ({
        key: of,
        title,
        values: {
          ratio: measured[of].map((one, round) => one[figure] / measured[to][round][figure]),
        },
      })),
  async jobs({ spans, illnesses }, servers) {
    const [a, b, c] = await servers.sinks()
    const sick = await servers.sick()
    const job = costJob(a, { subject: 'spanhouse', shape: 'reference', spans })
    return {
      one: job,
      two: { ...job, endpoints: [a, b] },
      three: { ...job, endpoints: [a, b, c] },
      metrics: { ...job, metrics: true },
      ...Object.fromEntries(
        illnesses.map((illness) => [illness, { ...job, endpoints: [a, sick[illness]] }]),
      ),
    }
  },
}

export function costJob(sink, job) {
  return { measure: 'cost.mjs#measureCost', endpoints: [sink], ...job }
}

/** Gives spans as fast as they are taken, or what `nextRecord` gives instead of them. */
export async function measureCost(job, nextRecord) {
  const { subject, nextSpan } = await warmedUp(job, nextRecord)
  const { spans } = job
  const [sink] = job.endpoints
  await countsOf(sink)

  const startedAt = performance.now()
  const before = cpuTimes()
  await push(subject, nextSpan, spans)
  const seconds = (performance.now() - startedAt) / 1000
  const after = cpuTimes()

  const { bytes, requests } = await countsOf(sink)
  return {
    mainUs: after.mainUs === null ? null : (after.mainUs - before.mainUs) / spans,
    cpuUs: (after.allUs - before.allUs) / spans,
    wireBytes: requests === 0 ? null : bytes / spans,
    spansPerSecond: spans / seconds,
  }
}

/** The number of spans, or of what `nextRecord` gives, that a counting sink found in what was sent. */
export async function measureArrival({ subject: name, shape, spans, ...surroundings }, nextRecord) {
  const subject = await startSubject(name, surroundings)
  await push(subject, nextRecord ?? openFeed(shape, spans), spans)
  const { rows } = await countsOf(surroundings.endpoints[0])
  return { rows }
}
