import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { LONG } from '../kit/patience.js'

const demo = fileURLToPath(new URL('../../examples/shop/demo.mjs', import.meta.url))

// A demo is eight processes; on a machine that is busy with others it takes its time.

const SIGNALS = ['spans', 'log records', 'data points']

// Whatever a run leaves behind, files or servers, has this path in it.
let temporary: string
const started: ChildProcess[] = []
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'))
})
afterEach(() => {
  // A test that fails leaves its demo running.
  for (const { pid, exitCode, signalCode } of started.splice(0))
    if (exitCode === null && signalCode === null) process.kill(-Number(pid), 'SIGKILL')
  rmSync(temporary, { recursive: true, force: true })
})

test('both servers hold everything exactly once, though one is killed half way; with --keep they stay up until the interruption', async () => {
  const { ended, said, pressCtrlC, group } = run(['--seconds', '3', '--keep'], { COLUMNS: '80' })
  const [, page] = await said(/\n {2}local\n {2}(http:\S+\/play#\S+)\n[\s\S]*ORDER BY .*\n/)
  expect(await (await fetch(String(page))).text()).toContain('ClickHouse')
  const { origin, hash } = new URL(String(page))
  for (const query of [
    Buffer.from(hash.slice(1), 'base64').toString(),
    (await said(/SELECT service_name[\s\S]+ DESC(?=\n)/))[0],
  ]) {
    const answer = await fetch(origin, { method: 'POST', body: query })
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('POST /checkout')
  }
  pressCtrlC()
  const { exitCode, stdout, stderr } = await ended
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expectTheWholeStory(stdout)
  await nothingIsLeft(group)
})

// What is special about this end is what is said at it, which the next test looks at.
test.runIf(LONG)('without --keep the servers end with the demo', async () => {
  const { ended, group } = run(['--seconds', '3'], { COLUMNS: '80' })
  const { exitCode, stdout, stderr } = await ended
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expectTheWholeStory(stdout)
  expect(stdout).toMatch(/\n {2}npm run demo -- --keep\n/)
  await nothingIsLeft(group)
})

test('in the end it says what to try next', () => {
  const narration = new URL('../../examples/shop/narration.mjs', import.meta.url).href
  const code = `import { sayWhatNext } from ${JSON.stringify(narration)}; sayWhatNext()`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, COLUMNS: '80' },
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(linesOver(80, stdout)).toEqual([])
  expect(stdout).toMatch(/\n {2}npm run demo -- --keep\n/)
  expect(stdout).toContain('examples/shop/telemetry.mjs')
})

test('one ClickHouse of the user’s own is used and left alone', async () => {
  await using server = await startClickHouse({ users: [{ name: 'ann', password: 's3cret' }] })
  const user = ['--endpoint', server.url, '--user', 'ann']
  const env = { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 's3cret', COLUMNS: '60' }
  const { exitCode, stdout, stderr } = await run(['--seconds', '1', ...user], env).ended
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  expect(stdout).not.toContain('s3cret')
  expect(linesOver(60, stdout)).toEqual([])
  expect(stdout).toMatch(/\n {2}trace_id [0-9a-f]{32}\n/)
  expect(stdout).toContain(`\n  ${server.url}/play\n`) // with the query in it, it would not fit

  const figures = figuresOf('clickhouse', stdout)
  const runId = /demo\.run_id'\] = '(\w+)'/.exec(stdout)?.[1]
  const ofThisRun = `WHERE resource_attributes['demo.run_id'] = '${runId}'`
  for (const [signal, table] of [
    ['spans', 'traces'],
    ['log records', 'logs'],
    ['data points', 'metrics'],
  ] as const) {
    const stored = await server.query(`SELECT count() FROM telemetry.${table} ${ofThisRun}`)
    expect(figures[signal]).toMatchObject({ made: Number(stored), lost: 0, duplicated: 0 })
  }

  const wrong = await run(user, { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'guess' }).ended
  expect(wrong.exitCode).toBe(1)
  expect(wrong.stderr).toBe(`\n${server.url} refuses this user and password.\n`)
})

test('an endpoint where nothing answers: one sentence and exit code 1', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const { exitCode, stderr } = await run(['--endpoint', url]).ended
  expect(exitCode).toBe(1)
  expect(stderr).toBe(`\n${url} cannot be reached (ECONNREFUSED).\n`)
})

test('an option it does not know: the usage, and exit code 2', async () => {
  const { exitCode, stderr } = await run(['--fast']).ended
  expect(exitCode).toBe(2)
  expect(stderr).toContain("Unknown option '--fast'")
  expect(stderr).toContain('--endpoint URL')
})

test.each([60, 45])('the usage fits into %i columns', async (columns) => {
  const { exitCode, stdout } = await run(['--help'], { COLUMNS: String(columns) }).ended
  expect(exitCode).toBe(0)
  expect(linesOver(columns, stdout).map((line) => line.trim())).toEqual(
    columns < 60
      ? [expect.stringMatching(/^\S+USERNAME$/), expect.stringMatching(/^\S+PASSWORD$/)]
      : [],
  )
})

test('an interruption leaves nothing behind', async () => {
  const { ended, said, pressCtrlC, group } = run([])
  await said(/load starts/)
  pressCtrlC()
  expect(await ended).toMatchObject({ exitCode: 130, stderr: '\nStopped.\n' })
  await nothingIsLeft(group)
})

function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [demo, ...args], {
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  started.push(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<{ exitCode: number | null; stdout: string; stderr: string }>(
    (resolve) => {
      child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
    },
  )
  const said = (pattern: RegExp) =>
    vi.waitFor(
      () => {
        const match = pattern.exec(stdout)
        if (!match) throw new Error(`not said: ${pattern}\n${stdout}\n${stderr}`)
        return match
      },
      { timeout: 120_000 },
    )
  // A terminal tells every process in its foreground, the services too.
  const pressCtrlC = () => process.kill(-Number(child.pid), 'SIGINT')
  return { ended, said, pressCtrlC, group: child.pid }
}

/** Central is killed half way, and the report shows that nothing is lost and nothing doubled. */
function expectTheWholeStory(stdout: string) {
  expect(stdout).toMatch(/central is killed[\s\S]*central is back/)
  const { requests, seconds, pace } = claimOf(stdout)
  expect(seconds).toBeGreaterThanOrEqual(3)
  expect(pace).toBe(Math.round(requests / seconds))
  const waits = waitsOf(stdout)
  expect(Object.keys(waits)).toEqual(['up', 'down', 'starting', 'up again'])
  expect(Object.values(waits).reduce((a, b) => a + b)).toBe(requests)
  for (const state of ['up', 'down', 'up again']) expect(waits[state]).toBeGreaterThan(0)

  const local = figuresOf('local', stdout)
  expect(Object.keys(local)).toEqual(SIGNALS)
  expect(local['spans']?.made).toBeGreaterThan(2 * requests)
  for (const { made, ...others } of Object.values(local)) {
    expect(made).toBeGreaterThan(0)
    expect(others).toEqual({ rows: made, lost: 0, duplicated: 0 })
  }
  expect(figuresOf('central', stdout)).toEqual(local)

  expect(stdout).toMatch(/storefront +POST \/checkout( +[\d.,]+ ms){2}( +[\d,]+){2}\n/)
  const waterfall = stdout.slice(stdout.indexOf('One trace'))
  expect(waterfall).toMatch(/\nIts log lines\n\n {2}(· \w+ \w+: |none\n)/)
  expect(waterfall).toMatch(/storefront {2}POST \/checkout +█+/)
  expect(waterfall).toMatch(/payment +[│ ]+└ POST \/charges +█+/)
  expect(stdout).not.toContain('\x1b')
  expect(linesOver(80, stdout)).toEqual([])
  expect(stdout).toMatch(/\n {2}trace_id [0-9a-f]{32}\n/)
}

/** The rows of a server in the table of what each holds, by signal. */
function figuresOf(server: string, report: string) {
  const lines = report.matchAll(
    new RegExp(`^ +${server} +(${SIGNALS.join('|')})((?: +[\\d,]+){4})$`, 'gm'),
  )
  return Object.fromEntries(
    [...lines].map(([, signal = '', figures = '']) => {
      const numbers = figures.trim().split(/ +/)
      const [made, rows, lost, duplicated] = numbers.map((text) => Number(text.replaceAll(',', '')))
      return [signal, { made, rows, lost, duplicated }]
    }),
  )
}

/** What the line says that ends the load. */
function claimOf(report: string) {
  const line = /load ends: ([\d,]+) requests in ([\d.]+) s, (\d+) a\s+second/.exec(report) ?? []
  const [requests = 0, seconds = 0, pace = 0] = line
    .slice(1)
    .map((text) => Number(text.replaceAll(',', '')))
  return { requests, seconds, pace }
}

/** The requests by the state of central, from the lines that say how long they took. */
function waitsOf(report: string): Record<string, number> {
  const lines = report.matchAll(
    /^ {2}(up|down|starting|up again) +([\d,]+)( +([\d.,]+ ms|–)){2}$/gm,
  )
  return Object.fromEntries(
    [...lines].map(([, state, requests]) => [state, Number(requests?.replaceAll(',', ''))]),
  )
}

function linesOver(columns: number, text: string): string[] {
  return text.split('\n').filter((line) => line.length > columns)
}

async function nothingIsLeft(group: number | undefined) {
  await vi.waitFor(
    () => {
      expect(readdirSync(temporary)).toEqual([])
      const { stdout } = spawnSync('ps', ['-eo', 'pgid,args'], { encoding: 'utf8' })
      const ours = (line: string) => Number.parseInt(line, 10) === group || line.includes(temporary)
      expect(stdout.split('\n').filter(ours)).toEqual([])
    },
    { timeout: 100_000 },
  )
}
