import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { flushed } from '../kit/patience.js'
import { startProxy } from '../kit/proxy.js'
import { shopSpan } from '../kit/shop-spans.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'
import { rowsIn } from '../kit/stored-ids.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

// A table of the user. No column distinguishes its rows.
const hits = defineTable<SpanLike>({
  name: 'traces',
  columns: [{ name: 'service', type: 'String', value: () => 'shop' }],
  orderBy: 'service',
})

const HITS = { tables: [hits], id: 'service' }

test('batches of equal rows are all stored: the second is not a retry of the first', async () => {
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    database: 'equal',
    schema: hits,
    batch: { maxRows: 10 },
  })
  for (let n = 0; n < 40; n++) processor.onEnd(shopSpan())
  await flushed(processor)
  await deduplicationKnown(processor)
  expect(statsOf(processor)).toMatchObject({ delivered: 40, deduplication: 'effective' })
  expect(await rowsIn(server, 'equal', HITS)).toBe(40)
  await processor.shutdown()
})

test('and none is stored twice when its reply is lost', async () => {
  const proxy = await startProxy(server.httpPort, 'lose first replies')
  const processor = new ClickHouseSpanProcessor({
    endpoint: proxy.url,
    database: 'equal_lost',
    schema: hits,
    batch: { maxRows: 10 },
    retry: { initialDelayMs: 1 },
  })
  for (let n = 0; n < 40; n++) processor.onEnd(shopSpan())
  await flushed(processor)
  expect(proxy.lost).toBeGreaterThan(3)
  expect(await rowsIn(server, 'equal_lost', HITS)).toBe(40)
  await processor.shutdown()
  await proxy.close()
})
