// docs/scaling.md: what is between its markers is written here, the rest by hand.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { filled } from '../report/filled.mjs'
import { asMarkdown } from '../report/tables.mjs'
import { costTable, fleetTable, realityTable } from './tables.mjs'

const PAGE = fileURLToPath(new URL('../../docs/scaling.md', import.meta.url))

export function writePage(measured) {
  const { cpu, cores, memoryGiB, node, date, load } = measured
  const machine = `Measured on ${date}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, load ${load.toFixed(2)} before.`
  let page = readFileSync(PAGE, 'utf8')
  page = filled(page, 'costs', `${asMarkdown(costTable(measured))}\n\n${machine}`)
  page = filled(page, 'reality', asMarkdown(realityTable(measured)))
  page = filled(page, 'fleets', asMarkdown(fleetTable(measured)))
  writeFileSync(PAGE, page)
}
