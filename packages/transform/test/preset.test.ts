import { describe, expect, test } from 'vitest'
import * as transform from '../src/index.js'
import type { flatTraces } from '../src/schemas/flat-traces.js'
import { madeWhenRead, preset } from '../src/table/preset.js'
import {
  compactRowsOf,
  defineTable,
  definitionOf,
  shapeOf,
  type Table,
  type TableDefinition,
} from '../src/table/table.js'

type Definition = TableDefinition<{ a: string }> & { readonly database: string }

const definition: Definition = {
  name: 'n',
  database: 'd',
  columns: [{ name: 'a', type: 'String', value: ({ a }) => a }],
  orderBy: 'a',
}

/** A table that counts how often it is made. */
function counted(given = definition) {
  let times = 0
  const table = madeWhenRead(given, () => {
    times++
    return defineTable(given)
  })
  return { table, times: () => times }
}

describe('a table of this package', () => {
  test('is not made for its name and database', () => {
    const { table, times } = counted()
    expect([table.name, table.database, times()]).toEqual(['n', 'd', 0])
  })

  test.each(['columns', 'insertColumns', 'toLine', 'toRow', 'partitionDay', 'ddl'] as const)(
    'is made once, whether `%s` is read first or again',
    (member) => {
      const { table, times } = counted()
      const first = table[member]
      for (const one of Object.keys(table) as (keyof typeof table)[]) void table[one]
      expect(times()).toBe(1)
      expect(table[member]).toBe(first)
    },
  )

  test('has the members that defineTable gives, and no others', () => {
    const daily: Definition = {
      ...definition,
      columns: [...definition.columns, day],
      partitionBy: 'toDate(t)',
    }
    for (const one of [definition, daily]) {
      const { table } = counted(one)
      void table.columns
      expect(Object.keys(table).sort()).toEqual(Object.keys(defineTable(one)).sort())
    }
    expect('partitionDay' in { ...counted(daily).table }).toBe(true)
    expect('partitionDay' in { ...counted().table }).toBe(false)
  })

  test('writes, creates and can be copied as any other, from the first use on', () => {
    const uses: ((table: Table<{ a: string }>) => unknown)[] = [
      (table) => table.toLine({ a: 'x' }),
      (table) => ({ ...table }).toRow({ a: 'x' }),
      (table) => table.ddl({ table: 'other' }),
      (table) => compactRowsOf(table)?.resourceFormOf({ a: 'x' }, undefined as never)?.select,
      (table) => definitionOf(table)?.orderBy,
      (table) => shapeOf(table)?.columns.length,
    ]
    for (const use of uses) expect(use(counted().table)).toEqual(use(defineTable(definition)))
  })

  test('is the same object before and after it is made: batches and tokens go by the identity of tables', () => {
    const table = preset(definition)
    const [{ toLine }, { ddl }] = [table, table]
    expect([table.toLine, table.ddl]).toEqual([toLine, ddl])
    expect(compactRowsOf(table)).toBe(compactRowsOf({ ...table }))
  })

  const ways: ((table: object) => void)[] = [Object.freeze, Object.seal, Object.preventExtensions]
  test.each(ways.map((how) => [how.name, how] as const))(
    'works after Object.%s, before and after it is made',
    (_, how) => {
      const { table, times } = counted()
      how(table)
      for (let time = 0; time < 2; time++) expect(table.toLine({ a: 'x' })).toBe('{"a":"x"}')
      expect([table.partitionDay, times()]).toEqual([undefined, 1])
    },
  )

  test('says what is wrong with its definition each time, if something is', () => {
    const table = preset({ ...definition, orderBy: 'missing' })
    for (let time = 0; time < 2; time++)
      expect(() => table.columns).toThrow('ORDER BY names missing')
  })
})

test('every table of this package can be made', () => {
  const tables = Object.values(transform).filter(
    (one): one is typeof flatTraces => typeof one === 'object' && 'insertColumns' in one,
  )
  expect(tables.length).toBeGreaterThan(10)
  for (const table of tables) {
    const statements = table.ddl()
    expect(statements[0]).toContain(`CREATE DATABASE IF NOT EXISTS \`${table.database}\``)
    expect(statements[1]).toContain(`\`${table.name}\``)
  }
})

const day = { name: 't', type: 'DateTime', value: () => [1_790_000_000, 0] }
