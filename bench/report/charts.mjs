import { summary } from '../statistics.mjs'
import { barChart } from './chart.mjs'
import { rowsOf } from './rows.mjs'

/** The charts of a section, a bar for each Node.js: { file, title, svg }. */
export function chartsOf(section, results) {
  const byNode = results.map((result) => rowsOf(section, result.sections[section.name]))
  const titles = new Map(byNode.flat().map(({ key, title }) => [key, title]))
  return section.figures
    .filter(({ chart }) => chart)
    .map(({ name, title: what, digits }) => {
      const title = `${section.title}: ${what}`
      const rows = [...titles].map(([key, title]) => ({
        title,
        bars: byNode.map((rows) =>
          summary(rows.find((row) => row.key === key)?.values[name] ?? []),
        ),
      }))
      const shown = rows.filter(({ bars }) => bars.some((bar) => bar))
      const series = results.map(({ node }) => `Node ${node}`)
      const file = `${section.name}-${name}.svg`
      return { file, title, svg: barChart({ title, series, rows: shown, digits }) }
    })
}
