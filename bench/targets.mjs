// The targets that the project set itself: `most` or `least` of a ratio, or of the figure of one row.
import { ratiosOf, rowsOf, summary } from './figures.mjs'
import { sectionNamed } from './sections/sections.mjs'

const toOtlp = (section, figure, of = 'spanhouse') => ({ section, figure, of, to: 'otlp-protobuf' })

const betweenExporters = (section, figure) => ({
  section,
  figure,
  of: 'spanhouse-exporter',
  to: 'otlp-protobuf-exporter',
})

/** One row's figure divided by another's, round by round. Targets are set on them, and `npm run bench:check` compares them. */
export const ratios = {
  main: { title: 'main thread, ratio to the OTLP/protobuf exporter', ...toOtlp('cost', 'mainUs') },
  cpu: { title: 'all CPU, ratio to the OTLP/protobuf exporter', ...toOtlp('cost', 'cpuUs') },
  wire: {
    title: 'bytes sent, ratio to the OTLP/protobuf exporter',
    ...toOtlp('cost', 'wireBytes'),
  },
  first: {
    title: 'the first 20,000 spans: main thread, ratio to the OTLP/protobuf exporter',
    ...toOtlp('first', 'mainUs'),
  },
  firstCpu: {
    title: 'the first 20,000 spans: all CPU, ratio to the OTLP/protobuf exporter',
    ...toOtlp('first', 'cpuUs'),
  },
  exporter: {
    title: 'exports of 512: main thread, ratio to the OTLP/protobuf exporter',
    ...betweenExporters('exporter', 'mainUs'),
  },
  exporterCpu: {
    title: 'exports of 512: all CPU, ratio to the OTLP/protobuf exporter',
    ...betweenExporters('exporter', 'cpuUs'),
  },
  exporterFirst: {
    title:
      'the first 20,000 spans in exports of 512: main thread, ratio to the OTLP/protobuf exporter',
    ...betweenExporters('first', 'mainUs'),
  },
  small: {
    title: '3 attributes: main thread, ratio to the OTLP/protobuf exporter',
    section: 'sweep',
    figure: 'mainUs',
    of: 'small/spanhouse',
    to: 'small/otlp-protobuf',
  },
  logs: {
    title: 'log records: main thread, ratio to the OTLP/protobuf exporter',
    section: 'logs',
    figure: 'mainUs',
    of: 'spanhouse-logs',
    to: 'otlp-protobuf-logs',
  },
  metrics: {
    title: 'data points: main thread, ratio to the OTLP/protobuf exporter',
    section: 'metrics',
    figure: 'mainUs',
    of: 'spanhouse-metrics',
    to: 'otlp-protobuf-metrics',
  },
  wireBrotli: {
    title: 'bytes sent with brotli, ratio to the OTLP/protobuf exporter',
    ...toOtlp('cost', 'wireBytes', 'spanhouse-br'),
  },
  stringify: {
    title: 'main thread, ratio to row objects and JSON.stringify alone',
    section: 'cost',
    figure: 'mainUs',
    of: 'spanhouse',
    to: 'stringify',
  },
  allocation: {
    title: 'bytes allocated, ratio to the OTLP/protobuf exporter',
    ...toOtlp('allocation', 'bytes'),
  },
  delay: {
    title: 'largest delay added at 10,000 spans a second, ratio to the OTLP/protobuf exporter',
    ...toOtlp('delay', 'largestMs10000'),
  },
}

export const targets = [
  { ratio: ratios.main, most: 0.25 },
  { ratio: ratios.cpu, most: 0.3 },
  { ratio: ratios.first, most: 0.45 },
  { ratio: ratios.firstCpu, most: 0.6 },
  { ratio: ratios.exporter, most: 0.45 },
  { ratio: ratios.exporterCpu, most: 0.5 },
  { ratio: ratios.exporterFirst, most: 0.6 },
  { ratio: ratios.small, most: 0.4 },
  {
    title: 'spans a core-second of all CPU (published: Go Collector 137,000, Rotel 462,000)',
    figure: { section: 'cost', row: 'spanhouse', name: 'cpuUs', as: (us) => 1e6 / us },
    least: 300_000,
    digits: 0,
  },
  { ratio: ratios.delay, most: 0.25 },
  {
    title: 'p99 delay added at 10,000 spans a second, ms',
    figure: { section: 'delay', row: 'spanhouse', name: 'p99Ms10000' },
    most: 2,
  },
  { ratio: ratios.logs, most: 0.25 },
  { ratio: ratios.metrics, most: 0.25 },
  { ratio: ratios.wire, most: 1 },
  { ratio: ratios.wireBrotli, most: 1 },
  { ratio: ratios.stringify, most: 1 },
  {
    title: "heap with a dead destination, MiB above the queue's bytes",
    figure: { section: 'backlog', row: 'spanhouse', name: 'peakOverQueueMiB' },
    most: 32,
    digits: 1,
  },
  {
    title: 'spans a second on one core, into a server that discards',
    figure: { section: 'throughput', row: 'spanhouse', name: 'spansPerSecond' },
    least: 150_000,
    digits: 0,
  },
  {
    title: 'spans a second into the real server, ratio to recorded requests',
    ratio: { section: 'server', figure: 'spansPerSecond', of: 'spanhouse', to: 'replayed' },
  },
  {
    title: 'CPU with a second destination, ratio to one',
    figure: { section: 'destinations', row: 'two', name: 'ratio' },
    most: 1.1,
  },
  {
    title: 'CPU with a third destination, ratio to two',
    figure: { section: 'destinations', row: 'three', name: 'ratio' },
    most: 1.1,
  },
  {
    title: 'import of the exporter, ms',
    figure: { section: 'import', row: '@spanhouse/exporter-clickhouse', name: 'importMs' },
    most: 80,
    digits: 1,
  },
  {
    title: 'import of transform, ms',
    figure: { section: 'import', row: '@spanhouse/transform', name: 'importMs' },
    most: 10,
    digits: 1,
  },
  {
    title: 'packed exporter, kB',
    figure: { section: 'size', row: '@spanhouse/exporter-clickhouse', name: 'packedKb' },
    most: 64,
    digits: 1,
  },
]

/** A target's figure, and whether it is reached; undefined if it was not measured. */
export function outcomeOf({ ratio, figure, most, least }, result) {
  const { section: name } = ratio ?? figure
  const measured = result.sections[name]
  if (!measured) return undefined
  const rows = rowsOf(sectionNamed(name), measured)
  const found = summary(ratio ? ratiosOf(rows, ratio) : valuesOf(rows, figure))
  if (!found) return undefined
  const { median } = found
  const isBound = most !== undefined || least !== undefined
  const reached = isBound ? median <= (most ?? median) && median >= (least ?? median) : undefined
  return { ...found, reached }
}

function valuesOf(rows, { row, name, as = (value) => value }) {
  return rows.find(({ key }) => key === row)?.values[name].map(as) ?? []
}
