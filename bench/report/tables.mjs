// Tables of results, a column for each Node.js, as text and as Markdown.
import { number, ratiosOf, rowsOf, spread, summary } from '../figures.mjs'
import { outcomeOf, targets } from '../targets.mjs'

const NOTHING = '–'

/** A section's rows and figures; `×` is the ratio to the section's baseline. */
export function sectionTable(section, results) {
  const byNode = results.map((result) => rowsOf(section, result.sections[section.name]))
  const titles = new Map(byNode.flat().map(({ key, title }) => [key, title]))
  const columns = section.figures
    .flatMap((figure) => byNode.map((rows, n) => ({ figure, rows, node: nodeOf(results, n) })))
    .filter(({ figure, rows }) => rows.some(({ values }) => summary(values[figure.name])))
  return {
    header: ['', ...columns.map(({ figure, node }) => figure.title + node)],
    rows: [...titles].map(([key, title]) => [
      title,
      ...columns.map(({ figure, rows }) => cell(section, figure, rows, key)),
    ]),
  }
}

function cell({ baseline }, { name, digits }, rows, key) {
  const found = summary(rows.find((row) => row.key === key)?.values[name] ?? [])
  if (!found) return NOTHING
  const to = baseline?.(key)
  const ratio = to && to !== key && summary(ratiosOf(rows, { figure: name, of: key, to }))
  return ratio ? `${spread(found, digits)} ×${number(ratio.median, 2)}` : spread(found, digits)
}

/** The targets whose sections were measured. */
export function targetTable(results) {
  const measured = targets.filter(({ ratio, figure }) =>
    results.some(({ sections }) => sections[(ratio ?? figure).section]),
  )
  return {
    header: ['', 'target', ...results.map((_, n) => `measured${nodeOf(results, n)}`)],
    rows: measured.map((target) => [
      target.title ?? target.ratio.title,
      bound(target),
      ...results.map((result) => verdict(outcomeOf(target, result), target)),
    ]),
  }
}

function bound({ most, least, digits = 2 }) {
  if (most !== undefined) return `≤ ${number(most, most === Math.round(most) ? 0 : 2)}`
  if (least !== undefined) return `≥ ${number(least, digits)}`
  return NOTHING
}

function verdict(outcome, { digits = 2 }) {
  if (!outcome) return NOTHING
  const { reached } = outcome
  const word = reached === undefined ? '' : reached ? ' yes' : ' **no**'
  return spread(outcome, digits) + word
}

/** The Node.js of a column; nothing if there is only one. */
function nodeOf(results, n) {
  return results.length === 1 ? '' : `, Node ${results[n].major}`
}

export function asMarkdown({ header, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const rule = `|---|${header
    .slice(1)
    .map(() => '--:|')
    .join('')}`
  return [line(header), rule, ...rows.map(line)].join('\n')
}

export function asText({ header, rows }) {
  const lines = [header, ...rows].map((cells) => cells.map((text) => text.replaceAll('*', '')))
  const widths = header.map((_, n) => Math.max(...lines.map((cells) => cells[n].length)))
  return lines
    .map((cells) =>
      cells
        .map((text, n) => (n === 0 ? text.padEnd(widths[n]) : text.padStart(widths[n])))
        .join('   '),
    )
    .join('\n')
}
