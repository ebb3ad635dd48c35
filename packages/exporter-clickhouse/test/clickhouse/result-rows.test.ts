import { expect, test } from 'vitest'
import { resultRows } from '../../src/clickhouse/result-rows.js'

test('a result is read line by line, whatever a proxy does to its line breaks', () => {
  expect(resultRows('["a","String"]\r\n["b","UInt8"]\n\n')).toEqual([
    ['a', 'String'],
    ['b', 'UInt8'],
  ])
  expect(resultRows('')).toEqual([])
  expect(resultRows('\n')).toEqual([])
})

test.each(['Back in a minute.', '{"status":"busy"}', '"busy"', 'null', '["a","Str'])(
  'what is no result is not taken for one: %s',
  (text) => {
    expect(() => resultRows(text)).toThrow()
  },
)
