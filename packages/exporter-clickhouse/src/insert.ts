import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import {
  type Common,
  flatTraces,
  otelTraces,
  quoteIdentifier,
  type RowShape,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import type { PressedBatch } from './batch.js'
import type { Compression, DestinationConfig } from './config.js'
import type { Post } from './http.js'
import { newQueryId } from './query-id.js'

export const VERSION = '0.1.0'
const CLIENT = `spanhouse-exporter-clickhouse/${VERSION}`

/**
 * How one batch is inserted at one destination. Decided once, kept with the batch (on disk too):
 * every attempt must send the same, or the token would protect something else.
 */
export interface Insert {
  readonly statement: string
  readonly settings: Readonly<Record<string, string>>
  /** Of compact rows: how the same rows are inserted whole. */
  readonly whole?: Whole
}

export interface Whole {
  readonly statement: string
  readonly shape: RowShape
}

export const TOKEN = 'insert_deduplication_token'

/** A setting that we send so that neither the server's defaults nor the user's profile can change what a statement means. */
export interface Setting {
  readonly value: string
  /** Without it rows may silently be lost or stored twice: where the server forbids it, rows are held. */
  readonly essential: boolean
  /** What may happen if it cannot be sent and the server has another value, as a sentence. */
  readonly without: string
  /** If it is forbidden, a value on the server that is at least this high is as good. */
  readonly enough?: number
}

const DUPLICATES = 'A retry after a lost answer may store rows twice.'
const VIEW_ROWS = 'Materialized views of the table may lack rows.'
const ALL_REFUSED = 'The server may refuse every row.'

/**
 * The settings of an INSERT: those of ClickHouse 26.7 that change, without an error, how many of the rows are stored, in how many
 * blocks, or with which values (`node bench/studies/settings.mjs` tries them all).
 */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  // On by default since ClickHouse 26.3. Together with a token it lost rows before 26.7 (ClickHouse#111031).
  async_insert: essential('0', 'Rows may be lost, or stored twice after a lost answer.'),
  wait_for_async_insert: essential('1', 'Rows may be lost after the server has acknowledged them.'),
  insert_deduplicate: useful('1', DUPLICATES),
  deduplicate_insert: useful('enable', DUPLICATES),
  deduplicate_insert_select: useful('enable_when_possible', DUPLICATES),
  deduplicate_blocks_in_dependent_materialized_views: useful(
    '1',
    'A retry after a lost answer may store rows of materialized views twice.',
  ),
  [TOKEN]: useful('', DUPLICATES),
  limit: essential('0', 'Rows above the limit are not stored.'),
  offset: essential('0', 'The first rows of a batch are not stored.'),
  timeout_overflow_mode: essential('throw', 'Rows are not stored when an INSERT takes too long.'),
  // One batch is one block, so that it is stored whole or not at all: these values let neither bytes nor any number of rows in a
  // batch end a block early.
  min_insert_block_size_rows: {
    ...essential('4294967295', 'Part of a batch may be stored twice.'),
    enough: 1_000_000, // a batch has no more
  },
  min_insert_block_size_bytes: {
    ...essential('0', 'Part of a batch may be stored twice.'),
    enough: 256_000_000, // the server's default is a little more
  },
  // Parallel parsing cuts the body into chunks, and each row must fit in one. For bodies up to 10 MiB it gains nothing.
  input_format_parallel_parsing: useful('0', 'The server may refuse long rows.'),
  input_format_allow_errors_num: essential(
    '0',
    'Rows that the server cannot read are lost uncounted.',
  ),
  input_format_allow_errors_ratio: essential(
    '0',
    'Rows that the server cannot read are lost uncounted.',
  ),
  input_format_connection_handling: essential(
    '0',
    'Part of a batch may be stored twice after a lost connection.',
  ),
  input_format_force_null_for_omitted_fields: essential('0', ALL_REFUSED),
  input_format_json_map_as_array_of_tuples: essential('0', ALL_REFUSED),
  date_time_input_format: essential('best_effort', ALL_REFUSED),
  enforce_strict_identifier_format: useful('0', 'The server may refuse names of columns.'),
  additional_table_filters: useful('{}', VIEW_ROWS),
  additional_result_filter: useful('', VIEW_ROWS),
  wait_end_of_query: useful('1', 'An error late in an INSERT may be hard to see.'),
  log_comment: useful(CLIENT, 'Our statements are not marked in system.query_log.'),
}

// Sent with statements that create tables or ask about them.
const OF_STATEMENTS: Readonly<Record<string, string>> = {
  data_type_default_nullable: '0',
  aggregate_functions_null_for_empty: '0',
  ...valuesOf('limit', 'offset', 'timeout_overflow_mode', 'enforce_strict_identifier_format'),
  ...valuesOf('additional_table_filters', 'additional_result_filter', 'log_comment'),
}

/** The path to post one of our own statements to. */
export function statementPath(without: ReadonlySet<string>): string {
  return `/?${queryOf(OF_STATEMENTS, without)}`
}

function queryOf(
  settings: Readonly<Record<string, string>>,
  without: ReadonlySet<string>,
): URLSearchParams {
  const query = new URLSearchParams(settings)
  for (const setting of without) query.delete(setting)
  return query
}

function essential(value: string, without: string): Setting {
  return { value, essential: true, without }
}

function useful(value: string, without: string): Setting {
  return { value, essential: false, without }
}

function valuesOf(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, SETTINGS[name]?.value ?? '']))
}

/** Not sent with asynchronous inserts, which give up deduplication: the server gathers the rows of many writers. */
export const DEDUPLICATION: readonly string[] = [
  'insert_deduplicate',
  'deduplicate_insert',
  'deduplicate_insert_select',
  'deduplicate_blocks_in_dependent_materialized_views',
]
// Settings that the user's own `settings` may override.
const CHANGEABLE = new Set([
  'date_time_input_format',
  'enforce_strict_identifier_format',
  'additional_table_filters',
  'additional_result_filter',
  'log_comment',
])
/** Settings that guarantees depend on: the user's own `settings` must not contain them. */
export const FIXED_SETTINGS: readonly string[] = Object.keys(SETTINGS).filter(
  (name) => !CHANGEABLE.has(name),
)
const OF_EVERY_INSERT = valuesOf(...Object.keys(SETTINGS).filter((name) => name !== TOKEN))

export function insertOf(config: DestinationConfig, batch: PressedBatch): Insert {
  const { schema, settings, asyncInsert } = config
  const { pressed, common } = batch
  const all = { ...OF_EVERY_INSERT, ...settings }
  const form = formOf(config, common)
  if (asyncInsert) {
    for (const name of DEDUPLICATION) delete all[name]
    return { ...form, settings: { ...all, async_insert: '1' } }
  }
  // A hash of what is inserted and how: the same token with other rows would lose those, silently.
  const token = tokenOf(
    form.statement,
    JSON.stringify(settings),
    pressed.digest,
    distinction(schema),
  )
  return { ...form, settings: { ...all, [TOKEN]: token } }
}

function formOf(
  { database, table, schema }: DestinationConfig,
  common: Common | undefined,
): Pick<Insert, 'statement' | 'whole'> {
  const columns = schema.insertColumns.map(quoteIdentifier).join(', ')
  const into = `INSERT INTO ${quoteIdentifier(database)}.${quoteIdentifier(table)} (${columns})`
  const statement = `${into} FORMAT JSONEachRow`
  if (!common) return { statement }
  const { query, shape } = common
  return {
    statement: `${into} ${query} FORMAT JSONEachRow`,
    whole: { statement, shape },
  }
}

/**
 * The INSERT of the same rows made whole, for a server or table that does not take them otherwise. Under the same token: a disk
 * that lost its power may bring back the batch as it was before, and whichever comes second must be known for the same rows.
 */
export function insertOfWhole({ settings }: Insert, { statement }: Whole): Insert {
  return { statement, settings }
}

/** The INSERT of a part of a batch: as the batch was to be inserted, whatever the options say by now. `part` says which of its rows: the same ones get the same token after a restart. */
export function insertOfPart(insert: Insert, part: string): Insert {
  const token = insert.settings[TOKEN]
  if (token === undefined) return insert
  return { ...insert, settings: { ...insert.settings, [TOKEN]: tokenOf(token, part) } }
}

/** Identifies what a server may refuse in an INSERT regardless of its rows: the table, its columns and the settings. */
export function kindOf({ statement, settings }: Insert): string {
  const { [TOKEN]: _, ...others } = settings
  return `${statement.slice(0, statement.indexOf(') ') + 1)} ${JSON.stringify(others)}`
}

/** The quoted database and table, as in the statement. */
export function targetOf({ statement }: Insert): string {
  return statement.slice('INSERT INTO '.length, statement.indexOf(' ('))
}

export function isForConfiguredTable(
  insert: Insert,
  { database, table }: DestinationConfig,
): boolean {
  return targetOf(insert) === `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
}

function tokenOf(...identity: readonly string[]): string {
  return `v1-${createHash('sha256').update(identity.join('\0')).digest('hex').slice(0, 32)}`
}

// Our rows have ids, so two batches are the same only if they are one. Rows of a table of the user's
// may well be equal to earlier ones, and must not be taken for a retry of those.
function distinction(schema: Table<SpanLike>): string {
  return schema === flatTraces || schema === otelTraces ? '' : randomUUID()
}

/** `without`: settings that the server turned out not to know. */
export function postOf(
  { statement, settings, whole }: Insert,
  { pressed, codec }: PressedBatch,
  without: ReadonlySet<string>,
  { deadlineMs, repeatable }: { deadlineMs: number; repeatable: boolean },
): Post & { readonly queryId: string } {
  const query = queryOf(settings, without)
  const queryId = newQueryId() // a fresh one for each attempt: the server refuses an id whose query is still running
  query.set('query_id', queryId)
  // With what the rows have in common it is too long for the URLs that some proxies pass on.
  const leads = whole !== undefined && canLead(codec)
  if (!leads) query.set('query', statement)
  return {
    queryId,
    path: `/?${query}`,
    headers: {
      'user-agent': CLIENT,
      'content-type': 'application/x-ndjson',
      ...(codec !== 'none' && { 'content-encoding': codec }),
    },
    ...(leads && { head: leading(statement, codec) }),
    body: pressed.body,
    deadlineMs,
    repeatable: repeatable && query.has(TOKEN),
  }
}

/** Whether a statement can stand before rows that are compressed already, and shared: brotli knows no such thing. */
export function canLead(codec: Compression['codec']): boolean {
  return codec !== 'br'
}

function leading(statement: string, codec: Compression['codec']): Buffer {
  const line = Buffer.from(`${statement}\n`)
  return codec === 'gzip' ? gzipSync(line) : line
}

/** Whether a setting is one of ours, and so may be left out. */
export function isOurs(setting: string, { settings }: DestinationConfig): boolean {
  const ours = Object.hasOwn(SETTINGS, setting) || Object.hasOwn(OF_STATEMENTS, setting)
  return ours && !Object.hasOwn(settings, setting)
}
