import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  defineTable,
  flatTraces,
  type Limits,
  otelTraces,
  quoteText,
  type SpanLike,
  type Table,
} from '../src/index.js'
import { compactFormOf, compactRowsOf, KeyLists, newEncoding, wholeRow } from '../src/internal.js'
import { hostileSpan } from './arbitraries.js'
import { hostileLog } from './arbitrary-logs.js'
import { hostilePoint } from './arbitrary-points.js'
import { logTables } from './logs.js'
import { allPoints, makePoint, metricTables } from './points.js'
import { makeSpan } from './spans.js'
import { userTable } from './user-table.js'

interface Way {
  limits?: Limits | undefined
  keyLists?: KeyLists
}

function compact<Input>(table: Table<Input>, span: Input, way: Way = {}) {
  const rows = compactRowsOf(table)
  if (!rows) throw new Error('no compact rows')
  const { limits, keyLists = new KeyLists(10_000) } = way
  const encoding = newEncoding({ sparse: true, limits, keyLists })
  const constants = rows.resourceFormOf(span, encoding)
  rows.write(span, encoding)
  return {
    constants,
    common: constants && compactFormOf(constants, keyLists),
    line: encoding.out.toString(),
    tally: encoding.tally,
  }
}

function wholeAgain<Input>(table: Table<Input>, span: Input, way?: Way): unknown {
  const { common, line } = compact(table, span, way)
  return common && JSON.parse(wholeRow(common.shape, line))
}

const tables: [string, Table<unknown>, fc.Arbitrary<unknown>][] = [
  ['flat', flatTraces, hostileSpan],
  ['otel', otelTraces, hostileSpan],
  ['a user’s', userTable, hostileSpan],
  ...logTables.map(([name, table]): [string, Table<unknown>, fc.Arbitrary<unknown>] => [
    name,
    table,
    hostileLog,
  ]),
  ...metricTables.map(([name, table]): [string, Table<unknown>, fc.Arbitrary<unknown>] => [
    name,
    table,
    hostilePoint,
  ]),
]

describe.each(tables)('a compact row of the %s table', (_, table, input) => {
  test('says what the whole one says, whatever the span holds', () => {
    const limits = fc.record(
      {
        attributeValueLength: fc.nat(100),
        attributeCount: fc.nat(10),
        eventCount: fc.nat(3),
        linkCount: fc.nat(3),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(input, limits, fc.constantFrom(0, 50, 10_000), (span, some, room) => {
        const row = () => table.toLine(span, undefined, some)
        const before = row()
        const whole = wholeAgain(table, span, { limits: some, keyLists: new KeyLists(room) })
        // Some of these spans say something else each time they are asked.
        if (whole !== undefined && before === row()) expect(whole).toEqual(JSON.parse(before))
      }),
      { numRuns: input === hostileSpan ? 1000 : 300 },
    )
  })
})

test('a compact row holds neither the resource, nor what follows from others, nor what is at its default', () => {
  const span = makeSpan({ events: [], links: [], parentSpanContext: undefined })
  const { line, constants } = compact(flatTraces, span)
  const names: Readonly<Record<string, string>> = constants?.shape.names ?? {}
  const keyed: Readonly<Record<string, string>> = constants?.shape.keyed ?? {}
  const members = Object.keys(JSON.parse(line)).map(
    (short) => names[short] ?? `${short.at(-1)} of ${keyed[short.slice(0, -1)]}`,
  )
  expect(members).toEqual([
    'trace_id',
    'span_id',
    'timestamp',
    'duration_ns',
    'trace_state',
    'span_name',
    'span_kind',
    'status_code',
    'status_message',
    'scope_name',
    'scope_version',
    'v of attributes',
    'k of attributes',
  ])
  expect(Object.keys(constants?.shape.derived ?? {})).toEqual(['timestamp_ns', 'duration_ms'])
})

describe('keys of attributes', () => {
  const attributesOf = (line: string) => {
    const row = JSON.parse(line) as Record<string, unknown>
    const values = Object.keys(row).find((name) => name.endsWith('v'))
    return values === undefined ? undefined : [row[values.replace('v', 'k')], row[values]]
  }

  test('stand in the statement once, and rows name their list by number', () => {
    const keyLists = new KeyLists(10_000)
    const lineOf = (attributes: Record<string, unknown>) =>
      compact(flatTraces, makeSpan({ attributes }), { keyLists }).line
    expect(attributesOf(lineOf({ a: 1, b: 'x' }))).toEqual([1, ['1', 'x']])
    expect(attributesOf(lineOf({ b: true }))).toEqual([2, ['true']])
    expect(attributesOf(lineOf({ a: 2, b: 'y' }))).toEqual([1, ['2', 'y']])
    expect(attributesOf(lineOf({ b: 1, a: 2 }))).toEqual([3, ['1', '2']])
    expect(attributesOf(lineOf({}))).toBeUndefined()
    const constants = compact(flatTraces, makeSpan()).constants
    expect(constants && compactFormOf(constants, keyLists).query).toContain(
      "WITH CAST([['a', 'b'], ['b'], ['b', 'a']], 'Array(Array(String))') AS key_lists SELECT ",
    )
  })

  test('are sorted where the table has them so', () => {
    const keyLists = new KeyLists(10_000)
    const attributes = { '😀': 3, '\uff01': -0, b: 1, c: undefined, a: 2 }
    const { line } = compact(otelTraces, makeSpan({ attributes }), { keyLists })
    expect(attributesOf(line)).toEqual([1, ['2', '1', '-0', '3']])
    expect(keyLists.names).toEqual([['a', 'b', '\uff01', '😀']]) // by the bytes of UTF-8
  })

  test('stay in the row where the statement has no more room', () => {
    const keyLists = new KeyLists(20)
    const span = makeSpan({ attributes: { first: 'x' } })
    const other = makeSpan({ attributes: { second: '\ud800' } })
    compact(flatTraces, span, { keyLists })
    const { line, tally } = compact(flatTraces, other, { keyLists })
    expect(keyLists.names).toEqual([['first']])
    expect(line).toContain('"second":"\ufffd"')
    expect(tally.repairedStrings).toBe(1)
    expect(attributesOf(compact(flatTraces, span, { keyLists }).line)).toEqual([1, ['x']])
  })

  test('stay a text in the statement whatever they hold', () => {
    const key = "it's \\ a \0 key\n'], 'x"
    const keyLists = new KeyLists(10_000)
    const { common } = compact(flatTraces, makeSpan({ attributes: { [key]: 1 } }), { keyLists })
    expect(common?.query).toContain("[['it\\'s \\\\ a \\0 key\n\\'], \\'x']]")
  })

  test('that are too many to be remembered stay in the row', () => {
    const attributes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, n]))
    for (const [count, isKept] of [
      [256, false],
      [257, true],
    ] as const) {
      const { line } = compact(flatTraces, makeSpan({ attributes: attributes(count) }))
      expect(line.includes('"key 0"'), `${count} keys`).toBe(isKept)
    }
  })

  test('that have to be altered, and values that have to be looked into, stay in the row', () => {
    for (const attributes of [{ 'x\ud800': 1 }, { list: [1, 2] }, { x: { y: 1 } }]) {
      const { line } = compact(flatTraces, makeSpan({ attributes }))
      expect(attributesOf(line)).toBeUndefined()
      expect(line).toContain(',"t":{')
    }
  })
})

test('made whole again, a span of years has the milliseconds of its whole row', () => {
  for (let n = 0; n < 50; n++) {
    const span = makeSpan({ endTime: [1_800_000_000 + n * 87_654_321, n * 7_654_321] })
    expect(wholeAgain(flatTraces, span)).toEqual(flatTraces.toRow(span))
  }
})

test.each(metricTables)('%s: made whole again, every point is the row it was', (_name, table) => {
  for (const point of allPoints()) expect(wholeAgain(table, point)).toEqual(table.toRow(point))
})

test('what the points of a metric have in common is one run of members', () => {
  for (const [, table] of metricTables) {
    const { line, constants } = compact(table, makePoint('sum'))
    const names = Object.keys(JSON.parse(line)).map((short) => constants?.shape.names[short] ?? '')
    const ofMetric = table.columns.filter(({ from }) => from === 'metric').map(({ name }) => name)
    const indexes = names.flatMap((name, index) => (ofMetric.includes(name) ? [index] : []))
    expect(indexes.length).toBeGreaterThan(2)
    expect(indexes).toEqual(indexes.map((_, n) => (indexes[0] ?? 0) + n))
  }
})

test('the same resource has the same constants, and one that changed has others', () => {
  const resource = { attributes: { 'service.name': 'one' } as Record<string, string> }
  const of = () => compact(flatTraces, makeSpan({ resource })).constants
  const first = of()
  expect(of()).toBe(first)
  resource.attributes = { 'service.name': 'two' }
  expect(of()?.select).not.toBe(first?.select)
})

test('what is quoted in the statement stays a text', () => {
  const name = "it's \\ a \0 test\n') FROM input('' -- ü"
  const { constants } = compact(
    flatTraces,
    makeSpan({ resource: { attributes: { 'service.name': name } } }),
  )
  expect(constants?.select).toContain("'it\\'s \\\\ a \\0 test\n\\') FROM input(\\'\\' -- ü'")
})

test('keys of a resource that look like numbers stand in the statement in the order of the whole row', () => {
  const attributes = { 9: 'nine', 10: "t}e'n", 'a}': '{"', 1: '' }
  const select = (table: Table<SpanLike>) =>
    compact(table, makeSpan({ resource: { attributes } })).constants?.select
  expect(select(otelTraces)).toContain(
    "CAST(map('1', '', '10', 't}e\\'n', '9', 'nine', 'a}', '{\"'), 'Map(",
  )
  expect(select(flatTraces)).toContain(
    "CAST(map('1', '', '9', 'nine', '10', 't}e\\'n', 'a}', '{\"'), 'Map(",
  )
})

test('a resource too long for a statement goes with its rows', () => {
  const attributes = { 'service.name': 'x'.repeat(100_000) }
  expect(compact(flatTraces, makeSpan({ resource: { attributes } })).constants).toBeUndefined()
})

test('a table whose resource columns are no texts has no compact rows, nor has one with another toLine', () => {
  const number = defineTable<SpanLike>({
    name: 't',
    orderBy: 'n',
    columns: [{ name: 'n', type: 'UInt8', from: 'resource', value: () => 1 }],
  })
  expect(compactRowsOf(number)).toBeUndefined()
  expect(compactRowsOf({ ...flatTraces, toLine: () => '{}' })).toBeUndefined()
})

test.each([
  'JSON',
  'JSON(max_dynamic_paths = 8)',
  'Array(JSON)',
  'Dynamic',
  'Variant(String, UInt64)',
  'Map(String, Variant(String, Float64))',
])(
  'a table with a column %s has no compact rows: made whole, its numbers would lose digits',
  (type) => {
    const table = defineTable<SpanLike>({
      name: 't',
      columns: [{ name: 'c', type, attribute: 'a' }],
      orderBy: 'tuple()',
    })
    expect(compactRowsOf(table)).toBeUndefined()
  },
)

test.each([
  ['LowCardinality(UInt8)', 'UInt8'],
  ['Array(LowCardinality(Nullable(Date)))', 'Array(Nullable(Date))'],
  [
    "Map(LowCardinality(String), LowCardinality(DateTime('UTC')))",
    "Map(LowCardinality(String), DateTime('UTC'))",
  ],
  ['LowCardinality(String)', 'LowCardinality(String)'],
  ['LowCardinality(Nullable(FixedString(2)))', 'LowCardinality(Nullable(FixedString(2)))'],
  ["Enum8('LowCardinality(UInt8)' = 1)", "Enum8('LowCardinality(UInt8)' = 1)"],
])('a column %s is sent as %s: servers refuse some types in `input()`', (type, sent) => {
  const table = defineTable<SpanLike>({
    name: 't',
    columns: [{ name: 'c', type, attribute: 'a' }],
    orderBy: 'tuple()',
  })
  const { structure = '' } = compact(table, makeSpan()).constants ?? {}
  expect(structure.replace(/^'\w+ /, "'")).toBe(quoteText(sent))
})
