import { createHash, randomUUID } from 'node:crypto'
import { quoteIdentifier } from '@spanhouse/transform'
import type { PressedBatch } from './batch.js'
import type { DestinationConfig } from './config.js'
import type { Post } from './http.js'

export const VERSION = '0.1.0'
const CLIENT = `spanhouse-exporter-clickhouse/${VERSION}`

// Sent explicitly because a server's defaults move (async_insert is on since ClickHouse 26.3), and a
// token together with an asynchronous insert lost rows before 26.7 (ClickHouse#111031).
const SETTINGS: Readonly<Record<string, string>> = {
  async_insert: '0',
  wait_for_async_insert: '1',
  insert_deduplicate: '1',
  deduplicate_blocks_in_dependent_materialized_views: '1',
  date_time_input_format: 'best_effort',
  wait_end_of_query: '1',
}

// Above this the server parses in chunks, which makes more than one block of one batch.
const MAX_SINGLE_BLOCK_BYTES = 10 * 1024 * 1024

/** Makes the INSERT requests of one destination. */
export interface Inserter {
  post(batch: PressedBatch, deadlineMs: number): Post
  /** Leaves a setting of ours out from now on; false if it is none of ours. */
  forget(setting: string): boolean
  /** Settings that the server did not know. */
  readonly forgotten: ReadonlySet<string>
}

export function inserter({ database, table, schema, settings }: DestinationConfig): Inserter {
  const columns = schema.insertColumns.map(quoteIdentifier).join(', ')
  const statement = `INSERT INTO ${quoteIdentifier(database)}.${quoteIdentifier(table)} (${columns}) FORMAT JSONEachRow`
  const forgotten = new Set<string>()

  // Nothing that may differ from attempt to attempt goes in: a token must never change.
  const identity = [database, table, columns, JSON.stringify(settings)].join('\0')
  const tokenOf = (digest: string) =>
    `v1-${createHash('sha256').update(`${identity}\0${digest}`).digest('hex').slice(0, 32)}`

  return {
    forgotten,
    forget(setting) {
      const ours = setting in SETTINGS || setting === 'insert_deduplication_token'
      if (ours && !(setting in settings)) forgotten.add(setting)
      return ours
    },
    post({ pressed, codec, rawBytes }, deadlineMs) {
      const query = new URLSearchParams({
        query: statement,
        ...SETTINGS,
        ...(rawBytes > MAX_SINGLE_BLOCK_BYTES && { input_format_parallel_parsing: '0' }),
        ...settings,
        insert_deduplication_token: tokenOf(pressed.digest),
        log_comment: CLIENT,
        query_id: randomUUID(), // a fresh one: the same id while the first still runs is an error
      })
      for (const setting of forgotten) query.delete(setting)
      return {
        path: `/?${query}`,
        headers: {
          'user-agent': CLIENT,
          'content-type': 'application/x-ndjson',
          ...(codec !== 'none' && { 'content-encoding': codec }),
        },
        body: pressed.body,
        deadlineMs,
      }
    },
  }
}
