import { existsSync, readdirSync, statSync } from 'node:fs'
import { createConnection } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../test/kit/free-port.js'
import { LONG } from '../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../test/kit/temporary-directory.js'
import { type ClickHouseServer, type StartOptions, startClickHouse } from '../src/index.js'
import { isRunning } from './processes.js'

// A start takes a second of CPU: what does not need a server of its own uses this one.
const password = `p<&>"'ä: ]]>`
let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({
    volumes: ['cold'],
    users: [
      { name: 'bob', password },
      { name: 'plain' },
      { name: 'profiled', settings: { limit: 3, max_threads: '2', final: true } },
      {
        name: 'bound',
        constraints: {
          log_comment: { readonly: true },
          max_threads: { min: 2, max: 4 },
        },
      },
      { name: 'reader', readonly: 1 },
      { name: 'asker', readonly: 2 },
      { name: 'counted', quota: { intervalSeconds: 3600, queryInserts: 1 } },
      { name: 'writer', grants: ['INSERT ON default.t'] },
      { name: 'nobody', grants: [] },
    ],
  })
})
afterAll(() => server?.kill())
beforeEach(() => server.query('DROP TABLE IF EXISTS t SYNC'))

async function start(options?: StartOptions): Promise<ClickHouseServer> {
  const server = await startClickHouse(options)
  onTestFinished(() => server.kill())
  return server
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

test('starts the genuine server: HTTP interface, play page and native port; it ends when a scope that uses it ends', async () => {
  let pid: number
  {
    await using other = await startClickHouse()
    pid = other.pid
    expect(isRunning(pid)).toBe(true)
    expect(other.url).toBe(`http://127.0.0.1:${other.httpPort}`)
    expect(await (await fetch(`${other.url}/ping`)).text()).toBe('Ok.\n')
    expect((await fetch(`${other.url}/play`)).headers.get('content-type')).toContain('text/html')
    expect(await other.query('SELECT version(), timezone()')).toMatch(/^26\.\d+.*\tUTC\n$/)
    await other.query('CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x')
    await other.query('INSERT INTO t VALUES (7)')
    const remote = `SELECT x FROM remote('127.0.0.1:${other.tcpPort}', default.t)`
    expect(await server.query(remote)).toBe('7\n')
  }
  expect(isRunning(pid)).toBe(false)
})

const ENDS = [['stop', 'kill', 'stop'] as const]
const MORE_ENDS = [['stop', 'stop', 'stop'] as const, ['kill', 'kill', 'kill'] as const]

test.each(LONG ? [...ENDS, ...MORE_ENDS] : ENDS)(
  'takes the ports and the directory it is told to take, keeps the rows over %s, %s and %s, and starts there again',
  async (...ends) => {
    const dataDir = join(temporaryDirectory(), "new/it's <here> & there")
    const [httpPort, tcpPort] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${httpPort}`
    for (const [round, end] of ends.entries()) {
      const server = await start({ dataDir, httpPort, tcpPort })
      expect(server).toMatchObject({ httpPort, tcpPort, url })
      expect(await opens(tcpPort)).toBe(true)
      if (round === 0) await server.query('CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x')
      await server.query('INSERT INTO t SELECT number FROM numbers(1000)')
      // One connection is left open, as the exporter's are.
      await (await fetch(url, { method: 'POST', body: 'SELECT 1' })).text()
      expect(await server.query('SELECT count() FROM t')).toBe(`${(round + 1) * 1000}\n`)
      await server[end]()
      expect(isRunning(server.pid)).toBe(false)
      expect(await opens(httpPort)).toBe(false)
      expect(await opens(tcpPort)).toBe(false)
    }
  },
)

test.each(['stop', 'kill'] as const)('removes a directory of its own on %s', async (end) => {
  const server = await start()
  const privateDir = dirname(server.dataDir)
  expect(statSync(privateDir).mode & 0o777).toBe(0o700)
  await server.query('CREATE TABLE t (x UInt8) ENGINE = MergeTree ORDER BY x')
  await server[end]()
  expect(existsSync(privateDir)).toBe(false)
  await server.stop() // once more, and together, is harmless
  await Promise.all([server.stop(), server.kill()])
})

test('tells when the server has ended by itself', async () => {
  const server = await start()
  process.kill(server.pid, 'SIGKILL')
  await server.exited
  await expect(server.query('SELECT 1')).rejects.toThrow('ECONNREFUSED')
  await server.stop()
  expect(existsSync(server.dataDir)).toBe(false)
})

test('knows its clusters', async () => {
  const ports = [await freePort(), await freePort()] as const
  const clusters = { shards: ports.map((port) => [port]) }
  const [first, second] = await Promise.all(ports.map((tcpPort) => start({ tcpPort, clusters })))
  for (const server of [first, second])
    await server?.query('CREATE TABLE here (x UInt8) ENGINE = MergeTree ORDER BY x')
  await first?.query('CREATE TABLE all AS here ENGINE = Distributed(shards, default, here, x)')
  await first?.query('INSERT INTO all SETTINGS distributed_foreground_insert = 1 VALUES (1), (2)')
  for (const server of [first, second])
    expect(await server?.query('SELECT count() FROM here')).toBe('1\n')
})

test('lets users in with their password only, and default without one', async () => {
  const ask = (user: string, key: string) =>
    fetch(server.url, {
      method: 'POST',
      body: 'SELECT currentUser()',
      headers: { Authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` },
    })
  expect(await (await ask('bob', password)).text()).toBe('bob\n')
  expect(await (await ask('default', '')).text()).toBe('default\n')
  for (const [user, key] of [
    ['bob', 'wrong'],
    ['bob', ''],
    ['eve', password],
  ] as const) {
    const { status, headers } = await ask(user, key)
    expect([status, headers.get('x-clickhouse-exception-code')]).toEqual([403, '516'])
  }
  const privateDir = dirname(server.dataDir)
  for (const name of readdirSync(privateDir).filter((file) => file.endsWith('.xml')))
    expect(statSync(join(privateDir, name)).mode & 0o777).toBe(0o600)
})

function queryAs(server: ClickHouseServer, user: string, settings = {}) {
  return async (sql: string): Promise<string> => {
    const query = new URLSearchParams({ user, ...settings })
    return (await fetch(`${server.url}/?${query}`, { method: 'POST', body: sql })).text()
  }
}

test('gives each user the profile, constraints, quota and rights that it was given', async () => {
  await server.query('CREATE TABLE t (x UInt64) ENGINE = MergeTree ORDER BY x')
  const insert = 'INSERT INTO t SELECT 1'
  const all = 'SELECT number FROM numbers(10) FORMAT Values'
  expect(await queryAs(server, 'plain')(insert)).toBe('')
  expect(await queryAs(server, 'profiled')(all)).toBe('(0),(1),(2)')
  expect(await queryAs(server, 'profiled')("SELECT getSetting('final')")).toBe('true\n')
  expect(await queryAs(server, 'bound', { log_comment: 'x' })('SELECT 1')).toMatch(/^Code: 452\./)
  expect(await queryAs(server, 'bound', { max_threads: 5 })('SELECT 1')).toMatch(/^Code: 452\./)
  expect(await queryAs(server, 'bound', { max_threads: 3 })('SELECT 1')).toBe('1\n')
  expect(await queryAs(server, 'reader')(insert)).toMatch(/^Code: 164\./)
  expect(await queryAs(server, 'reader', { max_threads: 3 })('SELECT 1')).toMatch(/^Code: 164\./)
  expect(await queryAs(server, 'asker', { max_threads: 3 })('SELECT 1')).toBe('1\n')
  expect(await queryAs(server, 'counted')(insert)).toBe('')
  expect(await queryAs(server, 'counted')(insert)).toMatch(/^Code: 201\./)
  expect(await queryAs(server, 'writer')(insert)).toBe('')
  expect(await queryAs(server, 'writer')('SELECT x FROM t')).toMatch(/^Code: 497\./)
  expect(await queryAs(server, 'nobody')(insert)).toMatch(/^Code: 497\./)
})

test.each<[StartOptions, RegExp]>([
  [{ volumes: ['a', 'a'] }, /"a" cannot be a volume/],
  [{ volumes: ['default'] }, /"default" cannot be a volume/],
  [{ volumes: ['../x'] }, /cannot be a volume/],
  [
    { user: [] } as StartOptions,
    /knows no option 'user': it takes dataDir, .*users, clusters, volumes\.$/,
  ],
  [{ users: [{ name: 'u', grant: 'x' } as never] }, /the user 'u' knows no option 'grant'/],
  [{ users: [{ name: 'u', settings: { 'a b': 1 } }] }, /"a b" of the user 'u' cannot be the name/],
  [{ users: [{ name: 'u', constraints: { limit: { least: 1 } as never } }] }, /no option 'least'/],
  [{ users: [{ name: 'u', readonly: 3 as never }] }, /readonly of the user 'u' is 3: choose/],
  [{ users: [{ name: 'u', quota: { queries: 1 } as never }] }, /has no interval/],
  [{ users: [{ name: 'u', quota: { intervalSeconds: 60, errors: -1 } }] }, /errors in the quota/],
  [{ users: [{ name: 'u', grants: ['GRANT INSERT ON *.*'] }] }, /leave this word out/],
])('says what is wrong with %j', async (options, problem) => {
  await expect(startClickHouse(options)).rejects.toThrow(problem)
})

test('rejects a query with the message of the server, and not more of it than fits', async () => {
  await expect(server.query('SELECT * FROM absent')).rejects.toThrow(/^Code: 60\. DB::Exception: /)
  const late = 'SELECT throwIf(number = 1000000) FROM numbers(2000000)'
  await expect(server.query(late)).rejects.toThrow(/^Code: 395\./)
  const long = await server.query(`SELECT ${'x'.repeat(50_000)}`).catch((error: Error) => error)
  expect((long as Error).message.length).toBeLessThanOrEqual(1000)
  expect(await server.query("SELECT 'ä€𝄞'")).toBe('ä€𝄞\n')
})

test.each([
  "SELECT * FROM file('/etc/hosts', 'LineAsString')",
  'SELECT * FROM default.`/etc/hosts`',
  "INSERT INTO FUNCTION file('/tmp/local-clickhouse-evil', 'LineAsString') VALUES ('x')",
  "CREATE TABLE t (x String) ENGINE = File(LineAsString, '/etc/hosts')",
  "CREATE DATABASE d ENGINE = Filesystem('/etc')",
  "CREATE DICTIONARY d (x UInt8) PRIMARY KEY x LAYOUT(FLAT()) LIFETIME(0) SOURCE(EXECUTABLE(COMMAND 'id' FORMAT TSV))",
  "SELECT * FROM url('http://127.0.0.1:1', 'LineAsString')",
])('does not let a page in the browser out of the data directory: %s', async (sql) => {
  await expect(server.query(sql)).rejects.toThrow(/^Code: 497\./)
})

test('moves old rows to a further volume', async () => {
  await server.query(
    "CREATE TABLE t (x DateTime) ENGINE = MergeTree ORDER BY x TTL x + INTERVAL 1 DAY TO VOLUME 'cold' SETTINGS storage_policy = 'tiered'",
  )
  await server.query('INSERT INTO t VALUES (now()), (now() - INTERVAL 2 DAY)')
  await server.query('INSERT INTO t VALUES (now() - INTERVAL 2 DAY)')
  const disks = "SELECT disk_name FROM system.parts WHERE active AND table = 't' ORDER BY name"
  expect(await server.query(disks)).toBe('default\ncold\n')
})

test('creates what a server is used for', async () => {
  for (const sql of [
    'CREATE DATABASE IF NOT EXISTS telemetry',
    'CREATE DATABASE d ENGINE = Atomic',
    `CREATE TABLE telemetry.t (x UInt64, m Map(String, String), j JSON, n Nested(a String))
     ENGINE = MergeTree ORDER BY x TTL toDateTime(x) + INTERVAL 90 YEAR
     SETTINGS non_replicated_deduplication_window = 100`,
    'CREATE TABLE d.target (x UInt64) ENGINE = ReplacingMergeTree ORDER BY x',
    'CREATE MATERIALIZED VIEW d.view TO d.target AS SELECT x FROM telemetry.t',
    'CREATE MATERIALIZED VIEW d.own ENGINE = SummingMergeTree ORDER BY x AS SELECT x FROM telemetry.t',
    'CREATE VIEW d.plain AS SELECT x FROM telemetry.t',
    'CREATE TABLE d.buffer AS d.target ENGINE = Buffer(d, target, 1, 1, 1, 1, 1, 1, 1)',
    'CREATE TABLE d.nothing (x UInt64) ENGINE = Null',
    'CREATE FUNCTION plus_one AS (x) -> x + 1',
    'INSERT INTO telemetry.t (x) VALUES (1700000000)',
    'ALTER TABLE telemetry.t ADD COLUMN y UInt8, ADD INDEX i x TYPE minmax',
    'SYSTEM STOP MERGES telemetry.t',
    'OPTIMIZE TABLE d.target FINAL',
    'TRUNCATE TABLE d.own',
    'DROP FUNCTION plus_one',
    'DROP TABLE d.plain SYNC',
  ])
    await server.query(sql)
  expect(await server.query('SELECT x FROM d.target')).toBe('1700000000\n')
  await server.query('DROP DATABASE d')
})
