// Runs the tests that have a long form: outages of half a minute, hundreds of kills, minutes of chaos, every bundler. The
// measurements go to docs/reliability/seed-<seed>.json and to the tables of docs/reliability.md. `--seed` repeats a run;
// all other arguments go to vitest and replace the default files.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { writeReliability } from './reliability.mjs'

const FOLDER = 'docs/reliability'
const RESULTS = 'test-results/long'
// What is in these has a long form, or uses a helper that has one; elsewhere it is a file that asks whether the run is long.
const WHOLE = ['test/delivery/', 'test/packed/', 'test/faults/', 'test/page/']

const args = process.argv.slice(2)
const at = args.indexOf('--seed')
const [, given] = at < 0 ? [] : args.splice(at, 2)
const seed = Number(at < 0 ? Date.now() % 2 ** 31 : given)
if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error('Usage: npm run test:long -- [--seed <number>] [arguments of vitest]')
  process.exit(1)
}
const isWhole = args.length === 0

const startedAt = new Date()
const [load] = loadavg()
const options = ['run', '--reporter=test/kit/reporter.ts']
const vitest = spawn(
  'node_modules/.bin/vitest',
  [...options, ...(isWhole ? withALongForm() : args)],
  {
    env: {
      ...process.env,
      SPANHOUSE_LONG: '1',
      SPANHOUSE_SEED: String(seed),
      SPANHOUSE_RESULTS: RESULTS,
    },
    stdio: 'inherit',
  },
)
process.on('SIGINT', () => {})
process.on('SIGTERM', (signal) => vitest.kill(signal))
const [code] = await once(vitest, 'close')

const figures = linesOf('figures.jsonl').map((line) => {
  const { seed: _, ...values } = JSON.parse(line)
  return values
})
const [counts = '{}'] = linesOf('summary.json', /$/)
const { passed = 0, failed = 0, skipped = 0 } = JSON.parse(counts)

const summary = {
  seed,
  passed: code === 0,
  startedAt: startedAt.toISOString(),
  seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cores: availableParallelism(),
  load: Math.round(load * 10) / 10,
  tests: { passed, failed, skipped },
  figures: figures.sort((a, b) => (a.test < b.test ? -1 : 1)),
}
const counted = figures.flatMap(({ faults }) => Object.values(faults ?? {}))
console.log(
  `seed ${seed}: ${figures.length} measurements, ${counted.reduce((sum, n) => sum + n, 0)} faults injected`,
)
// A run of some of the tests cannot be compared with others.
if (isWhole) {
  mkdirSync(FOLDER, { recursive: true })
  const file = `${FOLDER}/seed-${seed}.json`
  writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`)
  writeReliability()
  console.log(`${file} and docs/reliability.md are written.`)
}
process.exit(code ?? 1)

/** File by file: of a folder, vitest would take every path that has its name somewhere. */
function withALongForm() {
  return ['test', ...readdirSync('packages').map((name) => `packages/${name}/test`)]
    .filter((root) => existsSync(root))
    .flatMap((root) => readdirSync(root, { recursive: true }).map((name) => `${root}/${name}`))
    .filter((file) => file.endsWith('.test.ts') && hasLongForm(file))
}

function hasLongForm(file) {
  return (
    WHOLE.some((folder) => file.startsWith(folder)) ||
    /\bLONG\b|SPANHOUSE_LONG/.test(readFileSync(file, 'utf8'))
  )
}

/** No lines if the file does not exist: the run ended before it was written. */
function linesOf(name, separator = '\n') {
  const path = join(RESULTS, name)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split(separator)
    .filter((line) => line !== '')
}
