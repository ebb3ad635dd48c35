import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AnyOptions } from '../kit/entry-points.mjs'
import { LONG, onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { startProxy } from '../kit/proxy.js'
import { figure } from '../kit/results.js'
import {
  METRICS_BY_TYPE,
  SIGNALS,
  SIGNALS_AND_TABLES,
  signalFigure,
  TRACES,
} from '../kit/signals.js'
import { tally } from '../kit/stored-ids.js'

const ROWS = LONG ? 3000 : 1000
const script = fileURLToPath(new URL('exit-child.mjs', import.meta.url))

let server: ClickHouseServer
let next = 0
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const kinds: [string, 'exporter' | 'processor', Options][] = [
  ['processor', 'processor', {}],
  ['exporter', 'exporter', {}],
  ["exporter with acknowledge 'accepted'", 'exporter', { acknowledge: 'accepted' }],
]

const ways = SIGNALS_AND_TABLES.flatMap((of) =>
  kinds.map(([title, kind, options]) => [of.title, title, of, kind, options] as const),
)
// Every processor is in the next test. What differs by signal is the exporter's tables.
const tried = ways.filter(
  ([, title, of, kind]) =>
    LONG || (kind === 'exporter' && (of === TRACES || (of === METRICS_BY_TYPE && title === kind))),
)

test.each(tried)('a script that simply ends loses no %s: %s', async (_, __, of, kind, options) => {
  const database = `ended${next++}`
  const child = run({
    kind,
    signals: [of.signal],
    rows: ROWS,
    options: { ...options, endpoint: server.url, database, schema: of.family },
  })
  expect(await child.ended).toEqual([0, null])
  const { ended, exit } = child.said()
  signalFigure(`a script that ends, ${kind}`, of, {
    'ms from its end to its exit': exit[1] - ended,
  })
  expect(await tally(server, database, ROWS, of)).toEqual({ rows: ROWS, lost: 0, duplicated: 0 })
})

test('a script that simply ends with rows of every signal loses none', async () => {
  const database = `ended${next++}`
  const child = run({ rows: ROWS, options: { endpoint: server.url, database } })
  expect(await child.ended).toEqual([0, null])
  const { ended, exit } = child.said()
  figure('a script that ends, every signal', { 'ms from its end to its exit': exit[1] - ended })
  for (const of of SIGNALS)
    expect(await tally(server, database, ROWS, of)).toEqual({ rows: ROWS, lost: 0, duplicated: 0 })
})

test('its exit code and its own listeners stay as they were', async () => {
  const database = `ended${next++}`
  const child = run({
    rows: 100,
    exitCode: 7,
    listens: true,
    options: { endpoint: server.url, database },
  })
  expect(await child.ended).toEqual([7, null])
  expect(child.said()).toMatchObject({
    'listeners added': 0,
    beforeExit: 7,
    exit: [7, expect.anything()],
  })
  for (const of of SIGNALS)
    expect(await tally(server, database, 100, of)).toEqual({ rows: 100, lost: 0, duplicated: 0 })
})

test('a script that ends without a row is not held up', async () => {
  const child = run({ rows: 0, options: { endpoint: 'http://127.0.0.1:9' } })
  expect(await child.ended).toEqual([0, null])
  const { ended, exit } = child.said()
  expect(exit[1] - ended).toBeLessThan(onThisMachine(SOON_MS)) // a flush may take ten
})

test('SIGTERM ends a script as it would without us; its own listener is the only one', async () => {
  const options = { endpoint: server.url, database: `ended${next++}` }
  const own = run({ rows: 10, onSigterm: true, options })
  await until(() => 'ended' in own.said())
  own.kill('SIGTERM')
  expect(await own.ended).toEqual([9, null])
  expect(own.said()).toMatchObject({ SIGTERM: 1, 'listeners added': 0 })
})

test.each(['processor', 'exporter'] as const)(
  'a hung server holds an ended script with rows of every signal no longer than flushTimeoutMs: %s',
  async (kind) => {
    const proxy = await startProxy(server.httpPort, 'hang')
    const options = { endpoint: proxy.url, flushTimeoutMs: 1000 }
    const child = run({ kind, rows: 100, exitCode: 3, options })
    expect(await child.ended).toEqual([3, null])
    const { ended, exit } = child.said()
    const heldMs = exit[1] - ended
    figure(`a script that ends before a hung server, ${kind}`, {
      'ms held': heldMs,
      flushTimeoutMs: 1000,
    })
    // The promise is a second. The time that a process needs to end comes on top. Without the promise it would be ten.
    expect(heldMs).toBeLessThan(onThisMachine(SOON_MS))
    await proxy.close()
  },
)

interface Script {
  /** Default: all of them. */
  readonly signals?: readonly string[]
  readonly kind?: 'processor' | 'exporter'
  /** Of each signal. */
  readonly rows: number
  readonly options: AnyOptions
  readonly exitCode?: number
  readonly onSigterm?: boolean
  readonly listens?: boolean
}

function run(argument: Script) {
  const child = spawn(process.execPath, [script, JSON.stringify(argument)], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return {
    ended: once(child, 'close'),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** The last line of each kind. Any other text on stderr fails the test, except our warnings. */
    said: () =>
      Object.fromEntries(
        text
          .split('\n')
          .slice(0, -1)
          .filter((line) => !/SpanhouseWarning|--trace-warnings/.test(line))
          .map((line) => JSON.parse(line)),
      ),
  }
}
