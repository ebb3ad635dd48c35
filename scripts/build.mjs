// Builds the packages into their `dist` folders.
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bundleCommand } from './bundle-command.mjs'
import { bundleLibrary, entriesOf } from './bundle-library.mjs'
import { hashOf, isStamped, manifestOf, remove } from './files.mjs'
import { bin } from './processes.mjs'

// In order of dependency: a package is built from those before it.
const PACKAGES = {
  transform: buildLibrary,
  'local-clickhouse': buildLibraryWithCommand,
  'exporter-clickhouse': buildLibrary,
  receiver: buildReceiver,
  queries: buildLibrary,
  viewer: buildViewer,
  spanhouse: buildCommand,
}

/** The names of the packages that npm gets; the others are parts of these. */
export function published() {
  return Object.keys(PACKAGES).filter((name) => !manifestOf(join('packages', name)).private)
}

/** Builds the packages whose sources, or those of a package before them, have changed. */
export async function build() {
  const scripts = readdirSync('scripts').map((file) => join('scripts', file))
  let wanted = hashOf(['pnpm-lock.yaml', 'tsconfig.base.json', ...scripts.sort()])
  for (const [name, buildPackage] of Object.entries(PACKAGES)) {
    const folder = join('packages', name)
    wanted = hashOf(inputsOf(folder), wanted)
    const stamp = `node_modules/.spanhouse-built-${name}`
    const dist = join(folder, 'dist')
    if (existsSync(dist) && isStamped(stamp, wanted)) continue
    console.log(`Building ${manifestOf(folder).name} …`)
    // Build into a separate folder and then move it into place: no file of an earlier build stays,
    // a failed build changes nothing, and running programs keep the files that they have open.
    const [fresh, old] = [`${dist}-${process.pid}`, `${dist}-${process.pid}-old`]
    process.on('exit', () => [fresh, old].map(remove))
    await buildPackage(folder, fresh)
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(fresh, dist)
    writeFileSync(stamp, wanted)
  }
}

/** What a build is made of: everything in `src`, and the files beside it except tests. */
function inputsOf(folder) {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())
  const sources = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
  return [...files, ...sources.filter((entry) => entry.isFile())]
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

async function buildLibrary(folder, to) {
  await buildTypes(folder, to)
  await bundleLibrary(folder, to)
}

/** The command of such a package starts from files as they are, not from a bundle. */
async function buildLibraryWithCommand(folder, to) {
  await buildTypes(folder, to)
  for (const [format, config] of formatsOf(folder))
    await bin('tsc', '-p', config, '--outDir', join(to, format), ...CODE_ONLY)
  // Plain files that both builds find one level above themselves, as the sources do.
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cjs')))
    copyFileSync(join(folder, file), join(to, file))
}

/** Its types name none of the exporter's internal ones, so they are written without looking at those. */
async function buildReceiver(folder, to) {
  const esm = join(folder, 'tsconfig.esm.json')
  await buildTypes(folder, to, [formatsOf(folder)[0], ['esm', esm]])
  await bundleLibrary(folder, to)
}

async function buildTypes(folder, to, formats = formatsOf(folder)) {
  for (const [format, config] of formats) {
    await bin('tsc', '-p', config, '--outDir', join(to, format), '--emitDeclarationOnly')
    pruneTypes(join(to, format), entriesOf(folder))
  }
  writeFileSync(join(to, 'cjs/package.json'), '{"type":"commonjs"}\n')
}

function formatsOf(folder) {
  return [
    ['cjs', join(folder, 'tsconfig.cjs.json')],
    ['esm', join(folder, 'tsconfig.json')],
  ]
}

async function buildViewer(folder, to) {
  const { buildPage } = await import(pathToFileURL(resolve(folder, 'build.mjs')).href)
  await buildPage(resolve(to))
}

async function buildCommand(folder, to) {
  const licences = await bundleCommand(folder, to)
  cpSync('packages/viewer/dist', join(to, 'page'), { recursive: true })
  const ofPage = join(to, 'page/THIRD-PARTY-LICENSES')
  writeFileSync(join(to, 'THIRD-PARTY-LICENSES'), `${licences}\n${readFileSync(ofPage, 'utf8')}`)
  rmSync(ofPage)
}

const CODE_ONLY = ['--declaration', 'false', '--isolatedDeclarations', 'false', '--removeComments']

/** Removes the type declarations that no entry of the package uses. */
function pruneTypes(outDir, entries) {
  const shown = new Set()
  const see = (file) => {
    if (shown.has(file)) return
    shown.add(file)
    const text = readFileSync(join(outDir, file), 'utf8')
    for (const [, path] of text.matchAll(/['"](\.\.?\/[^'"]+)\.js['"]/g))
      see(join(dirname(file), `${path}.d.ts`))
  }
  for (const entry of entries) see(`${entry}.d.ts`)
  const files = readdirSync(outDir, { recursive: true }).filter((file) => file.endsWith('.d.ts'))
  for (const file of files) if (!shown.has(file)) remove(join(outDir, file))
  for (const { name } of readdirSync(outDir, { withFileTypes: true }).filter((e) =>
    e.isDirectory(),
  ))
    if (![...shown].some((file) => dirname(file).split(sep)[0] === name)) remove(join(outDir, name))
}
