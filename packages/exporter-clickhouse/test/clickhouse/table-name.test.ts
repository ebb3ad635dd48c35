import { quoteIdentifier } from '@spanhouse/transform'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NAMES } from '../../../../test/faults/hostile-names.js'
import { kindOf, quotedName, tableNameOf, tableOf } from '../../src/clickhouse/insert.js'

test('the names of a database and a table are read back from a statement as they were given', () => {
  for (const database of NAMES)
    for (const table of NAMES)
      expect(tableNameOf(quotedName({ database, table }))).toEqual({ database, table })
  const name = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(name, name, (database, table) => {
      expect(tableNameOf(quotedName({ database, table }))).toEqual({ database, table })
    }),
  )
})

test('the table and the kind of an INSERT are read from it, whatever its table and columns are called', () => {
  const kinds = new Set<string>()
  for (const name of NAMES) {
    const table = quotedName({ database: name, table: name })
    const into = `INSERT INTO ${table} (${quoteIdentifier(name)}, ${quoteIdentifier(`${name}2`)})`
    const insertOf = (rest: string) => ({ statement: `${into} ${rest}`, settings: {} })
    expect(tableOf(insertOf('FORMAT JSONEachRow'))).toBe(table)
    expect(kindOf(insertOf('FORMAT JSONEachRow'))).toBe(kindOf(insertOf('SELECT (`a`) FROM t')))
    kinds.add(kindOf(insertOf('')))
  }
  expect(kinds.size).toBe(NAMES.length)
})
