import type { Query } from '@spanhouse/queries'
import type { Reader } from './reader.js'

/** What a server says about one table. */
export interface TableFacts {
  /** Column names with their types. */
  readonly columns: ReadonlyMap<string, string>
  /** Names of the data-skipping indexes. */
  readonly indexes: ReadonlySet<string>
  /** Such as `MergeTree`. */
  readonly engine: string
  /** The engine with its arguments and all that follows them. */
  readonly engineFull: string
  readonly partitionBy: string
  readonly orderBy: string
  /** The expression after TTL; empty if rows are kept for ever. */
  readonly ttl: string
  /** The settings of its CREATE TABLE, as text. */
  readonly settings: ReadonlyMap<string, string>
}

const TABLES: Query<{ name: string }> = {
  name: 'tables of a database',
  sql: `SELECT name FROM system.tables WHERE database = {database:String}
UNION ALL SELECT '' AS name FROM system.databases WHERE name = {database:String}`,
  parameters: {},
}
const DATABASES: Query<{ name: string }> = {
  name: 'databases',
  sql: 'SELECT name FROM system.databases ORDER BY name',
  parameters: {},
}
const COLUMNS: Query<{ name: string; type: string }> = {
  name: 'columns',
  sql: 'SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {table:String}',
  parameters: {},
}
const INDEXES: Query<{ name: string }> = {
  name: 'indexes',
  sql: 'SELECT name FROM system.data_skipping_indices WHERE database = {database:String} AND table = {table:String}',
  parameters: {},
}
const TABLE: Query<{
  engine: string
  partition_key: string
  sorting_key: string
  engine_full: string
}> = {
  name: 'table',
  sql: `SELECT engine, partition_key, sorting_key, engine_full FROM system.tables
WHERE database = {database:String} AND name = {table:String}`,
  parameters: {},
}

/** The names of the tables and views of a database; undefined if there is no such database. */
export async function tablesIn(
  reader: Reader,
  database: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  const { rows } = await reader.ask({ ...TABLES, parameters: { database } }, signal)
  return rows.length === 0 ? undefined : new Set(rows.map(({ name }) => name))
}

export async function databasesOf(reader: Reader, signal: AbortSignal): Promise<readonly string[]> {
  const { rows } = await reader.ask(DATABASES, signal)
  return rows.map(({ name }) => name)
}

export async function factsOf(
  reader: Reader,
  database: string,
  table: string,
  signal: AbortSignal,
): Promise<TableFacts> {
  const parameters = { database, table }
  // One after another: a server may limit the queries of a user that run at the same time.
  const columns = await reader.ask({ ...COLUMNS, parameters }, signal)
  const indexes = await reader.ask({ ...INDEXES, parameters }, signal)
  const [row] = (await reader.ask({ ...TABLE, parameters }, signal)).rows
  const { ttl, settings } = endOf(row?.engine_full ?? '')
  return {
    columns: new Map(columns.rows.map(({ name, type }) => [name, type])),
    indexes: new Set(indexes.rows.map(({ name }) => name)),
    engine: row?.engine ?? '',
    engineFull: row?.engine_full ?? '',
    partitionBy: row?.partition_key ?? '',
    orderBy: row?.sorting_key ?? '',
    ttl,
    settings,
  }
}

/** What stands after TTL in `engine_full`; empty if rows are kept for ever. */
export function ttlIn(engineFull: string): string {
  return endOf(engineFull).ttl
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
