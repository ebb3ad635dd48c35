import { summary } from '../statistics.mjs'
import { subjects } from '../subjects/subjects.mjs'

/** What a section measured, as rows: a key, a title, and by figure the values of all rounds. */
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
