// The tests at their full length: outages of half a minute, thousands of kills, minutes of chaos. What was measured
// ends in docs/reliability/seed-<seed>.json. `--seed` repeats a run; anything else goes to vitest.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'

const FOLDER = 'docs/reliability'

const args = process.argv.slice(2)
const at = args.indexOf('--seed')
const [, given] = at < 0 ? [] : args.splice(at, 2)
const seed = Number(given ?? Date.now() % 2 ** 31)
if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error('Usage: npm run test:long -- [--seed <number>] [what vitest takes]')
  process.exit(1)
}

const startedAt = new Date()
const vitest = spawn('node_modules/.bin/vitest', ['run', ...args], {
  env: { ...process.env, SPANHOUSE_LONG: '1', SPANHOUSE_SEED: String(seed) },
  stdio: ['inherit', 'pipe', 'inherit'],
})
process.on('SIGINT', () => {})
process.on('SIGTERM', (signal) => vitest.kill(signal))

const figures = []
createInterface({ input: vitest.stdout }).on('line', (line) => {
  console.log(line)
  const found = figuresIn(line)
  if (found) figures.push(found)
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
  figures: figures.sort((a, b) => (a.test < b.test ? -1 : 1)),
}
mkdirSync(FOLDER, { recursive: true })
const file = `${FOLDER}/seed-${seed}.json`
writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`)
console.log(`${file}: ${figures.length} measurements, seed ${seed}`)
process.exit(code ?? 1)

/** As the fault suite says it, in JSON, or as the delivery tests do: `figure: test: name value, name value`. */
function figuresIn(line) {
  const json = /^figures: (\{.*\})$/.exec(line)?.[1]
  if (json !== undefined) {
    const { seed: _, ...values } = JSON.parse(json)
    return values
  }
  const [, test, values] = /figure: (.*?): (.*)$/.exec(line) ?? []
  if (values === undefined) return undefined
  const pairs = values.split(', ').map((pair) => {
    const space = pair.lastIndexOf(' ')
    const value = pair.slice(space + 1)
    return [pair.slice(0, space), Number.isNaN(Number(value)) ? value : Number(value)]
  })
  return { test, ...Object.fromEntries(pairs) }
}
