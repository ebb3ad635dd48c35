import { expect, test } from 'vitest'
import { copyable, recogniseSpanTable, spansQuery } from '../../src/index.js'
import { columnsOf } from '../table/columns.js'

test('parameters become literals, whatever is in them', () => {
  const sql = 'SELECT {a:String}, toX({b:Int64}) LIMIT {c:UInt64}'
  const parameters = { a: `it's {b:Int64} \\ \0`, b: -5, c: 10 }
  expect(copyable({ name: 'x', sql, parameters })).toBe(
    String.raw`SELECT 'it\'s {b:Int64} \\ \0', toX(toInt64(-5)) LIMIT 10`,
  )
})

test('what looks like a parameter in a quoted name or text stays', () => {
  const sql = "SELECT '{a:String}', `{a:String}`, '\\'{a:String}', {a:String}, {z:String}"
  expect(copyable({ name: 'x', sql, parameters: { a: '1' } })).toBe(
    "SELECT '{a:String}', `{a:String}`, '\\'{a:String}', '1', {z:String}",
  )
})

test('nothing from outside is in the text of a query, but in its parameters', () => {
  const at = { database: 'd`b', table: "{limit:UInt64}'; DROP TABLE x" }
  const table = recogniseSpanTable(at, columnsOf('flat'))
  if (!table) throw new Error('not recognised')
  const hostile = `x' OR 1=1 -- {limit:UInt64}`
  const { sql, parameters } = spansQuery(table, {
    services: [hostile],
    operation: hostile,
    text: [hostile],
    traceId: hostile,
    attributes: [{ key: hostile, op: '=', value: hostile }],
  })
  expect(sql).toContain("FROM `d\\`b`.`{limit:UInt64}'; DROP TABLE x` AS span")
  expect(sql).not.toContain('OR 1=1')
  expect(Object.values(parameters).filter((value) => value === hostile)).toHaveLength(6)
  expect(sql).toMatch(/^\/\* spanhouse: spans \*\/\n/)
})
