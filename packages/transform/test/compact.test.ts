import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compactRowsOf,
  defineTable,
  flatTraces,
  type Limits,
  newEncoding,
  otelTraces,
  type SpanLike,
  type Table,
  wholeRow,
} from '../src/index.js'
import { hostileSpan } from './arbitraries.js'
import { makeSpan } from './spans.js'
import { userTable } from './user-table.js'

function compact(table: Table<SpanLike>, span: SpanLike, limits?: Limits) {
  const rows = compactRowsOf(table)
  if (!rows) throw new Error('no compact rows')
  const encoding = newEncoding({ sparse: true, limits })
  const constants = rows.constantsOf(span, encoding)
  rows.write(span, encoding)
  return { constants, line: encoding.out.toString() }
}

function wholeAgain(table: Table<SpanLike>, span: SpanLike, limits?: Limits): unknown {
  const { constants, line } = compact(table, span, limits)
  return constants && JSON.parse(wholeRow(constants.shape, line))
}

describe.each([
  ['flat', flatTraces],
  ['otel', otelTraces],
  ['a user’s', userTable],
] as const)('a compact row of the %s table', (_, table) => {
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
      fc.property(hostileSpan, limits, (span, some) => {
        const row = () => table.toLine(span, undefined, some)
        const before = row()
        const whole = wholeAgain(table, span, some)
        // Some of these spans say something else each time they are asked.
        if (whole !== undefined && before === row()) expect(whole).toEqual(JSON.parse(before))
      }),
      { numRuns: 1000 },
    )
  })
})

test('a compact row holds neither the resource, nor what follows from others, nor what is at its default', () => {
  const span = makeSpan({ events: [], links: [], parentSpanContext: undefined })
  const { line, constants } = compact(flatTraces, span)
  const members = Object.keys(JSON.parse(line)).map((short) => constants?.shape.names[short])
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
    'attributes',
    'scope_name',
    'scope_version',
  ])
  expect(Object.keys(constants?.shape.derived ?? {})).toEqual(['timestamp_ns', 'duration_ms'])
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
