import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatTraces, newTally, otelTraces, type Table } from '../src/index.js'
import { hostileInput } from './arbitraries.js'
import { hostileLogInput } from './arbitrary-logs.js'
import { hostilePointInput } from './arbitrary-points.js'
import { logTables } from './logs.js'
import { metricTables } from './points.js'
import { hostileValues, makeSpan } from './spans.js'
import { userTable } from './user-table.js'

const tables: [string, Table<unknown>, fc.Arbitrary<unknown>][] = [
  ['flat', flatTraces, hostileInput],
  ['otel', otelTraces, hostileInput],
  ['a user’s own', userTable, hostileInput],
  ...logTables.map(([name, table]): [string, Table<unknown>, fc.Arbitrary<unknown>] => [
    name,
    table,
    hostileLogInput,
  ]),
  ...metricTables.map(([name, table]): [string, Table<unknown>, fc.Arbitrary<unknown>] => [
    name,
    table,
    hostilePointInput,
  ]),
]

test.each(tables)('%s: any input gives one line that is its row', (_name, table, input) => {
  const shapes = table.columns.map(({ name, type, sentAs, kind }) => ({
    name,
    holds: shapeOf(sentAs ? type.replace('DateTime', 'Nanoseconds') : type, kind !== undefined),
  }))
  fc.assert(
    fc.property(input, fc.boolean(), (span, limited) => {
      const limits = limited
        ? { attributeValueLength: 5, attributeCount: 2, eventCount: 1, linkCount: 0 }
        : {}
      const line = table.toLine(span, newTally(), limits)
      const parsed: Record<string, unknown> = JSON.parse(line)
      expect(line).not.toMatch(/[\r\n]/)
      expect(line).not.toMatch(/\p{Surrogate}/u)
      expect(exact(parsed)).toEqual(exact(table.toRow(span, newTally(), limits)))
      expect(Object.keys(parsed)).toEqual(table.insertColumns)
      for (const { name, holds } of shapes)
        expect([name, holds(parsed[name])]).toEqual([name, true])
      for (const nested of lengthsOfNested(parsed).values()) expect(new Set(nested).size).toBe(1)
    }),
    { numRuns: input === hostileInput ? 500 : 300 },
  )
  expect(Object.keys(Object.prototype)).toEqual([])
})

test.each(tables)(
  '%s: calls with the same input count the same, remembered resource or not',
  (_name, table, input) => {
    fc.assert(
      fc.property(input, (span) => {
        const [first, second] = [newTally(), newTally()]
        expect(table.toLine(span, first)).toBe(table.toLine(span, second))
        expect(first).toEqual(second)
      }),
    )
  },
)

test.each(Object.entries(hostileValues()))(
  'an attribute, name, id, event or link of %s costs no other value',
  (_name, value) => {
    const span = makeSpan({
      attributes: { before: 1, value, after: 2 },
      events: [{ name: value, time: value, attributes: { value } }],
      links: [{ context: { traceId: value, spanId: value, traceState: value }, attributes: value }],
      resource: { attributes: { 'service.name': value, value } },
      instrumentationScope: { name: value, version: value },
      status: { code: value, message: value },
      kind: String(typeof value),
    })
    const row = flatTraces.toRow(span) as Record<string, unknown>
    expect(row['attributes']).toMatchObject({ before: '1', after: '2' })
    expect(row).toMatchObject({
      span_name: 'GET /cart',
      span_kind: 'UNSPECIFIED',
      status_code: 'UNSET',
    })
    expect(row['events.name']).toHaveLength(1)
    expect(row['links.attributes']).toHaveLength(1)
  },
)

test('keys of Object.prototype are stored as they are', () => {
  const attributes = JSON.parse(
    '{"__proto__":"p","constructor":"c","hasOwnProperty":"h","toString":"t"}',
  )
  for (const [table, name] of [
    [flatTraces, 'attributes'],
    [otelTraces, 'SpanAttributes'],
  ] as const) {
    const row = table.toRow(makeSpan({ attributes })) as unknown as Record<string, object>
    expect(Object.entries(row[name] ?? {}).sort()).toEqual(Object.entries(attributes).sort())
    expect(Object.hasOwn(row[name] ?? {}, '__proto__')).toBe(true)
  }
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('two keys that are repaired to one are one key: the last wins', () => {
  const tally = newTally()
  const line = flatTraces.toLine(
    makeSpan({ attributes: { 'k\ud800': 1, 'k\udc00': 2 }, events: [] }),
    tally,
  )
  expect(line).toContain('"attributes":{"k\ufffd":"2"}')
})

/** Entries in place of objects, so that an own `__proto__` is compared like any other key. */
function exact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exact)
  if (typeof value !== 'object' || value === null) return value
  return ['entries', ...Object.entries(value).map(([key, item]) => [key, exact(item)])]
}

/** `exact`: doubles that JSON has no number for may be texts. */
function shapeOf(type: string, exact: boolean): (value: unknown) => boolean {
  const [, container, element] = /^(Array|Nullable)\((.*)\)$/.exec(type) ?? []
  if (element !== undefined) {
    const holds = shapeOf(element, exact)
    return (value) =>
      container === 'Nullable'
        ? value === null || holds(value)
        : Array.isArray(value) && value.every(holds)
  }
  if (type === 'Nanoseconds') return matches(/^\d{19}$/, '4294967295999999999')
  if (type.startsWith('DateTime64(9')) return matches(/^\d{10}\.\d{9}$/, '9223372036.854775807')
  if (type === 'DateTime') return matches(/^\d{10}$/, '4294967295')
  if (type === 'Date') return matches(/^\d{4}-\d\d-\d\d$/, '2149-06-06')
  if (type === 'UInt64')
    return (value) => typeof value === 'string' && /^\d+$/.test(value) && BigInt(value) < 2n ** 64n
  if (type === 'Int8')
    return (value) => Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 128
  if (type === 'Int32')
    return (value) => Number.isInteger(value) && Number(value) === (Number(value) | 0)
  if (type === 'UInt8')
    return (value) => Number.isInteger(value) && Number(value) === (Number(value) & 0xff)
  if (type === 'UInt32')
    return (value) => Number.isInteger(value) && Number(value) === Number(value) >>> 0
  if (type === 'Float64')
    return (value) =>
      Number.isFinite(value) || (exact && ['nan', 'inf', '-inf', '-0'].includes(String(value)))
  if (type === 'Bool') return (value) => typeof value === 'boolean'
  if (type.startsWith('Map('))
    return (value) => Object.values(value as object).every((item) => typeof item === 'string')
  return (value) => typeof value === 'string'
}

function matches(form: RegExp, most: string): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && form.test(value) && value <= most
}

function lengthsOfNested(row: Record<string, unknown>): Map<string, number[]> {
  const lengths = new Map<string, number[]>()
  for (const [name, value] of Object.entries(row)) {
    const [group = '', part] = name.split('.')
    if (part !== undefined)
      lengths.set(group, [...(lengths.get(group) ?? []), (value as unknown[]).length])
  }
  return lengths
}
