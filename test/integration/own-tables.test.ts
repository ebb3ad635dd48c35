import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { type ColumnDefinition, defineTable, type SpanLike, type Table } from '@spanhouse/transform'
import { canonicalType } from '@spanhouse/transform/internal'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/traces/span-exporter.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { asRead } from '../kit/as-read.js'
import { LONG, PATIENT_MS } from '../kit/patience.js'
import { anyType, anyValue, FITTING, FREE, SCALARS } from '../kit/random-tables.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { statsOf } from '../kit/stats.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
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

/** Every type once as it is, and once in each type that may hold it; with a value of that shape. */
const PLACES = [...SCALARS, ...FREE].flatMap((type) => {
  const places: [type: string, within: (value: unknown) => unknown][] = [
    [type, (value) => value],
    [`Array(${type})`, (value) => [value, value]],
    [`Map(String, ${type})`, (value) => ({ a: value, 'b.c': value })],
    [`Tuple(w ${type}, x ${type})`, (value) => [value, value]],
    [`Nested(n ${type}, m ${type})`, (value) => [{ n: value }, { m: value }]],
  ]
  const mayBeNull = !/^(LowCardinality|Dynamic|Variant)/.test(type)
  const mayBeFew =
    !/^(LowCardinality|Enum|Bool|BFloat|Decimal|DateTime64|JSON|Dynamic|Variant)/.test(type)
  if (mayBeNull) places.push([`Nullable(${type})`, (value) => value])
  if (mayBeFew) {
    places.push([`LowCardinality(${type})`, (value) => value])
    places.push([`LowCardinality(Nullable(${type}))`, (value) => value])
  }
  return places
})

test('every type, alone and in each type that may hold it, stores every value as its rule says', async () => {
  const table = defineTable<SpanLike>({
    name: 'every_type',
    columns: [
      { name: 'id', type: 'UInt32', attribute: 'id' },
      ...PLACES.map(([type], n) => ({ name: `c${n}`, type, attribute: `c${n}` })),
    ],
    orderBy: 'id',
  })
  // The server takes some LowCardinality types only if it is asked to.
  for (const statement of table.ddl())
    await fetch(`${server.url}/?allow_suspicious_low_cardinality_types=1`, {
      method: 'POST',
      body: statement,
    }).then(async (response) => expect([response.status, await response.text()]).toEqual([200, '']))
  const spans = FITTING.map((value, id) => {
    const given = PLACES.map(([, within], n) => [`c${n}`, within(value)])
    return makeSpan({ attributes: { ...Object.fromEntries(given), id } })
  })
  await exported(table, spans)
  const rows = await rowsOf(table)
  expect(rows).toHaveLength(spans.length)
  for (const [id, row] of rows.entries()) {
    const sent = table.toRow(spans[id] as SpanLike)
    const form = (of: Row) =>
      table.columns.map(({ name, type }) => [name, type, asRead(type, of[name])])
    expect(form(row), `row ${id}`).toEqual(form(sent))
  }
})

test.each([
  ...['Int8', 'Int16', 'Int32', 'Int64', 'Int128', 'Int256', 'UInt8', 'UInt16', 'UInt32', 'UInt64'],
  ...['UInt128', 'UInt256', 'Float32', 'Float64', 'Decimal', 'Bool', 'Date', 'Date32', 'DateTime'],
  ...['DateTime64', 'UUID', 'IPv4', 'IPv6', 'Enum8', 'Enum16', 'FixedString', 'String', 'JSON'],
  ...['Variant', 'Dynamic'],
])('%s is among them', (name) => {
  for (const within of ['', 'Array(', 'Map(String, ', 'Tuple(w ', 'Nested(n '])
    expect(PLACES.map(([type]) => type)).toContainEqual(
      expect.stringMatching(new RegExp(`^${`${within}${name}`.replace('(', '\\(')}(\\W|$)`)),
    )
})

// What is expected here is written by hand, and shown by the server: `toRow` shares the code of what is sent.
const BY_HAND: [type: string, given: unknown, text: string | null][] = [
  ['Int8', -129, '-128'],
  ['UInt8', 255.9, '255'],
  ['Int16', '-7', '-7'],
  ['UInt16', 1e300, '65535'],
  ['Int32', -(2 ** 31), '-2147483648'],
  ['UInt32', true, '1'],
  ['Int64', 1_729_627_200_145_000_001n, '1729627200145000001'],
  ['UInt64', 2n ** 64n, '18446744073709551615'],
  [
    'Int128',
    '-170141183460469231731687303715884105728',
    '-170141183460469231731687303715884105728',
  ],
  ['UInt128', -1, '0'],
  ['Int256', 10n ** 76n, `1${'0'.repeat(76)}`],
  ['UInt256', 'many', '0'],
  ['Float32', 0.1, '0.1'],
  ['Float64', 1e-300, '1e-300'],
  ['Float64', Number.NaN, '0'],
  ['Decimal(9, 2)', '-0.005', '-0.01'],
  ['Decimal32(9)', 0.123456789, '0.123456789'],
  ['Decimal64(0)', 1.5, '2'],
  ['Decimal128(30)', '1e-30', `0.${'0'.repeat(29)}1`],
  ['Decimal256(50)', `0.${'9'.repeat(50)}`, `0.${'9'.repeat(50)}`],
  ['Decimal(76, 38)', 7n, '7'],
  ['Bool', 'true', 'true'],
  ['Bool', undefined, 'false'],
  ['Date', '2024-10-22T23:30:00-01:00', '2024-10-23'],
  ['Date', [9e9, 0], '2149-06-06'],
  ['Date32', '1900-01-01', '1900-01-01'],
  ["DateTime('UTC')", [1_729_627_200, 999_999_999], '2024-10-22 20:00:00'],
  ["DateTime('Asia/Tokyo')", [1_729_627_200, 0], '2024-10-23 05:00:00'],
  ["DateTime64(9, 'UTC')", [1_729_627_200, 145_000_001], '2024-10-22 20:00:00.145000001'],
  ["DateTime64(3, 'UTC')", new Date(5), '1970-01-01 00:00:00.005'],
  ['UUID', '0AF7651916CD43DD8448EB211C80319C', '0af76519-16cd-43dd-8448-eb211c80319c'],
  ['IPv4', '::ffff:10.0.0.1', '10.0.0.1'],
  ['IPv6', '10.0.0.1', '::ffff:10.0.0.1'],
  ['IPv6', 'FE80::1%eth0', 'fe80::1'],
  ["Enum8('ok' = 1, 'it\\'s' = -2)", "it's", "it's"],
  ["Enum8('ok' = 1, 'it\\'s' = -2)", 'no', "it's"],
  ["Enum16('a' = 5, 'b')", 6, 'b'],
  ['String', 'a\0"\\\n\ud800€', 'a\0"\\\n\ufffd€'],
  ['FixedString(3)', 'aéé', 'aé'],
  ['LowCardinality(Nullable(String))', null, null],
  ['LowCardinality(String)', ['a', 1], '["a",1]'],
  ['Nullable(UInt8)', 'x', null],
  ['Nullable(Date)', 0n, '1970-01-01'],
  ['Array(Nullable(Int8))', [1, null, 300], '[1,NULL,127]'],
  ['Array(Array(String))', [['a'], [], 'no list'], "[['a'],[],[]]"],
  ['Map(String, UInt8)', { b: 2, a: '1' }, "{'b':2,'a':1}"],
  ['Map(UInt8, Array(Bool))', { 7: [true, 0] }, '{7:[true,false]}'],
  ['Tuple(UInt8, String)', [300], "(255,'')"],
  ['Tuple(a Date, b Nullable(IPv4))', { b: '10.0.0.1' }, "('1970-01-01','10.0.0.1')"],
  [
    'JSON',
    { a: { b: 1 }, list: [1, 'x', null, 2.5], none: null, big: 2n ** 53n + 1n },
    '{"a":{"b":1},"big":9007199254740993,"list":[1,"x",null,2.5]}',
  ],
  ['JSON(a UInt8)', { a: -1, 'b.c': 'x' }, '{"a":0,"b":{"c":"x"}}'],
  ['Nullable(JSON)', 'no object', null],
  ['Variant(String, UInt64)', 5, '5'],
  ['Variant(UInt64, Array(UInt64))', [1, 2n ** 63n], '[1,9223372036854775808]'],
  ['Variant(UInt64, Array(UInt64))', 'x', null],
  ['Dynamic', '2024-10-22', '2024-10-22'],
  ['Dynamic', [1, 2], '[1,2]'],
  ['Dynamic', true, 'true'],
  ['Dynamic', null, null],
]

test('values are stored as the rules of the page say, compared with what is written here', async () => {
  const table = defineTable<SpanLike>({
    name: 'by_hand',
    columns: [
      { name: 'id', type: 'UInt32', attribute: 'id' },
      ...BY_HAND.map(([type], n) => ({ name: `c${n}`, type, attribute: `c${n}` })),
      { name: 'n', type: 'Nested(a Int8, `b c` UUID)', attribute: 'n' },
    ],
    orderBy: 'id',
  })
  const given = Object.fromEntries(BY_HAND.map(([, value], n) => [`c${n}`, value]))
  await exported(table, [
    makeSpan({ attributes: { ...given, id: 1, n: [{ a: 1 }, { a: 999, 'b c': '0'.repeat(32) }] } }),
  ])
  const texts = [
    ...BY_HAND.map((_, n) => `if(isNull(c${n}), NULL, toString(c${n}))`),
    'toString(n.a)',
    'toString(n.`b c`)',
  ]
  const text = await server.query(
    `SELECT ${texts.join(', ')} FROM ${table.database}.${table.name} FORMAT JSONCompactEachRow`,
  )
  const stored: unknown[] = JSON.parse(text)
  const none = '00000000-0000-0000-0000-000000000000'
  expect(stored.splice(-2)).toEqual(['[1,127]', `['${none}','${none}']`])
  const shown = stored.map((one) => (typeof one === 'string' ? one.replace(/\0+$/, '') : one))
  expect(BY_HAND.map(([type], n) => [type, shown[n]])).toEqual(
    BY_HAND.map(([type, , expected]) => [type, expected]),
  )
})

const expression: ColumnDefinition<SpanLike> = {
  name: 'computed',
  type: 'String',
  attribute: 'c1',
  default: "concat('row ', toString(id))",
}
