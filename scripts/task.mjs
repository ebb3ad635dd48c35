// One door for every task, so that a fresh clone needs nothing but Node and npm:
// it installs (through a pinned pnpm), builds what changed, then runs the task.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const packages = ['transform', 'local-clickhouse', 'exporter-clickhouse'] // in order of dependency

const tasks = {
  build: () => {},
  fix: () => bin('biome', 'check', '--write', '.'),
  check: () => {
    bin('biome', 'check', '.')
    typecheck()
    bin('vitest', 'run', '--project', 'unit*')
  },
  test: () => {
    bin('biome', 'check', '.')
    typecheck()
    bin('vitest', 'run')
  },
  demo: (...args) => run(process.execPath, [join(root, 'examples/shop/demo.mjs'), ...args]),
}

function typecheck() {
  bin('tsc', '--noEmit', '-p', 'tsconfig.tests.json')
}

function install() {
  const manifests = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifestsBelow(root)]
  const stamp = join(root, 'node_modules/.spanhouse-installed')
  const wanted = hashOf(manifests)
  if (isStamped(stamp, wanted)) return
  console.log(`Installing dependencies with ${PNPM} (once; 180 MB of ClickHouse among them) …`)
  run('npx', ['--yes', '-p', PNPM, 'pnpm', 'install', '--frozen-lockfile', '--reporter=append-only'], {
    quiet: true,
  })
  writeFileSync(stamp, wanted)
}

function build() {
  let upstream = ''
  for (const name of packages) {
    const folder = join('packages', name)
    const sources = readdirSync(join(root, folder, 'src'))
      .sort()
      .map((file) => join(folder, 'src', file))
    const wanted = hashOf(
      [...sources, 'tsconfig.base.json', ...['tsconfig.json', 'tsconfig.cjs.json', 'package.json'].map((f) => join(folder, f))],
      upstream,
    )
    upstream = wanted
    const stamp = join(root, folder, 'dist/.built')
    if (isStamped(stamp, wanted)) continue
    console.log(`Building @spanhouse/${name} …`)
    bin('tsc', '-p', join(folder, 'tsconfig.json'))
    bin('tsc', '-p', join(folder, 'tsconfig.cjs.json'))
    mkdirSync(join(root, folder, 'dist/cjs'), { recursive: true })
    writeFileSync(join(root, folder, 'dist/cjs/package.json'), '{"type":"commonjs"}\n')
    writeFileSync(stamp, wanted)
  }
}

function manifestsBelow(folder) {
  return ['', ...['packages', 'examples', 'test'].flatMap((d) => readdirSync(join(folder, d)).map((e) => join(d, e)))]
    .map((d) => join(d, 'package.json'))
    .filter((f) => existsSync(join(folder, f)))
}

function hashOf(files, seed = '') {
  const hash = createHash('sha256').update(seed)
  for (const file of files) hash.update(file).update('\0').update(readFileSync(join(root, file))).update('\0')
  return hash.digest('hex')
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

function bin(name, ...args) {
  run(join(root, 'node_modules/.bin', name), args)
}

function run(command, args, { quiet = false } = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio: quiet ? 'pipe' : 'inherit',
    encoding: 'utf8',
  })
  if (status === 0) return
  if (quiet) process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
  if (error) console.error(`${command}: ${error.message}`)
  process.exit(status ?? 1)
}

const [name, ...args] = process.argv.slice(2)
const task = tasks[name]
if (!task) {
  console.error(`Usage: node scripts/task.mjs ${Object.keys(tasks).join('|')}`)
  process.exit(2)
}
install()
build()
task(...args)
