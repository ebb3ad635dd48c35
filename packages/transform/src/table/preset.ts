import { databaseOf, defineTable, type Table, type TableDefinition } from './table.js'

const MADE = ['columns', 'insertColumns', 'toLine', 'toRow', 'partitionDay', 'ddl'] as const

/** A table of this package: as `defineTable`, but made when more than its name is read. */
export function preset<Input>(definition: TableDefinition<Input>): Table<Input> {
  const place = { name: definition.name, database: databaseOf(definition) }
  return madeWhenRead(place, () => defineTable(definition))
}

/**
 * A table with this name and database, which is made when anything else of it is first read. This package has more than a dozen tables, and
 * a process uses one or two: making all of them would take two thirds of the package's import.
 */
export function madeWhenRead<Input>(
  { name, database }: Pick<Table<Input>, 'name' | 'database'>,
  make: () => Table<Input>,
): Table<Input> {
  const table: Partial<Table<Input>> = { name, database }
  let made: Table<Input> | undefined
  const read = (member: keyof Table<Input>) => {
    made ??= make()
    if (Object.isExtensible(table)) {
      // From now on an object like any other, without the members that this table does not have, such as `partitionDay`.
      for (const one of MADE) Reflect.deleteProperty(table, one)
      Object.assign(table, made)
    }
    return made[member]
  }
  for (const member of MADE)
    Object.defineProperty(table, member, {
      get: () => read(member),
      enumerable: true,
      configurable: true,
    })
  return table as Table<Input>
}
