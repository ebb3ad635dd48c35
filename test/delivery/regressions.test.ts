import { ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import type { SpanLike, Table } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { flushed } from '../kit/patience.js'
import { eventually, statsOf } from './harness.js'
import { shopSpan, shopSpans } from './spans.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

// A table of the user. Values that its enum does not list are refused.
const kinds: Table<SpanLike> = {
  name: 'traces',
  database: 'kinds',
  columns: [],
  insertColumns: ['kind', 'span_id'],
  toRow: (span) => JSON.parse(kinds.toLine(span)),
  toLine: (span) =>
    JSON.stringify({ kind: span.attributes['kind'] ?? 'ok', span_id: span.spanContext().spanId }),
  ddl: () => [],
}

test('one of 100 rows with a value that the enum does not list costs one row, while others go on', async () => {
  await server.query('CREATE DATABASE kinds')
  await server.query(`CREATE TABLE kinds.traces (kind Enum8('ok' = 1), span_id String)
    ENGINE = MergeTree ORDER BY span_id SETTINGS non_replicated_deduplication_window = 100`)
  const exporter = new ClickHouseSpanExporter({
    endpoint: server.url,
    schema: kinds,
    manageSchema: 'off',
    retry: { initialDelayMs: 50, maxDelayMs: 100 },
  })
  const others = setInterval(() => exporter.export(shopSpans(1), () => {}), 50)
  try {
    exporter.export(
      [...shopSpans(99), { ...shopSpan(), attributes: { kind: 'strange' } }],
      () => {},
    )
    await eventually(() => expect(statsOf(exporter).dropped).toEqual({ rejected: 1 }))
  } finally {
    clearInterval(others)
  }
  await flushed(exporter)
  const { accepted, delivered, dropped } = statsOf(exporter)
  expect({ delivered, dropped }).toEqual({ delivered: accepted - 1, dropped: { rejected: 1 } })
  expect(Number(await server.query('SELECT count() FROM kinds.traces'))).toBe(delivered)
  await exporter.shutdown()
})
