// The few figures with which docs/performance.md opens: the ways in which most people meet the exporter.
import { number, ratiosOf, rowsOf, summary } from '../figures.mjs'
import { sectionNamed } from '../sections/sections.mjs'
import { barChart } from './chart.mjs'

const FILE = 'summary.svg'

const WAYS = [
  {
    title: 'a service that runs for long',
    section: 'cost',
    of: 'spanhouse',
    to: 'otlp-protobuf',
  },
  {
    title: 'the first 20,000 spans of a process',
    section: 'first',
    of: 'spanhouse',
    to: 'otlp-protobuf',
  },
  {
    title: 'exports of 512 spans',
    section: 'exporter',
    of: 'spanhouse-exporter',
    to: 'otlp-protobuf-exporter',
  },
  {
    title: 'spans with 3 attributes',
    section: 'sweep',
    of: 'small/spanhouse',
    to: 'small/otlp-protobuf',
  },
]

const RATIOS = [
  { figure: 'mainUs', title: 'main thread' },
  { figure: 'cpuUs', title: 'all CPU' },
  { figure: 'wireBytes', title: 'bytes sent' },
]

/** The picture of the newest Node.js, and the ratios on all of them: { charts, table }. */
export function summaryOf(results) {
  const newest = results.at(-1)
  const title = `Main thread, µs a span, Node ${newest.node}`
  const rows = WAYS.map(({ title, section, of, to }) => {
    const measured = rowsIn(newest, section)
    const bar = (key) => summary(measured.find((row) => row.key === key)?.values.mainUs ?? [])
    return { title, bars: [bar(of), bar(to)] }
  }).filter(({ bars }) => bars.every((bar) => bar))
  const series = ['spanhouse', 'OTLP/protobuf']
  return {
    chart: { file: FILE, title, svg: barChart({ title, series, rows, digits: 1 }) },
    table: {
      header: [
        '',
        ...RATIOS.flatMap(({ title }) => results.map(({ major }) => `${title}, Node ${major}`)),
      ],
      rows: WAYS.map((way) => [
        way.title,
        ...RATIOS.flatMap(({ figure }) => results.map((result) => ratioIn(result, way, figure))),
      ]),
    },
  }
}

function ratioIn(result, { section, of, to }, figure) {
  const found = summary(ratiosOf(rowsIn(result, section), { figure, of, to }))
  return found ? number(found.median, 2) : '–'
}

function rowsIn({ sections }, name) {
  return sections[name] ? rowsOf(sectionNamed(name), sections[name]) : []
}
