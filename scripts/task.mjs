// One door for every task, so that a fresh clone needs nothing but Node and npm:
// it installs (through a pinned pnpm), builds what changed, then runs the task.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const packages = ['transform', 'local-clickhouse', 'exporter-clickhouse'] // in order of dependency
process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'))

const tasks = {
  build,
  fix: () => bin('biome', 'check', '--write', '.'),
  check: async () => {
    await checkSources()
    await vitest('--project', 'unit*')
  },
  test: async (...args) => {
    await checkSources()
    await vitest(...args)
  },
  'test:long': (...args) => builtAndRun('scripts/test-long.mjs', ...args),
  'test:stress': (...args) => builtAndRun('scripts/stress-test.mjs', ...args),
  mutants: (...args) => builtAndRun('test/mutants/run.mjs', ...args),
  demo: (...args) => builtAndRun('examples/shop/demo.mjs', ...args),
  bench: (...args) => builtAndRun('bench/run.mjs', ...args),
  'bench:check': (...args) => builtAndRun('bench/check.mjs', ...args),
  pack: async (folder) => {
    await build()
    await pnpm([
      '-r',
      '--filter=./packages/*',
      'pack',
      '--silent',
      `--out=${join(folder, '%s.tgz')}`,
    ])
  },
  changeset: (...args) => bin('changeset', ...args),
  version: () => bin('changeset', 'version'),
  release: async () => {
    await build()
    await pnpm(['exec', 'changeset', 'publish'])
  },
}

async function checkSources() {
  const address = /.*https?:.*/.exec(readFileSync('pnpm-lock.yaml', 'utf8'))
  if (address) fail(`pnpm-lock.yaml must hold no address of a registry:\n${address[0]}`)
  await bin('biome', 'check', '.')
  await build()
  await bin('tsc', '--noEmit', '-p', 'tsconfig.tests.json')
}

async function builtAndRun(file, ...args) {
  await build()
  await run(process.execPath, [file, ...args])
}

async function install() {
  const groups = ['packages', 'examples', 'test']
  const members = groups.flatMap((group) => readdirSync(group).map((name) => join(group, name)))
  const manifests = ['.', 'bench', ...members].map((folder) => join(folder, 'package.json'))
  const inputs = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...manifests.filter((f) => existsSync(f)),
  ]
  const wanted = hashOf(inputs, `${process.platform} ${process.arch}`)
  const stamp = 'node_modules/.spanhouse-installed'
  if (isStamped(stamp, wanted)) return
  console.log(`Installing with ${PNPM} (once; 180 MB of ClickHouse come with it) …`)
  await pnpm(
    ['install', '--frozen-lockfile'],
    'Not installed, for the reason above. If it was the network: the same again goes on from there.',
  )
  writeFileSync(stamp, wanted)
}

/** Builds the packages whose sources, or those of a package before them, have changed. */
async function build() {
  let wanted = hashOf(['pnpm-lock.yaml', 'tsconfig.base.json', 'scripts/task.mjs'])
  for (const name of packages) {
    const folder = join('packages', name)
    const configs = ['tsconfig.json', 'tsconfig.cjs.json'].map((file) => join(folder, file))
    const sources = readdirSync(join(folder, 'src'), { recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, 'src', file))
    // Plain files that both builds find one level above themselves, as the sources do.
    const shared = readdirSync(folder).filter((file) => file.endsWith('.cjs'))
    const inputs = [...configs, ...sources.sort(), ...shared.map((file) => join(folder, file))]
    wanted = hashOf(inputs, wanted)
    const stamp = `node_modules/.spanhouse-built-${name}`
    const dist = join(folder, 'dist')
    if (existsSync(dist) && isStamped(stamp, wanted)) continue
    console.log(`Building @spanhouse/${name} …`)
    // Apart, and then in its place: no file of an earlier build stays, a build that fails changes
    // nothing, and what is running keeps what it has open.
    const [fresh, old] = [`${dist}-${process.pid}`, `${dist}-${process.pid}-old`]
    process.on('exit', () => [fresh, old].map(remove))
    const isCommand = existsSync(join(folder, 'src/cli.ts'))
    for (const [format, config] of Object.entries({ cjs: configs[1], esm: configs[0] })) {
      const to = ['-p', config, '--outDir', join(fresh, format)]
      await bin('tsc', ...to, '--emitDeclarationOnly')
      pruneTypes(join(fresh, format))
      if (isCommand) await bin('tsc', ...to, ...CODE_ONLY)
    }
    writeFileSync(join(fresh, 'cjs/package.json'), '{"type":"commonjs"}\n')
    if (!isCommand) await bundle(folder, fresh)
    for (const file of shared) copyFileSync(join(folder, file), join(fresh, file))
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(fresh, dist)
    writeFileSync(stamp, wanted)
  }
}

const CODE_ONLY = ['--declaration', 'false', '--isolatedDeclarations', 'false', '--removeComments']

/**
 * All code of a package in one file, because sixty take longer to load, with what it uses of its development dependencies; and
 * one for both module systems, so that a process that uses both has one copy. ESM finds the names in a small file: Node.js reads
 * those of CommonJS character by character.
 */
async function bundle(folder, to) {
  const { rolldown } = await import('rolldown')
  const { dependencies, peerDependencies } = manifestOf(folder)
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  const bundled = new Set()
  const build = await rolldown({
    input: join(folder, 'src/index.ts'),
    platform: 'node',
    external: (id) => id.startsWith('node:') || installed.includes(id),
    experimental: { attachDebugInfo: 'none' }, // no comments that name the files
    plugins: [{ name: 'bundled', moduleParsed: ({ id }) => void bundled.add(packageOf(id)) }],
  })
  const file = resolve(to, 'cjs/index.js')
  await build.write({ file, format: 'cjs', comments: false })
  await build.close()
  const names = Object.keys(createRequire(file)(file)).sort()
  const lines = names.map((name) => `exports.${name} = all.${name}\n`)
  writeFileSync(join(to, 'cjs/names.js'), `const all = require('./index.js')\n${lines.join('')}`)
  mkdirSync(join(to, 'esm'), { recursive: true })
  writeFileSync(
    join(to, 'esm/index.js'),
    `export {\n${names.map((name) => `  ${name},\n`).join('')}} from '../cjs/names.js'\n`,
  )
  const licenses = [...bundled].filter(Boolean).sort().map(licenseOf)
  if (licenses.length > 0) writeFileSync(join(to, 'THIRD-PARTY-LICENSES'), licenses.join('\n'))
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The folder of the installed package that a file is of; undefined for our own. */
function packageOf(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]
}

function licenseOf(folder) {
  const { name, version } = manifestOf(folder)
  return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8')}`
}

/** Leaves the types that the package shows. */
function pruneTypes(outDir) {
  const shown = new Set()
  const see = (file) => {
    if (shown.has(file)) return
    shown.add(file)
    const text = readFileSync(join(outDir, file), 'utf8')
    for (const [, name] of text.matchAll(/'\.\/([\w-]+)\.js'/g)) see(`${name}.d.ts`)
  }
  see('index.d.ts')
  for (const file of readdirSync(outDir))
    if (file.endsWith('.d.ts') && !shown.has(file)) remove(join(outDir, file))
}

function hashOf(files, seed = '') {
  const hash = createHash('sha256').update(seed)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true })
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

function vitest(...args) {
  return bin('vitest', 'run', '--reporter=test/kit/reporter.ts', ...args)
}

function bin(name, ...args) {
  return run(join('node_modules/.bin', name), args)
}

function pnpm(args, otherwise) {
  return run('npx', ['--yes', '-p', PNPM, 'pnpm', ...args], otherwise)
}

/** Ends this process as the command ended, unless that was well. */
async function run(command, args, otherwise = '') {
  // Whatever is started finds the node that runs this, not another one.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
  running = spawn(command, args, { stdio: 'inherit', env })
  const [code, signal] = await once(running, 'exit').catch((error) => fail(error.message))
  if (code === 0) return
  if (otherwise) console.error(otherwise)
  process.exit(code ?? 128 + constants.signals[signal])
}

function fail(why) {
  console.error(why)
  process.exit(1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
const isSupported = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
if (!isSupported)
  fail(
    `spanhouse needs Node 20 from 20.19, or 22 from 22.12, or a later one; this is ${process.version}.`,
  )

const [name, ...args] = process.argv.slice(2)
if (!Object.hasOwn(tasks, name))
  fail(`Usage: node scripts/task.mjs ${Object.keys(tasks).join('|')}`)

// A terminal sends Ctrl-C to all that runs in it: the command ends in its own way, and then we do.
let running
process.on('SIGINT', () => {})
process.on('SIGTERM', (signal) => running?.kill(signal))
await install()
await tasks[name](...args)
