// What a repair leaves alone: rows that may be on their way, rows without ids, and what cannot be deleted.

import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { until } from '../kit/patience.js'
import { rewritingProxy } from '../kit/rewriting-proxy.js'
import { BASE_MS, insert, run, type TestSpan } from './command-kit.js'
import { twoRegions } from './two-regions.js'

let server: ClickHouseServer
beforeAll(async () => {
  const tcpPort = await freePort()
  server = await startClickHouse({ tcpPort, clusters: { main: [[tcpPort]] } })
})
afterAll(() => server?.stop())

let east = ''
let west = ''
beforeEach(async () => {
  ;[east, west] = await twoRegions(server, [flatTraces, flatLogs] as Table<never>[])
})

const address = (database: string) => `${server.url.replace('http:', 'clickhouse:')}/${database}`
const compare = (...args: string[]) => run(['compare', ...args, address(east), address(west)])
const PAST = ['--until', new Date(BASE_MS + 60_000).toISOString(), '--signal', 'traces']

const span = (number: number, startMs = number, more: Partial<TestSpan> = {}): TestSpan => ({
  id: `s${number}`,
  trace: String(number + 1).padStart(32, '0'),
  at: [startMs, startMs + 1],
  ...more,
})
const put = (database: string, spans: readonly TestSpan[], table = 'traces') =>
  insert(server, spans, { table: `${database}.${table}` })
const ask = async (sql: string) => (await server.query(sql)).trim()
const MINUTE = 60_000

test('the newest five minutes are left out unless --until names another end, and the report says so', async () => {
  const now = Date.now() - BASE_MS
  await put(east, [span(0, now - 10 * MINUTE), span(1, now - MINUTE)])
  const first = await compare('--repair', '--signal', 'traces')
  expect(first.out).toContain(
    'The newest 5 minutes are left out: rows may be on their way (--until now)',
  )
  expect(first.out).toContain('Copied 0 rows to A and 1 row to B.')
  expect(first.code).toBe(0)
  // The row that was on its way arrives, and is there once.
  await put(west, [span(1, now - MINUTE)])
  const later = await compare('--signal', 'traces', '--until', 'now')
  expect(later).toMatchObject({ code: 0, out: expect.stringContaining('Equal: 2 rows') })
  expect(later.out).not.toContain('left out')
  expect(await ask(`SELECT count() FROM ${west}.traces`)).toBe('2')
})

test('--json says which stretch was compared', async () => {
  const { out } = await compare('--json', '--window', '1h', ...PAST)
  expect(JSON.parse(out)).toMatchObject({
    from: new Date(BASE_MS + 60_000 - 3_600_000).toISOString(),
    until: new Date(BASE_MS + 60_000).toISOString(),
    equal: true,
  })
})

test('a span that arrives although it was copied is there once after the next repair', async () => {
  await put(east, [span(0), span(1)])
  expect((await compare('--repair', ...PAST)).code).toBe(0)
  await put(west, [span(0), span(1)])
  expect(await ask(`SELECT count() FROM ${west}.traces`)).toBe('4')
  expect((await compare('--repair', ...PAST)).code).toBe(0)
  expect(await ask(`SELECT count() FROM ${west}.traces`)).toBe('2')
})

test('two repairs in opposite directions at once keep a span that both servers have twice', async () => {
  await put(east, [span(0), span(0), span(1)])
  await put(west, [span(0), span(0)])
  // Each repair has found the span on the other server before either deletes it.
  const deletes = new Set<string>()
  const proxy = await rewritingProxy(Number(new URL(server.url).port), {
    request: async ({ path, body }) => {
      const [, database] = /DELETE FROM `(\w+)`/.exec(decodeURIComponent(path) + body) ?? []
      if (database === undefined) return
      deletes.add(database)
      await until(() => deletes.size === 2)
    },
  })
  const at = (database: string) => `${proxy.url.replace('http:', 'clickhouse:')}/${database}`
  await Promise.all([
    run(['compare', '--repair', ...PAST, at(east), at(west)]),
    run(['compare', '--repair', ...PAST, at(west), at(east)]),
  ])
  expect(deletes).toEqual(new Set([east, west]))
  const spans = (database: string) => ask(`SELECT uniqExact(span_id) FROM ${database}.traces`)
  expect([await spans(east), await spans(west)]).toEqual(['2', '2'])
  // Each may have put a row back on the same server. A minute that is equal on both is not repaired.
  await put(east, [span(2)])
  expect((await compare('--repair', ...PAST)).code).toBe(0)
  const rows = (database: string) => ask(`SELECT count() FROM ${database}.traces`)
  expect([await rows(east), await rows(west)]).toEqual(['3', '3'])
})

test('rows that a replica shows only some looks after it took them are there once', async () => {
  await server.query(`RENAME TABLE ${west}.traces TO ${west}.traces_local`)
  await server.query(
    `CREATE TABLE ${west}.traces AS ${west}.traces_local ENGINE = Distributed(main, ${west}, traces_local)`,
  )
  await put(east, [span(0), span(1)])
  let inserts = 0
  let looks = 0
  const proxy = await rewritingProxy(Number(new URL(server.url).port), {
    request: (message) => {
      if (message.path.includes('insert_deduplication_token')) inserts++
      const text = message.body.toString()
      const isLook = text.includes('toUInt32(count()) AS _rows')
      if (!isLook || inserts === 0 || ++looks > 3) return
      message.body = Buffer.from(text.replace('GROUP BY _hash', 'AND 0 GROUP BY _hash'))
    },
  })
  const behind = `${proxy.url.replace('http:', 'clickhouse:')}/${west}`
  const { code, out } = await run(['compare', '--repair', ...PAST, address(east), behind])
  expect(inserts).toBe(1)
  expect(looks).toBeGreaterThan(3)
  expect(out).toContain('Copied 0 rows to A and 2 rows to B.')
  expect(code).toBe(0)
  expect(await ask(`SELECT count() FROM ${west}.traces`)).toBe('2')
})

test('rows without ids are compared, and copied only with --without-ids', async () => {
  await server.query(
    `INSERT INTO ${east}.logs (timestamp, body) SELECT fromUnixTimestamp64Nano(toInt64(${BASE_MS}000000)), toString(number) FROM numbers(3)`,
  )
  const logs = [...PAST.slice(0, 2), '--signal', 'logs']
  const { code, out } = await compare('--repair', ...logs)
  expect(code).toBe(1)
  expect(out).toContain('Missing: 0 rows in A, 3 rows in B.')
  expect(out).toMatch(/Not repaired: rows without ids .* add --without-ids\./)
  expect(await ask(`SELECT count() FROM ${west}.logs`)).toBe('0')
  const copied = await compare('--repair', '--without-ids', ...logs)
  expect(copied).toMatchObject({ code: 0, out: expect.stringContaining('3 rows to B') })
})

test('through a Distributed table rows are copied, and what cannot be deleted stays and is named', async () => {
  await server.query(`RENAME TABLE ${west}.traces TO ${west}.traces_local`)
  await server.query(
    `CREATE TABLE ${west}.traces AS ${west}.traces_local ENGINE = Distributed(main, ${west}, traces_local)`,
  )
  await put(east, [span(0), span(1), span(2, 2, { name: 'east' })])
  await put(west, [span(1), span(2, 2, { name: 'west' })], 'traces_local')
  await put(west, [span(1)], 'traces_local')
  const { code, out } = await compare('--repair', ...PAST)
  expect(out).toContain(
    'B has a Distributed table: missing rows are copied, but no row can be deleted',
  )
  expect(out).toContain('Copied 1 row to A and 2 rows to B.')
  expect(code).toBe(1)
  const rows = `SELECT count(), uniqExact(trace_id) FROM`
  expect(await ask(`${rows} ${west}.traces`)).toBe('5\t3')
  expect(await ask(`${rows} ${east}.traces`)).toBe('4\t3')
  expect(await ask(`EXISTS TABLE ${east}.dead_letters`)).toBe('0')
})
