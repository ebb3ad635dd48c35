import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import type { TableName } from '#exporter'
import { behindOf } from '../clickhouse/distributed-engine.js'
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
  readonly at: TableName
  /** Condition on the columns `database` and `table` of a system table. */
  readonly where: string
  /** Undefined if the table is missing, or may not be seen. */
  info(): Promise<TableInfo | undefined | 'unknown'>
  hasDatabase(): Promise<boolean | undefined>
  /** The table that has the rows: behind a Distributed table the local one, else this one. */
  local(): Promise<TableFacts>
}

export function newTableFacts(server: Server, { database, table }: TableName): TableFacts {
  let asked: Promise<Answer> | undefined
  const ask = () => {
    asked ??= server.rows(
      `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} LIMIT 1`,
    )
    return asked
  }
  const facts: TableFacts = {
    quoted: `${quoteIdentifier(database)}.${quoteIdentifier(table)}`,
    name: `${database}.${table}`,
    at: { database, table },
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
    async local() {
      const info = await facts.info()
      const behind = typeof info === 'object' ? behindOf(info.engineFull) : undefined
      return behind ? newTableFacts(server, behind) : facts
    },
  }
  return facts
}
