// The table of exit codes in packages/spanhouse/README.md: every line of it is run, and every command is in it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COMMANDS } from '../../packages/spanhouse/src/commands/index.js'
import { exitCodeOf } from '../../packages/spanhouse/src/doctor/report/verdict.js'
import { linesOf, pointsOf } from '../kit/k6-run.mjs'
import { elapsed, onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { rawServer } from '../kit/raw-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run, start } from './command-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
  for (const database of ['telemetry', 'other'])
    for (const statement of flatTraces.ddl({ database })) await server.query(statement)
  await server.query('CREATE TABLE telemetry.odd AS telemetry.traces')
  await server.query('ALTER TABLE telemetry.odd ADD COLUMN state AggregateFunction(sum, UInt64)')
  await server.query("INSERT INTO other.traces (trace_id, timestamp) SELECT 'x', now() - 600")
})
afterAll(() => server?.stop())

const page = readFileSync(new URL('../../packages/spanhouse/README.md', import.meta.url), 'utf8')
const [, section = ''] = /^## Exit codes$(.*?)^## /ms.exec(page) ?? []
/** `compare 1` and so on. */
const stated = [...section.matchAll(/^\| (`.*?`) \| (.*?) \|/gm)].flatMap(([, names = '', code]) =>
  [...names.matchAll(/`(\w+)`/g)].map(([, name]) => `${name} ${code}`),
)

const NOBODY = 'http://127.0.0.1:1'
const letters = (text: string) => {
  const file = join(temporaryDirectory(), 'primary.ndjson')
  writeFileSync(file, text)
  return file
}
const results = () => {
  const file = join(temporaryDirectory(), 'results.json')
  writeFileSync(file, [...linesOf(pointsOf({ iterations: 1 }))].join('\n'))
  return file
}
const ONCE = { OTEL_EXPORTER_CLICKHOUSE_RETRY_MAX_RETRIES: '0' }
const url = () => server.url
const at = (database: string) => `${server.url.replace('http:', 'clickhouse:')}/${database}`
const program = (code: string) => ['--', process.execPath, '-e', code]

type Ends = () => Promise<number>
const line =
  (args: () => readonly string[]): Ends =>
  async () =>
    (await run(args())).code
/** Ended as by Ctrl-C, when the command has asked a server that does not answer, or has said something. */
const interrupted =
  (args: (url: string) => readonly string[]): Ends =>
  async () => {
    const hangs = await rawServer(() => {})
    const running = start(args(hangs.url))
    await until(() => hangs.connections > 0 || running.out.text() !== '')
    expect(await elapsed(running.end())).toBeLessThan(onThisMachine(SOON_MS))
    return running.ended
  }

const APPLICATION = 'that of the application'
const CASES: Readonly<Record<string, readonly [code: number, ends: Ends][]>> = {
  [`dev ${APPLICATION}`]: [
    [7, line(() => ['dev', '--exit', '--endpoint', NOBODY, ...program('process.exit(7)')])],
  ],
  [`run ${APPLICATION}`]: [
    [7, line(() => ['run', ...program('process.exit(7)')])],
    [137, line(() => ['run', ...program("process.kill(process.pid, 'SIGKILL')")])],
    [127, line(() => ['run', '--', 'no-such-program-anywhere'])],
    [126, line(() => ['run', '--', temporaryDirectory()])],
  ],
  [`k6 ${APPLICATION}`]: [
    [7, line(() => ['k6', '--endpoint', NOBODY, ...program('process.exit(7)'), 'run'])],
    [127, line(() => ['k6', '--', 'no-such-program-anywhere', 'run'])],
  ],
  'dev 1': [[1, line(() => ['dev', '--data', letters('')])]],
  'ui 1': [[1, line(() => ['ui', '--endpoint', NOBODY, '--port', new URL(url()).port])]],
  'tail 1': [[1, line(() => ['tail', '--endpoint', NOBODY])]],
  'top 1': [[1, line(() => ['top', '--endpoint', NOBODY])]],
  'trace 1': [
    [1, line(() => ['trace', 'abcd', '--endpoint', NOBODY])],
    [1, line(() => ['trace', 'abcd', '--endpoint', url()])],
  ],
  'dev 0': [[0, interrupted((hangs) => ['dev', '--endpoint', hangs])]],
  'ui 0': [[0, interrupted((hangs) => ['ui', '--endpoint', hangs])]],
  'tail 0': [[0, interrupted((hangs) => ['tail', '--endpoint', hangs])]],
  'top 0': [[0, interrupted((hangs) => ['top', '--endpoint', hangs])]],
  'receive 0': [
    [
      0,
      interrupted((hangs) => [
        ...['receive', '--endpoint', hangs, '--http-port', '0', '--grpc-port', 'off'],
      ]),
    ],
  ],
  'receive 1': [
    [1, line(() => ['receive', '--endpoint', NOBODY, '--http-port', new URL(url()).port])],
  ],
  'compare 1': [
    [1, line(() => ['compare', '--signal', 'traces', at('telemetry'), at('other')])],
    [0, line(() => ['compare', '--signal', 'traces', at('other'), at('other')])],
  ],
  'replay 1': [
    [1, line(() => ['replay', letters('no letter\n'), '--endpoint', url()])],
    [0, line(() => ['replay', temporaryDirectory(), '--endpoint', url()])],
  ],
  'ddl 1': [
    [1, line(() => ['ddl', '--database', 'nowhere', '--diff', url()])],
    [0, line(() => ['ddl', '--diff', url()])],
    [0, line(() => ['ddl'])],
  ],
  'table 1': [
    [1, line(() => ['table', 'import', url(), 'telemetry.odd'])],
    [0, line(() => ['table', 'import', url(), 'telemetry.traces'])],
  ],
  'k6 1': [
    [1, async () => (await run(['k6', results(), '--endpoint', NOBODY], { env: ONCE })).code],
    [0, line(() => ['k6', results(), '--endpoint', url()])],
  ],
  // Which warnings there are depends on the machine.
  'doctor 1': [[1, async () => exitCodeOf({ ok: 9, warning: 1, problem: 0, skipped: 1 })]],
  'doctor 2': [[2, line(() => ['doctor', '--endpoint', NOBODY])]],
  'compare 2': [[2, line(() => ['compare', NOBODY, url()])]],
  'replay 2': [[2, line(() => ['replay', '/nowhere/at/all', '--endpoint', url()])]],
  'ddl 2': [[2, line(() => ['ddl', '--diff', NOBODY])]],
  'table 2': [[2, line(() => ['table', 'import', url(), 'telemetry.nothing'])]],
  'k6 2': [[2, line(() => ['k6', '/nowhere/at/all.json', '--endpoint', url()])]],
  'k6 130': [[130, () => start(['k6', results(), '--endpoint', url()]).end()]],
  'compare 130': [[130, interrupted((hangs) => ['compare', hangs, hangs])]],
  'replay 130': [[130, interrupted((hangs) => ['replay', 'a.b', '--endpoint', hangs])]],
  'ddl 130': [[130, interrupted((hangs) => ['ddl', '--diff', hangs])]],
  'table 130': [[130, interrupted((hangs) => ['table', 'import', hangs, 'a.b'])]],
  'doctor 130': [[130, interrupted((hangs) => ['doctor', '--endpoint', hangs])]],
}

test('the table has every command, and all of it is run here', () => {
  expect(new Set(stated.map((one) => one.split(' ')[0]))).toEqual(new Set(Object.keys(COMMANDS)))
  expect(new Set(stated)).toEqual(new Set(Object.keys(CASES)))
})

test.each(Object.entries(CASES))('%s', async (_, cases) => {
  for (const [code, ends] of cases) expect(await ends()).toBe(code)
})

test.each(Object.keys(COMMANDS))(
  '%s ends with 2 for a mistake in the command line',
  async (name) => {
    expect((await run([name, '--no-such-option'])).code).toBe(2)
    const { options, takesCommand } = await (
      COMMANDS[name] as () => Promise<{ options: object; takesCommand?: boolean }>
    )()
    if (!('endpoint' in options)) return
    const more =
      name === 'trace'
        ? ['abcd']
        : name === 'replay' || name === 'table'
          ? ['import', 'a.b'].slice(Number(name === 'replay'))
          : []
    const end = takesCommand ? ['--', 'node'] : []
    expect((await run([name, ...more, '--endpoint', 'ftp://host', ...end])).code).toBe(2)
  },
)
