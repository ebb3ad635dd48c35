import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NAMES } from '../../../../test/faults/hostile-names.js'
import { quotedName, tableNameOf } from '../../src/clickhouse/insert.js'

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
