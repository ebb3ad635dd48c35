// All sections, in the order in which they run and appear. A section says what it measures (`jobs`, or `run` if it needs no
// worker), how often (`sizes`), and which figures are shown; its measurement is in the same file.
import { allocation } from './allocation.mjs'
import { cost, destinations, exporter, first, shop, sweep, throughput } from './cost.mjs'
import { delay } from './delay.mjs'
import { importTime } from './import.mjs'
import { logs } from './logs.mjs'
import { backlog, memory } from './memory.mjs'
import { metrics } from './metrics.mjs'
import { ownTables } from './own-tables.mjs'
import { receiver } from './receiver.mjs'
import { server } from './server.mjs'
import { size } from './size.mjs'

export const sections = [
  cost,
  exporter,
  first,
  shop,
  sweep,
  logs,
  metrics,
  ownTables,
  delay,
  memory,
  backlog,
  allocation,
  throughput,
  server,
  receiver,
  destinations,
  importTime,
  size,
]

export function sectionNamed(name) {
  return sections.find((section) => section.name === name)
}
