// Commands that move many rows: in bounded steps, and saying how far they are.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openExporter } from '../kit/entry-points.mjs'
import { numbered } from '../kit/numbered-records.mjs'
import { type Message, type RewritingProxy, rewritingProxy } from '../kit/rewriting-proxy.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { BASE_MS, type Running, start } from './command-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

let databases = 0
async function newDatabase(): Promise<string> {
  const database = `progress_${databases++}`
  await server.query(`CREATE DATABASE ${database}`)
  for (const table of [flatTraces, flatLogs] as Table<never>[])
    for (const statement of table.ddl({ database })) await server.query(statement)
  return database
}

interface Insert {
  readonly rows: number
  readonly bytes: number
}

let proxy: RewritingProxy
let inserts: Insert[]
let running: Running | undefined
/** Whether the first two INSERTs of rows take longer than the second after which a command says how far it is. */
let isSlow: boolean

beforeEach(async () => {
  inserts = []
  running = undefined
  isSlow = false
  const bodies: number[] = []
  const isRows = ({ path }: Message) => path.includes('insert_deduplication_token')
  proxy = await rewritingProxy(Number(new URL(server.url).port), {
    request: (message) => {
      if (!isRows(message)) return
      const isGzip = message.headers['content-encoding'] === 'gzip'
      bodies.push((isGzip ? gunzipSync(message.body) : message.body).length)
    },
    answer: async (message) => {
      if (!isRows(message)) return
      const { written_rows } = JSON.parse(String(message.headers['x-clickhouse-summary']))
      inserts.push({ rows: Number(written_rows), bytes: bodies[inserts.length] ?? 0 })
      if (isSlow && inserts.length <= 2) await sleep(1100)
    },
  })
})

const most = (of: keyof Insert) => Math.max(...inserts.map((one) => one[of]))
const sum = (of: keyof Insert) => inserts.reduce((total, one) => total + one[of], 0)

describe('spanhouse compare --repair', () => {
  let east = ''
  let west = ''
  beforeEach(async () => {
    east = await newDatabase()
    west = await newDatabase()
  })

  const many = (database: string, from: number, to: number, text = 'toString(number)') =>
    server.query(
      `INSERT INTO ${database}.traces (trace_id, span_id, span_name, timestamp, attributes) SELECT lower(hex(sipHash128(number))), lower(hex(sipHash64(number))), 'many', toDateTime64(${BASE_MS / 1000} + number / 10000, 9), map('n', ${text}) FROM numbers(${from}, ${to - from})`,
    )

  async function repair(): Promise<string> {
    const address = (database: string) => `${proxy.url.replace('http:', 'clickhouse:')}/${database}`
    const until = new Date(BASE_MS + 1_800_000).toISOString()
    const stretch = ['--window', '1h', '--until', until, '--signal', 'traces']
    running = start(['compare', ...stretch, '--repair', address(east), address(west)])
    const code = await running.ended
    expect({ code, out: running.out.text() }).toMatchObject({ code: 0 })
    return running.out.text()
  }

  test('no INSERT has more than 2,000 rows, and how many are copied is said meanwhile', async () => {
    await many(east, 0, 4100)
    isSlow = true
    expect(await repair()).toContain('Copied 0 rows to A and 4,100 rows to B.')
    expect(running?.err.text()).toMatch(/22:13: 0 rows copied to A, \d+ to B, of traces …\n/)
    expect(inserts.map(({ rows }) => rows)).toEqual([2000, 2000, 100])
  })

  test('no INSERT has more than 8 MiB of large rows', async () => {
    await many(east, 0, 10, "repeat('x', 1000000)")
    expect(await repair()).toContain('Copied 0 rows to A and 10 rows to B.')
    expect(sum('rows')).toBe(10)
    expect(most('bytes')).toBeLessThanOrEqual(8 * 1024 * 1024)
    expect(inserts).toHaveLength(Math.ceil(10 / 8))
  })
})

describe('spanhouse replay', () => {
  let database = ''
  beforeEach(async () => {
    database = await newDatabase()
  })

  async function replay(what: string): Promise<string> {
    running = start(['replay', what, '--endpoint', proxy.url])
    const code = await running.ended
    expect({ code, out: running.out.text() }).toMatchObject({ code: 0 })
    return running.out.text()
  }

  test('of dead letters says how many rows it has sent, and sends at most 500 at once', async () => {
    const directory = temporaryDirectory()
    const letters = Array.from({ length: 1200 }, (_, number) => {
      const row = JSON.stringify({ timestamp: '1700000000.000000001', body: `line ${number}` })
      return JSON.stringify({ database, table: 'logs', row })
    })
    writeFileSync(join(directory, 'primary.logs.ndjson'), `${letters.join('\n')}\n`)
    isSlow = true
    expect(await replay(directory)).toContain('Sent 1,200 rows')
    expect(running?.err.text()).toMatch(/^1?[05]00 rows sent, 0 were there, 0 refused again …$/m)
    expect(inserts.map(({ rows }) => rows)).toEqual([500, 500, 200])
  })

  test('of a spool says how many rows are delivered, and how many wait', async () => {
    const directory = temporaryDirectory()
    // Two lives, so two batches.
    for (const numbers of [[1, 2, 3], [4]]) {
      const exporter = openExporter('traces', {
        endpoint: 'http://127.0.0.1:1',
        database,
        spool: { directory },
        shutdownTimeoutMs: 100,
      } as never)
      const spans = numbers.map((number) => numbered.traces('run', number, { resource: 0 }))
      await new Promise((resolve) => exporter.export(spans as never, resolve as never))
      await exporter.shutdown()
    }
    isSlow = true
    expect(await replay(directory)).toContain(`sent 4 rows to ${proxy.url}`)
    expect(running?.err.text()).toMatch(/^\d rows delivered, \d wait …$/m)
    expect(sum('rows')).toBe(4)
  })
})
