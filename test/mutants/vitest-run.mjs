import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'

// Only a test that fails twice has failed: a busy machine alone must kill nothing.
const OPTIONS = ['--retry=1', '--reporter=json']
const AT_FIRST_FAILURE = '--bail=1'

/**
 * Runs test files of the copy. Resolves with `passed`, `failed` and the first failed test, `timed out`, or `did not start` if vitest
 * ended without a failed test, for example because a file cannot be loaded.
 */
export async function runTests(folder, tests) {
  const result = await runOnce(folder, tests, [AT_FIRST_FAILURE])
  // vitest that ends at the first failure sometimes reports none, although its exit code is 1.
  return result.status === 'unclear' ? runOnce(folder, tests, []) : result
}

async function runOnce(folder, { projects, files, deadlineMs }, more) {
  const report = join(folder, '..', 'report.json')
  const temporary = join(folder, '..', 'tmp')
  rmSync(report, { force: true })
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary)
  const args = [
    join(folder, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...projects.flatMap((project) => ['--project', project]),
    ...files,
    ...OPTIONS,
    ...more,
    `--testTimeout=${projects.includes('faults') ? 60_000 : 10_000}`,
    `--outputFile=${report}`,
  ]
  // A separate process group, so that `end` also ends everything that the tests have started.
  const vitest = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SPANHOUSE_SEED: '1', TMPDIR: temporary, NO_COLOR: '1' },
  })
  running.add(vitest)
  let said = ''
  for (const stream of [vitest.stdout, vitest.stderr])
    stream.on('data', (text) => {
      said = (said + text).slice(-4000)
    })
  let isLate = false
  const deadline = setTimeout(() => {
    isLate = true
    end(vitest)
  }, deadlineMs)
  const [code] = await once(vitest, 'exit')
  clearTimeout(deadline)
  end(vitest)
  running.delete(vitest)
  if (isLate) return { status: 'timed out' }
  return existsSync(report)
    ? read(JSON.parse(readFileSync(report, 'utf8')), code, folder)
    : { status: 'did not start', why: said }
}

const running = new Set()

/** Ends the runs under way. */
export function endTests() {
  for (const vitest of running) end(vitest)
}

function end({ pid }) {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function read({ testResults, numPassedTests }, code, folder) {
  for (const { name, assertionResults } of testResults) {
    const failed = assertionResults.find(({ status }) => status === 'failed')
    if (failed)
      return { status: 'failed', test: `${relative(folder, name)}: ${failed.fullName.trim()}` }
  }
  if (code === 0 && numPassedTests > 0) return { status: 'passed' }
  const why = testResults.map(({ message }) => message).find(Boolean)
  if (why === undefined)
    return { status: 'unclear', why: `vitest ended with ${code}, and no test failed` }
  return { status: 'did not start', why }
}
