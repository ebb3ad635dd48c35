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

// Sent explicitly because a server's defaults move (async_insert is on since ClickHouse 26.3), and a
// token together with an asynchronous insert lost rows before 26.7 (ClickHouse#111031).
const EXACTLY_ONCE = {
  async_insert: '0',
  wait_for_async_insert: '1',
  insert_deduplicate: '1',
  deduplicate_blocks_in_dependent_materialized_views: '1',
}
export const TOKEN = 'insert_deduplication_token'
// The server gathers rows of many writers: a retry may then duplicate them.
const SERVER_BATCHES = { async_insert: '1', wait_for_async_insert: '1' }
const ALWAYS = {
  date_time_input_format: 'best_effort',
  wait_end_of_query: '1',
  log_comment: CLIENT,
}

// Above this the server parses in chunks, which makes more than one block of one batch.
const MAX_SINGLE_BLOCK_BYTES = 10 * 1024 * 1024

export function insertOf(config: DestinationConfig, batch: PressedBatch): Insert {
  const { schema, settings, asyncInsert } = config
  const { pressed, rawBytes, common } = batch
  const shared = {
    ...ALWAYS,
    ...(rawBytes > MAX_SINGLE_BLOCK_BYTES && { input_format_parallel_parsing: '0' }),
    ...settings,
  }
  const form = formOf(config, common)
  if (asyncInsert) return { ...form, settings: { ...shared, ...SERVER_BATCHES } }
  // A hash of what is inserted and how: the same token with other rows would lose those, silently.
  const token = tokenOf(
    form.statement,
    JSON.stringify(settings),
    pressed.digest,
    distinction(schema),
  )
  return { ...form, settings: { ...shared, ...EXACTLY_ONCE, [TOKEN]: token } }
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

/** What a server judges an INSERT by, whatever its rows: the table, its columns and the settings. */
export function kindOf({ statement, settings }: Insert): string {
  const { [TOKEN]: _, ...others } = settings
  return `${statement.slice(0, statement.indexOf(') ') + 1)} ${JSON.stringify(others)}`
}

/** As it stands in the statement. */
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
): Post {
  const query = new URLSearchParams(settings)
  for (const setting of without) query.delete(setting)
  query.set('query_id', randomUUID()) // a fresh one: the same id while the first still runs is an error
  // With what the rows have in common it is too long for the URLs that some proxies pass on.
  const leads = whole !== undefined && canLead(codec)
  if (!leads) query.set('query', statement)
  return {
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

/** Whether a setting is one of ours, which an old server may do without. */
export function isOurs(setting: string, { settings }: DestinationConfig): boolean {
  const ours = {
    ...ALWAYS,
    ...EXACTLY_ONCE,
    [TOKEN]: '',
    input_format_parallel_parsing: '',
  }
  return Object.hasOwn(ours, setting) && !Object.hasOwn(settings, setting)
}
