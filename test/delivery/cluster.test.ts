import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type AnyOptions, openCollector } from '../kit/entry-points.mjs'
import { freePort } from '../kit/free-port.js'
import type { AnyRecord, Made } from '../kit/numbered-records.mjs'
import { eventually, flushed, LONG, until } from '../kit/patience.js'
import { type FaultyProxy, startProxy } from '../kit/proxy.js'
import { CERT, KEY } from '../kit/raw-server.js'
import { type Identified, idOf, load, narrowTable, records, TRACES } from '../kit/signals.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

// Two servers on this machine, each of them a shard of the cluster `main`. These servers know neither ON CLUSTER nor Replicated tables: the
// statements here leave ON CLUSTER out.

const table = narrowTable(TRACES)
const shards: ClickHouseServer[] = []
let start: (shard: number) => Promise<ClickHouseServer>

beforeAll(async () => {
  const tcpPorts = [await freePort(), await freePort()]
  const httpPorts = [await freePort(), await freePort()]
  const directories = tcpPorts.map(() => temporaryDirectory(afterAll))
  const clusters = { main: tcpPorts.map((port) => [port]) }
  start = async (n) => {
    const [tcpPort = 0, httpPort = 0, dataDir] = [tcpPorts[n], httpPorts[n], directories[n]]
    const server = await startClickHouse({ tcpPort, httpPort, dataDir, clusters })
    shards[n] = server
    return server
  }
  await start(0)
  await start(1)
})
afterAll(() => Promise.all(shards.map((server) => server.stop())))

let database = ''
let databases = 0
beforeEach(() => {
  database = `cluster_${databases++}`
})

/** Creates the tables of a schema on both servers, as ON CLUSTER would. */
async function createOnBoth(schema: Table<never>, shardingKey?: string): Promise<void> {
  const distributed = shardingKey === undefined ? {} : { shardingKey }
  const statements = schema.ddl({ database, cluster: 'main', distributed })
  for (const server of shards)
    for (const statement of statements)
      await server.query(statement.replace(' ON CLUSTER `main`', ''))
}

function collectorTo(options: AnyOptions) {
  const collector = openCollector('traces', {
    database,
    schema: table,
    batch: { maxRows: 50, maxDelayMs: LONG ? 20 : 100 },
    retry: { initialDelayMs: 5, maxDelayMs: 200 },
    ...options,
  })
  onTestFinished(() => collector.shutdown())
  return collector
}

async function proxiesTo(first: Parameters<typeof startProxy>[1] = 'none'): Promise<FaultyProxy[]> {
  const proxies = await Promise.all(shards.map(({ httpPort }) => startProxy(httpPort, first)))
  onTestFinished(async () => {
    for (const proxy of proxies) await proxy.close()
  })
  return proxies
}

/** What both shards hold of so many rows, in this table of each. `doubled`: further copies; `several`: rows that have some. */
async function tally(made: number, name: string) {
  const ids = new Map<string, number>()
  const perShard: number[] = []
  for (const server of shards) {
    const text = await server.query(`SELECT span_id FROM ${database}.${name} FORMAT TSV`)
    const found = text.split('\n').slice(0, -1)
    perShard.push(found.length)
    for (const id of found) ids.set(id, (ids.get(id) ?? 0) + 1)
  }
  const rows = perShard.reduce((sum, one) => sum + one, 0)
  for (const one of perShard) expect(one).toBeGreaterThan(0)
  const several = [...ids.values()].filter((times) => times > 1).length
  return { lost: made - ids.size, doubled: rows - ids.size, several }
}

const NOTHING_AMISS = { lost: 0, doubled: 0, several: 0 }
const ROWS_A_SECOND = LONG ? 2000 : 300

async function kill(shard: number): Promise<void> {
  await shards[shard]?.kill()
}

describe('through a Distributed table', () => {
  const trouble: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
    ['killed and started again', () => kill(1), () => start(1)],
    ['stopped and started again', async () => await shards[1]?.stop(), () => start(1)],
  ]
  // The two differ in what the server does, not in what the exporter sees.
  test.each(trouble.slice(0, LONG ? 2 : 1))(
    'a shard is %s under load: nothing lost, nothing doubled',
    async (_, fall, rise) => {
      await createOnBoth(table, 'cityHash64(span_id)')
      const collector = collectorTo({ endpoint: shards[0]?.url as string, manageSchema: 'off' })
      const made = load(collector, TRACES, ROWS_A_SECOND)
      await until(() => statsOf(collector).delivered > 100)
      await fall()
      const { errors } = statsOf(collector)
      await until(() => statsOf(collector).errors > errors + 1)
      await rise()
      const { delivered } = statsOf(collector)
      await until(() => statsOf(collector).delivered > delivered + 100)
      const rows = made.stop()
      await flushed(collector)
      await deduplicationKnown(collector)
      expect(await tally(rows, 'traces_local')).toEqual(NOTHING_AMISS)
      expect(statsOf(collector)).toMatchObject({
        delivered: rows,
        dropped: {},
        deduplication: 'effective',
        possibleDuplicates: 0,
      })
    },
  )

  test('each first reply of each host is lost: the other host recognises the rows', async () => {
    await createOnBoth(table, 'cityHash64(span_id)')
    const proxies = await proxiesTo()
    const endpoints = proxies.map(({ url }) => url)
    const collector = collectorTo({ endpoints, manageSchema: 'off', batch: { maxRows: 5 } })
    for (const record of records(TRACES, 5)) collector.add(record)
    await eventually(() => expect(statsOf(collector).deduplication).toBe('effective'))
    for (const proxy of proxies) await proxy.become('lose first replies')
    for (const record of records(TRACES, 100)) collector.add(record)
    await flushed(collector)
    expect(await tally(105, 'traces_local')).toEqual(NOTHING_AMISS)
    expect(statsOf(collector)).toMatchObject({ delivered: 105, possibleDuplicates: 0 })
    for (const { lost } of proxies) expect(lost).toBeGreaterThan(0)
  })

  test('a row that one shard refuses: the others are delivered, and what may be stored twice is counted', async () => {
    await createOnBoth(table, 'cityHash64(span_id)')
    const made = records(TRACES, 40)
    const onShard1 = await shards[0]?.query(
      `SELECT id FROM (SELECT arrayJoin(['${made.map((record) => idOf(record as Identified)).join("','")}']) AS id) WHERE cityHash64(id) % 2 = 1 LIMIT 1 FORMAT TSV`,
    )
    const [refused = ''] = (onShard1 ?? '').split('\n')
    await shards[1]?.query(
      `ALTER TABLE ${database}.traces_local ADD CONSTRAINT c CHECK span_id != '${refused}'`,
    )
    const collector = collectorTo({ endpoint: shards[0]?.url as string, manageSchema: 'off' })
    for (const record of made) collector.add(record)
    await flushed(collector)
    const stats = statsOf(collector)
    expect(stats).toMatchObject({ delivered: 39, dropped: { rejected: 1 } })
    const { lost, several } = await tally(40, 'traces_local')
    expect(lost).toBe(1)
    expect(several).toBeGreaterThan(0)
    expect(stats.possibleDuplicates).toBeGreaterThanOrEqual(several)
  })

  test('with tokens that no shard recognises, rows that one shard may have while the other is dead are counted', async () => {
    await createOnBoth(table, 'rand()')
    const collector = collectorTo({ endpoint: shards[0]?.url as string, manageSchema: 'off' })
    for (const record of records(TRACES, 50)) collector.add(record)
    await flushed(collector)
    await eventually(() => expect(statsOf(collector).deduplication).toBe('ineffective'))
    await kill(1)
    for (const record of records(TRACES, 100)) collector.add(record)
    await until(() => statsOf(collector).errors > 3)
    await start(1)
    await flushed(collector)
    const { delivered, possibleDuplicates } = statsOf(collector)
    expect(delivered).toBe(150)
    const { lost, doubled } = await tally(150, 'traces_local')
    expect(lost).toBe(0)
    expect(possibleDuplicates).toBeGreaterThan(0)
    expect(possibleDuplicates).toBeGreaterThanOrEqual(doubled)
  })

  test('companions have one too, over the tables that the views of each shard fill', async () => {
    await createOnBoth(otelTraces)
    const collector = collectorTo({
      endpoint: shards[0]?.url as string,
      manageSchema: 'off',
      schema: 'otel',
    })
    for (const record of records(TRACES, 60)) collector.add(record)
    await flushed(collector)
    const counts = 'SELECT count() FROM'
    for (const server of shards) {
      expect(await server.query(`${counts} ${database}.otel_traces`)).toBe('60\n')
      const traces = await server.query(`SELECT uniq(TraceId) FROM ${database}.otel_traces`)
      const times = await server.query(
        `SELECT uniq(TraceId) FROM ${database}.otel_traces_trace_id_ts`,
      )
      expect(times).toBe(traces)
      const parts = await server.query(`${counts} ${database}.otel_traces_local_trace_id_ts`)
      expect(Number(parts)).toBeGreaterThan(0)
    }
  })

  test('with a sharding key that differs from attempt to attempt, it is said that nothing is deduplicated', async () => {
    await createOnBoth(table, 'rand()')
    const collector = collectorTo({ endpoint: shards[0]?.url as string, manageSchema: 'off' })
    for (const record of records(TRACES, 5)) collector.add(record)
    await flushed(collector)
    await eventually(() => expect(statsOf(collector).deduplication).toBe('ineffective'))
  })

  test('the spans of a trace are on one shard, and both shards have traces', async () => {
    await createOnBoth(flatTraces)
    const collector = collectorTo({
      endpoint: shards[0]?.url as string,
      manageSchema: 'off',
      schema: 'flat',
      batch: { maxRows: 30 },
    })
    const [traces, spans] = [40, 5]
    // One span of each trace after the other, so that the spans of a trace are in several INSERTs.
    for (let span = 0; span < spans; span++)
      for (let trace = 1; trace <= traces; trace++) collector.add(spanOf(trace, span))
    await flushed(collector)
    const found = await Promise.all(
      shards.map(async (server) => {
        const text = await server.query(
          `SELECT trace_id, count() FROM ${database}.traces_local GROUP BY trace_id FORMAT TSV`,
        )
        return text.split('\n').slice(0, -1)
      }),
    )
    const whole = Array.from({ length: traces }, (_, n) => `${traceId(n + 1)}\t${spans}`)
    expect(found.flat().sort()).toEqual(whole.sort())
    for (const one of found) expect(one.length).toBeGreaterThan(0)
  })
})

const traceId = (trace: number) => trace.toString(16).padStart(32, '0')

function spanOf(trace: number, span: number): AnyRecord {
  const spanId = (trace * 1000 + span).toString(16).padStart(16, '0')
  const context = { traceId: traceId(trace), spanId, traceFlags: 1 }
  return { ...(TRACES.make() as Made['traces']), spanContext: () => context }
}

/** TLS in front of a port, ended with the test. The certificate is for `clickhouse.test`. */
async function tlsProxy(port: number) {
  const open = new Set<Socket>()
  const server = createTlsServer({ cert: CERT, key: KEY }, (client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on('error', () => to.destroy()).on('close', () => to.destroy())
      from.pipe(to)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  onTestFinished(stop)
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

test('over TLS, with one of two hosts gone: the other gets the rows', async () => {
  const proxies = await Promise.all(shards.map(({ httpPort }) => tlsProxy(httpPort)))
  const collector = collectorTo({
    endpoints: proxies.map(({ url }) => url),
    endpointOrder: 'round_robin',
    tls: { ca: CERT, servername: 'clickhouse.test' },
    batch: { maxRows: 10 },
  })
  for (const record of records(TRACES, 100)) collector.add(record)
  await flushed(collector)
  proxies[0]?.stop()
  for (const record of records(TRACES, 100)) collector.add(record)
  await flushed(collector)
  expect(await tally(200, 'traces')).toEqual(NOTHING_AMISS)
  expect(statsOf(collector)).toMatchObject({ delivered: 200, dropped: {} })
})

describe('into the local tables of the hosts, each in turn', () => {
  const trouble: [
    string,
    (at: FaultyProxy) => Promise<unknown>,
    (at: FaultyProxy) => Promise<unknown>,
  ][] = [
    ['refuses connections', (at) => at.become('refuse'), (at) => at.become('none')],
    ['hangs', (at) => at.become('hang'), (at) => at.become('none')],
    ['is cut off', (at) => at.become('black hole'), (at) => at.become('none')],
    ['is killed', () => kill(1), () => start(1)], // as behind a Distributed table, above
  ]
  test.each(trouble.slice(0, LONG ? 4 : 3))(
    'one %s under load, and comes back: nothing lost, nothing doubled',
    async (_, fall, rise) => {
      const proxies = await proxiesTo()
      const endpoints = proxies.map(({ url }) => url)
      const collector = collectorTo({ endpoints, endpointOrder: 'round_robin' })
      const made = load(collector, TRACES, ROWS_A_SECOND)
      const second = proxies[1] as FaultyProxy
      const rowsOf = async (shard: number) =>
        Number(await shards[shard]?.query(`SELECT count() FROM ${database}.traces`).catch(() => 0))
      await until(async () => (await rowsOf(1)) > 0 && (await rowsOf(0)) > 0)
      await fall(second)
      const before = await rowsOf(0)
      await until(async () => (await rowsOf(0)) > before + 5 * 50) // the other one takes them all
      await rise(second)
      const atReturn = await rowsOf(1)
      await until(async () => (await rowsOf(1)) > atReturn + 50)
      const rows = made.stop()
      await flushed(collector)
      expect(await tally(rows, 'traces')).toEqual(NOTHING_AMISS)
      expect(statsOf(collector)).toMatchObject({
        delivered: rows,
        dropped: {},
        possibleDuplicates: 0,
      })
    },
  )

  test('each first reply is lost: every batch stays with its host until that says so', async () => {
    const proxies = await proxiesTo('lose first replies')
    const endpoints = proxies.map(({ url }) => url)
    const collector = collectorTo({
      endpoints,
      endpointOrder: 'round_robin',
      batch: { maxRows: 5 },
    })
    for (const record of records(TRACES, 200)) collector.add(record)
    await flushed(collector)
    expect(await tally(200, 'traces')).toEqual(NOTHING_AMISS)
    expect(statsOf(collector)).toMatchObject({ delivered: 200, possibleDuplicates: 0 })
  })

  test('each first reply is lost where a Distributed table is over them: its rows are there once', async () => {
    const shardingKey = 'cityHash64(span_id)'
    await createOnBoth(table, shardingKey)
    const proxies = await proxiesTo('lose first replies')
    const collector = collectorTo({
      endpoints: proxies.map(({ url }) => url),
      endpointOrder: 'round_robin',
      cluster: 'main',
      distributed: { insertInto: 'local', shardingKey },
      manageSchema: 'off',
      batch: { maxRows: 5 },
    })
    for (const record of records(TRACES, 200)) collector.add(record)
    await flushed(collector)
    await deduplicationKnown(collector)
    expect(await tally(200, 'traces_local')).toEqual(NOTHING_AMISS)
    expect(statsOf(collector)).toMatchObject({
      delivered: 200,
      possibleDuplicates: 0,
      deduplication: 'effective',
    })
    for (const { lost } of proxies) expect(lost).toBeGreaterThan(0)
    for (const server of shards)
      expect(await server.query(`SELECT count() FROM ${database}.traces`)).toBe('200\n')
  })
})

test('with the order `random` both hosts get rows', async () => {
  const endpoints = shards.map(({ url }) => url)
  const batch = { maxRows: 5 }
  const collector = collectorTo({ endpoints, endpointOrder: 'random', batch })
  for (const record of records(TRACES, 400)) collector.add(record)
  await flushed(collector)
  // `tally` expects rows of each.
  expect(await tally(400, 'traces')).toEqual(NOTHING_AMISS)
  expect(statsOf(collector)).toMatchObject({ delivered: 400, possibleDuplicates: 0 })
})
