// Every section: what it runs, how often, and which figures of it are shown.
import { allocation } from './allocation.mjs'
import { backlog } from './backlog.mjs'
import { cost } from './cost.mjs'
import { delay } from './delay.mjs'
import { destinations } from './destinations.mjs'
import { importTime } from './import.mjs'
import { memory } from './memory.mjs'
import { server } from './server.mjs'
import { shop } from './shop.mjs'
import { size } from './size.mjs'
import { sweep } from './sweep.mjs'
import { throughput } from './throughput.mjs'

export const sections = [
  cost,
  shop,
  sweep,
  delay,
  memory,
  backlog,
  allocation,
  throughput,
  server,
  destinations,
  importTime,
  size,
]

export function sectionNamed(name) {
  return sections.find((section) => section.name === name)
}
