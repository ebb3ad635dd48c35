import type { IncomingHttpHeaders } from 'node:http'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { Parameter } from '@spanhouse/queries'
import { GRACE_MS, type Limits, type Settings } from './limits.js'
import type { Connection } from './reader.js'
import { FORMAT, type Lines, NATIVE, readLines } from './rows.js'

const MAX_SOCKETS = 10
// Servers close idle connections after 3 s (ClickHouse Cloud) or more.
const MAX_IDLE_MS = 2500
const MAX_ERROR_BYTES = 64 * 1024
/** The deadline of the library is about silence; ours is about the whole exchange and comes first. */
const SILENCE_MS = 120_000

export interface Asked {
  readonly sql: string
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly settings: Settings
  readonly limits: Limits
  readonly signal?: AbortSignal | undefined
  /** Of tables that are named without one. */
  readonly database?: string | undefined
  /** Default: FORMAT. The bytes of Native are read as latin1, in which each has a character of its own. */
  readonly format?: typeof NATIVE
}

export interface Reply extends Lines {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly elapsedMs: number
}

/** A request that has no reply: the network failed, the deadline passed, or the caller no longer waits. */
export interface NoReply {
  readonly error: Error
  readonly reason: 'network' | 'deadline' | 'aborted'
}

export interface Exchanges {
  /** Never rejects. */
  send(asked: Asked): Promise<Reply | NoReply>
  close(): Promise<void>
}

export function openExchanges(connection: Connection): Exchanges {
  const { url, tls } = connection
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' as const }
  const agent = url.startsWith('https:') ? new HttpsAgent({ ...pool, ...tls }) : new HttpAgent(pool)
  const client = openClient(connection, agent)
  return {
    send: async (asked) => {
      const first = await exchange(client, asked)
      // The server closed a kept-alive connection just as we used it again. Reading twice does no harm.
      const isStale = 'error' in first && /ECONNRESET|EPIPE/.test(codeOf(first.error))
      return isStale && !asked.signal?.aborted ? exchange(client, asked) : first
    },
    close: async () => {
      await client.close()
      agent.destroy()
    },
  }
}

function openClient(connection: Connection, agent: HttpAgent | HttpsAgent): ClickHouseClient {
  const { url, username, password, headers } = connection
  const { origin, pathname } = new URL(url)
  const hasOwn = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  const isAnonymous = username === 'default' && password === ''
  return createClient({
    url: origin,
    ...(pathname !== '/' && { pathname }),
    username,
    password,
    application: 'spanhouse',
    http_headers: { ...headers },
    http_agent: agent,
    set_basic_auth_header: !hasOwn && !isAnonymous,
    request_timeout: SILENCE_MS,
    max_open_connections: MAX_SOCKETS,
    keep_alive: {
      enabled: true,
      idle_socket_ttl: MAX_IDLE_MS,
      eagerly_destroy_stale_sockets: true,
    },
    log: { level: ClickHouseLogLevel.OFF },
  })
}

async function exchange(client: ClickHouseClient, asked: Asked): Promise<Reply | NoReply> {
  const { sql, parameters, settings, limits, signal, database, format = FORMAT } = asked
  const startedAt = performance.now()
  const ending = new AbortController()
  let stream: Readable | undefined
  let reason: NoReply['reason'] = 'network'
  const end = (why: NoReply['reason']) => {
    reason = why
    ending.abort()
    stream?.destroy(new Error(why)) // the library forgets the signal once there are headers
  }
  const abort = () => end('aborted')
  const deadline = setTimeout(() => end('deadline'), limits.seconds * 1000 + GRACE_MS)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    const result = await client.exec({
      query: sql,
      query_params: { ...parameters },
      // Format and database are no settings, so every user may choose them, and the SQL stays as it is.
      clickhouse_settings: {
        default_format: format,
        ...(database !== undefined && { database }),
        ...settings,
      } as Record<string, string>,
      abort_signal: ending.signal,
      ignore_error_response: true,
    })
    stream = result.stream
    const status = result.http_status_code ?? 0
    if (ending.signal.aborted) throw new Error(reason)
    const isSuccess = status >= 200 && status < 300
    const lines = await readLines(
      result.stream,
      isSuccess ? limits.bytes : MAX_ERROR_BYTES,
      format === NATIVE ? 'latin1' : 'utf8',
    )
    const headers = result.response_headers as IncomingHttpHeaders
    return { ...lines, status, headers, elapsedMs: performance.now() - startedAt }
  } catch (error) {
    stream?.destroy()
    return { error: error as Error, reason }
  } finally {
    clearTimeout(deadline)
    signal?.removeEventListener('abort', abort)
  }
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}
