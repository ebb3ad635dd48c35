import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openReader } from '../../packages/spanhouse/src/clickhouse/open-reader.js'
import { newApi } from '../../packages/spanhouse/src/page/new-api.js'
import { openPage } from '../../packages/spanhouse/src/page/server.js'
import { freePort } from '../kit/free-port.js'
import { createLogTable, insertLines, type Line } from '../kit/log-tables.js'
import { until } from '../kit/patience.js'

const SECRET = 'hush-hush'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const COLLECTED = 'c0ffee00000000000000000000000001'
const START_US = 1_700_000_000_000_000
const target = { database: 'telemetry', table: 'traces' }
const logs = { database: 'telemetry', table: 'logs' }
let server: ClickHouseServer

beforeAll(async () => {
  server = await startClickHouse({
    users: [
      { name: 'reader1', password: SECRET, readonly: 1 },
      { name: 'reader2', password: SECRET, readonly: 2 },
    ],
  })
  for (const statement of flatTraces.ddl({ database: 'telemetry' })) await server.query(statement)
  for (const statement of otelTraces.ddl({ database: 'collector' })) await server.query(statement)
  await server.query(`
    INSERT INTO telemetry.traces (timestamp, trace_id, span_id, parent_span_id, service_name, span_name, span_kind, duration_ns, status_code, attributes)
    SELECT fromUnixTimestamp64Micro(${START_US} + number * 1000), '${TRACE}', hex(number + 1), if(number = 0, '', '1'),
      'shop', if(number = 0, 'GET /', '<script>alert(1)</script>'), if(number = 0, 'SERVER', 'CLIENT'), 5000000,
      if(number = 2, 'ERROR', 'UNSET'), map('user.id', toString(number))
    FROM numbers(3)`)
  await createLogs()
})
afterAll(() => server?.stop())

async function createLogs(): Promise<void> {
  const line: Line = {
    timeUs: START_US + 5,
    traceId: TRACE,
    spanId: '1',
    severity: 9,
    severityText: 'INFO',
    service: 'shop',
    body: 'one',
  }
  await createLogTable(server, 'telemetry', 'own_logs')
  await createLogTable(server, 'telemetry', 'logs')
  await insertLines(server, 'telemetry', 'logs', [{ ...line, timeUs: START_US + 9 }, line])
  await createLogTable(server, 'collector', 'otel_logs')
  await insertLines(server, 'collector', 'otel_logs', [{ ...line, traceId: COLLECTED }])
}

interface Source {
  readonly username?: string
  readonly password?: string
  readonly url?: string
}

async function openApi({ username = 'default', password = '', url = server.url }: Source = {}) {
  const reader = openReader({ url, username, password, headers: {}, tls: {} })
  const mistakes: unknown[] = []
  const page = await openPage({
    api: newApi({ reader, target, logs, version: '1.2.3' }),
    files: new Map(),
    // Another one for each test: fetch would use a connection again that the page before it has closed.
    port: await freePort(),
    onMistake: (error) => mistakes.push(error),
  })
  onTestFinished(async () => {
    await page.close()
    await reader.close()
    expect(mistakes).toEqual([])
  })
  const { origin, searchParams } = new URL(page.url)
  const cookie = `spanhouse_${page.port}=${searchParams.get('token')}`
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { cookie, ...init.headers }
    const reply = await fetch(`${origin}/api/${path}`, { ...init, headers })
    const text = await reply.text()
    expect(text).not.toContain(SECRET)
    return { status: reply.status, body: JSON.parse(text) }
  }
  const get = async (path: string) => {
    const { status, body } = await call(path)
    expect([status, body]).toEqual([200, expect.anything()])
    return body
  }
  const sql = (text: string, query = '') =>
    call(`sql${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql: text }),
    })
  return { call, get, sql }
}

const RANGE = `from=${START_US - 1000}&to=${START_US + 60_000_000}`

describe.each(['default', 'reader1', 'reader2'])('For the user %s, the page', (username) => {
  const open = () => openApi({ username, password: username === 'default' ? '' : SECRET })

  test('learns what there is', async () => {
    const { get } = await open()
    const meta = await get('meta')
    expect(meta).toMatchObject({
      version: '1.2.3',
      server: { url: server.url, version: expect.stringMatching(/^\d+\.\d+/) },
      table: { database: 'telemetry', table: 'traces', family: 'flat', missing: [] },
      live: true,
      logTables: ['telemetry.logs', 'telemetry.own_logs', 'collector.otel_logs'],
      metricTables: [],
    })
    expect(meta.tables).toMatchObject([
      { database: 'telemetry', table: 'traces', family: 'flat' },
      { database: 'collector', family: 'otel' },
    ])
  })

  test.each([
    ['traces', RANGE, 1],
    ['trace', `id=${TRACE}`, 3],
    ['trace', `id=${TRACE}&around=${START_US}`, 3],
    ['logs', `id=${TRACE}`, 2],
    ['logs', `id=${TRACE}&around=${START_US}`, 2],
    ['logs', `id=${TRACE}&around=1`, 0],
    // The lines are in another table than those beside the spans.
    ['logs', `id=${COLLECTED}&table=telemetry.traces`, 1],
    ['spans', RANGE, 3],
    ['spans', `${RANGE}&q=status%3Aerror`, 1],
    ['spans', `${RANGE}&limit=2`, 2],
    ['services', RANGE, 1],
    ['operations', RANGE, 2],
    ['operations', `${RANGE}&sort=errors`, 2],
    ['edges', RANGE, 0],
    ['rates', `${RANGE}&bucket=1000000`, undefined],
    ['heat', `${RANGE}&bucket=1000000`, undefined],
    ['keys', RANGE, 1],
    ['values', `${RANGE}&key=user.id&place=span`, 3],
    ['operation-names', RANGE, 2],
    ['extent', '', 1],
    ['health', '', 0],
  ])('asks for %s with %s', async (name, query, rows) => {
    const { get } = await open()
    const answer = await get(`${name}?${query}`)
    if (rows === undefined) expect(answer.rows.length).toBeGreaterThan(0)
    else expect(answer.rows).toHaveLength(rows)
    expect(answer.truncated).toBe(query.includes('limit=2'))
    if (name !== 'health') {
      expect(answer.sql).toContain(`spanhouse: ${name}`)
      // What is shown can be pasted anywhere, and has the same rows.
      const pasted = JSON.parse(await server.query(`${answer.sql}\nFORMAT JSON`))
      expect(pasted.data).toHaveLength(answer.rows.length)
    }
  })

  test('runs SQL of the user, in the database of the chosen table', async () => {
    const { sql } = await open()
    const answer = await sql('SELECT count() AS n FROM traces')
    expect(answer).toMatchObject({
      status: 200,
      body: { rows: [[username === 'reader1' ? 3 : '3']], truncated: false },
    })
    expect(answer.body.columns).toEqual([{ name: 'n', type: 'UInt64' }])
  })

  test('cannot write, nor read files of the server or other addresses', async () => {
    const { sql } = await open()
    for (const statement of [
      'TRUNCATE TABLE telemetry.traces',
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      "SELECT * FROM url('http://127.0.0.1:1', 'LineAsString')",
      'SYSTEM SHUTDOWN',
    ]) {
      const { status, body } = await sql(statement)
      expect([400, 403], statement).toContain(status)
      expect(body.error.message).not.toMatch(/\n/)
    }
  })
})

test.each([
  ['operation-names', 'prefix=get', ['GET /']],
  ['operation-names', 'prefix=none', []],
  ['operation-names', 'limit=1', ['<script>alert(1)</script>']],
  ['values', 'key=user.id&prefix=1', ['1']],
  ['values', 'key=user.id&limit=2', ['0', '1']],
])('The suggestions %s take %s', async (name, query, values) => {
  const { get } = await openApi()
  const { rows, truncated } = await get(`${name}?${RANGE}&${query}`)
  expect(rows.map(({ value }: { value: string }) => value)).toEqual(values)
  expect(truncated).toBe(query.includes('limit'))
})

test('The keys of attributes take a limit', async () => {
  const { get } = await openApi()
  const all = await get(`keys?${RANGE}`)
  expect(all).toMatchObject({ rows: [{ key: 'user.id' }], truncated: false })
  const one = await get(`keys?${RANGE}&limit=1`)
  expect(one).toMatchObject({ rows: [{ key: 'user.id' }], truncated: true })
  expect(one.sql).toMatch(/LIMIT 1$/)
})

test('Another table is chosen by its name', async () => {
  const { get, call } = await openApi()
  expect((await get('spans?table=collector.otel_traces')).rows).toEqual([])
  expect((await get('meta?table=collector.otel_traces')).table.family).toBe('otel')
  expect((await call('spans?table=system.users')).status).toBe(404)
})

test.each([
  'spans?from=x',
  'spans?from=1e99',
  'spans?limit=many',
  'traces?sort=evil',
  'rates',
  'rates?bucket=-',
  'trace',
  `spans?q=${'x'.repeat(4001)}`,
])('A mistake in %.20s is told to the page', async (path) => {
  const { call } = await openApi()
  const { status, body } = await call(path)
  expect(status).toBe(400)
  expect(body.error.message).toMatch(/\.$/)
})

test.each(['none', 'toString', '__proto__', 'meta/x', ''])(
  'A query of the name "%s" does not exist',
  async (name) => {
    const { call } = await openApi()
    expect((await call(name)).status).toBe(404)
  },
)

test('Hostile text is passed as data', async () => {
  const { get } = await openApi()
  const hostile = encodeURIComponent("'; DROP TABLE telemetry.traces; -- {x:String} \u0000 \\")
  for (const path of [`trace?id=${hostile}`, `values?key=${hostile}`, `spans?q=%22${hostile}%22`])
    expect((await get(path)).rows).toEqual([])
  expect(await server.query('EXISTS telemetry.traces')).toBe('1\n')
})

test('A server without a table has no rows and no error; the first span appears by itself', async () => {
  await using empty = await startClickHouse()
  const { get } = await openApi({ url: empty.url })
  expect((await get('traces')).rows).toEqual([])
  expect((await get('meta')).table).toBeNull()
  for (const statement of flatTraces.ddl({ database: 'telemetry' })) await empty.query(statement)
  await empty.query(
    "INSERT INTO telemetry.traces (timestamp, trace_id, span_id, span_name) VALUES (now64(9), '1', '2', 'x')",
  )
  expect((await get('traces')).rows).toHaveLength(1)
})

test('Wrong credentials and an unreachable server are said with their fix', async () => {
  const wrong = await (await openApi({ username: 'reader1', password: 'x' })).call('meta')
  expect(wrong).toMatchObject({ status: 403, body: { error: { fix: /password/ } } })
  const gone = await (await openApi({ url: 'http://127.0.0.1:1' })).call('meta')
  expect(gone).toMatchObject({ status: 502, body: { error: { fix: expect.any(String) } } })
})

test('A few queries run at the same time, the others wait, and those that nobody waits for are left out', async () => {
  let running = 0
  let most = 0
  const slow = createServer((_, reply) => {
    most = Math.max(most, ++running)
    reply.on('close', () => running--)
  }).listen(0, '127.0.0.1')
  await once(slow, 'listening')
  onTestFinished(() => void slow.close().closeAllConnections())
  const { call } = await openApi({
    url: `http://127.0.0.1:${(slow.address() as AddressInfo).port}`,
  })
  const leaving = new AbortController()
  const calls = Array.from({ length: 80 }, () =>
    call('meta', { signal: leaving.signal }).then(
      ({ status }) => status,
      () => 'left',
    ),
  )
  const refused = await Promise.race(calls)
  expect(refused).toBe(503)
  expect(most).toBeLessThanOrEqual(6)
  leaving.abort()
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['left', 503]))
  await until(() => running <= 1) // the greeting has a deadline of its own
})
