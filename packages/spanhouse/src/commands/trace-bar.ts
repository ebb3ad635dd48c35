import type { Segment, WaterfallRow } from '@spanhouse/queries'

/** When a span, or each span of a group, runs: `█` on the critical path, `▒` beside it. Exactly `width` columns. */
export function barCells({ span, repeat }: WaterfallRow, totalNs: number, width: number): string {
  const cells = Array.from({ length: width }, () => ' ')
  const spans = repeat ? repeat.spans : [span]
  for (const { startNs, endNs } of spans)
    fill(cells, { fromNs: startNs, toNs: endNs }, totalNs, '▒')
  for (const { critical } of spans)
    for (const segment of critical) fill(cells, segment, totalNs, '█')
  return cells.join('')
}

/** At least one cell, so that the shortest span can be seen. */
function fill(cells: string[], { fromNs, toNs }: Segment, totalNs: number, mark: string): void {
  const cell = Math.max(totalNs, 1) / cells.length
  const from = Math.min(Math.floor(fromNs / cell), cells.length - 1)
  cells.fill(mark, from, Math.max(from + 1, Math.round(toNs / cell)))
}
