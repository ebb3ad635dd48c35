// kB of the packages: packed, and installed with all their dependencies.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ourPackages, theirPackages } from './import.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const ALREADY_THERE = ['@opentelemetry/api', '@opentelemetry/sdk-trace-base']

export const size = {
  name: 'size',
  title: 'Size',
  about:
    "kB of the tarball (our packages only), and of all that npm installs, with dependencies but without those that OpenTelemetry's SDK has too.",
  sizes: { full: { rounds: 1 }, quick: { rounds: 1 } },
  figures: [
    { name: 'packedKb', title: 'packed, kB', digits: 1 },
    { name: 'installedKb', title: 'installed, kB', digits: 0 },
    { name: 'packages', title: 'packages', digits: 0 },
  ],
  async run() {
    const measured = {}
    for (const name of ourPackages)
      measured[name] = [{ packedKb: await packedSize(name), ...(await installedSize(name)) }]
    for (const name of theirPackages) measured[name] = [await installedSize(name)]
    return { measured, refused: {} }
  },
}

/** kB of a workspace package's tarball. */
async function packedSize(name) {
  return (await pack(folderOf(name, here))).size / 1000
}

/** kB and number of packages that installing `name` adds to an application with OpenTelemetry's SDK. */
async function installedSize(name) {
  const there = new Set(ALREADY_THERE.flatMap((one) => [...treeOf(folderOf(one, here))]))
  const added = [...treeOf(folderOf(name, here))].filter((folder) => !there.has(folder))
  let bytes = 0
  for (const folder of added)
    bytes += isOurs(folder) ? (await pack(folder)).unpackedSize : bytesIn(folder)
  return { installedKb: bytes / 1000, packages: added.length }
}

/** The folders of a package and of all it depends on. */
function treeOf(folder, found = new Set()) {
  if (found.has(folder)) return found
  found.add(folder)
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) treeOf(folderOf(name, folder), found)
  return found
}

/** Looks where Node.js does: in the node_modules of this folder, then of those above. */
function folderOf(name, from) {
  const folder = join(from, 'node_modules', name)
  if (existsSync(folder)) return realpathSync(folder)
  if (dirname(from) === from) throw new Error(`${name} is not installed`)
  return folderOf(name, dirname(from))
}

/** Our packages are folders of the workspace, with tests and all; only what is packed would be installed. */
function isOurs(folder) {
  return !folder.includes('node_modules')
}

async function pack(folder) {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { stdout } = await promisify(execFile)('npm', args, { cwd: folder })
  return JSON.parse(stdout)[0]
}

function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .map((entry) => join(folder, entry.name))
    .reduce((sum, path) => {
      const stat = statSync(path)
      return sum + (stat.isDirectory() ? bytesIn(path) : stat.size)
    }, 0)
}
