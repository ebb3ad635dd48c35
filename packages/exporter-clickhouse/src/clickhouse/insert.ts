import { createHash, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { quoteIdentifier } from '@spanhouse/transform'
import { type CompactForm, type RowShape, unescaped } from '@spanhouse/transform/internal'
import type { CompressedBatch } from '../batching/batch.js'
import type { Compression, DestinationConfig, Target } from '../config/config.js'
import {
  CLIENT,
  DEDUPLICATION,
  OF_EVERY_INSERT,
  OF_FREE_TYPES,
  OF_PLAIN_INSERTS,
  OF_STATEMENTS,
  SETTINGS,
  TOKEN,
} from '../config/insert-settings.js'
import type { Post } from '../http/exchange.js'
import { newQueryId } from './query-id.js'

const MAX_PAIRS = 256

/**
 * How one batch is inserted at one destination. It is decided once and kept with the batch, on disk too: every attempt must send
 * the same, because the deduplication token stands for exactly that.
 */
export interface Insert {
  readonly statement: string
  readonly settings: Readonly<Record<string, string>>
  /** For compact rows: how the same rows are inserted whole. */
  readonly whole?: Whole
}

export interface Whole {
  readonly statement: string
  readonly shape: RowShape
}

/** The path to post one of our own statements to. */
export function statementPath(statement: string, without: ReadonlySet<string>): string {
  const ofInsert = statement.startsWith('INSERT ') ? OF_PLAIN_INSERTS : {}
  return `/?${queryOf({ ...OF_STATEMENTS, ...ofInsert }, without)}`
}

/** The settings that are sent, as the query of a URL. */
function queryOf(settings: Readonly<Record<string, string>>, without: ReadonlySet<string>): string {
  const pairs = Object.keys(settings).filter((name) => !without.has(name))
  return pairs.map((name) => pairOf(name, settings[name] ?? '')).join('&')
}

// A request has some thirty settings, nearly all with the values that they had in the one before: their encoded form is kept.
const pairs = new Map<string, { readonly value: string; readonly text: string }>()

function pairOf(name: string, value: string): string {
  const known = pairs.get(name)
  if (known?.value === value) return known.text
  const text = new URLSearchParams([[name, value]]).toString()
  if (known || pairs.size < MAX_PAIRS) pairs.set(name, { value, text })
  return text
}

/** The INSERT of a batch into a table. */
export function insertOf(
  target: Target,
  { settings, asyncInsert }: Pick<DestinationConfig, 'settings' | 'asyncInsert'>,
  batch: CompressedBatch,
): Insert {
  const { compressed, common } = batch
  const all = { ...OF_EVERY_INSERT, ...(hasFreeTypes(target) && OF_FREE_TYPES), ...settings }
  const form = formOf(target, common)
  if (asyncInsert) {
    for (const name of DEDUPLICATION) delete all[name]
    return { ...form, settings: { ...all, async_insert: '1' } }
  }
  // A hash of what is inserted and how. If other rows had the same token, the server would discard them without an error.
  const token = tokenOf(
    form.statement,
    JSON.stringify(settings),
    compressed.digest,
    batch.identity ?? randomUUID(),
  )
  return { ...form, settings: { ...all, [TOKEN]: token } }
}

function hasFreeTypes({ schema }: Target): boolean {
  return schema.columns.some(({ type }) => /\b(JSON|Dynamic|Variant)\b/.test(type))
}

function formOf(
  target: Target,
  common: CompactForm | undefined,
): Pick<Insert, 'statement' | 'whole'> {
  const into = intoOf(target)
  const statement = `${into} FORMAT JSONEachRow`
  if (!common) return { statement }
  const { query, shape } = common
  return {
    statement: `${into} ${query} FORMAT JSONEachRow`,
    whole: { statement, shape },
  }
}

const intoByTarget = new WeakMap<Target, string>()

function intoOf(target: Target): string {
  const known = intoByTarget.get(target)
  if (known !== undefined) return known
  const columns = target.schema.insertColumns.map(quoteIdentifier).join(', ')
  const into = `INSERT INTO ${quotedName(insertedInto(target))} (${columns})`
  intoByTarget.set(target, into)
  return into
}

/**
 * The INSERT of the same rows made whole, for a server or table that does not take compact rows. The token stays: after a power
 * failure the disk may bring back the compact batch, and the server must recognise whichever comes second as the same rows.
 */
export function insertOfWhole({ settings }: Insert, { statement }: Whole): Insert {
  return { statement, settings }
}

/**
 * The INSERT of a part of a batch. Statement and settings are those of the batch, even if the options have changed since. `part` says
 * which rows it has: after a restart the same rows get the same token.
 */
export function insertOfPart(insert: Insert, part: string): Insert {
  const token = insert.settings[TOKEN]
  if (token === undefined) return insert
  return { ...insert, settings: { ...insert.settings, [TOKEN]: tokenOf(token, part) } }
}

/** Identifies what a server may refuse in an INSERT regardless of its rows: the table, its columns and the settings. */
export function kindOf({ statement, settings }: Insert): string {
  const { [TOKEN]: _, ...others } = settings
  return `${INTO.exec(statement)?.[0] ?? statement} ${JSON.stringify(others)}`
}

// How an INSERT begins. Names of tables and columns may contain brackets.
const NAME = '`(?:[^`\\\\]|\\\\.)+`'
const INTO = new RegExp(`^INSERT INTO (?<table>${NAME}\\.${NAME}) \\((?:${NAME}(?:, )?)*\\)`, 's')

export interface TableName {
  readonly database: string
  readonly table: string
}

/** The table that the INSERTs of a target name. */
export function insertedInto({ database, table, insertsInto = table }: Target): TableName {
  return { database, table: insertsInto }
}

/** Database and table as they stand in a statement. */
export function quotedName({ database, table }: TableName): string {
  return `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
}

/** The inverse of `quotedName`. */
export function tableNameOf(quoted: string): TableName {
  const [database = '', table = ''] = [...quoted.matchAll(/`((?:[^`\\]|\\.)+)`/gs)].map(
    ([, name = '']) => unescaped(name),
  )
  return { database, table }
}

/** The `quotedName` of the table that an INSERT is for. An earlier process, with other options, may have made the INSERT. */
export function tableOf({ statement }: Insert): string {
  return INTO.exec(statement)?.groups?.['table'] ?? ''
}

function tokenOf(...identity: readonly string[]): string {
  return `v1-${createHash('sha256').update(identity.join('\0')).digest('hex').slice(0, 32)}`
}

/** `without`: settings that the server turned out not to know. */
export function postOf(
  { statement, settings, whole }: Insert,
  { compressed, codec }: CompressedBatch,
  without: ReadonlySet<string>,
  { deadlineMs, repeatable }: { deadlineMs: number; repeatable: boolean },
): Post & { readonly queryId: string } {
  const queryId = newQueryId() // a fresh one for each attempt: the server refuses an id whose query is still running
  // The statement of compact rows contains the values that they have in common: some proxies do not pass on URLs that long.
  const leads = whole !== undefined && canLead(codec)
  const own = { query_id: queryId, ...(!leads && { query: statement }) }
  return {
    queryId,
    path: `/?${queryOf(settings, without)}&${new URLSearchParams(own)}`,
    headers: {
      'user-agent': CLIENT,
      'content-type': 'application/x-ndjson',
      ...(codec !== 'none' && { 'content-encoding': codec }),
    },
    ...(leads && { head: leading(statement, codec) }),
    body: compressed.body,
    deadlineMs,
    repeatable: repeatable && settings[TOKEN] !== undefined && !without.has(TOKEN),
  }
}

/** Whether a statement can be put before a body that is compressed already, and shared. Brotli streams cannot be concatenated. */
export function canLead(codec: Compression['codec']): boolean {
  return codec !== 'br'
}

// Batches with the same resource and the same attribute keys have the same statement, every batch of metrics for example. Compressing
// it costs as much as encoding a hundred rows.
const MAX_HEADS = 8
const heads = new Map<string, Buffer>()

function leading(statement: string, codec: Compression['codec']): Buffer {
  const key = `${codec} ${statement}`
  const line = () => Buffer.from(`${statement}\n`)
  const head = heads.get(key) ?? (codec === 'gzip' ? gzipSync(line()) : line())
  heads.delete(key) // the map keeps the order: the oldest is the first
  heads.set(key, head)
  for (const oldest of heads.keys()) if (heads.size > MAX_HEADS) heads.delete(oldest)
  return head
}

/** Whether a setting is one of ours, and so may be left out. */
export function isOurs(setting: string, { settings }: DestinationConfig): boolean {
  const ours = Object.hasOwn(SETTINGS, setting) || Object.hasOwn(OF_STATEMENTS, setting)
  return ours && !Object.hasOwn(settings, setting)
}
