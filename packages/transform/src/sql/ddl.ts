import { quoteIdentifier } from './identifier.js'
import { type Retention, retentionSettings, ttlExpression } from './retention.js'
import { quoteText } from './text.js'

/** The part of a column that a CREATE TABLE states. */
export interface ColumnShape {
  /** As it is stored; a part of a nested structure is `events.name`, with an `Array(…)` type. */
  readonly name: string
  /** ClickHouse type text. Decides how values are written. */
  readonly type: string
  /** Inside CODEC(…), e.g. `ZSTD(1)`. Default: the codec of the server. */
  readonly codec?: string | undefined
}

/** A column that the server computes, and that no INSERT names. */
export interface MaterializedColumn extends ColumnShape {
  /** SQL over the other columns. */
  readonly expression: string
}

/** Where and how the statements of `ddl()` create a table. */
export interface DdlOptions {
  /** Default: the database in the table's definition. */
  readonly database?: string | undefined
  /** Default: the name in the table's definition. Companions are named after it. */
  readonly table?: string | undefined
  /** Seconds after which rows are deleted; a positive whole number. Default: never. Has no effect on a table defined without `ttl`. */
  readonly ttl?: number | undefined
  /** Other times for some rows, and when rows move to other storage. Has no effect on a table defined without `ttl`. */
  readonly retention?: Retention | undefined
  /** Adds ON CLUSTER. Default: none. */
  readonly cluster?: string | undefined
  /** A MergeTree engine as SQL text, e.g. `ReplicatedMergeTree`; the companions get it too. Default: the engine in the table's definition. */
  readonly engine?: string | undefined
}

/** Options with every name decided. */
export interface Placement extends DdlOptions {
  readonly database: string
  readonly table: string
}

/** The parts of a CREATE TABLE. All expressions are SQL text, used as they are. */
export interface TableShape {
  readonly columns: readonly ColumnShape[]
  /** Default: none. */
  readonly materialized?: readonly MaterializedColumn[] | undefined
  /** Default: `MergeTree`. */
  readonly engine?: string | undefined
  readonly partitionBy?: string | undefined
  readonly orderBy: string
  /** An expression of type Date or DateTime from which a row's age counts, e.g. `toDateTime(timestamp)`. */
  readonly ttl?: string | undefined
  /** Each is the text after INDEX, e.g. `` idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1 ``. */
  readonly indexes?: readonly string[] | undefined
  /** Added to the settings that every table gets here; a setting of the same name replaces the default. */
  readonly settings?: Readonly<Record<string, string | number>> | undefined
}

// By default a plain MergeTree remembers no deduplication tokens, so every retry would store its rows again. 10,000 is the default of replicated tables.
const SETTINGS = {
  index_granularity: 8192,
  ttl_only_drop_parts: 1,
  non_replicated_deduplication_window: 10_000,
}

export function createDatabase(at: Placement): string {
  return `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(at.database)}${onCluster(at)}`
}

export function createTable(shape: TableShape, at: Placement): string {
  const definitions = [
    ...shape.columns.map(columnSql),
    ...(shape.materialized ?? []).map(columnSql),
    ...(shape.indexes ?? []).map((index) => `INDEX ${index}`),
  ]
  return [
    `CREATE TABLE IF NOT EXISTS ${placed(at)}${onCluster(at)}`,
    `(\n    ${definitions.join(',\n    ')}\n)`,
    `ENGINE = ${at.engine ?? shape.engine ?? 'MergeTree'}`,
    ...(shape.partitionBy ? [`PARTITION BY ${shape.partitionBy}`] : []),
    `ORDER BY ${shape.orderBy}`,
    ...ttlSql(shape, at),
    `SETTINGS ${settingsSql({ ...SETTINGS, ...shape.settings, ...retentionSettings(at) })}`,
  ].join('\n')
}

/** A view named `at.table` that runs `select` on each INSERT and writes the result to `target`. */
export function createView(at: Placement, target: Placement, select: string): string {
  return `CREATE MATERIALIZED VIEW IF NOT EXISTS ${placed(at)}${onCluster(at)}\nTO ${placed(target)}\nAS ${select}`
}

/** Adds a column to a table that lacks it. Rows that are there have its default value. */
export function addColumn(column: ColumnShape, at: Placement): string {
  return `ALTER TABLE ${placed(at)}${onCluster(at)}\n    ADD COLUMN IF NOT EXISTS ${columnSql(column)}`
}

/** Adds an index, as in `TableShape.indexes`. It covers parts that are written from then on. */
export function addIndex(index: string, at: Placement): string {
  return `ALTER TABLE ${placed(at)}${onCluster(at)}\n    ADD INDEX IF NOT EXISTS ${index}`
}

/** `` `database`.`table` `` */
export function placed(at: Placement): string {
  return `${quoteIdentifier(at.database)}.${quoteIdentifier(at.table)}`
}

function onCluster({ cluster }: DdlOptions): string {
  return cluster === undefined ? '' : ` ON CLUSTER ${quoteIdentifier(cluster)}`
}

function columnSql({
  name,
  type,
  codec,
  expression,
}: ColumnShape & { expression?: string }): string {
  const computed = expression === undefined ? '' : ` MATERIALIZED ${expression}`
  return `${quoteIdentifier(name)} ${type}${computed}${codec === undefined ? '' : ` CODEC(${codec})`}`
}

function ttlSql(shape: TableShape, options: DdlOptions): string[] {
  const expression = ttlExpression(shape, options)
  return expression === undefined ? [] : [`TTL ${expression}`]
}

function settingsSql(settings: Record<string, string | number>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : quoteText(value)}`)
    .join(', ')
}
