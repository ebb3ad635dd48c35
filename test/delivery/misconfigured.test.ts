import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { openCollector } from '../kit/entry-points.mjs'
import { flushed, LONG, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { shopSpans } from '../kit/shop-spans.js'
import { load, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn, tally } from '../kit/stored-ids.js'

let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  server = await startClickHouse({ users: [{ name: 'ann', password: 's3cret' }] })
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
})

test('a wrong password holds the rows, the log says once what to fix, and only the batches in flight are tried', async () => {
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    username: 'ann',
    password: 'guess',
    batch: { maxRows: 100 },
    shutdownTimeoutMs: 1,
  })
  for (let round = 0; round < 20; round++) {
    for (const span of shopSpans(100)) processor.onEnd(span)
    await expect(processor.forceFlush({ timeoutMs: 20 })).rejects.toThrow('primary')
  }
  await until(() => statsOf(processor).failing)
  const { waiting, dropped, requests } = statsOf(processor)
  figure('a wrong password', { waiting, requests })
  expect({ waiting, dropped }).toEqual({ waiting: 2000, dropped: {} })
  expect(requests).toBeLessThanOrEqual(4)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/ takes no rows: .*516.* Check `username` and `password`\./)
  expect(lines.join('\n')).not.toContain('guess')
  await processor.shutdown()
})

test.skipIf(!LONG)(
  'a wrong password that is corrected on the server: the rows arrive at the next probe, within 30 s',
  async () => {
    const wrong = await startClickHouse({ users: [{ name: 'ann', password: 'old' }] })
    const { httpPort, tcpPort } = wrong
    const processor = new ClickHouseSpanProcessor({
      endpoint: wrong.url,
      username: 'ann',
      password: 'new',
      database: 'mended',
    })
    for (const span of shopSpans(1000)) processor.onEnd(span)
    await until(() => statsOf(processor).failing)
    await wrong.stop()
    const mended = await startClickHouse({
      httpPort,
      tcpPort,
      users: [{ name: 'ann', password: 'new' }],
    })
    const startedAt = performance.now()
    await until(() => statsOf(processor).delivered === 1000, 40_000)
    figure('a password put right', {
      'seconds until the rows arrived': (performance.now() - startedAt) / 1000,
    })
    expect(await tally(mended, 'mended', 1000)).toEqual({ rows: 1000, lost: 0, duplicated: 0 })
    expect(lines.at(-1)).toMatch(/takes rows again/)
    await processor.shutdown()
    await mended.stop()
  },
)

test("a missing table with manageSchema 'off' holds the rows and names the fix", async () => {
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    database: 'by_hand',
    manageSchema: 'off',
    shutdownTimeoutMs: LONG ? 40_000 : 1,
  })
  for (const span of shopSpans(1000)) processor.onEnd(span)
  await until(() => statsOf(processor).failing)
  expect(statsOf(processor)).toMatchObject({ waiting: 1000, dropped: {} })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/ takes no rows: .*(60|81).*manageSchema: 'create'/)
  expect(await server.query("SELECT count() FROM system.databases WHERE name = 'by_hand'")).toBe(
    '0\n',
  )
  if (LONG) {
    for (const statement of flatTraces.ddl({ database: 'by_hand' })) await server.query(statement)
    await processor.forceFlush({ timeoutMs: 40_000 })
    expect(await tally(server, 'by_hand', 1000)).toEqual({ rows: 1000, lost: 0, duplicated: 0 })
  }
  await processor.shutdown()
})

test('a column that the table lacks holds the rows and names the fix', async () => {
  await server.query('CREATE DATABASE older')
  await server.query(
    'CREATE TABLE older.traces (span_id String) ENGINE = MergeTree ORDER BY span_id',
  )
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    database: 'older',
    shutdownTimeoutMs: 1,
  })
  for (const span of shopSpans(10)) processor.onEnd(span)
  await until(() => statsOf(processor).failing)
  expect(statsOf(processor)).toMatchObject({ waiting: 10, dropped: {} })
  // A line about the columns that differ may follow, as soon as the server has been asked.
  const failed = lines.filter((line) => line.includes('takes no rows'))
  expect(failed).toHaveLength(1)
  expect(failed[0]).toMatch(/Compare the table with the statements of ddl\(\)/)
  await processor.shutdown()
})

test.each(['DROP TABLE dropped.traces SYNC', 'DROP DATABASE dropped SYNC'])(
  '%s under load: made anew, and every later row arrives once',
  async (statement) => {
    const processor = openCollector('traces', {
      endpoint: server.url,
      database: 'dropped',
      // Often enough to meet the moment of the DROP, and not so often that a busy server cannot keep up.
      batch: { maxDelayMs: 50 },
    })
    const spans = load(processor, TRACES, 500)
    await until(() => statsOf(processor).delivered > 500)
    await server.query(statement)
    const earlier = spans.made
    await until(() => statsOf(processor).delivered > earlier + 200)
    const made = spans.stop()
    await flushed(processor)
    const rows = await rowsIn(server, 'dropped')
    figure(statement, { made, 'made before': earlier, 'rows after': rows })
    expect(statsOf(processor)).toMatchObject({ accepted: made, delivered: made, dropped: {} })
    expect(rows).toBeGreaterThanOrEqual(made - earlier)
    expect(await tally(server, 'dropped', rows)).toEqual({ rows, lost: 0, duplicated: 0 })
    await processor.shutdown()
    await server.query('DROP DATABASE dropped SYNC')
  },
)
