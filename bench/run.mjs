// npm run bench: every figure beside those of the alternatives, in one run.
import { relative } from 'node:path'
import { checkArrival } from './arrival.mjs'
import { describeMachine } from './machine.mjs'
import { measureSection } from './measure-section.mjs'
import { findNode } from './nodes.mjs'
import { parseOptions } from './options.mjs'
import { writePage } from './report/page.mjs'
import { asText, sectionTable, targetTable } from './report/tables.mjs'
import { commit, keepLatest, readAllCommitted } from './results.mjs'
import { openSurroundings } from './surroundings.mjs'

const BUSY_LOAD = 0.5

const options = parseOptions(process.argv.slice(2))
const servers = openSurroundings()
const results = []
try {
  for (const name of options.nodes) results.push(await measureOn(await findNode(name)))
} finally {
  await servers.close()
}

console.log(`\nTargets\n\n${asText(targetTable(results))}\n`)
for (const result of results) console.log(`Figures: ${relative('', keepLatest(result))}`)
if (options.write) {
  writePage(readAllCommitted())
  console.log('bench/results, docs/performance.md and its charts show them.')
}

async function measureOn(node) {
  const { major, version } = node
  const machine = describeMachine()
  announce(node, machine)
  await checkArrival(servers, node)
  const result = { major, node: version, quick: options.quick, ...machine, sections: {} }
  for (const section of options.chosen) {
    const measured = await measureSection(section, { ...options, servers, node })
    result.sections[section.name] = measured
    // At once: a section that fails after a quarter of an hour does not take the others with it.
    if (options.write) commit(result)
    console.log(`\n${section.title}. ${section.about}\n`)
    console.log(asText(sectionTable(section, [result])))
    for (const [key, why] of Object.entries(measured.refused))
      console.log(`Not measured: ${key}. ${why}`)
  }
  return result
}

function announce({ version }, { cpu, cores, platform, load }) {
  console.log(`\nNode ${version}, ${cpu}, ${cores} cores, ${platform}, load ${load}.`)
  if (load > BUSY_LOAD) console.log('The machine is busy: times will be off, ratios less so.')
  if (options.quick) console.log('Quick: few rounds of few spans, for a look.')
  console.log(
    'Medians of the rounds (lowest–highest). ×: to the OTLP/protobuf exporter in the same rounds, if nothing else is said.',
  )
}
