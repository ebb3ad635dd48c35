import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { RequestHead } from './http-wire.js'
import { readInsert as readBody } from './insert-body.js'
import type { Row } from './memory-table.js'

/** A request with all of its body. */
export interface RawRequest {
  readonly head: RequestHead
  readonly body: Buffer
}

/** An INSERT of rows in JSONEachRow. */
export interface InsertRequest {
  /** `database.table`, unquoted. */
  readonly table: string
  readonly statement: string
  readonly token: string | undefined
  readonly queryId: string
  readonly settings: Readonly<Record<string, string>>
  /** Includes every column that the statement itself gives. */
  readonly rows: readonly Row[]
  /** The whole body as text: it must be the same in every attempt. */
  readonly text: string
}

/** Whether the head belongs to an INSERT of rows. Needs no body. */
export function announcesRows({ method, target, headers }: RequestHead): boolean {
  const query = queryOf(target)
  return (
    method === 'POST' &&
    (query.get('query')?.startsWith('INSERT INTO') === true ||
      query.has('min_insert_block_size_rows') || // no other statement has it
      headers['content-encoding'] !== undefined)
  )
}

/** Reads the rows as the table gets them, and the settings of the INSERT. Undefined if it is not an INSERT of rows. Throws if a server would refuse it. */
export function readInsert({ head, body }: RawRequest): InsertRequest | undefined {
  if (!announcesRows(head)) return undefined
  const text = decoded(head, body).toString()
  const query = queryOf(head.target)
  const insert = readBody(query.get('query') ?? '', text)
  if (!insert) throw new Error(`no statement in ${text.slice(0, 200)}`)
  return {
    table: tableOf(insert.statement),
    statement: insert.statement.trimEnd(),
    token: query.get('insert_deduplication_token') ?? undefined,
    queryId: query.get('query_id') ?? '',
    settings: Object.fromEntries(query),
    rows: insert.rows,
    text,
  }
}

/** The text of a statement that is not an INSERT of rows. */
export function readStatement({ head, body }: RawRequest): string {
  return queryOf(head.target).get('query') ?? decoded(head, body).toString()
}

function decoded({ headers }: RequestHead, body: Buffer): Buffer {
  switch (headers['content-encoding']) {
    case 'gzip':
      return gunzipSync(body) // also of several members, one after the other
    case 'br':
      return brotliDecompressSync(body)
    default:
      return body
  }
}

function queryOf(target: string): URLSearchParams {
  return new URL(target, 'http://server').searchParams
}

const QUOTED = '`((?:[^`\\\\]|\\\\.|``)*)`'
const INTO = new RegExp(`^INSERT INTO ${QUOTED}\\.${QUOTED} `, 's')

/** `database.table` of an INSERT. */
export function tableOf(statement: string): string {
  const [, database = '', table = ''] = INTO.exec(statement) ?? []
  return `${unescaped(database)}.${unescaped(table)}`
}

function unescaped(identifier: string): string {
  return identifier.replaceAll('``', '`').replace(/\\(.)/gs, '$1')
}
