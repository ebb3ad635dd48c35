import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { flushed, until } from '../kit/patience.js'
import { shopSpans } from '../kit/shop-spans.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'

let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
})

async function deliverTo(
  database: string,
  schema: 'flat' | 'otel' = 'flat',
): Promise<ClickHouseSpanProcessor> {
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    database,
    schema,
    manageSchema: 'validate',
  })
  for (const span of shopSpans(10)) processor.onEnd(span)
  await flushed(processor)
  await until(() => statsOf(processor).deduplication !== 'unknown')
  return processor
}

test('validate reports nothing about tables that are as ddl() makes them', async () => {
  for (const [schema, table] of [
    ['flat', flatTraces],
    ['otel', otelTraces],
  ] as const) {
    for (const statement of table.ddl({ database: `same_${schema}` })) await server.query(statement)
    const processor = await deliverTo(`same_${schema}`, schema)
    await processor.shutdown()
  }
  expect(lines).toEqual([])
})

test('validate names the differences after the first success, and delivers', async () => {
  for (const statement of flatTraces.ddl({ database: 'other' })) await server.query(statement)
  await server.query('ALTER TABLE other.traces MODIFY COLUMN duration_ms Float32')
  const processor = await deliverTo('other')
  await until(() => lines.length > 0)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(
    /differs from the schema: duration_ms is Float32 instead of Float64 \(values are narrowed\)\.$/,
  )
  await deduplicationKnown(processor)
  expect(statsOf(processor)).toMatchObject({ delivered: 10, deduplication: 'effective' })
  await processor.shutdown()
})

test.each(['validate', 'create'] as const)(
  'a table that is not ours refuses our columns, and %s names the missing ones',
  async (manageSchema) => {
    const database = `foreign_${manageSchema}`
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(
      `CREATE TABLE ${database}.traces (timestamp DateTime, message String) ENGINE = MergeTree ORDER BY timestamp`,
    )
    const processor = new ClickHouseSpanProcessor({ endpoint: server.url, database, manageSchema })
    for (const span of shopSpans(10)) processor.onEnd(span)
    await expect(processor.forceFlush({ timeoutMs: 500 })).rejects.toThrow()
    await until(() => lines.some((line) => line.includes('differs from the schema')))
    const said = lines.filter((line) => line.includes('differs from the schema'))
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('trace_id is missing')
    expect(said[0]).toContain('timestamp is DateTime instead of DateTime64(9')
    expect(statsOf(processor)).toMatchObject({ waiting: 10, dropped: {} })
    await processor.shutdown()
  },
)

test('a table without a window for tokens is reported: deduplication is ineffective', async () => {
  const [database = '', table = ''] = flatTraces.ddl({ database: 'plain' })
  await server.query(database)
  await server.query(
    table.replace(
      /non_replicated_deduplication_window = \d+/,
      'non_replicated_deduplication_window = 0',
    ),
  )
  const processor = await deliverTo('plain')
  await deduplicationKnown(processor)
  expect(statsOf(processor).deduplication).toBe('ineffective')
  expect(lines.join()).toMatch(/does not deduplicate/)
  await processor.shutdown()
})
