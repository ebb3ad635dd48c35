import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import { ClickHouseLogRecordProcessor } from '../../packages/exporter-clickhouse/src/logs/log-record-processor.js'
import { ClickHouseMetricExporter } from '../../packages/exporter-clickhouse/src/metrics/metric-exporter.js'
import { isChosen } from '../../packages/exporter-clickhouse/src/routing/sampling.js'
import { ClickHouseSpanProcessor } from '../../packages/exporter-clickhouse/src/traces/span-processor.js'
import { diagLines } from '../kit/diag-lines.js'
import { resourceMetricsOf } from '../kit/entry-points.mjs'
import { eventually, flushed } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { shopLog, shopPoint } from '../kit/shop-records.js'
import { shopSpan } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

/** The entry points of all signals, with the same options, and their sum of accounts. */
function openAll(options: Options<never>) {
  const given = { shutdownTimeoutMs: 1000, ...options } as never
  const spans = new ClickHouseSpanProcessor(given)
  const logs = new ClickHouseLogRecordProcessor(given)
  const metrics = new ClickHouseMetricExporter(given)
  const all = { spans, logs, metrics }
  onTestFinished(
    async () => void (await Promise.all(Object.values(all).map((one) => one.shutdown()))),
  )
  return { ...all, flushed: () => Promise.all(Object.values(all).map((one) => flushed(one))) }
}

async function rows<Row>(query: string): Promise<Row[]> {
  const text = await server.query(`${query} FORMAT JSONEachRow`)
  return text.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line) as Row) // biome-ignore format: one line
}

const now = () => Math.floor(Date.now() / 1000)
const RESOURCE = { attributes: { 'service.name': 'shop', 'host.name': 'h-1' } }

function span(name: string, changes: object = {}) {
  const context = {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
  }
  const time = [now(), 0]
  return {
    ...shopSpan(),
    name,
    spanContext: () => context,
    parentSpanContext: undefined,
    startTime: time,
    endTime: time,
    attributes: { 'user.email': 'ann@example.com', 'user.id': '7', 'http.route': '/cart' },
    resource: RESOURCE,
    ...changes,
  } as never
}

const log = (body: unknown, changes: object = {}) =>
  ({ ...shopLog(), spanContext: undefined, body, attributes: { 'user.id': '7' }, resource: RESOURCE, ...changes }) as never // biome-ignore format: one line

function point(attributes: object) {
  const { metric, ...others } = shopPoint()
  const dataPoints = metric.dataPoints.map((one) => ({ ...one, attributes }))
  return { ...others, resource: RESOURCE, metric: { ...metric, dataPoints } } as never
}

test('two destinations route the records of all signals differently', async () => {
  const all = openAll({
    endpoint: server.url,
    database: 'east',
    origin: 'east',
    filter: { drop: [{ name: 'GET /health*' }, { severity: { max: 'debug' } }] },
    destinations: [
      {
        name: 'west',
        endpoint: server.url,
        database: 'west',
        skipIfOrigin: ['west'],
        filter: { keep: [{ service: 'shop' }] },
        redact: { deny: ['*.email'], hash: ['user.id'], key: 'pepper', values: ['email'] },
      },
    ],
  })
  all.spans.onEnd(span('GET /cart'))
  all.spans.onEnd(span('GET /healthz'))
  all.spans.onEnd(
    span('came from west', {
      resource: { attributes: { 'service.name': 'shop', 'spanhouse.origin': 'west' } },
    }),
  )
  all.spans.onEnd(span('of mail', { resource: { attributes: { 'service.name': 'mail' } } }))
  all.logs.onEmit(log('sent to ann@example.com'))
  all.logs.onEmit(log({ to: ['ann@example.com', { 'user.email': 'bob' }] }, { severityNumber: 5 }))
  all.metrics.export(
    resourceMetricsOf([point({ 'user.id': '7', mail: 'ann@example.com' })]) as never,
    () => {},
  )
  await all.flushed()

  const names = (database: string) =>
    rows<{ span_name: string }>(`SELECT span_name FROM ${database}.traces ORDER BY span_name`)
  expect(await names('east')).toEqual([{ span_name: 'GET /cart' }, { span_name: 'came from west' }, { span_name: 'of mail' }]) // biome-ignore format: one line
  expect(await names('west')).toEqual([{ span_name: 'GET /cart' }, { span_name: 'GET /healthz' }])
  const origins = await rows(
    "SELECT span_name, resource_attributes['spanhouse.origin'] AS origin FROM east.traces ORDER BY span_name",
  )
  expect(origins.map((row) => Object(row).origin)).toEqual(['east', 'west', 'east'])

  const bodies = (database: string) =>
    rows<{ body: string }>(`SELECT body FROM ${database}.logs ORDER BY body`)
  expect(await bodies('east')).toEqual([{ body: 'sent to ann@example.com' }])
  expect(await bodies('west')).toEqual([
    { body: 'sent to [redacted]' },
    { body: '{"to":["[redacted]",{}]}' },
  ])

  const hash = (
    await rows<{ id: string }>("SELECT attributes['user.id'] AS id FROM west.traces LIMIT 1")
  )[0]?.id
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  // The same user in all signals: hashes can be joined.
  for (const table of ['traces', 'logs', 'metrics']) {
    expect(await rows(`SELECT DISTINCT attributes['user.id'] AS id FROM west.${table}`)).toEqual([
      { id: hash },
    ])
    const everything = await server.query(`SELECT * FROM west.${table} FORMAT JSONEachRow`)
    expect(everything).not.toMatch(/ann@|user\.email/)
    expect(everything).toContain('spanhouse.origin')
  }
  expect(statsOf(all.spans, 'primary')).toMatchObject({ delivered: 3, dropped: { filtered: 1 } })
  expect(statsOf(all.spans, 'west')).toMatchObject({ delivered: 2, dropped: { filtered: 2 } })
  expect(statsOf(all.logs, 'primary')).toMatchObject({ delivered: 1, dropped: { filtered: 1 } })
  expect(statsOf(all.logs, 'west')).toMatchObject({ delivered: 2, dropped: {} })
  expect(statsOf(all.metrics, 'west')).toMatchObject({ delivered: 1, dropped: {} })
})

test('dispatch fills tables of its own, and the configured one, which is created', async () => {
  await server.query('CREATE DATABASE tenants')
  await server.query(
    'CREATE TABLE tenants.audit (at DateTime64(9), who String, n UInt64, tags Map(String, String)) ENGINE = MergeTree ORDER BY at',
  )
  const all = openAll({
    endpoint: server.url,
    database: 'tenants',
    traces: {
      dispatch: (row, { table }) => ({
        [table]: { ...row, span_name: `seen ${row['span_name']}` },
        audit: {
          at: row['timestamp'],
          who: Object(row['attributes'])['user.id'],
          n: 2n ** 63n,
          tags: { a: 'b' },
        },
      }),
    },
  })
  for (let n = 0; n < 100; n++) all.spans.onEnd(span(`${n}`))
  await all.flushed()
  expect(await rows('SELECT count() AS n, countIf(startsWith(span_name, \'seen \')) AS seen FROM tenants.traces')).toEqual([{ n: 100, seen: 100 }]) // biome-ignore format: one line
  expect(await rows('SELECT DISTINCT who, toString(n) AS big, tags FROM tenants.audit')).toEqual([{ who: '7', big: '9223372036854775808', tags: { a: 'b' } }]) // biome-ignore format: one line
  expect(await rows('SELECT count() AS n FROM tenants.audit WHERE at > now() - 3600')).toEqual([{ n: 100 }]) // biome-ignore format: one line
  expect(statsOf(all.spans)).toMatchObject({ accepted: 200, delivered: 200, hookErrors: 0 })
})

test('a table that dispatch names and that is missing is said to be the operator’s to create', async () => {
  const lines = diagLines()
  await server.query('CREATE DATABASE lacking')
  const dispatch = (row: Record<string, unknown>) => ({ audit: { name: row['span_name'] } })
  const all = openAll({ endpoint: server.url, database: 'lacking', traces: { dispatch } })
  all.spans.onEnd(span('early'))
  await eventually(() => {
    // Not those about slow functions: a busy machine may take the CPU from any of them.
    const said = lines.filter((line) => !line.includes(' is slow: '))
    expect(said).toEqual([
      expect.stringContaining('Create `lacking`.`audit`: only configured tables are created.'),
    ])
    expect(said[0]).toContain('lacking.audit')
    expect(said[0]).not.toContain('manageSchema')
  })
})

test('a failed span keeps its trace and the log records of it, and so does a rule about its route, in file and environment too', async () => {
  const file = join(temporaryDirectory(), 'spanhouse.json')
  const sample = { rate: 0, rules: [{ route: '/orders*', rate: 1 }], maxWaitMs: '61s' }
  writeFileSync(file, JSON.stringify({ endpoint: server.url, database: 'sampled', sample }))
  vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE', file)
  vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_REDACT_DENY', 'user.*,*password*')
  vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_FILTER', '{"drop":[{"name":"noise*"},{"body":"noise*"}]}')
  onTestFinished(() => void vi.unstubAllEnvs())
  const all = openAll({})
  const failed = randomBytes(16).toString('hex')
  const inTrace = (traceId: string, spanId: string, parent?: string, status = { code: 0 }) => ({
    spanContext: () => ({ traceId, spanId }),
    parentSpanContext: parent && { traceId, spanId: parent },
    status,
  })
  const within = { spanContext: { traceId: failed, spanId: 'bbbbbbbbbbbbbbbb', traceFlags: 1 } }
  all.logs.onEmit(log('about to fail', within))
  all.logs.onEmit(log('noise in it', within))
  all.spans.onEnd(span('child', inTrace(failed, 'bbbbbbbbbbbbbbbb', 'aaaaaaaaaaaaaaaa')))
  all.spans.onEnd(span('noise', inTrace(failed, 'cccccccccccccccc', 'aaaaaaaaaaaaaaaa')))
  all.spans.onEnd(span('root', inTrace(failed, 'aaaaaaaaaaaaaaaa', undefined, { code: 2 })))
  const fine = randomBytes(16).toString('hex')
  all.spans.onEnd(span('fine child', inTrace(fine, 'bbbbbbbbbbbbbbbb', 'aaaaaaaaaaaaaaaa')))
  all.spans.onEnd(span('fine root', inTrace(fine, 'aaaaaaaaaaaaaaaa')))
  const order = randomBytes(16).toString('hex')
  const attributes = { 'http.route': '/orders/:id', 'user.id': '7' }
  const ofOrder = { spanContext: { traceId: order, spanId: 'bbbbbbbbbbbbbbbb', traceFlags: 1 } }
  all.logs.onEmit(log('of an order', ofOrder))
  all.spans.onEnd(span('order child', inTrace(order, 'bbbbbbbbbbbbbbbb', 'aaaaaaaaaaaaaaaa')))
  all.spans.onEnd(span('order', { ...inTrace(order, 'aaaaaaaaaaaaaaaa'), attributes }))
  await all.flushed()
  expect(await rows("SELECT span_name, attributes['user.id'] AS user FROM sampled.traces ORDER BY span_name")).toEqual([{ span_name: 'child', user: '' }, { span_name: 'order', user: '' }, { span_name: 'order child', user: '' }, { span_name: 'root', user: '' }]) // biome-ignore format: one line
  expect(await rows('SELECT body FROM sampled.logs ORDER BY body')).toEqual([
    { body: 'about to fail' },
    { body: 'of an order' },
  ])
  expect(statsOf(all.spans)).toMatchObject({ delivered: 4, waiting: 0, dropped: { filtered: 3 } })
  expect(statsOf(all.logs)).toMatchObject({ delivered: 2, waiting: 0, dropped: { filtered: 1 } })
})

test('a rate of a service, a rate of a route and slow spans decide about whole traces', async () => {
  const all = openAll({
    endpoint: server.url,
    database: 'rates',
    sample: {
      rate: 0,
      rules: [
        { service: 'check*', rate: 1 },
        { service: 'shop', route: '/orders*', rate: 0.5 },
      ],
      keepSlowerThanMs: 1000,
    },
  })
  const kinds = {
    'of the service': { service: 'checkout', route: '/cart', seconds: 0 },
    'of the route': { service: 'shop', route: '/orders/:id', seconds: 0 },
    slow: { service: 'shop', route: '/cart', seconds: 1 },
    others: { service: 'shop', route: '/cart', seconds: 0 },
    'route of another service': { service: 'mail', route: '/orders/:id', seconds: 0 },
  }
  const sent = Object.entries(kinds).flatMap(([kind, { service, route, seconds }]) =>
    Array.from({ length: 30 }, () => {
      const traceId = randomBytes(16).toString('hex')
      const resource = { attributes: { 'service.name': service } }
      const child = { traceId, spanId: 'bbbbbbbbbbbbbbbb' }
      const root = { traceId, spanId: 'aaaaaaaaaaaaaaaa' }
      const endTime = [now() + seconds, 500]
      const startTime = [(endTime[0] as number) - seconds, 0]
      const times = { startTime, endTime, resource, status: { code: 0 } }
      all.spans.onEnd(span('child', { ...times, attributes: {}, spanContext: () => child, parentSpanContext: root })) // biome-ignore format: one line
      all.spans.onEnd(span('root', { ...times, endTime: startTime, attributes: { 'http.route': route }, spanContext: () => root })) // biome-ignore format: one line
      return { kind, traceId }
    }),
  )
  await all.flushed()
  const kept = await rows<{ trace_id: string; spans: string }>(
    'SELECT trace_id, toString(count()) AS spans FROM rates.traces GROUP BY trace_id',
  )
  expect(kept.filter(({ spans }) => spans !== '2')).toEqual([])
  const there = new Set(kept.map((one) => one.trace_id))
  const isExpected = ({ kind, traceId }: (typeof sent)[number]) =>
    kind === 'of the service' ||
    kind === 'slow' ||
    (kind === 'of the route' && isChosen(traceId, 0.5))
  for (const one of sent) expect({ ...one, isKept: there.has(one.traceId) }).toEqual({ ...one, isKept: isExpected(one) }) // biome-ignore format: one line
  const delivered = 2 * there.size
  expect(statsOf(all.spans)).toMatchObject({
    delivered,
    waiting: 0,
    dropped: { filtered: 300 - delivered },
  })
})

test('allow leaves nothing but the attributes that it names, of all signals', async () => {
  const redact = { allow: ['http.*'] }
  const all = openAll({ endpoint: server.url, database: 'allowed', redact })
  all.spans.onEnd(span('GET /cart'))
  all.logs.onEmit(log('ready', { attributes: { 'user.id': '7', 'http.route': '/cart' } }))
  const points = [point({ 'http.route': '/cart', mail: 'ann@example.com' })]
  all.metrics.export(resourceMetricsOf(points) as never, () => {})
  await all.flushed()
  for (const table of ['traces', 'logs', 'metrics']) {
    expect(await rows(`SELECT service_name, attributes FROM allowed.${table}`)).toEqual([
      { service_name: 'shop', attributes: { 'http.route': '/cart' } },
    ])
    const everything = await server.query(`SELECT * FROM allowed.${table} FORMAT JSONEachRow`)
    expect(everything).not.toMatch(/ann@|user\.|h-1/)
  }
})

test.each(['traces', 'logs'] as const)(
  'functions that throw cost no row of %s, are counted and named',
  async (signal) => {
    const lines = diagLines()
    const database = `throwing_${signal}`
    const fail = (): never => {
      throw new Error('with a value')
    }
    const all = openAll({
      endpoint: server.url,
      database,
      filter(record: { name?: string; body?: string }) {
        const name = record.name ?? record.body
        return name === 'filter throws' ? fail() : name !== 'filter drops'
      },
      dispatch(row: Record<string, unknown>, { table }: { table: string }) {
        const name = row['span_name'] ?? row['body']
        if (name === 'dispatch throws') fail()
        if (name === 'dispatch drops') return undefined
        return { [table]: { ...row, attributes: { ...Object(row['attributes']), seen: 'yes' } } }
      },
      redact: { values: [(text: string) => (text === 'boom' ? fail() : text)] },
    } as never)
    const note = 'fine'
    for (const name of [
      'all is well',
      'filter throws',
      'filter drops',
      'dispatch throws',
      'dispatch drops',
      'redactor throws',
    ]) {
      // biome-ignore format: one line
      const attributes = { note: name === 'redactor throws' ? 'boom' : note }
      if (signal === 'traces') all.spans.onEnd(span(name, { attributes }))
      else all.logs.onEmit(log(name, { attributes }))
    }
    await all.flushed()
    const column = signal === 'traces' ? 'span_name' : 'body'
    expect(
      await rows(`SELECT ${column} AS name, attributes FROM ${database}.${signal} ORDER BY name`),
    ).toEqual([
      { name: 'all is well', attributes: { note, seen: 'yes' } },
      { name: 'dispatch throws', attributes: { note } },
      { name: 'filter throws', attributes: { note, seen: 'yes' } },
      { name: 'redactor throws', attributes: { seen: 'yes' } },
    ])
    expect(statsOf(signal === 'traces' ? all.spans : all.logs)).toMatchObject({
      accepted: 6,
      delivered: 4,
      dropped: { filtered: 2 },
      hookErrors: 3,
    })
    const said = lines.filter((line) => line.includes(' threw '))
    expect(said).toEqual([
      expect.stringMatching(
        /filter of primary threw Error at .*routing\.test\.ts:\d+:\d+\. Its records are kept\.$/,
      ),
      expect.stringMatching(
        /dispatch of primary threw Error at .*routing\.test\.ts.* Its rows go where they would go without it\.$/,
      ),
      expect.stringMatching(
        /redact\.values\[0\] of primary threw Error at .*routing\.test\.ts.* The values that it was given are left out\.$/,
      ),
    ])
    expect(lines.join()).not.toMatch(/with a value|boom/)
  },
)

test('two services in two processes keep the same traces, and what waits is decided when a process ends by itself', async () => {
  const child = async (options: object) => {
    const script = join(import.meta.dirname, 'routing-child.mjs')
    const argument = JSON.stringify({ endpoint: server.url, ...options })
    const { stdout } = await promisify(execFile)(process.execPath, [script, argument])
    return JSON.parse(stdout) as { waiting: number; filtered: number }
  }
  const sample = { rate: 0.3 }
  const [shop, mail] = await Promise.all([
    child({ service: 'shop', sample }),
    child({ service: 'mail', sample, part: true }),
  ])
  expect(mail.waiting).toBeGreaterThan(100) // chosen spans are in the open batch, the others wait
  expect(mail.filtered).toBe(shop.filtered)
  const kept = await rows<{ service: string; traces: string[] }>(
    'SELECT service_name AS service, arraySort(groupArray(trace_id)) AS traces FROM telemetry.traces GROUP BY service ORDER BY service',
  )
  expect(kept.map(({ service }) => service)).toEqual(['mail', 'shop'])
  expect(kept[0]?.traces).toEqual(kept[1]?.traces)
  expect(kept[0]?.traces).toHaveLength(200 - shop.filtered)
})
