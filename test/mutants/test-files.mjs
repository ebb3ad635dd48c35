import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDERS = {
  'unit:transform': 'packages/transform/test',
  'unit:exporter': 'packages/exporter-clickhouse/test',
  faults: 'test/faults',
  demo: 'test/demo',
}

// Tests that take minutes or run the build instead of the sources: they use real servers, or processes with an exporter in them.
const TOO_LARGE = /@spanhouse\/local-clickhouse|\/child\.js|\/chaos\//

const fileIn = (project) => (name) => join(FOLDERS[project], `${name}.test.ts`)

export const transform = fileIn('unit:transform')
export const exporter = fileIn('unit:exporter')
export const faults = fileIn('faults')
export const demo = fileIn('demo')

export function projectsOf(files) {
  return Object.keys(FOLDERS).filter((project) =>
    files.some((file) => file.startsWith(`${FOLDERS[project]}/`)),
  )
}

/** Every test that loads the sources of a file's package. */
export function allTestsOf(root, file) {
  return projectsThatLoad(file).flatMap((project) =>
    readdirSync(join(root, FOLDERS[project]))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(FOLDERS[project], name))
      .filter((path) => !TOO_LARGE.test(readFileSync(join(root, path), 'utf8'))),
  )
}

function projectsThatLoad(file) {
  if (file.startsWith('examples/')) return ['demo']
  return file.startsWith('packages/transform/') ? ['unit:transform'] : ['unit:exporter', 'faults']
}
