// npm run bench:check: measures the ratios again and compares them with the committed results.
import { change, number, ratiosOf, rowsOf, spread, summary } from './figures.mjs'
import { findNode, machineLoad } from './machine.mjs'
import { checkArrival, measureSection } from './measure.mjs'
import { asText } from './report/tables.mjs'
import { readCommitted } from './results.mjs'
import { sectionNamed } from './sections/sections.mjs'
import { openServers } from './servers/servers.mjs'
import { ratios } from './targets.mjs'

const ROUNDS = 5

// How much each ratio may grow. Times differ from day to day (another layout of memory, other work on the machine); bytes differ
// only with the versions of dependencies.
const checks = [
  { ratio: ratios.main, tolerance: 0.08 },
  { ratio: ratios.cpu, tolerance: 0.08 },
  { ratio: ratios.stringify, tolerance: 0.08 },
  { ratio: ratios.wire, tolerance: 0.02 },
  { ratio: ratios.wireBrotli, tolerance: 0.02 },
  { ratio: ratios.allocation, tolerance: 0.05 },
]

const node = await findNode()
const committed = readCommitted(node.major)
if (!committed) {
  console.error(
    `bench/results has no figures of Node ${node.major} to compare with. Use a version that it has, as in\n` +
      '  npx -y -p node@24 npm run bench:check',
  )
  process.exit(1)
}

console.log(`Node ${node.version}: the ratios in bench/results, measured again. A few minutes …`)
const load = machineLoad()
const comparisons = await measuredAgain()
console.log(`\n${asText(comparisonTable(comparisons))}\n`)

const worse = comparisons.filter(({ verdict }) => verdict === 'worse')
for (const comparison of worse) console.error(`Worse: ${explanationOf(comparison)}\n`)
if (worse.length > 0) {
  console.error(`What to do:
- Run it again when the machine is idle (its load was ${load} before). Noise does not come twice.
- If it stays, \`npm run bench -- --only ${sectionsOf(worse).join(',')}\` shows all subjects. The cause is a change since the
  commit that last touched bench/results; \`node bench/studies/pairs.mjs --old <commit>\` compares the cost with any commit.
- If the change is worth its price, write the new figures down and say why: npm run bench -- --node 20 --node 24 --write`)
  process.exit(1)
}
if (comparisons.some(({ verdict }) => verdict === 'better'))
  console.log(
    'Better than the committed figures. To keep the new ones: npm run bench -- --node 20 --node 24 --write',
  )

async function measuredAgain() {
  const servers = openServers()
  try {
    await checkArrival(servers, node)
    const sections = {}
    for (const name of sectionsOf(checks)) {
      const keys = rowsChecked(name)
      const options = { servers, node, quick: false, rounds: ROUNDS, keys }
      sections[name] = await measureSection(sectionNamed(name), options)
    }
    return checks.map((check) => compare(check, committed, { sections }))
  } finally {
    await servers.close()
  }
}

function sectionsOf(list) {
  return [...new Set(list.map(({ ratio }) => ratio.section))]
}

/** Only the rows that a ratio needs. */
function rowsChecked(section) {
  const used = checks.filter(({ ratio }) => ratio.section === section)
  return [...new Set(used.flatMap(({ ratio }) => [ratio.of, ratio.to]))]
}

/** How a ratio changed: `same`, `better`, `worse`, or `missing` where one of the runs does not have it. */
function compare({ ratio, tolerance: least }, before, now) {
  const [was, is] = [before, now].map((result) => sideOf(ratio, result))
  if (!was || !is) return { ratio, verdict: was ? 'worse' : 'missing', was, is }
  // Two medians hardly ever differ more than the rounds of one run did.
  const tolerance = Math.max(least, (was.high - was.low) / was.median)
  const growth = is.median / was.median
  const verdict = growth > 1 + tolerance ? 'worse' : growth < 1 - tolerance ? 'better' : 'same'
  return { ratio, verdict, was, is, growth, tolerance }
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

function comparisonTable(comparisons) {
  return {
    header: ['', 'then', 'now', 'change', 'tolerance', ''],
    rows: comparisons.map(({ ratio, verdict, was, is, growth, tolerance }) => [
      ratio.title,
      was ? spread(was, 3) : '–',
      is ? spread(is, 3) : '–',
      growth === undefined ? '–' : change(growth),
      tolerance === undefined ? '–' : change(1 + tolerance),
      verdict,
    ]),
  }
}

/** What got worse, and on which side of the ratio. */
function explanationOf({ ratio, was, is, growth, tolerance }) {
  const title = ratio.title[0].toUpperCase() + ratio.title.slice(1)
  if (!is) return `${title}: measured then, but not now.`
  const sides = was.parts.map(
    ({ title, median }, n) =>
      `  ${title}: ${number(median, 2)} then, ${number(is.parts[n].median, 2)} now`,
  )
  return [
    `${title}: ${number(was.median, 3)} then, ${number(is.median, 3)} now. That is ${change(growth)}; up to ${change(1 + tolerance)} would be noise.`,
    ...sides,
  ].join('\n')
}
