import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatLogs, type LogRecordLike, otelLogs, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allLogs, makeLog } from '../../packages/transform/test/logs.js'
import { collectorLogsDdl, LOG_GENERATIONS } from '../kit/collector-logs.js'
import { LONG } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { asStored, emptied, insert, insertCompact, placed, stored } from '../kit/stored-rows.js'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }

describe.each([
  ['flat', flatLogs],
  ['otel', otelLogs],
] as const)('%s', (_name, table: Table<LogRecordLike>) => {
  test('compact rows are stored as whole ones are', async () => {
    await emptied(server, table)
    await insertCompact(server, table, allLogs())
    expect(await stored(server, table)).toEqual(asStored(table, allLogs()))
  })
})

describe.each(LOG_GENERATIONS)('the table of generation %s', (generation) => {
  test('takes the same rows, whole and compact', async () => {
    const database = generation
    await server.query(`CREATE DATABASE \`${database}\``)
    // Compact rows name the columns of our table: where the Collector's is the oldest, or in a long run.
    const both = LONG || generation === LOG_GENERATIONS[0]
    const ways = [
      ['whole', insert],
      ['compact', insertCompact],
    ] as const
    for (const [name, write] of ways.slice(0, both ? 2 : 1)) {
      const into = { database, name }
      await server.query(collectorLogsDdl(generation, placed(into)))
      if (write === insert) await insert(server, otelLogs, allLogs(), {}, into)
      else await insertCompact(server, otelLogs, allLogs(), into)
      expect(await stored(server, otelLogs, into)).toEqual(asStored(otelLogs, allLogs()))
    }
    const from = `FROM \`${database}\`.whole`
    const inBody = await server.query(
      `SELECT count() > 0 ${from} WHERE hasToken(lower(Body), 'declined')`,
    )
    expect(inBody).toBe('1\n')
    const pod = await server.query(
      `SELECT name FROM system.columns WHERE database = '${database}' AND table = 'whole' AND default_kind = 'MATERIALIZED' AND name LIKE '%pod.name'`,
    )
    if (generation !== 'L1')
      expect(
        await server.query(`SELECT DISTINCT \`${pod.trim()}\` ${from} WHERE ServiceName = 'shop'`),
      ).toBe('shop-7\n')
  })
})

test('our own table is today’s of the Collector, as it makes it on older servers', async () => {
  await emptied(server, otelLogs)
  await server.query('CREATE DATABASE today')
  await server.query(collectorLogsDdl('L2 before 26.2', 'today.otel_logs'))
  const described = async (database: string) =>
    Promise.all(
      [
        `SELECT name, type, compression_codec, default_kind, default_expression FROM system.columns WHERE database = '${database}' AND table = 'otel_logs' ORDER BY position`,
        `SELECT partition_key, primary_key, sorting_key FROM system.tables WHERE database = '${database}' AND name = 'otel_logs'`,
        `SELECT name, expr, type_full, granularity FROM system.data_skipping_indices WHERE database = '${database}' AND table = 'otel_logs' ORDER BY name`,
      ].map((query) => server.query(query)),
    )
  expect(await described('default')).toEqual(await described('today'))
  expect((await described('today')).every((text) => text.length > 50)).toBe(true)
})

// 40,000 lines of an hour are five granules; one of them says that a card was declined.
describe('what people look for is found without reading all', () => {
  const minute = "timestamp >= '2024-10-22 20:27:00' AND timestamp < '2024-10-22 20:28:00'"
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  beforeAll(async () => {
    const lines = Array.from({ length: 40_000 }, (_, n) =>
      makeLog({
        hrTime: [1_729_627_200 + Math.floor(n / 12), 0],
        severityNumber: n === 20_000 ? 17 : 9,
        body: n === 20_000 ? 'Card DECLINED: u-7' : `request ${n} was served`,
        attributes: n === 20_000 ? { 'card.brand': 'visa' } : { n },
        ...(n === 20_000 && { spanContext: { ...spanContext, traceId } }),
      }),
    )
    for (const table of [flatLogs, otelLogs]) {
      await emptied(server, table)
      await insert(server, table, lines)
      await server.query(`OPTIMIZE TABLE ${placed(table)} FINAL`)
    }
  })

  test.each([
    ['a word of the body', "hasToken(lower(body), 'declined')", 'idx_lower_body'],
    ['a word, in any case', "hasTokenCaseInsensitive(body, 'Declined')", 'idx_lower_body'],
    ['a trace', `trace_id = '${traceId}'`, 'idx_trace_id'],
    ['errors', 'severity_number >= 17', 'idx_severity'],
    ['an attribute', "attributes['card.brand'] = 'visa'", 'idx_attribute_value'],
    ['a minute of all services', `${minute} AND body LIKE 'Card%'`, 'idx_timestamp'],
  ])('flat: %s', async (_name, condition, index) => {
    const { plan, read } = await found(flatLogs, condition)
    expect(plan).toContain(index)
    expect(read, plan).toBe(1)
  })

  // The Collector's index of the body covers eight granules, which is more than these lines.
  test.each([
    ['a word of the body', "hasToken(lower(Body), 'declined')", 'idx_lower_body', 5],
    ['a trace', `TraceId = '${traceId}'`, 'idx_trace_id', 1],
    ['an attribute', "LogAttributes['card.brand'] = 'visa'", 'idx_log_attr_value', 1],
  ])('otel: %s', async (_name, condition, index, granules) => {
    const { plan, read } = await found(otelLogs, condition)
    expect(plan).toContain(index)
    expect(read, plan).toBe(granules)
  })

  /** How many granules are read for the one line that fulfils the condition. */
  async function found(table: Table<LogRecordLike>, condition: string) {
    const from = `FROM ${placed(table)} WHERE ${condition}`
    expect(await server.query(`SELECT count() ${from}`)).toBe('1\n')
    const plan = await server.query(`EXPLAIN indexes = 1 SELECT * ${from}`)
    const [, , all] = /Granules: (\d+)\/(\d+)/.exec(plan) ?? []
    expect(Number(all)).toBe(5)
    return { plan, read: Number([...plan.matchAll(/Granules: (\d+)\/\d+/g)].at(-1)?.[1]) }
  }
})
