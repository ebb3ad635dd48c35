import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sdk } from '#sdk'
import { LONG } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'

const script = fileURLToPath(new URL('traced-child.mjs', import.meta.url))
const ROUNDS = 4

let server: ClickHouseServer
let databases = 0
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

const ways = (['esm', 'cjs'] as const).flatMap((module) =>
  [true, false].flatMap((manager) =>
    (['processor', 'exporter'] as const).map((kind) => ({ module, manager, kind })),
  ),
)

// What differs is how the SDK is told that a request is not to be traced: with SDK 3, a short run takes each kind, module and manager once.
const taken =
  LONG || sdk === 'sdk2'
    ? ways
    : ways.filter(({ module, manager, kind }) =>
        module === 'esm' ? manager && kind === 'processor' : !manager && kind === 'exporter',
      )

test.each(taken)(
  'no span is made of our own requests, and every one of the application’s arrives: $kind, $module, context manager: $manager',
  async (way) => {
    const database = `traced_${databases++}`
    const endpoint = server.url.replace('127.0.0.1', 'localhost') // a name, so that it is looked up
    const options = { endpoint, database, batch: { maxDelayMs: 10 } }
    const said = await run({ ...way, options })
    const own = { own: ROUNDS, POST: ROUNDS, 'tcp.connect': ROUNDS, 'dns.lookup': ROUNDS }
    expect(said.names).toEqual(own)
    expect(said.requests).toBeGreaterThanOrEqual(ROUNDS)
    if (!way.manager) expect(said.leftBehind).not.toContain('context')
    const stored = await server.query(
      `SELECT span_name, count() FROM ${database}.traces GROUP BY span_name FORMAT TSV`,
    )
    const counted = stored.split('\n').filter(Boolean)
    const rows = Object.fromEntries(
      counted.map((line) => line.split('\t') as [string, string]).map(([n, c]) => [n, Number(c)]),
    )
    expect(rows).toEqual(own)
  },
)

async function run(argument: object): Promise<{
  names: Record<string, number>
  requests: number
  leftBehind: string[]
}> {
  const text = JSON.stringify({ sdk, rounds: ROUNDS, ...argument })
  const { stdout } = await promisify(execFile)(process.execPath, [script, text])
  return JSON.parse(stdout)
}
