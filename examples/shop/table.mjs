/** Rows of cells as aligned lines: text to the left, numbers and what reads like one to the right. */
export function table(headings, rows) {
  const cells = [headings, ...rows.map((row) => row.map(textOf))]
  const widths = headings.map((_, i) => Math.max(...cells.map((row) => row[i].length)))
  const toRight = headings.map((_, i) =>
    rows.every((row) => typeof row[i] !== 'string' || /^[\d–]/.test(row[i])),
  )
  return cells.map((row) =>
    row
      .map((cell, i) => (toRight[i] ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('   ')
      .trimEnd(),
  )
}

export const count = (number) => number.toLocaleString('en-US')

export function milliseconds(ms) {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${count(Math.round(ms))} ms`
}

const textOf = (cell) => (typeof cell === 'number' ? count(cell) : cell)
