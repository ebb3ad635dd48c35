// The entry point of every task. A fresh clone needs nothing but Node and npm:
// this installs (through a pinned pnpm), builds what changed, then runs the task.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, published } from './build.mjs'
import { hashOf, isStamped } from './files.mjs'
import {
  bin,
  ended,
  exitAs,
  fail,
  PNPM,
  pnpm,
  pnpmCommand,
  run,
  wasInterrupted,
} from './processes.mjs'

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'))

// Unit tests that start processes and wait for their ends take a third of the time. `npm test` runs them too.
const WITHOUT_PROCESSES = ['lifetime/*', 'spool-processes', 'process-end', 'backends-at-end'].map(
  (name) => `--exclude=packages/exporter-clickhouse/test/**/${name}.test.ts`,
)

const tasks = {
  build,
  fix: () => bin('biome', 'check', '--write', '.'),
  check: async () => {
    await checkSources()
    await vitest('--project', 'unit*', ...WITHOUT_PROCESSES)
  },
  test: async (...args) => {
    await checkSources()
    await vitest(...args)
  },
  'test:long': (...args) => builtAndRun('scripts/test-long.mjs', ...args),
  'test:stress': (...args) => builtAndRun('scripts/stress-test.mjs', ...args),
  mutants: (...args) => builtAndRun('test/mutants/run.mjs', ...args),
  demo: (...args) => builtAndRun('examples/shop/demo.mjs', ...args),
  example: (...args) => builtAndRun('scripts/example.mjs', ...args),
  screenshots: () => builtAndRun('scripts/screenshots.mjs'),
  bench: (...args) => builtAndRun('bench/run.mjs', ...args),
  'bench:check': (...args) => builtAndRun('bench/check.mjs', ...args),
  'bench:scaling': (...args) => builtAndRun('bench/scaling/run.mjs', ...args),
  pack: async (folder) => {
    await build()
    await pnpm([
      '-r',
      ...published().map((name) => `--filter=./packages/${name}`),
      'pack',
      '--silent',
      `--out=${join(folder, '%s.tgz')}`,
    ])
  },
  changeset: (...args) => bin('changeset', ...args),
  version: () => bin('changeset', 'version'),
  release: async () => {
    refusePlaceholders()
    await build()
    await pnpm(['exec', 'changeset', 'publish'])
  },
}

/** The owner in the links to the repository must be filled in before anything is published (CONTRIBUTING.md). */
function refusePlaceholders() {
  const files = published().flatMap((name) =>
    ['package.json', 'README.md'].map((file) => join('packages', name, file)),
  )
  const open = files.filter((file) => readFileSync(file, 'utf8').includes('github.com/OWNER/'))
  if (open.length > 0)
    fail(`Replace OWNER by the owner of the repository first, in ${open.join(', ')}.`)
}

async function checkSources() {
  const address = /.*https?:.*/.exec(readFileSync('pnpm-lock.yaml', 'utf8'))
  if (address) fail(`pnpm-lock.yaml must hold no address of a registry:\n${address[0]}`)
  await bin('biome', 'check', '.')
  await build()
  for (const project of [
    'tsconfig.tests.json',
    'packages/spanhouse',
    'packages/receiver',
    'packages/viewer',
  ])
    await bin('tsc', '--noEmit', '-p', project)
}

async function builtAndRun(file, ...args) {
  await build()
  await run(process.execPath, [file, ...args])
}

async function install() {
  const groups = ['packages', 'examples', 'examples/tracer-provider', 'test']
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
  console.log(`Installing with ${PNPM} (once; downloads about 200 MB, mostly ClickHouse) …`)
  // Its output is shown only if it fails: some warnings, such as those about SDK 3 on Node 20, are expected.
  // A question would not be seen either, so it must not ask any.
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false']
  const stopClock = showSeconds()
  const { output, ...ending } = await ended(...pnpmCommand(args), ['ignore', 'pipe', 'pipe'])
  stopClock()
  if (ending.code === 0) return writeFileSync(stamp, wanted)
  if (!wasInterrupted()) {
    process.stderr.write(output)
    console.error(
      'The installation failed for the reason above. If it was the network, run the same command again: it continues from there.',
    )
  }
  exitAs(ending)
}

/** Shows on a terminal that a slow download does not hang. */
function showSeconds() {
  if (!process.stdout.isTTY) return () => {}
  const start = Date.now()
  const clock = setInterval(() => {
    process.stdout.write(`\r${Math.round((Date.now() - start) / 1000)} s`)
  }, 1000)
  return () => {
    clearInterval(clock)
    process.stdout.write('\r\x1b[2K')
  }
}

function vitest(...args) {
  return bin('vitest', 'run', '--reporter=test/kit/reporter.ts', ...args)
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

await install()
await tasks[name](...args)
