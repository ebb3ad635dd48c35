import { displayWidth, fitEnd, fitStart } from './display-width.js'

export interface TableColumn {
  readonly heading: string
  /** Default: to the left. */
  readonly toRight?: boolean
  /** Gives way, down to this width, when the table is too wide. Default: never cut. */
  readonly shrinksTo?: number
  /** When cutting is not enough, columns are left out, the highest number first. Default: never left out. */
  readonly leftOut?: number
}

const GAP = 2

/**
 * Rows of harmless cells as aligned lines, headings first, that fit into `width`: first the columns that may shrink are cut, then
 * columns are left out. `style` colours a cell that has its final width; row -1 is the heading.
 */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  style: (cell: string, row: number, column: number) => string = (cell) => cell,
): string[] {
  const all = [columns.map(({ heading }) => heading), ...rows]
  const natural = columns.map((_, i) => Math.max(...all.map((row) => displayWidth(row[i] ?? ''))))
  const { shown, widths } = layout(columns, natural, width)
  return all.map((row, r) =>
    shown
      .map((i, place) => {
        const toRight = columns[i]?.toRight
        const isLast = place === shown.length - 1
        const cell = (toRight ? fitEnd : fitStart)(row[i] ?? '', widths[i] ?? 0)
        return style(isLast ? cell.trimEnd() : cell, r - 1, i)
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

function layout(
  columns: readonly TableColumn[],
  natural: readonly number[],
  width: number,
): { shown: number[]; widths: number[] } {
  let shown = columns.map((_, i) => i)
  for (;;) {
    const widths = shrunk(columns, natural, shown, width)
    const total = shown.reduce((sum, i) => sum + (widths[i] ?? 0), GAP * (shown.length - 1))
    const next = shown
      .filter((i) => columns[i]?.leftOut !== undefined)
      .sort((a, b) => (columns[b]?.leftOut ?? 0) - (columns[a]?.leftOut ?? 0))[0]
    if (total <= width || next === undefined) return { shown, widths }
    shown = shown.filter((i) => i !== next)
  }
}

/** Takes from the widest of the columns that may shrink until the row fits, or none can shrink further. */
function shrunk(
  columns: readonly TableColumn[],
  natural: readonly number[],
  shown: readonly number[],
  width: number,
): number[] {
  const widths = [...natural]
  let excess = shown.reduce((sum, i) => sum + (widths[i] ?? 0), GAP * (shown.length - 1)) - width
  while (excess > 0) {
    const widest = shown
      .filter((i) => (widths[i] ?? 0) > (columns[i]?.shrinksTo ?? Number.POSITIVE_INFINITY))
      .sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0]
    if (widest === undefined) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess--
  }
  return widths
}
