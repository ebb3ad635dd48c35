// The ratios of two runs, one beside the other.
import { ratios } from './ratios.mjs'
import { number, spread } from './report/numbers.mjs'
import { ratiosOf, rowsOf } from './report/rows.mjs'
import { sectionNamed } from './sections/sections.mjs'
import { summary } from './statistics.mjs'

// What a ratio may grow by, at the least: times differ from day to day (another layout of memory, another neighbour on
// the machine), bytes only with the versions of what makes them.
export const checks = [
  { ratio: ratios.main, tolerance: 0.08 },
  { ratio: ratios.cpu, tolerance: 0.08 },
  { ratio: ratios.stringify, tolerance: 0.08 },
  { ratio: ratios.wire, tolerance: 0.02 },
  { ratio: ratios.wireBrotli, tolerance: 0.02 },
  { ratio: ratios.allocation, tolerance: 0.05 },
]

/** How a ratio changed: `same`, `better`, `worse`, or `missing` where one of the runs does not have it. */
export function compare({ ratio, tolerance: least }, before, now) {
  const [was, is] = [before, now].map((result) => sideOf(ratio, result))
  if (!was || !is) return { ratio, verdict: was ? 'worse' : 'missing', was, is }
  // Medians of other rounds would hardly ever lie further apart than the rounds themselves did.
  const tolerance = Math.max(least, (was.high - was.low) / was.median)
  const change = is.median / was.median - 1
  const verdict = change > tolerance ? 'worse' : change < -tolerance ? 'better' : 'same'
  return { ratio, verdict, was, is, change, tolerance }
}

function sideOf(ratio, { sections }) {
  if (!sections[ratio.section]) return undefined
  const rows = rowsOf(sectionNamed(ratio.section), sections[ratio.section])
  const found = summary(ratiosOf(rows, ratio))
  return found && { ...found, parts: [ratio.of, ratio.to].map((key) => partOf(rows, key, ratio)) }
}

function partOf(rows, key, { figure }) {
  const { title, values } = rows.find((row) => row.key === key)
  return { title, median: summary(values[figure]).median }
}

export function comparisonTable(comparisons) {
  return {
    header: ['', 'then', 'now', 'change', 'tolerance', ''],
    rows: comparisons.map(({ ratio, verdict, was, is, change, tolerance }) => [
      ratio.title,
      was ? spread(was, 3) : '–',
      is ? spread(is, 3) : '–',
      change === undefined ? '–' : percent(change),
      tolerance === undefined ? '–' : percent(tolerance),
      verdict,
    ]),
  }
}

/** In words, what got worse and on which side. */
export function explanationOf({ ratio, was, is, change, tolerance }) {
  const what = ratio.title[0].toUpperCase() + ratio.title.slice(1)
  if (!is) return `${what}: measured then, and not any more.`
  const sides = was.parts.map(
    ({ title, median }, n) =>
      `  ${title}: ${number(median, 2)} then, ${number(is.parts[n].median, 2)} now`,
  )
  return [
    `${what}: ${number(was.median, 3)} then, ${number(is.median, 3)} now. That is ${percent(change)}; up to ${percent(tolerance)} would be noise.`,
    ...sides,
  ].join('\n')
}

function percent(part) {
  return `${part < 0 ? '−' : '+'}${number(Math.abs(part) * 100, 1)} %`
}
