import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDERS = {
  'unit:transform': 'packages/transform/test',
  'unit:exporter': 'packages/exporter-clickhouse/test',
  'unit:receiver': 'packages/receiver/test',
  faults: 'test/faults',
  demo: 'test/demo',
}

// The tests that need a process of their own are a second project (vitest.config.ts).
const IN_VITEST = {
  'unit:exporter': ['unit:exporter', 'unit:exporter:alone'],
  faults: ['faults', 'faults:alone'],
}

// Tests that take minutes or run the build instead of the sources: they use real servers, or processes with an exporter in them.
const TOO_LARGE = /@spanhouse\/local-clickhouse|\/child\.js|\/chaos\//

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

function testFilesOf(project, root = ROOT) {
  return readdirSync(join(root, FOLDERS[project]), { recursive: true })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => join(FOLDERS[project], path))
}

/** Finds a test file by its name, whichever folder of the project's it stands in. If several have the name, the folder is part of it. */
function fileIn(project) {
  const files = testFilesOf(project)
  return (name) => {
    const found = files.filter((file) => file.endsWith(`/${name}.test.ts`))
    if (found.length !== 1) throw new Error(`${found.length} files of ${project} are named ${name}`)
    return found[0]
  }
}

export const transform = fileIn('unit:transform')
export const exporter = fileIn('unit:exporter')
export const receiver = fileIn('unit:receiver')
export const faults = fileIn('faults')
export const demo = fileIn('demo')

export function projectsOf(files) {
  return Object.keys(FOLDERS)
    .filter((project) => files.some((file) => file.startsWith(`${FOLDERS[project]}/`)))
    .flatMap((project) => IN_VITEST[project] ?? [project])
}

/** Every test that loads the sources of a file's package. */
export function allTestsOf(root, file) {
  return projectsThatLoad(file).flatMap((project) =>
    testFilesOf(project, root).filter(
      (path) => !TOO_LARGE.test(readFileSync(join(root, path), 'utf8')),
    ),
  )
}

function projectsThatLoad(file) {
  if (file.startsWith('examples/')) return ['demo']
  if (file.startsWith('packages/receiver/')) return ['unit:receiver']
  return file.startsWith('packages/transform/') ? ['unit:transform'] : ['unit:exporter', 'faults']
}
