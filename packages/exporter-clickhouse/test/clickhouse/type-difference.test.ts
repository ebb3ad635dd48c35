import { expect, test } from 'vitest'
import { type Fate, fateOf } from '../../src/clickhouse/type-difference.js'

const MAP = 'Map(LowCardinality(String), String)'

test.each<[wanted: string, found: string, fate: Fate]>([
  ['String', 'String', 'kept'],
  ['String', 'LowCardinality(String)', 'kept'],
  ['LowCardinality(String)', 'Nullable(String)', 'kept'],
  ['String', 'LowCardinality(Nullable(String))', 'kept'],
  ['String', 'FixedString(16)', 'narrowed'],
  ['String', "Enum8('a,(' = 1)", 'narrowed'],
  ['String', 'UUID', 'narrowed'],
  ['String', 'UInt64', 'changed'],
  ['UUID', 'String', 'kept'],
  ['UInt64', 'UInt64', 'kept'],
  ['UInt32', 'UInt64', 'kept'],
  ['UInt64', 'UInt32', 'narrowed'],
  ['UInt64', 'Int64', 'narrowed'],
  ['UInt32', 'Int64', 'kept'],
  ['Int32', 'UInt64', 'narrowed'],
  ['Int32', 'Float64', 'kept'],
  ['UInt64', 'Float64', 'narrowed'],
  ['Float64', 'Float32', 'narrowed'],
  ['Float64', 'Int64', 'narrowed'],
  ['Bool', 'UInt8', 'kept'],
  ['UInt8', 'Bool', 'narrowed'],
  ['Float64', 'String', 'changed'],
  ['DateTime64(9)', "DateTime64(9, 'UTC')", 'kept'],
  ['DateTime64(9)', 'DateTime64(3)', 'narrowed'],
  ['DateTime64(9)', 'DateTime', 'narrowed'],
  ['DateTime', 'DateTime64(9)', 'kept'],
  ["DateTime('UTC')", 'DateTime', 'kept'],
  ['DateTime', 'Date', 'narrowed'],
  ['DateTime', 'String', 'changed'],
  [MAP, 'Map(String, String)', 'kept'],
  [MAP, 'Map(String, FixedString(4))', 'narrowed'],
  [MAP, 'String', 'changed'],
  [MAP, 'JSON', 'changed'],
  ['Array(DateTime)', 'Array(DateTime64(9))', 'kept'],
  ['Array(DateTime64(9))', 'Array(DateTime)', 'narrowed'],
  [`Array(${MAP})`, `Array(${MAP.replace(' ', '')})`, 'kept'],
  ['Array(String)', 'String', 'changed'],
  ['Tuple(String, UInt8)', 'Tuple(String)', 'changed'],
  ['IPv4', 'Array(', 'changed'],
])('%s in a column of type %s is %s', (wanted, found, fate) => {
  expect(fateOf(wanted, found)).toBe(fate)
})
