// npm run bench:scaling: what INSERTs and merges cost here, and how far a fleet of processes gets with it.
//   --write    keep the costs in bench/scaling/costs.json, and write docs/scaling.md
//   --model    measure nothing: the committed costs again
import { parseArgs } from 'node:util'
import { describeMachine } from '../machine.mjs'
import { showProgress } from '../measure.mjs'
import { asText } from '../report/tables.mjs'
import { readCosts, writeCosts } from './costs.mjs'
import { measureCosts, partsAtRate } from './measure.mjs'
import { writePage } from './page.mjs'
import { costTable, fleetTable, realityTable } from './tables.mjs'

const RATES = [
  { insertsPerSecond: 5, rowsPerInsert: 20 },
  { insertsPerSecond: 20, rowsPerInsert: 20 },
  { insertsPerSecond: 40, rowsPerInsert: 20 },
]
const SECONDS = 60

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, model: { type: 'boolean' } },
})
const measured = values.model ? readCosts() : await measure()
for (const table of [costTable(measured), realityTable(measured), fleetTable(measured)])
  console.log(`${asText(table)}\n`)
if (values.write) {
  writeCosts(measured)
  writePage(measured)
  console.log('They are written to bench/scaling/costs.json and docs/scaling.md.')
}

async function measure() {
  const costs = await measureCosts(showProgress)
  const reality = []
  for (const rate of RATES) {
    showProgress(`${rate.insertsPerSecond} INSERTs a second for ${SECONDS} s`)
    reality.push({
      ...rate,
      seconds: SECONDS,
      ...(await partsAtRate(rate.insertsPerSecond, rate.rowsPerInsert, SECONDS)),
    })
  }
  showProgress('')
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version.slice(1),
    ...describeMachine(),
    costs,
    reality,
  }
}
