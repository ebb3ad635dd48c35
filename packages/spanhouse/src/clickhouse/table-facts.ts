import { quoteText } from '@spanhouse/transform'
import type { Reader } from './reader.js'

/** What a server says about one table. */
export interface TableFacts {
  /** Column names with their types. */
  readonly columns: ReadonlyMap<string, string>
  /** Names of the data-skipping indexes. */
  readonly indexes: ReadonlySet<string>
  /** Such as `MergeTree`. */
  readonly engine: string
  readonly partitionBy: string
  readonly orderBy: string
  /** The expression after TTL; empty if rows are kept for ever. */
  readonly ttl: string
  /** The settings of its CREATE TABLE, as text. */
  readonly settings: ReadonlyMap<string, string>
}

/** The names of the tables and views of a database; undefined if there is no such database. */
export async function tablesIn(
  reader: Reader,
  database: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const name = quoteText(database)
  const { rows } = await reader.askSql(
    `SELECT name FROM system.tables WHERE database = ${name} UNION ALL SELECT '' FROM system.databases WHERE name = ${name}`,
    signal,
  )
  return rows.length === 0 ? undefined : new Set(rows.map(([table]) => String(table)))
}

export async function factsOf(
  reader: Reader,
  database: string,
  table: string,
  signal: AbortSignal,
): Promise<TableFacts> {
  const where = `WHERE database = ${quoteText(database)} AND table = ${quoteText(table)}`
  // One after another: a server may limit the queries of a user that run at the same time.
  const columns = await reader.askSql(`SELECT name, type FROM system.columns ${where}`, signal)
  const indexes = await reader.askSql(
    `SELECT name FROM system.data_skipping_indices ${where}`,
    signal,
  )
  const tables = await reader.askSql(
    `SELECT engine, partition_key, sorting_key, engine_full FROM system.tables ${where.replace('table =', 'name =')}`,
    signal,
  )
  const [engine, partitionBy, orderBy, full] = (tables.rows[0] ?? []).map(String)
  const { ttl, settings } = endOf(full ?? '')
  return {
    columns: new Map(columns.rows.map(([name, type]) => [String(name), String(type)])),
    indexes: new Set(indexes.rows.map(([name]) => String(name))),
    engine: engine ?? '',
    partitionBy: partitionBy ?? '',
    orderBy: orderBy ?? '',
    ttl,
    settings,
  }
}

/** `engine_full` ends with `… ORDER BY … TTL … SETTINGS a = 1, b = 'x'`. */
function endOf(full: string): Pick<TableFacts, 'ttl' | 'settings'> {
  const [, before = full, settings = ''] = /^(.*) SETTINGS (.*)$/s.exec(full) ?? []
  const [, ttl = ''] = / TTL (.*)$/s.exec(before) ?? []
  return {
    ttl,
    settings: new Map(
      [...settings.matchAll(/(\w+) = ('(?:[^'\\]|\\.)*'|[^,]+)/g)].map(([, name, value]) => [
        name ?? '',
        value ?? '',
      ]),
    ),
  }
}
