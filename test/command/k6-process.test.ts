// `spanhouse k6 -- k6 run …` as a process of its own, with a program that behaves as k6 does (test/kit/fake-k6.mjs).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fakeK6 } from '../kit/fake-k6.js'
import { pointsOf, verdictsOf } from '../kit/k6-run.mjs'
import { eventually, LONG, until } from '../kit/patience.js'
import { rawServer } from '../kit/raw-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { installedCommand } from './installed.js'
import { isAlive, project, spanhouse } from './processes.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
  installedCommand()
})
afterAll(() => server?.stop())

let runs = 0

interface Started {
  readonly how?: Readonly<Record<string, unknown>>
  readonly args?: readonly string[]
  readonly words?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly url?: string
}

function startK6({ how = {}, args = [], words = [], env = {}, url = server.url }: Started = {}) {
  const runId = `process-${runs++}`
  const cwd = project({ 'script.js': 'export default function () {}' })
  const says = join(cwd, 'says.json')
  const temporary = temporaryDirectory()
  const running = spanhouse(
    ['k6', '--endpoint', url, '--run-id', runId, ...args, '--', 'k6', 'run', ...words, 'script.js'],
    { cwd, env: { ...fakeK6(how).env, FAKE_K6_SAYS: says, TMPDIR: temporary, ...env } },
  )
  return {
    ...{ runId, cwd, running, temporary },
    said: () => JSON.parse(readFileSync(says, 'utf8')) as { words: string[]; pid: number },
    isStarted: () => existsSync(says),
  }
}

async function count(runId: string, more = ''): Promise<number> {
  return Number(
    await server.query(
      `SELECT count() FROM telemetry.k6_samples WHERE run_id = '${runId}' ${more}`,
    ),
  )
}

const verdicts = (runId: string) =>
  server.query(
    `SELECT groupUniqArray(verdict_by), countIf(last_failed), count() FROM telemetry.k6_thresholds WHERE run_id = '${runId}' FORMAT TSV`,
  )

test('keeps the output and the exit code of k6, and takes its verdicts', async () => {
  const { runId, running, said, temporary } = startK6({ how: { iterations: 30 } })
  expect(await running.ended).toEqual([99, null])
  const points = [...pointsOf({ iterations: 30 })]
  const wanted = verdictsOf(points)
  const failed = wanted.filter(({ isKept }) => !isKept).length
  // The output is that of k6 alone.
  expect(running.out).toMatch(
    /^\n +\/\\ +Grafana[\s\S]*script: script\.js[\s\S]*█ TOTAL RESULTS\n$/,
  )
  expect(running.out).not.toContain(runId)
  expect(running.err).toContain(`k6 run ${runId}: read ${points.length} samples.`)
  expect(await count(runId)).toBe(points.length)
  expect(await verdicts(runId)).toBe(`['k6']\t${failed}\t${wanted.length}\n`)
  const { words } = said()
  expect(words.slice(0, 3)).toEqual(['--out', expect.stringMatching(/^json=/), '--summary-export'])
  expect(words.at(-1)).toBe('script.js')
  expect(readdirSync(temporary)).toEqual([])
})

const VERDICTS: [string[], string][] = [
  [['--no-summary'], `['spanhouse']`],
  [['--summary-export', 'mine.json'], `['k6']`],
]
const ALSO: [string[], string] = [['--new-machine-readable-summary'], `['spanhouse']`]
test.each(LONG ? [...VERDICTS, ALSO] : VERDICTS)('%j: verdicts are by %s', async (words, by) => {
  const { runId, cwd, running } = startK6({ how: { iterations: 5 }, words })
  expect(await running.ended).toEqual([99, null])
  expect(await verdicts(runId)).toMatch(by)
  expect(existsSync(join(cwd, 'mine.json'))).toBe(words.includes('mine.json'))
})

test('keeps the outputs of the user, also those of the environment', async () => {
  const env = { K6_OUT: 'influxdb=http://127.0.0.1:1/k6, json=own.json' }
  const one = startK6({ how: { iterations: 2 }, env })
  await one.running.ended
  expect(one.said().words).toEqual(
    expect.arrayContaining(['--out', 'influxdb=http://127.0.0.1:1/k6', 'json=own.json']),
  )
  expect(existsSync(join(one.cwd, 'own.json'))).toBe(true)
})

test('Ctrl-C lets k6 end as it does, and everything up to then is delivered', async () => {
  const how = { iterations: 1000, pauseMs: 20 }
  const { runId, running } = startK6({ how, args: ['--push-interval', '50ms'] })
  await eventually(async () => expect(await count(runId)).toBeGreaterThan(20))
  // A terminal tells the whole group.
  process.kill(-(running.child.pid ?? 0), 'SIGINT')
  expect(await running.ended).toEqual([105, null])
  const [, read = ''] = /read ([\d,]+) samples/.exec(running.err) ?? []
  expect(await count(runId)).toBe(Number(read.replaceAll(',', '')))
  expect(await count(runId, "AND metric = 'iterations'")).toBeLessThan(1000)
  expect(await verdicts(runId)).toMatch(/^\['k6'\]/)
})

test('a signal for this process alone reaches k6 too', async () => {
  const { running, said, isStarted } = startK6({ how: { iterations: 1000, pauseMs: 20 } })
  await until(isStarted)
  running.child.kill('SIGTERM')
  expect(await running.ended).toEqual([105, null])
  expect(isAlive(said().pid)).toBe(false)
})

test('k6 ends as it does although this process is killed, and no file stays behind', async () => {
  const how = { iterations: 2000, pauseMs: 1 } // more than a pipe holds
  const { runId, running, said, temporary } = startK6({ how, args: ['--push-interval', '50ms'] })
  await eventually(async () => expect(await count(runId)).toBeGreaterThan(0))
  running.child.kill('SIGKILL')
  await until(() => !isAlive(said().pid))
  await until(() => readdirSync(temporary).length === 0)
})

const TROUBLES: [string, () => Promise<string>][] = [
  ['ClickHouse hangs', async () => (await rawServer(() => {})).url],
  ['no ClickHouse is there', () => Promise.resolve('http://127.0.0.1:1')],
]
test.each(LONG ? TROUBLES : TROUBLES.slice(0, 1))(
  'the test goes on although %s, and the exit code stays that of k6',
  async (_, urlOf) => {
    const { running } = startK6({
      ...{ url: await urlOf(), how: { iterations: 20, exitCode: 0, pauseMs: 10 } },
      env: {
        OTEL_EXPORTER_CLICKHOUSE_RETRY_MAX_RETRIES: '1',
        OTEL_EXPORTER_CLICKHOUSE_TIMEOUT: '500',
      },
    })
    expect(await running.ended).toEqual([0, null])
    expect(running.out).toContain('█ TOTAL RESULTS')
    expect(running.err).toMatch(/^spanhouse: k6 \(.*$/m)
    expect(running.err).toMatch(/^Lost \d+ rows: /m)
  },
)

test('a k6 that cannot start a test is heard, and nothing hangs', async () => {
  const { running } = startK6({ words: ['--no-such-flag'] })
  expect(await running.ended).toEqual([255, null])
  expect(running.err).toContain('level=error')
  expect(running.err).toContain('read 0 samples')
})

test('without k6 one sentence says so, and no file stays behind', async () => {
  const temporary = temporaryDirectory()
  const cwd = project()
  const running = spanhouse(['k6', '--endpoint', server.url, '--', 'k6', 'run', 'x.js'], {
    ...{ cwd, env: { PATH: '/usr/bin:/bin', TMPDIR: temporary } },
  })
  expect(await running.ended).toEqual([127, null])
  expect(running.err).toBe(
    'spanhouse: There is no command k6: check its spelling, and that it is installed.\n',
  )
  expect(readdirSync(temporary)).toEqual([])
})

test('works without --, which npm exec and PowerShell remove', async () => {
  const { env } = fakeK6({ iterations: 2, exitCode: 0 })
  const running = spanhouse(
    ['k6', '--endpoint', server.url, '--run-id', 'without', 'k6', 'run', '--vus', '2', 'x.js'],
    { cwd: project(), env },
  )
  expect(await running.ended).toEqual([0, null])
  expect(await count('without')).toBeGreaterThan(0)
})

test('k6 … | spanhouse k6 with pipefail ends as k6 does, and shows its summary', async () => {
  const { env } = fakeK6({ iterations: 20 })
  const line = `set -o pipefail; k6 run --out json=- script.js | "$NODE" "$COMMAND" k6 --endpoint "$URL" --run-id piped`
  const child = spawn('bash', ['-c', line], {
    cwd: project(),
    env: { ...env, NODE: process.execPath, COMMAND: installedCommand(), URL: server.url },
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  expect(await once(child, 'close')).toEqual([99, null])
  expect(out).toMatch(
    /Grafana[\s\S]*█ TOTAL RESULTS[\s\S]*k6 run piped: read [\d,]+ samples, left out/,
  )
  expect(await count('piped')).toBe([...pointsOf({ iterations: 20 })].length)
})
