import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { type ColumnDefinition, defineTable, type SpanLike, type Table } from '@spanhouse/transform'
import { canonicalType } from '@spanhouse/transform/internal'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/traces/span-exporter.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { asRead } from '../kit/as-read.js'
import { LONG, PATIENT_MS } from '../kit/patience.js'
import { anyType, anyValue } from '../kit/random-tables.js'
import { statsOf } from '../kit/stats.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const READ =
  "SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1, output_format_json_quote_decimals = 1, date_time_output_format = 'unix_timestamp'"

type Row = Record<string, unknown>

async function exported(table: Table<SpanLike>, spans: readonly SpanLike[]): Promise<void> {
  const to = new ClickHouseSpanExporter({
    endpoint: server.url,
    schema: table,
    shutdownTimeoutMs: 1000,
  })
  onTestFinished(() => to.shutdown())
  const half = Math.ceil(spans.length / 2)
  for (const some of [spans.slice(0, half), spans.slice(half)]) {
    to.export([...some], () => {})
    await to.forceFlush({ timeoutMs: PATIENT_MS })
  }
  const expected = { accepted: spans.length, delivered: spans.length, dropped: {}, errors: 0 }
  const { lastError } = statsOf(to)
  expect({ ...statsOf(to), lastError }).toMatchObject(expected)
}

async function rowsOf(table: Table<SpanLike>): Promise<Row[]> {
  const text = await server.query(
    `SELECT * FROM ${table.database}.${table.name} ORDER BY id ${READ} FORMAT JSONEachRow`,
  )
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

/** As the server shows them: what `manageSchema: 'validate'` compares. */
async function typesOf({ name }: Table<SpanLike>): Promise<string[]> {
  const text = await server.query(
    `SELECT type FROM system.columns WHERE table = '${name}' ORDER BY position FORMAT JSONEachRow`,
  )
  const lines = text.trim().split('\n')
  return lines.map((line) => canonicalType(JSON.parse(line).type))
}

const COLUMNS = 14
const ROWS = 60
const SEEDS = LONG ? 100 : 6

describe.each(Array.from({ length: SEEDS }, (_, n) => n + 1))('random tables, seed %d', (seed) => {
  test('every value of every type is stored as its rule says, and no row is refused', async () => {
    const types = fc.sample(anyType, { seed, numRuns: COLUMNS })
    const columns = types.map((type, n): ColumnDefinition<SpanLike> => {
      const name = n % 5 === 0 ? `c ${n}.x` : `c${n}`
      return { name, type, attribute: `c${n}` }
    })
    const table = defineTable<SpanLike>({
      name: `random_${seed}`,
      columns: [
        { name: 'id', type: 'UInt32', attribute: 'id' },
        ...columns,
        { name: 'literal', type: 'LowCardinality(String)', attribute: 'c0', default: "'none'" },
        // Its expression is the server's to compute, so the rows of such a table are sent whole.
        ...(seed % 2 ? [expression] : []),
        { name: 'parts', type: `Nested(a ${types[0]}, \`b c\` ${types[1]})`, attribute: 'parts' },
      ],
      orderBy: 'id',
    })
    const values = fc.sample(anyValue, { seed, numRuns: ROWS * (COLUMNS + 2) }).values()
    const spans = Array.from({ length: ROWS }, (_, id) => {
      const given = Array.from({ length: COLUMNS }, (_, n) => [`c${n}`, values.next().value])
      const parts = [{ a: values.next().value }, { 'b c': values.next().value }]
      return makeSpan({ attributes: { ...Object.fromEntries(given), id, parts } })
    })
    await exported(table, spans)
    expect(await typesOf(table)).toEqual(table.columns.map(({ type }) => canonicalType(type)))
    const rows = await rowsOf(table)
    expect(rows).toHaveLength(ROWS)
    for (const [id, row] of rows.entries()) {
      const sent = table.toRow(spans[id] as SpanLike)
      for (const { name, type } of table.columns) {
        if (name === 'computed') continue
        const at = `row ${id}, ${name} ${type}`
        expect([at, asRead(type, row[name])]).toEqual([at, asRead(type, sent[name])])
      }
      if (seed % 2) expect(row['computed']).toBe(sent['computed'] ?? `row ${id}`)
    }
  })
})

const expression: ColumnDefinition<SpanLike> = {
  name: 'computed',
  type: 'String',
  attribute: 'c1',
  default: "concat('row ', toString(id))",
}
