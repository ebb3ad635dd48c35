// npm run bench: all figures, beside those of the alternatives.
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, findNode } from './machine.mjs'
import { checkArrival, measureSection } from './measure.mjs'
import { writePage } from './report/page.mjs'
import { asText, sectionTable, targetTable } from './report/tables.mjs'
import { commit, keepLatest, readAllCommitted } from './results.mjs'
import { sections } from './sections/sections.mjs'
import { openServers } from './servers/servers.mjs'

const BUSY_LOAD = 0.5
const names = sections.map(({ name }) => name)

const usage = `Usage: npm run bench -- [options]

  --quick          smaller and fewer runs: two minutes, for a look
  --only A,B       only these sections: ${names.slice(0, 6).join(', ')},
                   ${names.slice(6).join(', ')}
  --node NODE      the Node.js to measure: a path or a version, as 24; may be repeated (default: this one)
  --rounds N       another number of rounds
  --write          keep the figures: bench/results, docs/performance.md and its charts
  --help           this text
`

const options = parseOptions(process.argv.slice(2))
const servers = openServers()
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
  console.log('They are written to bench/results, docs/performance.md and its charts.')
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
    // Each section at once, so that a later one that fails does not lose it.
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
    'Medians of the rounds (lowest–highest). ×: ratio to the OTLP/protobuf exporter in the same rounds, unless another is named.',
  )
}

/** Ends the process with the usage if the command line is wrong. */
function parseOptions(args) {
  try {
    return understood(args)
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

function understood(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: names.join(',') },
      node: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(usage)
    process.exit(0)
  }
  const { quick, write, rounds } = values
  const only = values.only.split(',')
  const unknown = only.find((name) => !names.includes(name))
  if (unknown !== undefined) throw new Error(`There is no section ${unknown}`)
  if (rounds !== undefined && !/^[1-9]\d*$/.test(rounds))
    throw new Error('--rounds must be 1 or more')
  if (quick && write)
    throw new Error('--quick is for a look: figures to be kept come from a full run')
  return {
    quick,
    write,
    rounds: rounds && Number(rounds),
    nodes: values.node.length > 0 ? values.node : [undefined],
    chosen: sections.filter(({ name }) => only.includes(name)),
  }
}
