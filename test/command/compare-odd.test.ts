// Surroundings that a comparison seldom has: clocks that are off, rows that expire, one table under two addresses, users with few rights,
// and a Ctrl-C at any write.

import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expired } from '../../packages/spanhouse/src/regions/expiry.js'
import { LONG, until } from '../kit/patience.js'
import { type Message, rewritingProxy } from '../kit/rewriting-proxy.js'
import { withoutProgress } from '../kit/without-progress.js'
import { BASE_MS, insert, run, type TestSpan } from './command-kit.js'
import { project, spanhouse } from './processes.js'
import { twoRegions } from './two-regions.js'

let server: ClickHouseServer
beforeAll(async () => {
  const single = { max_concurrent_queries_for_user: 1 }
  server = await startClickHouse({
    users: [
      { name: 'reader', readonly: 1 },
      { name: 'one', settings: single },
      { name: 'two', settings: single },
    ],
  })
})
afterAll(() => server?.stop())

let east = ''
let west = ''
beforeEach(async () => {
  ;[east, west] = await twoRegions(server, [flatTraces] as Table<never>[])
})

const at = (url: string, database: string, user = '') =>
  `${url.replace('http://', `clickhouse://${user === '' ? '' : `${user}@`}`)}/${database}`
const address = (database: string, user = '') => at(server.url, database, user)
const PAST = ['--signal', 'traces', '--until', new Date(BASE_MS + 60_000).toISOString()]
const compare = (...args: string[]) =>
  run(['compare', ...PAST, ...args, address(east), address(west)])
const repair = (...args: string[]) => compare('--repair', ...args)

const DAY = 86_400_000
const span = (number: number, startMs = number, more: Partial<TestSpan> = {}): TestSpan => ({
  id: `s${number}`,
  trace: String(number + 1).padStart(32, '0'),
  at: [startMs, startMs + 1],
  ...more,
})
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)
const put = (database: string, spans: readonly TestSpan[]) =>
  insert(server, spans, { table: `${database}.traces` })
const ask = async (sql: string) => (await server.query(sql)).trim()
const rowsIn = async (database: string) =>
  Number(await ask(`SELECT count() FROM ${database}.traces`))

test('a column that only one server has is kept in rows that stay, and in those that become dead letters', async () => {
  await server.query(`ALTER TABLE ${west}.traces ADD COLUMN region String DEFAULT 'default'`)
  await put(east, [span(0), span(1), span(2, 20, { name: 'newer' })])
  await put(west, [span(1), span(2), span(3)])
  await put(west, [span(3)]) // twice: with a column of its own no row of west is deleted to be copied back
  await server.query(
    `ALTER TABLE ${west}.traces UPDATE region = 'west' WHERE 1 SETTINGS mutations_sync = 2`,
  )
  const { code, out } = await repair()
  expect(out).toContain('Only B has region: not compared and not copied.')
  expect(code).toBe(1) // one row is there twice in west
  const rows = `SELECT groupArray((span_name, region)) FROM (SELECT span_name, region FROM ${west}.traces ORDER BY ALL)`
  expect(await ask(rows)).toBe(
    "[('newer','default'),('s0','default'),('s1','west'),('s3','west'),('s3','west')]",
  )
  expect(
    await ask(`SELECT JSONExtractString(data_after, 'region') FROM ${west}.dead_letters`),
  ).toBe('west')
  expect(await rowsIn(east)).toBe(4)
})

test('the clock of a server decides nothing: no query that compares or copies asks for it', async () => {
  await put(east, [span(0), span(1, 1), span(2, 20, { name: 'newer' })])
  await put(west, [span(1), span(1), span(2), span(3)])
  const asked: string[] = []
  const proxy = await rewritingProxy(Number(new URL(server.url).port), {
    request: ({ path, body }) => {
      asked.push(decodeURIComponent(path.replaceAll('+', ' ')) + body.toString())
    },
  })
  const line = ['compare', '--repair', ...PAST, at(proxy.url, east), at(proxy.url, west)]
  expect(await run(line)).toMatchObject({ code: 0 })
  // A dead letter says when it was written; a look at when a server started tells servers apart.
  const other = asked.filter((sql) => !/INSERT INTO \S+\.`dead_letters`|uptime\(\)/.test(sql))
  expect(other.length).toBeGreaterThan(5)
  expect(other.filter((sql) => /\b(now|now64|today|yesterday)\(/i.test(sql))).toEqual([])
})

test('a window may begin and end within a minute', async () => {
  await put(
    east,
    [1, 29, 31, 61, 119, 121].map((s) => span(s, s * 1000)),
  )
  const until = new Date(BASE_MS + 120_000).toISOString()
  const window = ['--signal', 'traces', '--window', '90s', '--until', until]
  const line = (...more: string[]) =>
    run(['compare', ...window, ...more, address(east), address(west)])
  expect((await line()).out).toContain('Missing: 0 rows in A, 3 rows in B.')
  expect(await line('--repair')).toMatchObject({ code: 0 })
  expect(
    await ask(
      `SELECT groupArray(span_name) FROM (SELECT span_name FROM ${west}.traces ORDER BY timestamp)`,
    ),
  ).toBe("['s31','s61','s119']")
})

describe('rows that have expired', () => {
  const now = Date.now() - BASE_MS
  const recent = (...args: string[]) =>
    run([
      'compare',
      '--signal',
      'traces',
      '--window',
      '30d',
      '--until',
      'now',
      ...args,
      address(east),
      address(west),
    ])

  test.each(['east', 'west'])(
    'by the TTL of %s are no difference, and are not copied back',
    async (side) => {
      const [kept, short] = side === 'east' ? [west, east] : [east, west]
      const [, create = ''] = flatTraces.ddl({ database: short, ttl: 7 * 86_400 })
      await server.query(`DROP TABLE ${short}.traces`)
      await server.query(create)
      const old = upTo(3).map((i) => span(i, now - 10 * DAY))
      const young = upTo(3).map((i) => span(10 + i, now - DAY))
      await put(kept, [...old, ...young])
      await put(short, young.slice(1))
      const { code, out } = await recent('--repair')
      expect(out).toContain(
        `Rows that the TTL of ${side === 'east' ? 'A' : 'B'} removes within 10 minutes, or has removed, are left out.`,
      )
      expect(out).toContain(
        side === 'east'
          ? 'Copied 1 row to A and 0 rows to B.'
          : 'Copied 0 rows to A and 1 row to B.',
      )
      expect(code).toBe(0)
      expect([await rowsIn(kept), await rowsIn(short)]).toEqual([6, 3])
      // Rows that a merge has not removed yet are no difference either.
      await put(short, [span(20, now - 9 * DAY)])
      expect((await recent()).code).toBe(0)
    },
  )

  test('a TTL by a column that the other server lacks is named', async () => {
    await server.query(`ALTER TABLE ${west}.traces ADD COLUMN days UInt16 DEFAULT 7`)
    await server.query(
      `ALTER TABLE ${west}.traces MODIFY TTL toDateTime(timestamp) + toIntervalDay(days)`,
    )
    await put(east, [span(0, now - 10 * DAY)])
    const { code, out } = await recent()
    expect(out).toContain(
      'The TTL of B needs columns that A lacks: rows that it has removed count as missing.',
    )
    expect(code).toBe(1)
  })

  test.each([
    ['', []],
    ['a + toIntervalDay(1)', ['toDateTime(a + toIntervalDay(1)) <= toDateTime(5)']],
    [
      "a + toIntervalDay(1) DELETE WHERE b = 'x, y', c TO VOLUME 'cold'",
      ["toDateTime(a + toIntervalDay(1)) <= toDateTime(5) AND (b = 'x, y')"],
    ],
    ["c TO DISK 'cold', least(a, b)", ['toDateTime(least(a, b)) <= toDateTime(5)']],
    ['a RECOMPRESS CODEC(ZSTD(9))', []],
    ['a GROUP BY b SET c = max(c)', []],
  ])('TTL %s', (ttl, conditions) => {
    expect(expired(ttl, 5000)).toEqual(conditions)
  })
})

test('one table under two addresses is equal, and --repair refuses it', async () => {
  await put(east, [span(0), span(1), span(1), span(2), span(2, 20, { name: 'newer' })])
  const local = server.url.replace('127.0.0.1', 'localhost')
  expect(local).not.toBe(server.url)
  for (const other of [server.url, local]) {
    const line = (...args: string[]) =>
      run(['compare', ...PAST, ...args, at(server.url, east), at(other, east)])
    const equal = await line()
    expect([equal.code, withoutProgress(equal.err)]).toEqual([0, ''])
    const { code, err } = await line('--repair')
    expect(code).toBe(2)
    expect(err).toContain(
      `spanhouse: A and B are one table, ${east}.traces at ${server.url} and ${other}: --repair needs two.`,
    )
  }
  expect(await rowsIn(east)).toBe(5)
})

describe('users', () => {
  test('who may only read one side repair the other one, and are told what they may not', async () => {
    await put(east, [span(0), span(1)])
    await put(west, [span(1)])
    const line = ['compare', '--repair', ...PAST, address(east, 'reader'), address(west)]
    expect(await run(line)).toMatchObject({ code: 0 })
    expect(await rowsIn(west)).toBe(2)
    await put(west, [span(2)])
    const refused = await run(line)
    expect(refused.code).toBe(2)
    expect(refused.err.trim().split('\n').at(-1)).toMatch(
      new RegExp(`^spanhouse: Copying rows into ${east}.traces at ${server.url} failed: `),
    )
    expect([await rowsIn(east), await rowsIn(west)]).toEqual([2, 3])
    expect((await repair()).code).toBe(0)
    expect(await rowsIn(east)).toBe(3)
  })

  test('with one query at a time compare and repair, and are told if it runs elsewhere', async () => {
    await put(
      east,
      upTo(50).map((i) => span(i)),
    )
    await put(west, [span(1), span(1), span(2, 20, { name: 'newer' })])
    const line = ['compare', '--repair', ...PAST, address(east, 'one'), address(west, 'two')]
    const sleeping = { query: 'SELECT sleepEachRow(1) FROM numbers(100)', max_block_size: '1' }
    const parameters = new URLSearchParams({ user: 'one', query_id: 'elsewhere', ...sleeping })
    const other = fetch(`${server.url}/?${parameters}`).then((response) => response.text())
    const running = "SELECT count() FROM system.processes WHERE query_id = 'elsewhere'"
    await until(async () => (await ask(running)) === '1')
    const told = await run(line)
    await server.query("KILL QUERY WHERE query_id = 'elsewhere' SYNC")
    await other
    expect(told.code).toBe(2)
    expect(told.err.trim().split('\n').at(-1)).toBe(
      `spanhouse: ClickHouse at ${server.url} runs no more queries of the user 'one' at a time: raise its max_concurrent_queries_for_user, use another user, or try again when its other queries have ended.`,
    )
    const { code, err } = await run(line)
    expect(code, err).toBe(0)
    expect([await rowsIn(east), await rowsIn(west)]).toEqual([50, 50])
  })
})

test('a repair that Ctrl-C ends at any write says so, and the next one goes on', async () => {
  await put(
    east,
    upTo(3000).map((i) => span(i)),
  )
  await put(
    west,
    upTo(20).map((i) => span(2990 + i, 2990 + i + (i < 5 ? 1 : 0), i < 5 ? { name: 'newer' } : {})),
  )
  const cwd = project()
  const isWrite = ({ path, body }: Message) =>
    path.includes('insert_deduplication_token') || /^(INSERT|DELETE)/.test(body.toString())
  const ends = [[1, false] as const, [2, true] as const]
  for (const [nth, isAfter] of LONG ? [...ends, [1, true] as const] : ends) {
    let writes = 0
    let press = () => {}
    const proxy = await rewritingProxy(Number(new URL(server.url).port), {
      request: (message) => {
        if (isWrite(message) && ++writes === nth && !isAfter) press()
      },
      answer: () => {
        if (writes === nth && isAfter) press()
      },
    })
    const line = ['compare', '--repair', ...PAST, at(proxy.url, east), at(proxy.url, west)]
    const running = spanhouse(line, { cwd })
    press = () => void running.child.kill('SIGINT')
    expect(await running.ended, running.err).toEqual([130, null])
    expect(running.err.trim().split('\n').at(-1)).toBe(
      'spanhouse: The comparison was interrupted. A repair goes on where it stopped when it is started again.',
    )
  }
  expect((await repair()).code).toBe(0)
  expect([await rowsIn(east), await rowsIn(west)]).toEqual([3010, 3010])
  const letters = `SELECT count(), uniqExact(event) FROM`
  for (const database of [east, west])
    expect(await ask(`${letters} ${database}.dead_letters`)).toBe('5\t5')
})
