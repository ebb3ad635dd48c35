import { expect, test } from 'vitest'
import { defineTable, newTally, type Tally } from '../src/index.js'

function written(type: string, value: unknown): { value: unknown; altered: Partial<Tally> } {
  const table = defineTable<unknown>({
    name: 't',
    columns: [{ name: 'c', type, value: () => value }],
    orderBy: 'tuple()',
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
const truncated = { truncatedValues: 1 }
const OK_OR_NOT = "Enum8('ok' = 1, 'it\\'s' = 2, 'none' = -1)"

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
  ['FixedString(3)', 'abc', 'abc'],
  ['FixedString(3)', 'aéé', 'aé', truncated],
  ['FixedString(3)', '😀', '', truncated],
  ['FixedString(3)', 'a\ud800', 'a', truncated],
  ['FixedString(6)', 'a\ud800', 'a\ufffd', { repairedStrings: 1 }],
  ['FixedString(3)', 12345, '123', truncated],
  ['FixedString(3)', undefined, ''],
  ['UUID', '0AF7651916CD43DD8448EB211C80319C', '0af76519-16cd-43dd-8448-eb211c80319c'],
  ['UUID', 'none', '00000000-0000-0000-0000-000000000000', unreadable],
  ['Nullable(UUID)', 7, null, unreadable],
  ['IPv4', '10.0.0.255', '10.0.0.255'],
  ['IPv4', '::ffff:10.0.0.1', '10.0.0.1'],
  ['IPv4', '10.0.0.256', '0.0.0.0', unreadable],
  ['IPv4', '2001:db8::1', '0.0.0.0', unreadable],
  ['IPv4', 'localhost', '0.0.0.0', unreadable],
  ['IPv6', '2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
  ['IPv6', '10.0.0.1', '0:0:0:0:0:ffff:a00:1'],
  ['IPv6', 'fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
  ['IPv6', '::ffff:1.2.3.4', '0:0:0:0:0:ffff:102:304'],
  ['IPv6', '1::2::3', '::', unreadable],
  ['IPv6', '1:2:3:4:5:6:7:8:9', '::', unreadable],
  ['IPv6', '1:2:3:4:5:6:7::8', '::', unreadable],
  ['IPv6', '0:0:0:0:0:0:0:0', '::'],
  ['Decimal(9, 2)', 19.99, '19.99'],
  ['Decimal(9, 2)', 1.005e3, '1005'],
  ['Decimal(9, 2)', '-0.005', '-0.01'],
  ['Decimal(9, 2)', '0.0049', '0'],
  ['Decimal(9, 2)', '12345678.9', '9999999.99', adjusted],
  ['Decimal(9, 2)', '-1e99999', '-9999999.99', adjusted],
  ['Decimal(9, 2)', '9999999.995', '9999999.99', adjusted],
  ['Decimal(9, 2)', 1e-300, '0'],
  ['Decimal(9, 2)', true, '1'],
  ['Decimal(9, 2)', '1,5', '0', unreadable],
  ['Decimal(9, 2)', '.', '0', unreadable],
  ['Decimal(9, 2)', Number.NaN, '0', unreadable],
  ['Decimal(9, 2)', 2n ** 3000n, '9999999.99', adjusted],
  ['Decimal256(0)', 10n ** 75n, String(10n ** 75n)],
  ['Decimal(5)', 12, '12'],
  [OK_OR_NOT, 'ok', 'ok'],
  [OK_OR_NOT, 2, "it's"],
  [OK_OR_NOT, -1n, 'none'],
  [OK_OR_NOT, 'OK', 'none', unreadable],
  [OK_OR_NOT, undefined, 'none'],
  [`Nullable(${OK_OR_NOT})`, 3, null, unreadable],
  [`Array(${OK_OR_NOT})`, ['ok', null], ['ok', 'none']],
  ["Enum16('a' = 5, 'b', 'c')", 7, 'c'],
  ['Date32', '1969-07-20', '1969-07-20'],
  ['Date32', [-9e9, 0], '1900-01-01', clamped],
  ['Date32', [9e10, 0], '2299-12-31', clamped],
  ['Date', '2024-10-22T23:30:00-01:00', '2024-10-23'],
  ['DateTime64(9)', '2024-10-22T20:00:00.5Z', '1729627200.500000000'],
  ['DateTime', '2024-10-22 20:00', '1729627200'],
  ['DateTime', '2024-13-22', '0000000000', unreadable],
  ['Float32', 1e300, 3.4028234663852886e38, adjusted],
  ['BFloat16', -1e300, -3.3895313892515355e38, adjusted],
  ['Tuple(UInt8, String)', [1, 'a', 'more'], [1, 'a']],
  ['Tuple(UInt8, String)', [1], [1, '']],
  ['Tuple(UInt8, String)', { 0: 1 }, [0, ''], unreadable],
  [
    'Tuple(a UInt8, `b c` Nullable(String))',
    { a: 300, 'b c': 'x' },
    { a: 255, 'b c': 'x' },
    adjusted,
  ],
  ['Tuple(a UInt8, constructor String)', [7], { a: 7, constructor: '' }],
  ['Tuple(a UInt8, constructor String)', {}, { a: 0, constructor: '' }],
  ['Array(Tuple(a UInt8))', [{ a: 1 }, 5], [{ a: 1 }, { a: 0 }], unreadable],
  [
    'Map(UInt8, UInt8)',
    { 1: 2, 300: 3, x: 4 },
    { 1: 2, 255: 3 },
    { ...adjusted, droppedAttributes: 1 },
  ],
  [
    'Map(FixedString(2), UInt8)',
    { abc: 1, abd: 2 },
    { ab: 1 },
    { truncatedValues: 2, droppedAttributes: 1 },
  ],
  ['Map(UUID, UInt8)', new Map([[{}, 1]]), {}, { droppedAttributes: 1 }],
  [
    'JSON',
    { a: 1, b: [1.5, 'x', null], 'c.d': { e: true } },
    { a: 1, b: [1.5, 'x', null], 'c.d.e': true },
  ],
  ['JSON', { 'a.b': 1, a: { b: 2, c: 3 } }, { 'a.b': 1, 'a.c': 3 }, { droppedAttributes: 1 }],
  ['JSON', { a: [{ 'b.c': 1, b: { c: 2 } }] }, { a: [{ 'b.c': 1 }] }, { droppedAttributes: 1 }],
  ['JSON', { '\ud800': 1, '\ufffd': 2 }, { '\ufffd': 1 }, { droppedAttributes: 1 }],
  [
    'JSON',
    { big: 2n ** 64n, small: 2n ** 53n, f: 2 ** 70, n: Number.NaN },
    { big: '18446744073709551616', small: 2 ** 53, f: 2 ** 70, n: 'NaN' },
  ],
  ['JSON', '{"a":{"b":1}}', { 'a.b': 1 }],
  ['JSON', 'text', {}, unreadable],
  ['JSON', [1], {}, unreadable],
  ['JSON', { a: () => 1, b: undefined }, {}, unreadable],
  [
    'JSON(a UInt8, b.c Array(String), SKIP d, max_dynamic_paths = 8)',
    { a: -1, b: { c: [1] } },
    { a: 0, 'b.c': ['1'] },
    adjusted,
  ],
  ['Nullable(JSON)', 7, null, unreadable],
  ['Dynamic', 'x', 'x'],
  ['Dynamic', { 'a.b': 1, a: { b: 2 } }, { 'a.b': 1 }, { droppedAttributes: 1 }],
  ['Dynamic', { '': 1, a: [{ null: 2, b: 3 }] }, { a: [{ b: 3 }] }, { droppedAttributes: 2 }],
  ['JSON', { '': 1 }, { '': 1 }],
  ['Dynamic', () => 1, null, unreadable],
  ['Variant(UInt8, String)', 'x', 'x'],
  ['Variant(UInt8, Float64)', 300, 300],
  ['Variant(UInt8, Array(UInt8))', 300, 255, adjusted],
  ['Variant(Bool, Int64)', 5, '5'],
  ['Variant(UInt8, Bool)', 'x', null, unreadable],
  ['SimpleAggregateFunction(max, DateTime)', [1, 0], '0000000001'],
  ['LowCardinality(FixedString(2))', 'abc', 'ab', truncated],
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
    'AggregateFunction(sum, UInt8)',
    /column c: cannot write a column of type AggregateFunction\(sum, UInt8\); supported are String, /,
  ],
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
