import type { Sql } from '../search/sql.js'

// People read these queries: the page shows them.

/** An expression of several lines at a place so many columns from the left. */
export function indented({ sql }: Pick<Sql, 'sql'>, columns: number): string {
  return sql.replaceAll('\n', `\n${' '.repeat(columns)}`)
}
