import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Backend, BackendGone, MemoryClickHouse } from './clickhouse-backend.js'
import { freePort } from './free-port.js'
import { ClientGone, Incoming, type Reply, type RequestHead, wireOf } from './http-wire.js'
import { announcesRows, type InsertRequest, type RawRequest, readInsert } from './insert-request.js'
import { digestOf } from './memory-table.js'

/** A socket of the kernel, or one in memory. */
export type Connection = Duplex & { resetAndDestroy(): unknown }

/** One request on a connection. A behaviour decides how it is answered. */
export interface Exchange {
  readonly head: RequestHead
  /** Whether it is an INSERT of rows, as far as the head tells. */
  readonly isInsert: boolean
  readonly connection: Connection
  /** The number of earlier requests on this connection. */
  readonly nth: number
  /** Resolves when so many bytes of the body, or all, have been read: the rest stays where it is. */
  read(bytes: number): Promise<void>
  /** Resolves with the request when all of it has come; rejects if the client goes away before. */
  whole(): Promise<RawRequest>
  /** Lets the backend execute the request, and resolves with its reply. The reply is not sent. */
  commit(): Promise<Reply>
  /** Resolves when the bytes are on their way, or the client is gone. */
  send(bytes: Buffer | string): Promise<void>
  /** Ends the connection with RST. */
  reset(): void
  /** Ends the connection with FIN. */
  hangUp(): void
  /** Resolves when the connection has ended. */
  readonly gone: Promise<void>
}

export type Behaviour = (exchange: Exchange) => Promise<void> | void

/** The correct behaviour: executes the request and answers it. */
export const answer: Behaviour = async (exchange) => {
  await exchange.send(wireOf(await exchange.commit()))
}

/** An INSERT as it was seen, without its rows: there may be millions. */
export interface Sighting {
  readonly table: string
  readonly token: string | undefined
  readonly queryId: string
  readonly rows: number
  /** Digest of the whole text, statement and rows. */
  readonly digest: string
}

/** A ClickHouse, in memory or a real one, that can misbehave at any byte of any exchange. */
export class ScriptedClickHouse {
  /** How each request is handled from now on. */
  behaviour: Behaviour
  /** How each new connection is handled from now on. */
  welcome: 'serve' | 'reset' | 'ignore' = 'serve'
  /** INSERTs that have come completely, in order. */
  readonly inserts: Sighting[] = []
  /** Tokens that came again with other rows, or with another text of the same statement. A retry must never do that. */
  readonly changed: string[] = []
  /** Unexpected errors. */
  readonly bugs: unknown[] = []
  connections = 0
  requests = 0
  /** Heads of all INSERTs, whether they succeeded or not. */
  insertsBegun = 0
  #mostAtOnce = 0
  #atOnce = 0
  readonly #backend: Backend
  readonly #digests = new Map<string, string>()
  readonly #open = new Set<Connection>()
  readonly #listener: Server
  #port = 0

  constructor(backend: Backend = new MemoryClickHouse(), behaviour: Behaviour = answer) {
    this.#backend = backend
    this.behaviour = behaviour
    this.#listener = createServer({ allowHalfOpen: true }, (socket) => {
      socket.setNoDelay(true)
      this.serve(socket)
    })
  }

  /** The address at which it listens, after `listen()`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** The most INSERTs that were under way at the same time. */
  get mostAtOnce(): number {
    return this.#mostAtOnce
  }

  /** Listens on a free port, the same one each time. */
  async listen(): Promise<this> {
    if (this.#listener.listening) return this
    this.#port ||= await freePort()
    this.#listener.listen(this.#port, '127.0.0.1')
    await once(this.#listener, 'listening')
    return this
  }

  /** Refuses connections, and resets the open ones, until it listens again. */
  async refuse(): Promise<void> {
    const closed = this.#listener.listening ? once(this.#listener, 'close') : undefined
    if (closed) this.#listener.close()
    this.resetAll()
    await closed
  }

  close(): Promise<void> {
    return this.refuse()
  }

  resetAll(): void {
    for (const connection of this.#open) connection.resetAndDestroy()
  }

  serve(connection: Connection): void {
    this.connections++
    this.#open.add(connection)
    connection.on('close', () => this.#open.delete(connection))
    connection.on('error', () => {})
    if (this.welcome === 'reset') connection.resetAndDestroy()
    if (this.welcome !== 'serve') return
    this.#converse(connection).catch((error) => {
      if (error instanceof BackendGone) connection.resetAndDestroy()
      else if (!(error instanceof ClientGone)) this.bugs.push(error)
      connection.destroy()
    })
  }

  async #converse(connection: Connection): Promise<void> {
    const incoming = new Incoming(connection)
    const gone = new Promise<void>((resolve) => connection.once('close', resolve))
    for (let nth = 0; ; nth++) {
      const head = await incoming.head()
      if (!head) {
        connection.end()
        return
      }
      this.requests++
      const exchange = this.#exchange(connection, incoming, head, { nth, gone })
      if (exchange.isInsert) {
        this.insertsBegun++
        this.#mostAtOnce = Math.max(this.#mostAtOnce, ++this.#atOnce)
      }
      try {
        await this.behaviour(exchange)
      } finally {
        if (exchange.isInsert) this.#atOnce--
      }
      if (connection.destroyed || connection.writableEnded) return
      await exchange.whole() // unread bytes must not be read as the next request
    }
  }

  #exchange(
    connection: Connection,
    incoming: Incoming,
    head: RequestHead,
    { nth, gone }: { nth: number; gone: Promise<void> },
  ): Exchange {
    const backend = this.#backend
    const isInsert = announcesRows(head)
    const chunks: Buffer[] = []
    let bytes = 0
    let request: Promise<RawRequest> | undefined
    const read = async (upTo: number) => {
      const missing = Math.min(upTo, head.bodyBytes) - bytes
      if (missing <= 0) return
      chunks.push(await incoming.take(missing))
      bytes += missing
    }
    const whole = async () => {
      await read(head.bodyBytes)
      const raw = { head, body: Buffer.concat(chunks) }
      if (isInsert) this.#see(raw)
      return raw
    }
    return {
      head,
      isInsert,
      connection,
      nth,
      gone,
      read,
      whole() {
        request ??= whole()
        return request
      },
      async commit() {
        request ??= whole()
        return backend.execute(await request)
      },
      async send(data) {
        if (connection.destroyed) return
        const sent = new Promise<void>((resolve) => connection.write(data, () => resolve()))
        await Promise.race([sent, gone])
      },
      reset: () => void connection.resetAndDestroy(),
      hangUp: () => void connection.destroy(),
    }
  }

  #see(raw: RawRequest): void {
    let insert: InsertRequest | undefined
    try {
      insert = readInsert(raw)
    } catch {
      return // the backend reports the problem
    }
    if (!insert) return
    const { table, token, queryId, rows, statement, text } = insert
    const digest = createHash('sha256').update(statement).update('\0').update(text).digest('hex')
    this.inserts.push({ table, token, queryId, rows: rows.length, digest })
    if (token === undefined) return
    // The same rows may come in another form, under another statement; in the same form every byte is the same.
    for (const [key, content] of [
      [`${token} ${table}`, digestOf(rows)],
      [`${token} ${table} ${statement}`, digest],
    ] as const) {
      const before = this.#digests.get(key)
      if (before !== undefined && before !== content) this.changed.push(token)
      this.#digests.set(key, content)
    }
  }
}
