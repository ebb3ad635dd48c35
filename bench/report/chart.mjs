// The charts of a section: horizontal bars with their spread, as SVG files that follow the reader's light or dark mode.
import { number, rowsOf, summary } from '../figures.mjs'

const WIDTH = 800
const LABELS = 310
const VALUES = 70
const TOP = 52
const BAR = 14
const ROW_GAP = 12

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 14px }
  .value { font-size: 12px }
  .spread { stroke: #1f2328; stroke-width: 1.2; opacity: .55 }
  .axis { stroke: #8c959f; stroke-width: 1 }
  .series0 { fill: #2f6feb } .series1 { fill: #e8853d } .series2 { fill: #2da44e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .spread { stroke: #e6edf3 }
    .series0 { fill: #6ea8fe } .series1 { fill: #f0a467 } .series2 { fill: #57c777 }
  }`

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

/** `rows`: { title, bars: [{ median, low, high } | undefined, one a series] }. */
export function barChart({ title, series, rows, digits }) {
  const most = Math.max(...rows.flatMap(({ bars }) => bars.map((bar) => bar?.high ?? 0))) || 1
  const x = (value) => LABELS + (Math.max(0, value) / most) * (WIDTH - LABELS - VALUES)
  const rowHeight = series.length * BAR + ROW_GAP
  const height = TOP + rows.length * rowHeight

  const drawn = rows.flatMap((row, n) => {
    const top = TOP + n * rowHeight
    const middle = top + (series.length * BAR) / 2
    return [
      text(LABELS - 10, middle + 4, row.title, 'text-anchor="end"'),
      ...row.bars.flatMap((bar, one) =>
        bar ? barOf(bar, { x, y: top + one * BAR, one, digits }) : [],
      ),
    ]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(title)}</title>
<style>${STYLE}
</style>
${text(0, 16, title, 'class="title"')}
${legend(series)}
<line class="axis" x1="${LABELS}" x2="${LABELS}" y1="${TOP - 6}" y2="${height - ROW_GAP / 2}"/>
${drawn.join('\n')}
</svg>
`
}

function barOf({ median, low, high }, { x, y, one, digits }) {
  const middle = y + BAR / 2
  const width = round(x(median) - LABELS)
  return [
    `<rect class="series${one}" x="${LABELS}" y="${y + 1}" width="${width}" height="${BAR - 2}" rx="2"/>`,
    `<line class="spread" x1="${round(x(low))}" x2="${round(x(high))}" y1="${middle}" y2="${middle}"/>`,
    text(round(x(high)) + 6, middle + 4, number(median, digits), 'class="value"'),
  ]
}

function legend(series) {
  return series
    .map((name, n) => {
      const left = LABELS + n * 130
      return `<rect class="series${n}" x="${left}" y="27" width="11" height="11" rx="2"/>${text(left + 17, 37, name)}`
    })
    .join('')
}

function text(x, y, content, attributes = '') {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`
}

function escaped(content) {
  return content.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function round(pixels) {
  return Math.round(pixels * 10) / 10
}
