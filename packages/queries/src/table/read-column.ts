import type { Reading } from './expressions.js'
import { plainName } from './names.js'
import { quoteColumn } from './quoting.js'
import type { ServerColumn } from './span-table.js'

/** The expression of the first of the names that a column has, if its type fits. `alias` is what the query calls the table. */
export function readColumn(
  alias: 'span' | 'log',
  names: readonly string[],
  reading: Reading,
  columns: readonly ServerColumn[],
): string | undefined {
  for (const name of names)
    for (const column of columns)
      if (plainName(column.name) === name) {
        const expression = reading({ ...column, sql: quoteColumn(alias, column.name) })
        if (expression !== undefined) return expression
      }
  return undefined
}

/** Whether a table has all columns that tell a family from other tables. */
export function hasColumns(columns: readonly ServerColumn[], names: readonly string[]): boolean {
  const has = new Set(columns.map(({ name }) => name))
  return names.every((name) => has.has(name))
}
