import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import type { DestinationConfig } from '#exporter'
import type { Answer, Server } from './statement.js'

export interface TableInfo {
  readonly engine: string
  readonly engineFull: string
}

/** What several checks want to know of the destination's table. The table is asked about once. */
export interface TableFacts {
  /** Quoted, for statements. */
  readonly quoted: string
  /** For people. */
  readonly name: string
  /** Condition on the columns `database` and `table` of a system table. */
  readonly where: string
  /** Undefined if the table is missing, or may not be seen. */
  info(): Promise<TableInfo | undefined | 'unknown'>
  hasDatabase(): Promise<boolean | undefined>
}

export function newTableFacts(
  server: Server,
  { database, table }: Pick<DestinationConfig['targets'][0], 'database' | 'table'>,
): TableFacts {
  let asked: Promise<Answer> | undefined
  const ask = () => {
    asked ??= server.rows(
      `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} LIMIT 1`,
    )
    return asked
  }
  return {
    quoted: `${quoteIdentifier(database)}.${quoteIdentifier(table)}`,
    name: `${database}.${table}`,
    where: `database = ${quoteText(database)} AND table = ${quoteText(table)}`,
    async info() {
      const { rows } = await ask()
      if (!rows) return 'unknown'
      const [row] = rows
      return row && { engine: String(row['engine']), engineFull: String(row['engine_full']) }
    },
    async hasDatabase() {
      const { rows } = await server.rows(
        `SELECT name FROM system.databases WHERE name = ${quoteText(database)}`,
      )
      return rows && rows.length > 0
    },
  }
}
