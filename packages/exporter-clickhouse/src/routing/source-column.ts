import { defineTable, type Table, type TableDefinition } from '@spanhouse/transform'
import { shapeOf } from '@spanhouse/transform/internal'
import { originOf } from './origin.js'
import type { AnyRecord } from './reading.js'

const SOURCE = '_source'

/** The table as it is, except that a column `_source` holds the origin of each record. For writing rows only. */
export function withSource<Input>(table: Table<Input>): Table<Input> {
  const shape = shapeOf(table)
  if (!shape || !table.columns.some(({ name }) => name === SOURCE)) return table
  const definition: TableDefinition<Input> = {
    ...shape,
    name: table.name,
    database: table.database,
    columns: table.columns.map((column) =>
      column.name === SOURCE
        ? {
            name: SOURCE,
            type: column.type,
            value: (record) => originOf(record as AnyRecord) ?? '',
          }
        : column,
    ),
  }
  return defineTable(definition)
}
