import { VERSION } from '../common/version.js'

/** Names this exporter to the server: in `user-agent` and in `log_comment`. */
export const CLIENT: string = `spanhouse-exporter-clickhouse/${VERSION}`

export const TOKEN = 'insert_deduplication_token'

/** A setting that the exporter sends, so that neither the server's defaults nor the user's profile can change what a statement means. */
export interface Setting {
  readonly value: string
  /** Without it, rows may be lost or stored twice, unnoticed. If the server forbids it, rows are held back. */
  readonly essential: boolean
  /** What may happen if the server has another value and the setting cannot be sent, as a sentence. */
  readonly without: string
  /** If the server forbids the setting but has at least this value for it, that is as good. */
  readonly enough?: number
}

const DUPLICATES = 'A retry after a lost answer may store rows twice.'
const VIEW_ROWS = 'Materialized views of the table may lack rows.'
const TEXTS_AS_TIMES =
  'Texts that look like a time are stored as a time in columns of type JSON, Dynamic and Variant.'
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
  // The name before ClickHouse 23.10, which later versions still take.
  insert_distributed_sync: useful(
    '1',
    'Rows may be lost after a Distributed table has acknowledged them.',
  ),
  timeout_overflow_mode: essential('throw', 'Rows are not stored when an INSERT takes too long.'),
  // A batch is one block, so that it is stored whole or not at all: with these values, neither its bytes nor its rows end a block
  // early.
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
  // With `basic`, times of the Collector's metric tables would be stored as other times.
  date_time_input_format: essential('best_effort', ALL_REFUSED),
  enforce_strict_identifier_format: useful('0', 'The server may refuse names of columns.'),
  // Only for tables with such columns.
  input_format_try_infer_dates: useful('0', TEXTS_AS_TIMES),
  input_format_try_infer_datetimes: useful('0', TEXTS_AS_TIMES),
  additional_table_filters: useful('{}', VIEW_ROWS),
  additional_result_filter: useful('', VIEW_ROWS),
  wait_end_of_query: useful('1', 'An error late in an INSERT may be hard to see.'),
  log_comment: useful(CLIENT, 'Our statements are not marked in system.query_log.'),
}

// Sent with statements that create tables or ask about them.
export const OF_STATEMENTS: Readonly<Record<string, string>> = {
  data_type_default_nullable: '0',
  aggregate_functions_null_for_empty: '0',
  // How long the server waits for the other hosts of a cluster, in seconds. The statement stays in their queue afterwards.
  distributed_ddl_task_timeout: '5',
  ...valuesOf('limit', 'offset', 'timeout_overflow_mode', 'enforce_strict_identifier_format'),
  ...valuesOf('additional_table_filters', 'additional_result_filter', 'log_comment'),
}

/** Also with an INSERT that is one of our own statements: a dead letter that the server has taken must be in the table. */
export const OF_PLAIN_INSERTS: Readonly<Record<string, string>> = valuesOf(
  'async_insert',
  'wait_for_async_insert',
  'insert_distributed_sync',
  'input_format_allow_errors_num',
  'input_format_allow_errors_ratio',
)

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
  'enforce_strict_identifier_format',
  'additional_table_filters',
  'additional_result_filter',
  'log_comment',
])
/** The guarantees depend on these settings, so the user's own `settings` must not contain them. */
export const FIXED_SETTINGS: readonly string[] = Object.keys(SETTINGS).filter(
  (name) => !CHANGEABLE.has(name),
)
/** For columns whose types follow from their values. */
export const OF_FREE_TYPES: Readonly<Record<string, string>> = valuesOf(
  'input_format_try_infer_dates',
  'input_format_try_infer_datetimes',
)
export const OF_EVERY_INSERT: Readonly<Record<string, string>> = valuesOf(
  ...Object.keys(SETTINGS).filter((name) => name !== TOKEN && !Object.hasOwn(OF_FREE_TYPES, name)),
)
