import type { Sql } from '../search/sql.js'

// People read these queries: the page shows them.

/** Indents an expression of several lines for a place that is this many columns from the left. */
export function indented({ sql }: Pick<Sql, 'sql'>, columns: number): string {
  return sql.replaceAll('\n', `\n${' '.repeat(columns)}`)
}
