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
  /** SQL after DEFAULT, e.g. `'unknown'` (with the quotes) or `now()`. */
  readonly default?: string | undefined
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
  /**
   * A MergeTree engine as SQL text, e.g. `ReplicatedMergeTree`; the companions get it too. With `cluster`, a Replicated engine without
   * arguments gets a path and a name made of the server's macros `{shard}` and `{replica}`. Without `cluster` nothing is added, because a
   * `Replicated` database and ClickHouse Cloud do that. Default: the engine in the table's definition.
   */
  readonly engine?: string | undefined
  /** Creates a Distributed table of the name `table` over local tables on the servers of `cluster`, which must be given. Default: none. */
  readonly distributed?: DistributedOptions | undefined
}

export interface DistributedOptions {
  /** Name of the local tables; `{table}` stands for the name of the Distributed one. Default: `{table}_local`. */
  readonly table?: string | undefined
  /** SQL text that decides which shard a row goes to. Default: a hash of the trace id, so that a trace is on one shard. */
  readonly shardingKey?: string | undefined
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
  /** Which shard a row of a Distributed table goes to, if the caller gives no key: the same at every attempt. Default: `cityHash64` of the trace id, or of `orderBy`. */
  readonly shardingKey?: string | undefined
  /** Each is the text after INDEX, e.g. `` idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1 ``. */
  readonly indexes?: readonly string[] | undefined
  /** Added to the settings that every table gets here; a setting of the same name replaces the default. */
  readonly settings?: Readonly<Record<string, string | number>> | undefined
  /** The comment of the table. Ours begin with `spanhouse`, and end with a version that grows with each change of the columns. */
  readonly comment?: string | undefined
}

// By default a plain MergeTree remembers no deduplication tokens, so every retry would store its rows again. 10,000 is the default of replicated tables.
const SETTINGS = {
  index_granularity: 8192,
  ttl_only_drop_parts: 1,
  non_replicated_deduplication_window: 10_000,
}

/** A CREATE TABLE without a setting that the server is too old for. Undefined if the statement does not have it as one of `SETTINGS`. */
export function withoutSetting(statement: string, name: string): string | undefined {
  const value = (SETTINGS as Readonly<Record<string, number>>)[name]
  const shorter = statement.replace(`, ${name} = ${value}`, '')
  return shorter === statement ? undefined : shorter
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
    `ENGINE = ${engineSql(at.engine ?? shape.engine ?? 'MergeTree', at)}`,
    ...(shape.partitionBy ? [`PARTITION BY ${shape.partitionBy}`] : []),
    `ORDER BY ${shape.orderBy}`,
    ...ttlSql(shape, at),
    `SETTINGS ${settingsSql({ ...SETTINGS, ...shape.settings, ...retentionSettings(at) })}`,
    ...(shape.comment ? [`COMMENT ${quoteText(shape.comment)}`] : []),
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

const REPLICA = "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"

/** The engine with the arguments that replication on a cluster needs. */
export function engineSql(engine: string, { cluster }: Pick<DdlOptions, 'cluster'>): string {
  const isBare = cluster !== undefined && /^\s*Replicated\w*MergeTree\s*(\(\s*\))?\s*$/.test(engine)
  return isBare ? engine.replace(/[\s()]/g, '') + REPLICA : engine
}

export function onCluster({ cluster }: Pick<DdlOptions, 'cluster'>): string {
  return cluster === undefined ? '' : ` ON CLUSTER ${quoteIdentifier(cluster)}`
}

function columnSql(column: ColumnShape & { expression?: string }): string {
  const { name, type, codec, expression } = column
  const parts = [
    `${quoteIdentifier(name)} ${type}`,
    ...(expression === undefined ? [] : [`MATERIALIZED ${expression}`]),
    ...(column.default === undefined ? [] : [`DEFAULT ${column.default}`]),
    ...(codec === undefined ? [] : [`CODEC(${codec})`]),
  ]
  return parts.join(' ')
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
