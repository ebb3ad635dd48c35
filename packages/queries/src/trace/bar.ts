import type { Segment } from './trace.js'
import type { WaterfallRow } from './visible-rows.js'

export interface BarMarks {
  /** Where the span, for most of the cell, decides when the trace ends. */
  readonly critical: string
  /** Where it runs beside that. */
  readonly beside: string
}

/** When a span, or each span of a group, runs, as `width` characters. The shortest span has one. */
export function barText(
  { span, repeat }: WaterfallRow,
  totalNs: number,
  width: number,
  marks: BarMarks,
): string {
  const cellNs = Math.max(totalNs, 1) / width
  const running = new Float64Array(width)
  const critical = new Float64Array(width)
  const starts = new Set<number>()
  for (const one of repeat ? repeat.spans : [span]) {
    add(running, { fromNs: one.startNs, toNs: one.endNs }, cellNs)
    for (const segment of one.critical) add(critical, segment, cellNs)
    starts.add(Math.min(Math.floor(one.startNs / cellNs), width - 1))
  }
  return Array.from(running, (ns, i) => {
    if (ns < cellNs / 2 && !starts.has(i)) return ' '
    return ns > 0 && (critical[i] ?? 0) >= ns / 2 ? marks.critical : marks.beside
  }).join('')
}

/** Adds to each cell how much of it the segment covers. */
function add(cells: Float64Array, { fromNs, toNs }: Segment, cellNs: number): void {
  const last = Math.min(Math.floor(toNs / cellNs), cells.length - 1)
  for (let i = Math.floor(fromNs / cellNs); i <= last; i++)
    cells[i] = (cells[i] ?? 0) + Math.min(toNs, (i + 1) * cellNs) - Math.max(fromNs, i * cellNs)
}
