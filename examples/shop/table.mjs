/**
 * Rows of cells as aligned lines: text to the left, numbers and number-like text to the right. Columns that do not fit into
 * `width` are left out, the last ones first.
 */
export function table(headings, rows, width) {
  const cells = [headings, ...rows.map((row) => row.map(textOf))]
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => row[i].length)))
  const toRight = headings.map((_, i) =>
    rows.every((row) => typeof row[i] !== 'string' || /^[\d–]/.test(row[i])),
  )
  const { columns, gap } = layout(widths, width)
  return cells.map((row) =>
    row
      .slice(0, columns)
      .map((cell, i) => (toRight[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join(gap)
      .trimEnd(),
  )
}

function layout(widths, width) {
  for (let columns = widths.length; columns > 1; columns--) {
    const cells = widths.slice(0, columns).reduce((a, b) => a + b)
    for (const gap of ['   ', '  '])
      if (cells + gap.length * (columns - 1) <= width) return { columns, gap }
  }
  return { columns: 1, gap: '' }
}

export const count = (number) => number.toLocaleString('en-US')

export function milliseconds(ms) {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${count(Math.round(ms))} ms`
}

const textOf = (cell) => (typeof cell === 'number' ? count(cell) : cell)
