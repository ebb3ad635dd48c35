import { quoteText } from '../sql/text.js'
import { tableBehind } from './behind.js'

/** What a server says about one of its tables. */
export interface TableDescription {
  readonly database: string
  readonly table: string
  /** Such as `MergeTree` or `Distributed`. */
  readonly engine: string
  /** The engine with its arguments and all that follows: `MergeTree PARTITION BY … ORDER BY … TTL … SETTINGS …`. */
  readonly engineFull?: string | undefined
  /** The keys. For a Distributed or Buffer table they are those of the table behind it, if that is on the same server. */
  readonly partitionKey?: string | undefined
  readonly sortingKey?: string | undefined
  readonly comment?: string | undefined
  /** In the order of the table. */
  readonly columns: readonly DescribedColumn[]
  readonly indexes?: readonly DescribedIndex[] | undefined
  /** Whether it has constraints that every row must meet. */
  readonly hasChecks?: boolean | undefined
}

/** A row of `system.columns`. */
export interface DescribedColumn {
  readonly name: string
  readonly type: string
  /** Empty, `DEFAULT`, `MATERIALIZED`, `ALIAS` or `EPHEMERAL`. */
  readonly default_kind: string
  readonly default_expression: string
  /** Such as `CODEC(ZSTD(1))`, or empty. */
  readonly compression_codec: string
}

/** A row of `system.data_skipping_indices`. */
export interface DescribedIndex {
  readonly name: string
  readonly expr: string
  readonly type_full: string
  readonly granularity: number | string
}

/** Runs a SELECT, without a FORMAT, and resolves with its rows as objects. */
export type Ask = (sql: string) => Promise<readonly unknown[]>

interface TableRow {
  readonly engine: string
  readonly engine_full: string
  readonly partition_key: string
  readonly sorting_key: string
  readonly comment: string
  readonly create_table_query: string
}

/** Undefined if there is no such table, or the user may not see it. Rejects as `ask` does. */
export async function descriptionOf(
  ask: Ask,
  database: string,
  table: string,
): Promise<TableDescription | undefined> {
  const of = `database = ${quoteText(database)} AND table = ${quoteText(table)}`
  // One after another: a server may limit the queries of a user that run at the same time.
  const [row] = (await ask(
    `SELECT engine, engine_full, partition_key, sorting_key, comment, create_table_query FROM system.tables
WHERE database = ${quoteText(database)} AND name = ${quoteText(table)}`,
  )) as readonly TableRow[]
  if (row === undefined) return undefined
  const behind = tableBehind(row.engine, row.engine_full, database)
  const keys = (behind && (await keysOf(ask, behind))) ?? row
  const columns = (await ask(
    `SELECT name, type, default_kind, default_expression, compression_codec FROM system.columns WHERE ${of} ORDER BY position`,
  )) as readonly DescribedColumn[]
  return {
    database,
    table,
    engine: row.engine,
    engineFull: row.engine_full,
    partitionKey: keys.partition_key,
    sortingKey: keys.sorting_key,
    comment: row.comment,
    columns,
    indexes: await indexesOf(ask, of),
    hasChecks: hasCheck(row.create_table_query),
  }
}

async function keysOf(
  ask: Ask,
  { database, table }: { readonly database: string; readonly table: string },
): Promise<Pick<TableRow, 'partition_key' | 'sorting_key'> | undefined> {
  const [row] = await ask(
    `SELECT partition_key, sorting_key FROM system.tables
WHERE database = ${quoteText(database)} AND name = ${quoteText(table)}`,
  )
  return row as TableRow | undefined
}

/** Empty if they cannot be read: old servers do not list them, some administrators hide them, and no row depends on them. */
async function indexesOf(ask: Ask, of: string): Promise<readonly DescribedIndex[]> {
  try {
    return (await ask(
      `SELECT name, expr, type_full, granularity FROM system.data_skipping_indices WHERE ${of}`,
    )) as readonly DescribedIndex[]
  } catch {
    return []
  }
}

/** Whether the table has constraints. No system table lists them, so the CREATE statement is searched, without what is in quotes. */
function hasCheck(statement: string): boolean {
  return /\bCONSTRAINT\s+\S+\s+CHECK\b/.test(
    statement.replaceAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/gs, 'x'),
  )
}

export function columnsByName(
  columns: readonly DescribedColumn[],
): ReadonlyMap<string, DescribedColumn> {
  return new Map(columns.map((column) => [column.name, column]))
}
