// Breaks a copy of the product on purpose, one believable mistake at a time, and runs the tests on it: they must notice each.
// `--quick` runs only the tests that the list names for each. `--again` breaks only what the stored results do not call killed: all
// breakages together take an hour, which is long after one test has been mended. With `--write` what it finds is added to the results.
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { BREAKAGES } from './breakages.mjs'
import { copyOf } from './copy.mjs'
import { breakText, judgeIn } from './judge.mjs'
import { countKilled, leftOver, storeAgain, storeAll } from './results.mjs'
import { endTests } from './vitest-run.mjs'

const USAGE =
  'Usage: npm run mutants -- [--only <part of a name or file> | --again] [--quick] [--write]'

const root = process.cwd()
const { only, quick, again, write } = optionsOf(process.argv.slice(2))
if (only && (write || again))
  fail('--write and --again are about all breakages: they cannot be combined with --only.')
if (write && quick)
  fail('--write stores the results of all tests: it cannot be combined with --quick.')
const picked = pick()
try {
  for (const one of BREAKAGES) breakText(readFileSync(join(root, one.file), 'utf8'), one)
} catch (error) {
  fail(`The list of breakages is out of date. ${error.message}`)
}

const home = realpathSync(mkdtempSync(join(tmpdir(), 'spanhouse-mutants-')))
process.on('exit', () => {
  endTests()
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => process.exit(128 + constants.signals[signal]))

const startedAt = new Date()
const results = []
try {
  console.log('Unbroken …')
  const judges = Array.from({ length: availableParallelism() }, (_, n) =>
    judgeIn(copyOf(root, join(home, String(n), 'copy')), { quick }),
  )
  await judges[0].check(picked)
  const left = [...picked.entries()]
  await Promise.all(judges.map((judge) => judgeAll(judge, left)))
} catch (error) {
  fail(error.message)
}

/** Takes one breakage after another from those that are left. The results are in the order of the list. */
async function judgeAll(judge, left) {
  for (let next = left.shift(); next; next = left.shift()) {
    const [index, breakage] = next
    const began = Date.now()
    const found = await judge.verdictOn(breakage)
    const seconds = secondsSince(began)
    results[index] = { name: breakage.name, file: breakage.file, ...found, seconds }
    console.log(
      `${found.verdict.padEnd(13)} ${String(seconds).padStart(5)} s  ${breakage.name}${found.by ? `  ← ${found.by}` : ''}`,
    )
    if (found.why) console.log(indented(found.why))
  }
}

const killed = countKilled(results)
const seconds = secondsSince(startedAt.getTime())
console.log(`${killed} of ${results.length} breakages killed, in ${seconds} s.`)
if (write) (again ? storeAgain : storeAll)(results, { startedAt, seconds })
process.exit(killed === results.length ? 0 : 1)

function optionsOf(args) {
  try {
    const only = { type: 'string', default: '' }
    const yes = { type: 'boolean' }
    const options = { only, quick: yes, again: yes, write: yes }
    return parseArgs({ args, options }).values
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`)
  }
}

function pick() {
  if (!again) {
    const found = BREAKAGES.filter(({ name, file }) => `${name} ${file}`.includes(only))
    return found.length > 0 ? found : fail(`No name or file of a breakage contains "${only}".`)
  }
  try {
    const left = leftOver()
    return left.length > 0 ? left : fail('The stored results call all breakages killed.')
  } catch (error) {
    return fail(error.message)
  }
}

function secondsSince(ms) {
  return Math.round((Date.now() - ms) / 100) / 10
}

function indented(text) {
  return text.slice(0, 1000).replace(/^/gm, '    ')
}

function fail(why) {
  console.error(why)
  process.exit(1)
}
