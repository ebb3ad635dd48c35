import { expect, test } from 'vitest'
import { defineTable, newTally, type Tally } from '../src/index.js'

function written(type: string, value: unknown): { value: unknown; altered: Partial<Tally> } {
  const table = defineTable<unknown>({
    name: 't',
    columns: [{ name: 'c', type, value: () => value }],
    orderBy: 'c',
  })
  const tally = newTally()
  const row = table.toRow({}, tally)
  return {
    value: row['c'],
    altered: Object.fromEntries(Object.entries(tally).filter(([, count]) => count > 0)),
  }
}

const adjusted = { adjustedNumbers: 1 }
const unreadable = { unreadableValues: 1 }
const clamped = { clampedTimes: 1 }

test.each<[string, unknown, unknown, Partial<Tally>?]>([
  ['UInt64', 5, '5'],
  ['UInt64', '18446744073709551615', '18446744073709551615'],
  ['UInt64', 2n ** 64n, '18446744073709551615', adjusted],
  ['UInt64', -1, '0', adjusted],
  ['UInt64', 1.9, '1', adjusted],
  ['UInt64', 1e300, '18446744073709551615', adjusted],
  ['UInt64', true, '1'],
  ['UInt64', [1, 5], '1000000005'],
  ['UInt64', [18_446_744_073, 709_551_615], '18446744073709551615'],
  ['UInt64', new Date(1), '1000000'],
  ['UInt64', Number.NaN, '0', unreadable],
  ['UInt64', 'five', '0', unreadable],
  ['UInt64', undefined, '0'],
  ['UInt64', {}, '0', unreadable],
  ['UInt64', Symbol('s'), '0', unreadable],
  ['Int64', -(2n ** 80n), '-9223372036854775808', adjusted],
  ['UInt8', 256, 255, adjusted],
  ['Int8', -0, 0],
  ['Int32', '-7', -7],
  ['Nullable(UInt64)', Number.NaN, null, unreadable],
  ['Nullable(UInt64)', null, null],
  ['UInt256', 2n ** 256n - 1n, String(2n ** 256n - 1n)],
  ['Float64', 1.5, 1.5],
  ['Float64', -0, 0],
  ['Float64', '2.5', 2.5],
  ['Float64', 7n, 7],
  ['Float64', Number.NaN, 0, unreadable],
  ['Float64', ' ', 0, unreadable],
  ['Float64', [1], 0, unreadable],
  ['Nullable(Float64)', Number.POSITIVE_INFINITY, null, unreadable],
  ['Bool', true, true],
  ['Bool', 0, false],
  ['Bool', 'true', true],
  ['Bool', 'yes', false, unreadable],
  ['DateTime64(9)', [1, 5], '0000000001.000000005'],
  ["DateTime64(3, 'UTC')", [1, 987_654_321], '0000000001.987'],
  ['DateTime64(9)', [-1, 0], '0000000000.000000000', clamped],
  ['DateTime64(9)', [1e10, 0], '9223372036.854775807', clamped],
  ['DateTime64(9)', 'yesterday', '0000000000.000000000', unreadable],
  ['DateTime', new Date(1000), '0000000001'],
  ["DateTime('UTC')", [5e9, 0], '4294967295', clamped],
  ['Date', [1729627200, 0], '2024-10-22'],
  ['Date', [9e9, 0], '2149-06-06', clamped],
  ['Nullable(DateTime)', {}, null, unreadable],
  ['String', undefined, ''],
  ['String', { a: 1 }, '{"a":1}'],
  ['String', 'a\ud800', 'a\ufffd', { repairedStrings: 1 }],
  ['String', () => 1, '', unreadable],
  ['LowCardinality(Nullable(String))', null, null],
  ['UUID', '0af76519-16cd-43dd-8448-eb211c80319c', '0af76519-16cd-43dd-8448-eb211c80319c'],
  ['Array(UInt64)', [1, 2n, 'x'], ['1', '2', '0'], unreadable],
  ['Array(String)', new Set(['a', 1]), ['a', '1']],
  ['Array(String)', 'a', [], unreadable],
  ['Array(Nullable(Float64))', [1, null, Number.NaN], [1, null, null], unreadable],
  ['Map(String, String)', { a: 1, b: undefined, c: [1] }, { a: '1', c: '[1]' }],
  [
    'Map(String, String)',
    new Map<unknown, unknown>([
      [1, 'a'],
      ['1', 'b'],
    ]),
    { 1: 'b' },
  ],
  ["Map(String, Array(DateTime64(9, 'UTC')))", { a: [[1, 0]] }, { a: ['0000000001.000000000'] }],
  ['Map(LowCardinality(String), UInt64)', { a: -1 }, { a: '0' }, adjusted],
  ['Map(String, String)', 7, {}, unreadable],
  ['Map(String, String)', { a: () => 1 }, {}, { droppedAttributes: 1 }],
])('%s of %o is %o', (type, value, expected, altered = {}) => {
  expect(written(type, value)).toEqual({ value: expected, altered })
})

test('a value function that throws costs its own column only', () => {
  const fail = (): never => {
    throw new Error('mine')
  }
  const table = defineTable<unknown>({
    name: 't',
    orderBy: 'a',
    columns: [
      { name: 'a', type: 'UInt64', value: fail },
      { name: 'b', type: 'String', value: () => 'kept' },
      { name: 'list', type: 'Array(String)', each: fail, value: () => 'x' },
    ],
  })
  const tally = newTally()
  expect(table.toRow({}, tally)).toEqual({ a: '0', b: 'kept', list: [] })
  expect(tally.unreadableValues).toBe(2)
})

test.each([
  [
    'Tuple(String, UInt8)',
    /column c: cannot write a column of type Tuple\(String, UInt8\); supported are String, /,
  ],
  ['Nested(a String)', /cannot write/],
  ['', /cannot write/],
])('a column of type %s is refused when the table is defined', (type, message) => {
  expect(() => written(type, 1)).toThrow(message)
})

test('a list column must be an array, and names must differ', () => {
  const value = (): string => 'x'
  const each = (): string[] => []
  expect(() =>
    defineTable({ name: 't', orderBy: 'a', columns: [{ name: 'a', type: 'String', each, value }] }),
  ).toThrow('must be Array(…), not String')
  const twice = { name: 'a', type: 'String', value }
  expect(() => defineTable({ name: 't', orderBy: 'a', columns: [twice, twice] })).toThrow(
    'two columns are named a',
  )
})
