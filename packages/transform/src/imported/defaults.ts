import { checkShape } from '../declared/checks.js'
import type { AnyColumn } from '../row/column.js'
import { isLeftToServer } from '../row/missing.js'
import type { DescribedColumn } from './description.js'
import type { AnyDefinition } from './mapped.js'

/** Gives the columns the defaults of the server, so that a value that a record lacks is the same whoever writes the row. */
export function withDefaults(
  columns: readonly AnyDefinition[],
  described: ReadonlyMap<string, DescribedColumn>,
): readonly AnyDefinition[] {
  return columns.map((column) => {
    const there = described.get(column.name)
    if (there?.default_kind !== 'DEFAULT') return column
    const given = { ...column, default: there.default_expression }
    return isDefault(given, columns) ? given : column
  })
}

function isDefault(column: AnyDefinition, columns: readonly AnyDefinition[]): boolean {
  if ('field' in column && column.field?.includes('.')) return false
  try {
    const others = columns.filter(({ name }) => name !== column.name)
    checkShape({ columns: [...others, column], orderBy: 'tuple()' })
    isLeftToServer(column as unknown as AnyColumn) // throws for a literal of another type
    return true
  } catch {
    return false
  }
}
