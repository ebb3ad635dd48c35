import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatTraces, newTally, otelTraces, type SpanLike, spansFromOtlpJson } from '../src/index.js'
import { type AnyMap, type AnyValue, anyMap, collectorMap, otlpList } from './collector.js'
import { makeSpan } from './spans.js'

function spanOf(attributes: AnyMap): SpanLike {
  return makeSpan({
    attributes,
    resource: { attributes },
    events: [{ name: 'e', time: [1, 0], attributes }],
    links: [{ context: { traceId: 'aa', spanId: 'bb' }, attributes }],
  })
}

/** The maps of a row, wherever attributes can be. */
function mapsOf(row: Record<string, unknown>): [string, unknown][][] {
  const lists = ['Events.Attributes', 'Links.Attributes'].flatMap((name) => row[name] as object[])
  const maps = [row['ResourceAttributes'], row['SpanAttributes'], ...lists] as object[]
  return maps.map((map) => Object.entries(map))
}

test('otel: attributes of span, resource, events and links are stored as the Collector stores them', () => {
  fc.assert(
    fc.property(anyMap, (attributes) => {
      const expected = collectorMap(attributes)
      const maps = mapsOf(otelTraces.toRow(spanOf(attributes)))
      expect(maps).toEqual([expected, expected, expected, expected])
    }),
    { numRuns: 500 },
  )
})

test('otel: and so are those of OTLP/JSON', () => {
  fc.assert(
    fc.property(anyMap, (given) => {
      const attributes = otlpList(given)
      const [span] = spansFromOtlpJson({
        traceId: 'aa',
        attributes,
        resource: { attributes },
        events: [{ attributes }],
        links: [{ attributes }],
      })
      const expected = collectorMap(given)
      const maps = mapsOf(otelTraces.toRow(span as SpanLike))
      expect(maps).toEqual([expected, expected, expected, expected])
    }),
    { numRuns: 500 },
  )
})

test('equal maps are equal texts in every table, whatever order their keys were added in', () => {
  fc.assert(
    fc.property(anyMap, anyMap, (one, other) => {
      const attributes = { one, list: [one, { one, other }], other }
      const again = backwards(attributes) as AnyMap
      expect(otelTraces.toLine(spanOf(again))).toBe(otelTraces.toLine(spanOf(attributes)))
      expect(flatTraces.toRow(spanOf(again))).toEqual(flatTraces.toRow(spanOf(attributes)))
      const asMap = makeSpan({ attributes: { one: new Map(Object.entries(one)) } })
      expect(otelTraces.toLine(asMap)).toBe(otelTraces.toLine(makeSpan({ attributes: { one } })))
    }),
  )
})

test('flat: the attributes themselves stay in the order they were added in', () => {
  const attributes = { b: { d: 1, c: 2 }, a: 1 }
  const row = flatTraces.toRow(makeSpan({ attributes }))
  expect(Object.entries(row['attributes'] as object)).toEqual([
    ['b', '{"c":2,"d":1}'],
    ['a', '1'],
  ])
})

test('keys that have to be repaired are sorted as what is written', () => {
  const attributes = { '\uffff': 1, '\ud800b': 2, '😀': 3, '\ufffda': 4 }
  const order = ['\ufffda', '\ufffdb', '\uffff', '😀']
  const row = otelTraces.toRow(makeSpan({ attributes: { ...attributes, attributes } }))
  const { attributes: nested, ...others } = row['SpanAttributes'] as Record<string, string>
  expect(Object.keys(others)).toEqual(order)
  expect(Object.keys(JSON.parse(nested ?? ''))).toEqual(order)
})

test('a whole number of OTLP/JSON has all its digits, as text or as number, and no sign at zero', () => {
  const texts = (...ints: unknown[]): unknown => {
    const value = { arrayValue: { values: ints.map((intValue) => ({ intValue })) } }
    const [span] = spansFromOtlpJson({ traceId: 'aa', attributes: [{ key: 'v', value }] })
    return otelTraces.toRow(span as SpanLike)['SpanAttributes']
  }
  expect(texts('9223372036854775807', '-9223372036854775808', 2 ** 60)).toEqual({
    v: '[9223372036854775807,-9223372036854775808,1152921504606846976]',
  })
  expect(texts('-0', -0, '007', 1.5, 1e300)).toEqual({ v: '[0,0,7,1.5,1e+300]' })
})

// The Collector stores '' for the whole of the first, and null for the second; OpenTelemetry's rule keeps what is there.
test.each<[string, AnyValue, string]>([
  ['numbers that are none, in an array', [1, Number.NaN, -Infinity], '[1,"NaN","-Infinity"]'],
  ['no bytes, in an array', [new Uint8Array()], '[""]'],
])('differs on purpose from the Collector: %s', (_name, value, expected) => {
  const row = otelTraces.toRow(makeSpan({ attributes: { value } }))
  expect(row['SpanAttributes']).toEqual({ value: expected })
})

test('a map of more keys than a value has room for is cut, with a mark, and sorted no further', () => {
  const names = Array.from({ length: 300_000 }, (_, n) => `key ${900_000 - n}`)
  const many = Object.fromEntries(names.map((name) => [name, 1]))
  const tally = newTally()
  const row = otelTraces.toRow(makeSpan({ attributes: { many } }), tally)
  const keys = Object.keys(JSON.parse((row['SpanAttributes'] as { many: string }).many))
  expect(keys.at(-1)).toBe('…')
  const first = keys.slice(0, 1000)
  expect(first).toEqual([...first].sort())
  expect(names.indexOf(first[0] as string)).toBeLessThan(200_000) // the least of them all was not looked for
  expect(tally.truncatedValues).toBeGreaterThan(0)
})

function backwards(value: AnyValue): AnyValue {
  if (Array.isArray(value)) return value.map(backwards)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const entries = Object.entries(value).map(([k, v]): [string, AnyValue] => [k, backwards(v)])
  return Object.fromEntries(entries.reverse())
}
