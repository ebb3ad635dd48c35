import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCollector } from '../kit/entry-points.mjs'
import { flushed, LONG, until } from '../kit/patience.js'
import { type Fault, startProxy } from '../kit/proxy.js'
import {
  METRICS_BY_TYPE,
  narrowTable,
  records,
  SIGNALS,
  SIGNALS_AND_TABLES,
  signalFigure,
  TRACES,
  titled,
  withTable,
} from '../kit/signals.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'
import { deduplicatedBlocks, tally } from '../kit/stored-ids.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

test.each(titled(SIGNALS))(
  'a reply lost after the commit, for each of many batches of %s: nothing lost, nothing doubled',
  async (_, of) => {
    // The others only show that their rows have tokens too.
    const BATCHES = LONG ? 1000 : of === TRACES ? 80 : 40
    const database = `lost_${of.signal}`
    const table = narrowTable(of)
    const ROWS = 5
    const PROCESSORS = 4
    const proxy = await startProxy(server.httpPort, 'lose first replies')
    // Several processors, because each sees a server that always fails and so sends one request at a time.
    const processors = Array.from({ length: PROCESSORS }, () =>
      openCollector(of.signal, {
        endpoint: proxy.url,
        database,
        schema: table,
        batch: { maxRows: ROWS },
        retry: { initialDelayMs: 1 },
      }),
    )
    const deduplicatedBefore = await deduplicatedBlocks(server)
    const startedAt = performance.now()
    for (const processor of processors)
      for (const record of records(of, (BATCHES / PROCESSORS) * ROWS)) processor.add(record)
    await Promise.all(processors.map((one) => one.forceFlush({ timeoutMs: 100_000 })))
    const seconds = (performance.now() - startedAt) / 1000

    const deduplicated = (await deduplicatedBlocks(server)) - deduplicatedBefore
    const { rows, lost, duplicated } = await tally(
      server,
      database,
      BATCHES * ROWS,
      withTable(of, table),
    )
    await Promise.all(processors.map((processor) => deduplicationKnown(processor)))
    const stats = processors.map((processor) => statsOf(processor))
    const requests = stats.reduce((sum, one) => sum + one.requests, 0)
    signalFigure('replies lost after the commit', of, {
      batches: BATCHES,
      'replies lost': proxy.lost,
      'blocks deduplicated by the server': deduplicated,
      requests,
      rows,
      lost,
      duplicated,
      seconds,
    })
    expect({ rows, lost, duplicated }).toEqual({
      rows: BATCHES * ROWS,
      lost: 0,
      duplicated: 0,
    })
    expect(proxy.lost).toBeGreaterThanOrEqual(BATCHES)
    // At the first attempts the table did not exist; the replies that said so were lost.
    expect(deduplicated).toBeGreaterThanOrEqual(BATCHES - 4 * PROCESSORS)
    for (const one of stats)
      expect(one).toMatchObject({ dropped: {}, possibleDuplicates: 0, deduplication: 'effective' })
    await Promise.all(processors.map((processor) => processor.shutdown()))
    await proxy.close()
  },
)

test.each(titled(LONG ? SIGNALS_AND_TABLES : [TRACES, METRICS_BY_TYPE]))(
  'requests and replies of %s cut at any byte: nothing lost, nothing doubled',
  async (_, of) => {
    const database = `cut_${of.signal}_${of.family}`
    const proxy = await startProxy(server.httpPort)
    const processor = openCollector(of.signal, {
      endpoint: proxy.url,
      database,
      schema: of.family,
      retry: { initialDelayMs: 1 },
    })
    processor.add(of.make()) // creates the table
    await flushed(processor)
    let made = 1
    const cuts: Fault[] = [0, 1, 100, 1500, 2000, 3000, 6000].flatMap((bytes) => [
      // Never within the head of the request: `clickhouse local` ends if the head is cut.
      ...(bytes === 0 || bytes >= 1500 ? [{ cutRequestAfter: bytes }] : []),
      ...(bytes <= 100 ? [{ cutReplyAfter: bytes }] : []),
    ])
    // So many that a request is longer than every cut.
    const rowsACut = of === TRACES ? 100 : 1000
    for (const cut of cuts) {
      await proxy.become(cut)
      const lostBefore = proxy.lost
      for (const record of records(of, rowsACut)) processor.add(record)
      made += rowsACut
      const isFlushed = flushed(processor)
      await until(() => proxy.lost > lostBefore)
      await proxy.become('none')
      await isFlushed
    }
    const { rows, lost, duplicated } = await tally(server, database, made, of)
    signalFigure('connections cut', of, { cuts: proxy.lost, rows, lost, duplicated })
    expect({ rows, lost, duplicated }).toEqual({ rows: made, lost: 0, duplicated: 0 })
    await processor.shutdown()
    await proxy.close()
  },
)

test('deduplication needs the token: with a window of 0 a retry doubles rows, and stats() report it', async () => {
  const proxy = await startProxy(server.httpPort, 'lose first replies')
  await server.query('CREATE DATABASE plain')
  await server.query(
    'CREATE TABLE plain.traces (span_id String) ENGINE = MergeTree ORDER BY span_id',
  )
  const processor = openCollector('traces', {
    endpoint: proxy.url,
    database: 'plain',
    schema: narrowTable(TRACES),
    retry: { initialDelayMs: 1 },
  })
  for (const record of records(TRACES, 10)) processor.add(record)
  await flushed(processor)
  expect(await tally(server, 'plain', 10)).toEqual({ rows: 20, lost: 0, duplicated: 10 })
  await expect.poll(() => statsOf(processor).deduplication).toBe('ineffective')
  await processor.shutdown()
  await proxy.close()
})
