// Writes the files of dashboards/ from their description in dashboards/source.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { allDashboards, textOf } from '../dashboards/source/index.mjs'

const folder = join(import.meta.dirname, '../dashboards')
for (const [path, dashboard] of Object.entries(allDashboards())) {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, textOf(dashboard))
  console.log(`dashboards/${path}`)
}
