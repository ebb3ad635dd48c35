import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  edgesQuery,
  extentQuery,
  heatQuery,
  newSpansQuery,
  operationsQuery,
  type Query,
  ratesQuery,
  type SpanTable,
  servicesQuery,
  spansQuery,
  traceQuery,
  tracesQuery,
} from '../../packages/queries/src/index.js'
import { ask, READER, tablesIn } from './kit/tables.js'

// 200,000 spans over four days. What a query reads is known exactly, on every machine.
const SPANS = 200_000
const DAYS = 4
const BASE_US = Date.UTC(2026, 10, 24) * 1000
const STEP_US = (DAYS * 86400e6) / SPANS

let server: ClickHouseServer
let tables: SpanTable[]

beforeAll(async () => {
  server = await startClickHouse({ users: [READER] })
  for (const table of [flatTraces, otelTraces])
    for (const statement of table.ddl({ database: 'large' })) await server.query(statement)
  const row = `SELECT
    lower(hex(sipHash128(intDiv(number, 5)))) AS trace_id, lower(hex(sipHash64(number))) AS span_id,
    if(number % 5 = 0, '', lower(hex(sipHash64(number - number % 5)))) AS parent_span_id,
    ['GET /', 'SELECT'][number % 2 + 1] AS span_name, if(number % 5 = 0, 'SERVER', 'CLIENT') AS span_kind,
    fromUnixTimestamp64Micro(toInt64(${BASE_US} + number * ${STEP_US})) AS timestamp,
    number AS duration_ns, ['shop', 'payment'][intDiv(number, 3) % 2 + 1] AS service_name
    FROM numbers(${SPANS})`
  await server.query(
    `INSERT INTO large.traces (trace_id, span_id, parent_span_id, span_name, span_kind, timestamp, duration_ns, service_name) ${row}`,
  )
  await server.query(
    `INSERT INTO large.otel_traces (TraceId, SpanId, ParentSpanId, SpanName, SpanKind, Timestamp, Duration, ServiceName) ${row}`,
  )
  tables = await tablesIn(server, 'large')
  expect(tables).toHaveLength(2)
})
afterAll(() => server?.stop())

const middleUs = BASE_US + 2.5 * 86400e6
const search = { fromUs: middleUs, toUs: middleUs + 900e6 }

/** How many times a query looks at the table: each may read the granules at the edges of the range. Few rows of many columns are read in two steps. */
const QUERIES: [name: string, looks: number, query: (table: SpanTable) => Query<unknown>][] = [
  ['traces', 2, (table) => tracesQuery(table, search)],
  ['traces, slowest', 2, (table) => tracesQuery(table, search, { sort: 'slowest' })],
  ['traces with a text', 2, (table) => tracesQuery(table, { ...search, text: ['select'] })],
  ['spans', 2, (table) => spansQuery(table, search)],
  ['services', 1, (table) => servicesQuery(table, search)],
  ['operations', 1, (table) => operationsQuery(table, search)],
  ['edges', 3, (table) => edgesQuery(table, search)],
  ['rates', 1, (table) => ratesQuery(table, search, { bucketUs: 60e6 })],
  ['heat', 1, (table) => heatQuery(table, search, { bucketUs: 60e6 })],
]

test.each(QUERIES)(
  'a search of 15 minutes among four days reads a fraction of the table: %s',
  async (_name, looks, query) => {
    for (const table of tables) {
      const { rows, rowsRead } = await ask(server, query(table))
      expect(rows.length).toBeGreaterThan(0)
      expect(rowsRead / looks).toBeLessThan(SPANS / 4) // one day
    }
  },
)

test('within a day, the key leaves out what is not of the service or the time', async () => {
  for (const table of tables) {
    const asked = servicesQuery(table, { ...search, services: ['shop'], operation: 'GET /' })
    expect((await ask(server, asked)).rowsRead).toBeLessThanOrEqual(2 * 8192)
  }
})

test('new spans are looked for in the last hours only', async () => {
  for (const table of tables) {
    const sinceEndUs = BASE_US + DAYS * 86400e6 - 10e6
    const { rows, rowsRead } = await ask(server, newSpansQuery(table, { sinceEndUs }))
    expect(rows.length).toBeGreaterThan(0)
    expect(rowsRead / 2).toBeLessThan(SPANS / 4)
  }
})

test('a trace is found by the index on its id, and near a time in one day', async () => {
  for (const table of tables) {
    const { rows: found } = await ask(server, tracesQuery(table, search, { limit: 1 }))
    const { trace_id: id = '', start_us: aroundUs = 0 } = found[0] ?? {}
    const whole = await ask(server, traceQuery(table, id))
    expect(whole.rows).toHaveLength(5)
    expect(whole.rowsRead).toBeLessThan(SPANS / 4)
    const near = await ask(server, traceQuery(table, id, { aroundUs }))
    expect(near.rows).toEqual(whole.rows)
    expect(near.rowsRead).toBeLessThanOrEqual(whole.rowsRead)
  }
})

test('the extent of a table is known without reading it', async () => {
  for (const table of tables) {
    const { rows, rowsRead } = await ask(server, extentQuery(table))
    const last_us = BASE_US + (SPANS - 1) * STEP_US
    expect(rows).toEqual([{ spans: SPANS, first_us: BASE_US, last_us }])
    expect(rowsRead).toBeLessThan(1000)
  }
})
