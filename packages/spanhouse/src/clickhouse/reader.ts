import type { LogTable, Query, SpanTable } from '@spanhouse/queries'
import type { Limits } from './limits.js'

/** How to reach one ClickHouse. */
export interface Connection {
  /** Without credentials. */
  readonly url: string
  readonly username: string
  readonly password: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Readonly<{
    ca?: string
    cert?: string
    key?: string
    servername?: string
    rejectUnauthorized?: boolean
  }>
}

export interface Answer<Row> {
  readonly rows: Row[]
  /** From the request to the last byte of the answer. */
  readonly elapsedMs: number
  /** 0 if the server does not say it, which it does not for a user who may change no setting. */
  readonly rowsRead: number
  /** Whether the limit on the bytes of an answer cut it. */
  readonly truncated: boolean
}

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Integers of 64 bits, decimals, NaN and infinity are texts, so that they are exact; numbers or null for a user who may change no setting. */
  readonly rows: readonly unknown[][]
  readonly elapsedMs: number
  readonly rowsRead: number
  /** Whether the limit on rows or bytes cut the result. */
  readonly truncated: boolean
}

/** Reads one ClickHouse, and can never write: every query runs with `readonly=1` and limits on time, memory and rows. */
export interface Reader {
  readonly connection: Connection
  /** Rejects with a ReadError, which is a CommandError: one sentence without credentials. */
  ask<Row>(query: Query<Row>, signal?: AbortSignal, limits?: Limits): Promise<Answer<Row>>
  /** The rows of a query in ClickHouse's format Native, which keeps every value as it is. Rejects as `ask` does, also if they exceed the limits. */
  native(query: Query<unknown>, signal?: AbortSignal, limits?: Limits): Promise<Buffer>
  /** Runs SQL of the user's. Rejects unless the server lets it do nothing but read. `database` is that of tables without one. */
  askSql(sql: string, signal?: AbortSignal, database?: string): Promise<SqlAnswer>
  version(signal?: AbortSignal): Promise<string>
  /** The tables of spans on the server, the configured one first. */
  tables(signal?: AbortSignal): Promise<readonly SpanTable[]>
  /** The tables of logs on the server. */
  logTables(signal?: AbortSignal): Promise<readonly LogTable[]>
  close(): Promise<void>
}
