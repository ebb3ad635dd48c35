import { parseArgs } from 'node:util'
import { sections } from './sections/sections.mjs'

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

/** What the command line asks for; ends the process where it is not understood. */
export function parseOptions(args) {
  try {
    return options(args)
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}

function options(args) {
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
