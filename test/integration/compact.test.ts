import { ClickHouseSpanProcessor, type Options } from '@spanhouse/exporter-clickhouse'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import {
  flatTraces,
  otelTraces,
  quoteIdentifier,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hostileSpan } from '../../packages/transform/test/arbitraries.js'
import { hostileValues, makeSpan } from '../../packages/transform/test/spans.js'
import { userTable } from '../../packages/transform/test/user-table.js'
import { SEED } from '../faults/seed.js'
import { flushed, LONG } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { shopSpans } from '../kit/shop-spans.js'

let server: ClickHouseServer
let databases = 0
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

const tables: [string, Table<SpanLike>][] = [
  ['flat', flatTraces],
  ['otel', otelTraces],
  ['a user’s own', userTable],
]
const codecs = ['gzip', 'br', 'none'] as const

describe.each(tables)('%s', (name, table) => {
  const at = tables.findIndex(([one]) => one === name)
  // The codec packs whatever the rows are: each table has another one, and all of them in a long run.
  test.each(LONG ? codecs : codecs.slice(at, at + 1))(
    'rows that leave out what they share are stored as whole ones are: %s',
    async (codec) => {
      const spans = corpus(table)
      const database = `compact_${++databases}`
      const processor = open({ database, schema: table, compression: { codec } })
      for (const span of spans) processor.onEnd(span)
      await flushed(processor)
      expect(processor.stats().destinations['primary']).toMatchObject({
        delivered: spans.length,
        dropped: {},
        errors: 0,
      })

      const whole = `${database}_whole`
      for (const statement of table.ddl({ database: whole })) await server.query(statement)
      await insertWhole(whole, table, spans)
      expect(await contents(database, table), `seed ${SEED}`).toEqual(await contents(whole, table))
    },
  )
})

test('each of many resources keeps its own, few in a batch or one a row', async () => {
  const database = `compact_${++databases}`
  const processor = open({ database })
  const services = Array.from({ length: 30 }, (_, n) => `service ${n}`)
  for (let n = 0; n < 300; n++) {
    const name = services[n % services.length]
    processor.onEnd(makeSpan({ name, resource: { attributes: { 'service.name': name } } }))
  }
  await flushed(processor)
  const wrong = `SELECT countIf(service_name != span_name), count() FROM ${database}.traces FORMAT TSV`
  expect((await server.query(wrong)).trim()).toBe('0\t300')
})

test('resource attributes are texts, whatever stands in them', async () => {
  const database = `compact_${++databases}`
  const processor = open({ database })
  const names = [
    "it's",
    '\\',
    "\\'",
    '\0',
    '\n',
    "'), ('",
    '`',
    'ü€😀',
    '{a:String}',
    '-- x',
    '/* x',
  ]
  for (const name of names)
    processor.onEnd(
      makeSpan({ name, resource: { attributes: { 'service.name': name, [name]: name } } }),
    )
  await flushed(processor)
  const wrong = `SELECT countIf(service_name != span_name OR resource_attributes[span_name] != span_name), count() FROM ${database}.traces FORMAT TSV`
  expect((await server.query(wrong)).trim()).toBe(`0\t${names.length}`)
})

function open(options: Options): ClickHouseSpanProcessor {
  const processor = new ClickHouseSpanProcessor({ endpoint: server.url, ...options })
  onTestFinished(() => processor.shutdown())
  return processor
}

/** Ordinary spans, and every one of the strange ones that says the same twice. */
function corpus(table: Table<SpanLike>): SpanLike[] {
  const strange = [
    ...fc.sample(hostileSpan, { numRuns: 300, seed: SEED }),
    ...Object.values(hostileValues()).map((value) => makeSpan({ attributes: { value } })),
    makeSpan({ startTime: undefined, endTime: undefined, status: {}, events: [], links: [] }),
    // From 9,007,199 seconds on, a number of nanoseconds is more than a float holds exactly.
    ...Array.from({ length: 50 }, (_, n) =>
      makeSpan({ endTime: [1729627200 + 9_000_000 + n * 87_654_321, n * 7_654_321] }),
    ),
  ]
  const steady = strange.filter(
    (span) => new Set([table.toLine(span), table.toLine(span)]).size === 1,
  )
  // ClickHouse refuses an INSERT of rows in more than 100 partitions; the exporter parts them.
  const one = steady.filter(
    (span) => table.partitionDay?.(span) === table.partitionDay?.(makeSpan()),
  )
  return [...shopSpans(500), ...one, makeSpan({ startTime: [0, 0] })]
}

async function insertWhole(database: string, table: Table<SpanLike>, spans: SpanLike[]) {
  const columns = table.insertColumns.map(quoteIdentifier).join(', ')
  const query = `INSERT INTO ${database}.${quoteIdentifier(table.name)} (${columns}) FORMAT JSONEachRow`
  const settings = { query, date_time_input_format: 'best_effort' }
  const reply = await fetch(`${server.url}/?${new URLSearchParams(settings)}`, {
    method: 'POST',
    body: spans.map((span) => table.toLine(span)).join('\n'),
  })
  expect(await reply.text()).toBe('')
}

async function contents(database: string, table: Table<SpanLike>): Promise<string> {
  const from = `${database}.${quoteIdentifier(table.name)}`
  return server.query(`SELECT count(), sum(cityHash64(*)), groupBitXor(cityHash64(*)) FROM ${from}`)
}
