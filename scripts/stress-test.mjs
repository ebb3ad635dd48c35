// Checks that the tests pass on a busy machine: runs them several times while one busy process per core competes for the CPU.
// `npm run test:stress -- [--times 5] [arguments of vitest]`; without arguments it runs everything that `npm test` runs.
// Every run goes on to its end, even if tests fail. The results are in test-results/stress/summary.json.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'))
const FOLDER = 'test-results/stress'

const args = process.argv.slice(2)
const at = args.indexOf('--times')
const [, given = 5] = at < 0 ? [] : args.splice(at, 2)
const times = Number(given)
if (!Number.isSafeInteger(times) || times < 1) {
  console.error('Usage: npm run test:stress -- [--times <number>] [arguments of vitest]')
  process.exit(1)
}

const load = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
)
let vitest
const end = () => {
  for (const one of load) one.kill()
  vitest?.kill()
}
process.on('exit', end)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const runs = []
for (let run = 1; run <= times; run++) {
  const results = join(FOLDER, String(run))
  console.log(`\nRun ${run} of ${times}, beside ${load.length} busy processes`)
  const startedAt = performance.now()
  vitest = spawn('node_modules/.bin/vitest', ['run', '--reporter=test/kit/reporter.ts', ...args], {
    stdio: 'inherit',
    env: { ...process.env, SPANHOUSE_RESULTS: results },
  })
  const [code] = await once(vitest, 'close')
  const file = join(results, 'summary.json')
  const { passed, failed, skipped, failures } = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { failures: [{ name: 'vitest did not finish' }] }
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  const [busy] = loadavg()
  runs.push({ run, code, passed, failed, skipped, seconds, load: busy, failures })
  writeFileSync(join(FOLDER, 'summary.json'), `${JSON.stringify({ args, runs }, undefined, 2)}\n`)
}

console.log('')
for (const { run, code, passed = 0, failed = 0, seconds, failures } of runs) {
  console.log(`run ${run}: ${passed} passed, ${failed} failed, ${seconds} s, exit code ${code}`)
  for (const { name } of failures) console.log(`  ${name}`)
}
const green = runs.filter(({ code }) => code === 0).length
console.log(`${green} of ${times} runs were green: ${join(FOLDER, 'summary.json')}`)
process.exit(green === times ? 0 : 1)
