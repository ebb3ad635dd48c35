// docs/performance.md: the bench writes what is between its markers; the rest is written by hand.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sections } from '../sections/sections.mjs'
import { chartsOf } from './chart.mjs'
import { filled } from './filled.mjs'
import { summaryOf } from './summary.mjs'
import { asMarkdown, sectionTable, targetTable } from './tables.mjs'

const PAGE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const CHARTS = fileURLToPath(new URL('../../docs/performance/', import.meta.url))

/** Shows these results, one for each Node.js, in the page and its charts. */
export function writePage(results) {
  mkdirSync(CHARTS, { recursive: true })
  let page = readFileSync(PAGE, 'utf8')
  const { chart, table } = summaryOf(results)
  writeFileSync(CHARTS + chart.file, chart.svg)
  page = filled(
    page,
    'summary',
    `![${chart.title}](performance/${chart.file})\n\n${asMarkdown(table)}`,
  )
  page = filled(page, 'machine', machines(results))
  page = filled(page, 'targets', asMarkdown(targetTable(results)))
  for (const section of sections) {
    const having = results.filter((result) => result.sections[section.name])
    if (having.length === 0) continue
    const charts = chartsOf(section, having)
    for (const { file, svg } of charts) writeFileSync(CHARTS + file, svg)
    page = filled(page, section.name, blockOf(section, having, charts))
  }
  writeFileSync(PAGE, page)
}

function machines(results) {
  return results
    .map(
      ({ node, cpu, cores, memoryGiB, platform, load }) =>
        `- Node ${node}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, load ${load.toFixed(2)} when the run began`,
    )
    .join('\n')
}

function blockOf(section, results, charts) {
  const runs = results.map(({ node, sections }) => {
    const { date, rounds, load } = sections[section.name]
    return `Node ${node} on ${date}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, load ${load.toFixed(2)} before`
  })
  const refusals = results.flatMap(({ node, sections }) =>
    Object.keys(sections[section.name].refused).map((key) => `${key} was refused on Node ${node}`),
  )
  return [
    section.about,
    ...charts.map(({ file, title }) => `![${title}](performance/${file})`),
    asMarkdown(sectionTable(section, results)),
    `\`npm run bench -- --only ${section.name}\`: ${[...runs, ...refusals].join('; ')}.`,
  ].join('\n\n')
}
