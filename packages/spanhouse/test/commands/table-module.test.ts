// The module that `spanhouse table import` writes. On a real server, compiled and run: test/command/table-import.test.ts.
import {
  type DescribedColumn,
  defineTable,
  otelTraces,
  type SpanLike,
  type Table,
  tableFromDescription,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tableModule } from '../../src/commands/table-module.js'

/** `name Type DEFAULT expression`, as a CREATE TABLE has it. */
function columnOf(text: string): DescribedColumn {
  const [, name = '', type = '', default_kind = '', default_expression = ''] =
    /^(\S+) (.+?)(?: (DEFAULT|MATERIALIZED) (.*))?$/s.exec(text) ?? []
  return { name, type, default_kind, default_expression, compression_codec: '' }
}

const spans = (columns: readonly string[]) => ({
  database: 'shop',
  table: 'spans',
  engine: 'MergeTree',
  columns: columns.map(columnOf),
})
const TRACE = ['trace_id String', 'span_id String', 'parent_span_id String']

test('a table from nothing has a line for each column, with guesses and gaps in comments', () => {
  const found = tableFromDescription({
    ...spans([...TRACE, 'duration UInt64', 'kind UInt8', "tenant String DEFAULT 'none'"]),
    table: 'my-spans',
    sortingKey: 'trace_id',
  })
  expect(tableModule(found)).toEqual({
    exported: 'mySpans',
    text: `import { defineTable, type RowOf } from '@spanhouse/transform'

// Made from the table shop.my-spans: 4 of its columns get a value.
export const mySpans = defineTable({
  signal: 'traces',
  name: 'my-spans',
  database: 'shop',
  columns: [
    { name: 'trace_id', type: 'String', field: 'traceId' },
    { name: 'span_id', type: 'String', field: 'spanId' },
    { name: 'parent_span_id', type: 'String', field: 'parentSpanId' },
    { name: 'duration', type: 'UInt64', field: 'duration' }, // a guess: nanoseconds, as the name says no unit
    // { name: 'kind', type: 'UInt8', value: (span) => span.kind + 1 }, not mapped: OTLP counts kinds from 1 and JavaScript from 0
    // { name: 'tenant', type: 'String' }, left out: the server fills it (DEFAULT)
  ],
  orderBy: 'trace_id',
})

export type MySpansRow = RowOf<typeof mySpans>
`,
  })
  expect(tableModule(found, { types: false }).text).not.toContain('RowOf')
})

test('a table of ours is extended', () => {
  const { text } = tableModule(
    tableFromDescription({
      ...spans([]),
      partitionKey: 'toDate(Timestamp)',
      sortingKey: 'ServiceName, SpanName, toDateTime(Timestamp)',
      columns: [
        ...otelTraces.columns.slice(1).map(({ name, type }) => columnOf(`${name} ${type}`)),
        columnOf('Timestamp DateTime64(3)'),
        columnOf('x UInt8'),
      ],
    }),
  )
  expect(text).toBe(`import { extendTable, otelTraces, type RowOf } from '@spanhouse/transform'

// Made from the table shop.spans: 22 of its columns get a value.
export const spans = extendTable(otelTraces, {
  name: 'spans',
  database: 'shop',
  retype: {
    Timestamp: { type: 'DateTime64(3)' },
  },
  add: [
    // { name: 'x', type: 'UInt8' }, not mapped: no field and no attribute of OpenTelemetry has this name
  ],
})

export type SpansRow = RowOf<typeof spans>
`)
})

/** Runs the module with the functions of this package. */
function run(text: string, exported: string): Table<SpanLike> {
  const body = text.replace(/^import .*$/m, '').replace('export const', 'const')
  return new Function('defineTable', `${body}\nreturn ${exported}`)(defineTable)
}

test('a materialized column that the definition has is no gap', () => {
  const columns = ['ts DateTime', 'day Date MATERIALIZED toDate(ts)', 'x UInt8 MATERIALIZED y + 1']
  const { text } = tableModule(tableFromDescription(spans([...TRACE, ...columns])))
  expect(text).toContain(
    "materialized: [\n    { name: 'day', type: 'Date', expression: 'toDate(ts)' },",
  )
  expect(text.match(/\/\/ \{ name: '\w+'/g)).toEqual(["// { name: 'x'"])
})

test.each([
  ['spans', 'spans'],
  ['My Spans!', 'mySpans'],
  ['_spans', 'spans'],
  ['2024', 't2024Table'],
  ['class', 'classTable'],
  ['define_table', 'defineTableTable'],
  ['表', 'tTable'],
])('the table %s is exported as %s', (table, exported) => {
  expect(tableModule(tableFromDescription({ ...spans(TRACE), table })).exported).toBe(exported)
})

test('whatever names, types and defaults contain, the module makes the same table and runs no other code', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom(
      "'); process.exit(1) //",
      '\u2028throw 1',
      '*/ throw 1 /*',
      '$' + '{throw 1}',
      '`',
      '\\',
      "\\'",
      '\r\nthrow 1',
      '\u202e',
      '__proto__',
      '\ud800',
    ),
  )
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, (table, database, column, other) => {
      const columns: DescribedColumn[] = [
        columnOf('trace_id String'),
        { ...columnOf('http_route String'), default_kind: 'DEFAULT', default_expression: "'x'" },
        { ...columnOf('a String'), name: `a.${column}` },
        { ...columnOf('a String'), name: column },
        { ...columnOf('a String'), name: 'typed', type: `Enum8(${other})` },
      ]
      const found = tableFromDescription(
        { database, table, engine: other, comment: other, sortingKey: other, columns },
        { signal: 'traces' },
      )
      const { text, exported } = tableModule(found, { types: false })
      expect(text).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} \n]*$/u)
      const made = run(text, exported)
      expect({ ...made, columns: [] }).toMatchObject({
        name: table,
        database,
        insertColumns: found.table.insertColumns,
      })
    }),
  )
})

test('a value that no field has is suggested as a function that compiles', () => {
  const span = { kind: 1, status: { code: 2 } } as SpanLike
  const found = tableFromDescription(
    spans([...TRACE, 'kind Int8', 'status UInt8', 'is_error Bool']),
  )
  const { text } = tableModule(found)
  const uncommented = text.replaceAll(/^( +)\/\/ (\{.*\},) not mapped.*$/gm, '$1$2')
  const { columns } = new Function(
    'defineTable',
    `${uncommented.replace(/^(import|export type) .*$/gm, '').replace('export const spans =', 'return')}`,
  )(defineTable)
  const functions = columns.map(({ value }: { value(span: SpanLike): unknown }) => value(span))
  expect(functions.slice(-3)).toEqual([2, 2, true])
})
