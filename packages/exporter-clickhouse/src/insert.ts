import { createHash, randomUUID } from 'node:crypto'
import {
  flatTraces,
  otelTraces,
  quoteIdentifier,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import type { PressedBatch } from './batch.js'
import type { DestinationConfig } from './config.js'
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
}

// Sent explicitly because a server's defaults move (async_insert is on since ClickHouse 26.3), and a
// token together with an asynchronous insert lost rows before 26.7 (ClickHouse#111031).
const EXACTLY_ONCE = {
  async_insert: '0',
  wait_for_async_insert: '1',
  insert_deduplicate: '1',
  deduplicate_blocks_in_dependent_materialized_views: '1',
}
// The server gathers rows of many writers: a retry may then duplicate them.
const SERVER_BATCHES = { async_insert: '1', wait_for_async_insert: '1' }
const ALWAYS = {
  date_time_input_format: 'best_effort',
  wait_end_of_query: '1',
  log_comment: CLIENT,
}

// Above this the server parses in chunks, which makes more than one block of one batch.
const MAX_SINGLE_BLOCK_BYTES = 10 * 1024 * 1024

/** `partOf`: the INSERT of the batch that this one is a part of. */
export function insertOf(
  { database, table, schema, settings, asyncInsert }: DestinationConfig,
  { pressed, rawBytes }: PressedBatch,
  partOf?: Insert,
): Insert {
  const columns = schema.insertColumns.map(quoteIdentifier).join(', ')
  const statement = `INSERT INTO ${quoteIdentifier(database)}.${quoteIdentifier(table)} (${columns}) FORMAT JSONEachRow`
  const shared = {
    ...ALWAYS,
    ...(rawBytes > MAX_SINGLE_BLOCK_BYTES && { input_format_parallel_parsing: '0' }),
    ...settings,
  }
  if (asyncInsert) return { statement, settings: { ...shared, ...SERVER_BATCHES } }
  // A hash of what is inserted and how: the same token with other rows would lose those, silently.
  const identity = [database, table, columns, JSON.stringify(settings), pressed.digest]
  const origin = partOf?.settings['insert_deduplication_token'] ?? distinction(schema)
  const token = createHash('sha256')
    .update([...identity, origin].join('\0'))
    .digest('hex')
  return {
    statement,
    settings: {
      ...shared,
      ...EXACTLY_ONCE,
      insert_deduplication_token: `v1-${token.slice(0, 32)}`,
    },
  }
}

// Our rows have ids, so two batches are the same only if they are one. Rows of a table of the user's
// may well be equal to earlier ones, and must not be taken for a retry of those.
function distinction(schema: Table<SpanLike>): string {
  return schema === flatTraces || schema === otelTraces ? '' : randomUUID()
}

/** `without`: settings that the server turned out not to know. */
export function postOf(
  { statement, settings }: Insert,
  { pressed, codec }: PressedBatch,
  without: ReadonlySet<string>,
  deadlineMs: number,
): Post {
  const query = new URLSearchParams({ query: statement, ...settings })
  for (const setting of without) query.delete(setting)
  query.set('query_id', randomUUID()) // a fresh one: the same id while the first still runs is an error
  return {
    path: `/?${query}`,
    headers: {
      'user-agent': CLIENT,
      'content-type': 'application/x-ndjson',
      ...(codec !== 'none' && { 'content-encoding': codec }),
    },
    body: pressed.body,
    deadlineMs,
    repeatable: query.has('insert_deduplication_token'),
  }
}

/** Whether a setting is one of ours, which an old server may do without. */
export function isOurs(setting: string, { settings }: DestinationConfig): boolean {
  const ours = {
    ...ALWAYS,
    ...EXACTLY_ONCE,
    insert_deduplication_token: '',
    input_format_parallel_parsing: '',
  }
  return Object.hasOwn(ours, setting) && !Object.hasOwn(settings, setting)
}
