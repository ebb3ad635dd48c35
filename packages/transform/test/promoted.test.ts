import { describe, expect, test } from 'vitest'
import {
  extendTable,
  flatLogs,
  flatMetrics,
  flatTraces,
  newTally,
  otelLogs,
  otelMetricsGauge,
  otelTraces,
  otelTracesJson,
} from '../src/index.js'
import { makeLog } from './logs.js'
import { makePoint } from './points.js'
import { makeSpan } from './spans.js'

describe('promoted attributes', () => {
  const span = makeSpan({ attributes: { 'http.route': '/a', 'user.id': 7, __proto__x: 1 } })

  test('have a column, and stay in the map', () => {
    const table = extendTable(flatTraces, {
      promote: ['http.route', { attribute: 'user.id', column: 'user', type: 'UInt32' }],
    })
    expect(table.toRow(span)).toMatchObject({
      http_route: '/a',
      user: 7,
      attributes: { 'http.route': '/a', 'user.id': '7' },
    })
    expect(table.toRow(makeSpan({ attributes: {} }))).toMatchObject({ http_route: '', user: 0 })
  })

  test('or leave the map', () => {
    const table = extendTable(flatTraces, { promote: ['http.route'], keepPromoted: false })
    const tally = newTally()
    expect(table.toRow(span, tally)).toMatchObject({
      http_route: '/a',
      attributes: { 'user.id': '7', __proto__x: '1' },
    })
    expect(tally).toEqual(newTally())
  })

  test('a getter that throws costs its own attribute only', () => {
    const attributes = { 'http.route': '/a', ok: 1 }
    Object.defineProperty(attributes, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('mine')
      },
    })
    const table = extendTable(flatTraces, { promote: ['http.route', 'bad'], keepPromoted: false })
    const tally = newTally()
    expect(table.toRow(makeSpan({ attributes }), tally)).toMatchObject({
      bad: '',
      http_route: '/a',
      attributes: { ok: '1' },
    })
    expect(tally).toMatchObject({ unreadableValues: 1 })
  })
})

describe('an attribute that leaves the map stays there if its column cannot hold it', () => {
  const ONE = { attribute: 'a', column: 'own' }

  function stored(type: string, a: unknown, limits = {}): { own: unknown; inMap: unknown } {
    const table = extendTable(flatTraces, { promote: [{ ...ONE, type }], keepPromoted: false })
    const row = table.toRow(makeSpan({ attributes: { a, b: 1 } as never }), newTally(), limits)
    const { own, attributes } = row as { own: unknown; attributes: Record<string, unknown> }
    expect(attributes['b']).toBe('1')
    return { own, inMap: attributes['a'] }
  }

  test.each([
    ['a word for a number', 'UInt64', 'anonymous', '0', 'anonymous'],
    ['a number that is too large', 'UInt8', 300, 255, '300'],
    ['a fraction', 'Nullable(Int32)', 1.5, 1, '1.5'],
    ['a word for a time', 'DateTime', 'now', '0000000000', 'now'],
    [
      'a time before 1970',
      'DateTime',
      '1969-12-31T23:59:59Z',
      '0000000000',
      '1969-12-31T23:59:59Z',
    ],
    ['a text that is too long', 'FixedString(2)', 'abc', 'ab', 'abc'],
    ['a name that the Enum lacks', "Enum8('x', 'y')", 'z', 'x', 'z'],
    ['an id that is none', 'Nullable(UUID)', 'abc', null, 'abc'],
    ['a list with one word', 'Array(UInt8)', [1, 'x'], [1, 0], '[1,"x"]'],
    ['a number for a list', 'Array(UInt8)', 1, [], '1'],
    ['what is no JSON', 'JSON', 'abc', {}, 'abc'],
  ])('%s', (_what, type, given, own, inMap) => {
    expect(stored(type, given)).toEqual({ own, inMap })
  })

  test.each([
    ['String', 'x'],
    ['LowCardinality(Nullable(String))', 7],
    ['String', '\ud800'],
    ['UInt64', '12'],
    ['Float32', 0.1],
    ['Decimal(9, 2)', '1.239'],
    ['Nullable(UInt8)', null],
    ["Enum8('x', 'y')", 'y'],
    ['Array(UInt8)', [1, 2]],
  ])('a column of type %s holds %j', (type, given) => {
    expect(stored(type, given).inMap).toBeUndefined()
  })

  test('a text that a limit cuts is in the map as the limit leaves it', () => {
    const id = '0af76519-16cd-43dd-8448-eb211c80319c'
    expect(stored('UUID', id).inMap).toBeUndefined()
    expect(stored('UUID', id, { attributeValueLength: 9 })).toEqual({
      own: '00000000-0000-0000-0000-000000000000',
      inMap: '0af76519…',
    })
  })

  test('one of two columns is enough', () => {
    const promote = [
      { ...ONE, type: 'UInt8' },
      { ...ONE, column: 'text' },
    ]
    const table = extendTable(flatTraces, { promote, keepPromoted: false })
    expect(table.toRow(makeSpan({ attributes: { a: 'x' } }))).toMatchObject({
      own: 0,
      text: 'x',
      attributes: {},
    })
  })

  test('the parts of a Nested column', () => {
    const type = 'Nested(n UInt8)'
    const table = extendTable(flatTraces, { promote: [{ ...ONE, type }], keepPromoted: false })
    const rowOf = (a: unknown) => table.toRow(makeSpan({ attributes: { a } as never }))
    expect(rowOf([{ n: 1 }])).toMatchObject({ 'own.n': [1], attributes: {} })
    expect(rowOf([{ n: 'x' }])).toMatchObject({ attributes: { a: '[{"n":"x"}]' } })
  })

  const attributes = { a: 'x', b: 'y' }
  const promote = [{ ...ONE, type: 'UInt8' }, 'b']
  const left = { keepPromoted: false, promote }
  test.each([
    ['spans', 'SpanAttributes', extendTable(otelTraces, left), makeSpan({ attributes })],
    [
      'spans as JSON',
      'SpanAttributes',
      extendTable(otelTracesJson, left),
      makeSpan({ attributes }),
    ],
    ['log records', 'attributes', extendTable(flatLogs, left), makeLog({ attributes })],
    ['log records', 'LogAttributes', extendTable(otelLogs, left), makeLog({ attributes })],
    ['points', 'attributes', extendTable(flatMetrics, left), makePoint('gauge', { attributes })],
    [
      'points',
      'Attributes',
      extendTable(otelMetricsGauge, left),
      makePoint('gauge', { attributes }),
    ],
  ])('of %s, in %s', (_what, map, table, record) => {
    const row = table.toRow(record as never) as Record<string, unknown>
    expect(row).toMatchObject({ own: 0, b: 'y' })
    expect(row[map]).toEqual({ a: 'x' })
  })

  test('a type that does not exist is named with its column, as ever', () => {
    const promote = [{ ...ONE, type: 'Txt' }]
    expect(() => extendTable(flatTraces, { promote, keepPromoted: false })).toThrow(
      'column own: cannot write a column of type Txt',
    )
  })
})
