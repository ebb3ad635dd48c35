import { quoteIdentifier } from '@spanhouse/transform'

/** `database.table` for a FROM. */
export function quoteTable({ database, table }: { database: string; table: string }): string {
  return `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
}

/**
 * A column of the table that every query about spans calls `span`, and every query about logs `log`. The prefix keeps it apart from the
 * names of results: without it, a column `spans` of somebody's own table would be taken for our `count() AS spans`.
 */
export function quoteColumn(alias: 'span' | 'log', name: string): string {
  return `${alias}.${/^[A-Za-z_]\w*$/.test(name) ? name : quoteIdentifier(name)}`
}
