import { ClickHouseSpanExporter, ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { until } from '../kit/patience.js'
import { rewritingProxy } from '../kit/rewriting-proxy.js'
import { shopSpans } from '../kit/shop-spans.js'
import { narrowTable, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn } from '../kit/stored-ids.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

/** A proxy that replaces our settings by its own, as gateways do. */
async function proxyWith(settings: Record<string, string>): Promise<string> {
  const proxy = await rewritingProxy(server.httpPort, {
    request(message) {
      const url = new URL(message.path, server.url)
      if (!url.searchParams.has('insert_deduplication_token')) return
      for (const [name, value] of Object.entries(settings)) url.searchParams.set(name, value)
      message.path = url.pathname + url.search
    },
  })
  return proxy.url
}

test.each([
  ['limit', { limit: '30' }, 30],
  ['offset', { offset: '30' }, 170],
  ['time', { max_execution_time: '0.000001', timeout_overflow_mode: 'break' }, 0],
])('a success that stored fewer rows is none: %s', async (name, settings, stored) => {
  const lines = diagLines()
  const database = `short_${name}`
  const endpoint = await proxyWith(settings)
  const processor = new ClickHouseSpanProcessor({ endpoint, database, shutdownTimeoutMs: 1 })
  for (const span of shopSpans(200)) processor.onEnd(span)
  await until(() => statsOf(processor).failing)
  expect(await rowsIn(server, database)).toBe(stored)
  expect(statsOf(processor)).toMatchObject({
    accepted: 200,
    delivered: 0,
    dropped: { unconfirmed: 200 },
    lastError: `the server answered success but wrote ${stored} of 200 rows`,
  })
  const said = lines.filter((line) => line.includes(`wrote ${stored} of 200 rows`))
  expect(said.filter((line) => line.includes('takes no rows'))).toHaveLength(1)

  // Later rows are kept, and not sent after the lost ones.
  for (const span of shopSpans(200)) processor.onEnd(span)
  await expect(processor.forceFlush({ timeoutMs: 100 })).rejects.toThrow('primary (200 rows)')
  expect(statsOf(processor)).toMatchObject({ accepted: 400, waiting: 200 })
  await processor.shutdown()
})

test.each([
  ['MergeTree', 'MergeTree ORDER BY span_id', 20],
  [
    'a table that deduplicates',
    'MergeTree ORDER BY span_id SETTINGS non_replicated_deduplication_window = 100',
    20,
  ],
  ['ReplacingMergeTree', 'ReplacingMergeTree ORDER BY tuple()', 1],
  ['Null', 'Null', 0],
  ['Memory', 'Memory', 20],
  ['Buffer', 'Buffer(kinds, target, 1, 10, 100, 10000, 1000000, 10000000, 100000000)', 20],
])('a success that stored what was sent is one, on %s', async (name, engine, stored) => {
  const database = `on_${name.replaceAll(' ', '_')}`
  await server.query('CREATE DATABASE IF NOT EXISTS kinds')
  await server.query(
    `CREATE TABLE IF NOT EXISTS kinds.target (span_id String) ENGINE = MergeTree ORDER BY span_id`,
  )
  await server.query(`CREATE DATABASE ${database}`)
  await server.query(`CREATE TABLE ${database}.traces (span_id String) ENGINE = ${engine}`)
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    database,
    schema: narrowTable(TRACES),
  })
  const spans = shopSpans(20)
  // The same rows twice: if the server recognises them, it reports that it wrote them.
  for (const span of spans) processor.onEnd(span)
  await processor.forceFlush()
  expect(statsOf(processor)).toMatchObject({ delivered: 20, dropped: {} })
  expect(await rowsIn(server, database)).toBe(stored)
  await processor.shutdown()
})

// docs/scaling.md says both. If a later version of this server gathers rows, the costs there can be measured.
test('with asyncInsert this server has the bound of 200 ms, and writes a part for each INSERT all the same', async () => {
  const bound = "SELECT value FROM system.settings WHERE name = 'async_insert_busy_timeout_max_ms'"
  expect(await server.query(bound)).toBe('200\n')
  const database = 'gathered'
  const exporters = Array.from(
    { length: 10 },
    () => new ClickHouseSpanExporter({ endpoint: server.url, database, asyncInsert: true }),
  )
  const exported = (exporter: ClickHouseSpanExporter) =>
    new Promise<number>((resolve) => exporter.export(shopSpans(3), ({ code }) => resolve(code)))
  for (const first of exporters.slice(0, 1)) expect(await exported(first)).toBe(0) // makes the table
  await server.query(`TRUNCATE TABLE ${database}.traces`)
  expect(await Promise.all(exporters.map(exported))).toEqual(exporters.map(() => 0))
  await Promise.all(exporters.map((exporter) => exporter.shutdown()))
  expect(await rowsIn(server, database)).toBe(30)
  // Parts are numbered as they are written; merges keep the numbers.
  const parts = await server.query(
    `SELECT sum(last - first + 1) FROM (SELECT max(max_block_number) AS last, min(min_block_number) AS first FROM system.parts WHERE active AND database = '${database}' AND table = 'traces' GROUP BY partition)`,
  )
  expect(parts).toBe('10\n')
})
