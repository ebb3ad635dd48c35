// From the rounds of a section to its figures: rows, ratios, medians, and numbers as text.
import { subjects } from './subjects/subjects.mjs'

/** The median of the values with the lowest and the highest; undefined if there are none. */
export function summary(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  return { median: median(sorted), low: sorted[0], high: sorted.at(-1) }
}

function median(sorted) {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** A section's measurements as rows: a key, a title, and for each figure the values of all rounds. */
export function rowsOf(section, { measured }) {
  if (section.rowsOf) return section.rowsOf(measured)
  return Object.entries(measured).map(([key, rounds]) => ({
    key,
    title: section.titleOf?.(key) ?? subjects[key]?.title ?? key,
    values: Object.fromEntries(
      section.figures.map(({ name }) => [name, valuesOf(section, measured, key, name, rounds)]),
    ),
  }))
}

function valuesOf({ above }, measured, key, figure, rounds) {
  const values = rounds.map((round) => round[figure] ?? null)
  if (above === undefined || key === above || !measured[above]) return values
  const floor = summary(measured[above].map((round) => round[figure] ?? null))
  return values.map((value) => (value === null ? null : Math.max(0, value - (floor?.median ?? 0))))
}

/** By round, one row's figure divided by another's; empty if either was not measured. */
export function ratiosOf(rows, { figure, of, to }) {
  const [above, below] = [of, to].map((key) => rows.find((row) => row.key === key)?.values[figure])
  if (!above || !below) return []
  return above
    .map((value, round) => (value === null ? Number.NaN : value / below[round]))
    .filter((ratio) => Number.isFinite(ratio))
}

export function number(value, digits) {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return value.toLocaleString('en-US', format)
}

/** `2.41 (2.35–2.60)`: the median, the lowest and the highest. */
export function spread({ median, low, high }, digits) {
  const shown = [median, low, high].map((value) => number(value, digits))
  return low === high ? shown[0] : `${shown[0]} (${shown[1]}–${shown[2]})`
}

/** `+3.1 %`: how far a ratio is from 1. */
export function change(ratio) {
  const percent = (ratio - 1) * 100
  return `${percent < 0 ? '−' : '+'}${number(Math.abs(percent), 1)} %`
}
