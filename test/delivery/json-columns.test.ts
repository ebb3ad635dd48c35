import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { eventually, until } from '../kit/patience.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

/** The table as the Collector makes it with `json: true`. */
async function createJsonTable(database: string): Promise<void> {
  const [createDatabase = '', createTable = ''] = otelTraces.ddl({ database })
  await server.query(createDatabase)
  const lines = createTable.split('\n').filter((line) => !/INDEX idx_\w+_attr_/.test(line))
  await server.query(lines.join('\n').replaceAll('Map(LowCardinality(String), String)', 'JSON'))
}

test.each(['create', 'validate', 'off'] as const)(
  "a table with JSON columns gets no rows after the first batch, with manageSchema: '%s'",
  async (manageSchema) => {
    const lines = diagLines()
    const database = `json_${manageSchema}`
    await createJsonTable(database)
    const processor = new ClickHouseSpanProcessor({
      endpoint: server.url,
      schema: 'otel',
      database,
      manageSchema,
      shutdownTimeoutMs: 1,
    })
    for (const span of shopSpans(10)) processor.onEnd(span)
    await processor.forceFlush()
    await eventually(() => expect(statsOf(processor).deduplication).toBe('effective'))

    for (const span of shopSpans(10)) processor.onEnd(span)
    await until(() => statsOf(processor).failing)
    expect(statsOf(processor)).toMatchObject({ delivered: 10, waiting: 10, dropped: {} })
    expect(await server.query(`SELECT count() FROM ${database}.otel_traces`)).toBe('10\n')
    const said = lines.filter((line) => line.includes('are of type JSON'))
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(
      /takes no rows: ResourceAttributes, SpanAttributes, Events\.Attributes, Links\.Attributes of json_\w+\.otel_traces are of type JSON\. .*set `table`/,
    )
    await processor.shutdown()
  },
)

test('a table of maps gets all rows', async () => {
  const processor = new ClickHouseSpanProcessor({
    endpoint: server.url,
    schema: 'otel',
    database: 'maps',
  })
  for (let round = 0; round < 3; round++) {
    for (const span of shopSpans(10)) processor.onEnd(span)
    await processor.forceFlush()
  }
  expect(statsOf(processor)).toMatchObject({ delivered: 30, dropped: {}, errors: 0 })
  await processor.shutdown()
})
