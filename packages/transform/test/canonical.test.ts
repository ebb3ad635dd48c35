import { expect, test } from 'vitest'
import { canonicalType } from '../src/internal.js'

test.each([
  ["Enum8('b', 'a' = -3)", "Enum8('a' = -3, 'b' = 1)"],
  ['Decimal32(9)', 'Decimal(9, 9)'],
  ['Decimal(9,2)', 'Decimal(9, 2)'],
  ['DateTime64', 'DateTime64(3)'],
  ["DateTime64( 9,'UTC' )", "DateTime64(9, 'UTC')"],
  ['Tuple(a UInt8,`b c` Nullable(String))', 'Tuple(\n    a UInt8,\n    `b c` Nullable(String))'],
  ['Variant(UInt64, Array(UInt64))', 'Variant(Array(UInt64), UInt64)'],
  ['JSON(b.c Array(String), a UInt8, SKIP x.y)', 'JSON(SKIP x.y, a UInt8, `b.c` Array(String))'],
  ['Nested(a UInt8, `b c` String)', 'Array(Tuple(a UInt8, `b c` String))'],
  ['Map( LowCardinality(String),String )', 'Map(LowCardinality(String), String)'],
])('%s is %s', (a, b) => {
  expect(canonicalType(a)).toBe(canonicalType(b))
})

test.each([
  ['UInt8', 'UInt16'],
  ["Enum8('a' = 1)", "Enum8('a' = 2)"],
  ['Decimal(9, 2)', 'Decimal(9, 3)'],
  ['DateTime64(3)', 'DateTime64(9)'],
  ['Array(String)', 'Array(Nullable(String))'],
  ['Tuple(a UInt8)', 'Tuple(b UInt8)'],
  ['AggregateFunction(sum, UInt8)', 'AggregateFunction(max, UInt8)'],
  ['no type (', 'no other type ('],
])('%s is not %s', (a, b) => {
  expect(canonicalType(a)).not.toBe(canonicalType(b))
})
