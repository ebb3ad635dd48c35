// npm run bench:check: whether the ratios still are what they were when they were written down.
import { checkArrival } from './arrival.mjs'
import { checks, compare, comparisonTable, explanationOf } from './comparison.mjs'
import { machineLoad } from './machine.mjs'
import { measureSection } from './measure-section.mjs'
import { findNode } from './nodes.mjs'
import { asText } from './report/tables.mjs'
import { readCommitted } from './results.mjs'
import { sectionNamed } from './sections/sections.mjs'
import { openSurroundings } from './surroundings.mjs'

const ROUNDS = 5

const node = await findNode()
const committed = readCommitted(node.major)
if (!committed) {
  console.error(
    `bench/results has no figures of Node ${node.major} to compare with. Run this on a version it has, as in\n` +
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
- Once more when the machine has nothing else to do (its load was ${load} before): noise does not come twice.
- If it stays, \`npm run bench -- --only ${sectionsOf(worse).join(',')}\` shows all subjects; the change that did it
  is between the commit that last touched bench/results and this one.
- If it is worth its price, write the new figures down and say why: npm run bench -- --node 20 --node 24 --write`)
  process.exit(1)
}
if (comparisons.some(({ verdict }) => verdict === 'better'))
  console.log('Better than written down: npm run bench -- --node 20 --node 24 --write keeps it.')

async function measuredAgain() {
  const servers = openSurroundings()
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
