import {
  barText,
  harmless,
  nsText,
  repeatText,
  type Trace,
  type WaterfallRow,
} from '@spanhouse/queries'
import { displayWidth, fitEnd, fitStart } from '../terminal/display-width.js'
import type { Output } from '../terminal/output.js'
import { paint, serviceColour } from '../terminal/paint.js'
import { type TreeRow, treeRows } from './trace-tree.js'

const MARKS = { critical: '█', beside: '▒' }
const GAP = '  '
const DURATION = 8
const NARROWEST_BAR = 8
/** Longer than any trace that is read row by row; `--json` has everything. */
const MOST_ROWS = 2000

interface Layout {
  /** 0 if there is one service only: the line above the waterfall has it. */
  readonly service: number
  readonly label: number
  /** 0 if there is no room. */
  readonly bar: number
}

/** The spans as lines: service, tree, bar and duration. Bars are `█` where they decide when the trace ends, else `▒`. */
export function waterfall(trace: Trace, out: Output): string[] {
  const all = treeRows(trace)
  const rows = all.slice(0, MOST_ROWS)
  const layout = layoutOf(trace, rows, out.width)
  const lines = rows.map((row) => rowLine(row, trace, layout, out))
  const more = all.length - rows.length
  return [
    ...(layout.bar > 0 ? [axis(trace, layout, out)] : []),
    ...lines,
    ...(more > 0 ? [`… and ${more} more rows: --json has them all`] : []),
  ]
}

function layoutOf(trace: Trace, rows: readonly TreeRow[], width: number): Layout {
  const names = trace.services.map(({ name }) => displayWidth(harmless(name, 100)))
  const service = trace.services.length < 2 ? 0 : Math.min(longest(names), Math.floor(width / 5))
  const labels = rows.map(({ label, row }) => (row ? displayWidth(label) : 0))
  const rest = width - (service > 0 ? service + GAP.length : 0) - DURATION - GAP.length * 2 - 2
  const label = Math.min(longest(labels), Math.max(Math.floor(rest * 0.55), rest - 60))
  const bar = rest - label
  return bar < NARROWEST_BAR
    ? { service, label: Math.min(longest(labels), rest + GAP.length), bar: 0 }
    : { service, label, bar }
}

function rowLine({ label, row }: TreeRow, trace: Trace, layout: Layout, out: Output): string {
  if (!row) return paint(out, 'yellow', label)
  const { span, repeat } = row
  const colour = serviceColour(span.service)
  const hasFailed = repeat ? repeat.errors > 0 : span.row.status === 'error'
  const cells = layout.bar > 0 ? barText(row, trace.durationNs, layout.bar, MARKS) : ''
  return [
    ...serviceCell(harmless(span.row.service, 100), layout, (text) => paint(out, colour, text)),
    fitStart(label, layout.label),
    ...(layout.bar > 0 ? [paint(out, hasFailed ? 'red' : colour, cells)] : []),
    fitEnd(nsText(durationOf(row)), DURATION) + (hasFailed ? paint(out, 'red', ' ✗') : ''),
  ].join(GAP)
}

function serviceCell(name: string, layout: Layout, style: (text: string) => string): string[] {
  return layout.service > 0 ? [style(fitStart(name, layout.service))] : []
}

/** Of a group: the sum if its spans run one after another, else the time in which any of them runs. */
function durationOf({ span, repeat }: WaterfallRow): number {
  if (!repeat) return span.row.duration_ns
  return repeat.sequential ? repeat.totalNs : repeat.wallNs
}

function axis(trace: Trace, layout: Layout, out: Output): string {
  const end = nsText(trace.durationNs)
  const half = nsText(trace.durationNs / 2)
  const middle = Math.floor(layout.bar / 2)
  const hasRoom = middle > half.length + end.length + 4
  const marks = hasRoom
    ? fitStart('0', middle) + half + fitEnd(end, layout.bar - middle - half.length)
    : `0${fitEnd(end, layout.bar - 1)}`
  const before = (layout.service > 0 ? layout.service + GAP.length : 0) + layout.label + GAP.length
  return paint(out, 'dim', `${' '.repeat(before)}${marks}`)
}

/** The groups in words, with the span that they are in. */
export function repeatLines(trace: Trace, out: Output): string[] {
  return trace.repeats.slice(0, 10).map((repeat) => {
    const parent = repeat.spans[0]?.parent
    const where = parent ? `, in ${harmless(parent.row.name, 100)}` : ''
    const mark = repeat.sequential ? paint(out, 'yellow', 'N+1  ') : '     '
    return `${mark}${repeatText(repeat)}${where}`
  })
}

function longest(lengths: readonly number[]): number {
  return lengths.reduce((a, b) => Math.max(a, b), 0)
}
