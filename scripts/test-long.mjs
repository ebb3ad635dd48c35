// The tests that have a long form, in it: outages of half a minute, hundreds of kills, minutes of chaos, every bundler. What was
// measured ends in docs/reliability/seed-<seed>.json and in the tables of docs/reliability.md. `--seed` repeats a run;
// anything else goes to vitest, in place of the projects that run otherwise.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { writeReliability } from './reliability.mjs'

const FOLDER = 'docs/reliability'
const WITH_A_LONG_FORM = ['delivery', 'packed', 'faults'].flatMap((name) => ['--project', name])

const args = process.argv.slice(2)
const at = args.indexOf('--seed')
const [, given] = at < 0 ? [] : args.splice(at, 2)
const seed = Number(at < 0 ? Date.now() % 2 ** 31 : given)
if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error('Usage: npm run test:long -- [--seed <number>] [what vitest takes]')
  process.exit(1)
}
const isWhole = args.length === 0

const startedAt = new Date()
const [load] = loadavg()
const vitest = spawn('node_modules/.bin/vitest', ['run', ...(isWhole ? WITH_A_LONG_FORM : args)], {
  env: { ...process.env, SPANHOUSE_LONG: '1', SPANHOUSE_SEED: String(seed) },
  stdio: ['inherit', 'pipe', 'inherit'],
})
process.on('SIGINT', () => {})
process.on('SIGTERM', (signal) => vitest.kill(signal))

const figures = []
const tests = { passed: 0, failed: 0, skipped: 0 }
createInterface({ input: vitest.stdout }).on('line', (line) => {
  console.log(line)
  const found = figuresIn(line)
  if (found) figures.push(found)
  const said = /^\s*Tests\s+(.*) \(\d+\)/.exec(plain(line))?.[1] ?? ''
  for (const [, count, how] of said.matchAll(/(\d+) (passed|failed|skipped)/g))
    tests[how] = Number(count)
})
const [code] = await once(vitest, 'close')

const summary = {
  seed,
  passed: code === 0,
  startedAt: startedAt.toISOString(),
  seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cores: availableParallelism(),
  load: Math.round(load * 10) / 10,
  tests,
  figures: figures.sort((a, b) => (a.test < b.test ? -1 : 1)),
}
const counted = figures.flatMap(({ faults }) => Object.values(faults ?? {}))
console.log(
  `seed ${seed}: ${figures.length} measurements, ${counted.reduce((sum, n) => sum + n, 0)} faults injected`,
)
// A part of the tests is no run to be compared with others.
if (isWhole) {
  mkdirSync(FOLDER, { recursive: true })
  const file = `${FOLDER}/seed-${seed}.json`
  writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`)
  writeReliability()
  console.log(`${file} and docs/reliability.md are written.`)
}
process.exit(code ?? 1)

/** As the fault suite says it, in JSON, or as the delivery tests do: `figure: test: name value, name value`. */
function figuresIn(line) {
  const json = /^figures: (\{.*\})$/.exec(plain(line))?.[1]
  if (json !== undefined) {
    const { seed: _, ...values } = JSON.parse(json)
    return values
  }
  const [, test, values] = /figure: (.*?): (.*)$/.exec(plain(line)) ?? []
  if (values === undefined) return undefined
  const pairs = values.split(', ').map((pair) => {
    const space = pair.lastIndexOf(' ')
    const value = pair.slice(space + 1)
    return [pair.slice(0, space), Number.isNaN(Number(value)) ? value : Number(value)]
  })
  return { test, ...Object.fromEntries(pairs) }
}

/** Without the colours of a terminal. */
function plain(line) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours begin with
  return line.replace(/\x1b\[[\d;]*m/g, '')
}
