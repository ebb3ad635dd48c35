import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './free-port.js'

/** A TCP proxy between client and server. */
export type Fault =
  | 'none'
  /** Nothing listens, and open connections are reset. */
  | 'refuse'
  /** Connections are accepted and swallow everything. Connections of that time stay dead forever. */
  | 'hang'
  /** Nothing passes, in either direction. When it is over, all that was held back passes. */
  | 'black hole'
  /** Replies come at five bytes a second. */
  | 'trickle'
  /** The first reply to each deduplication token is lost after its first byte, and therefore after the commit. */
  | 'lose first replies'
  /** The connection is reset after so many bytes of the request, or of the reply. */
  | { cutRequestAfter: number }
  | { cutReplyAfter: number }

export interface FaultyProxy {
  readonly url: string
  readonly port: number
  /** Replies lost or cut so far. */
  readonly lost: number
  /** Connections accepted so far. */
  readonly connections: number
  become(fault: Fault): Promise<void>
  close(): Promise<void>
}

const TRICKLE_MS = 200

/** A TCP proxy before 127.0.0.1:`port`, on a port of its own, unless it is told where to listen. */
export async function startProxy(
  port: number,
  first: Fault = 'none',
  at?: { readonly host: string; readonly port: number },
): Promise<FaultyProxy> {
  const { host, port: own } = at ?? { host: '127.0.0.1', port: await freePort() }
  let fault: Fault = 'none'
  let lost = 0
  let connections = 0
  const open = new Set<Connection>()
  const tokensSeen = new Set<string>()

  class Connection {
    readonly client: Socket
    readonly server: Socket
    #dead: boolean
    #token: string | undefined
    #sent = 0
    #received = 0

    constructor(client: Socket) {
      this.client = client
      this.server = connect(port, '127.0.0.1')
      this.#dead = fault === 'hang'
      if (fault === 'black hole') this.pause()
      for (const socket of [client, this.server]) {
        socket.setNoDelay(true)
        socket.on('error', () => {})
        socket.on('close', () => this.reset())
      }
      client.on('data', (chunk) => this.#request(chunk))
      this.server.on('data', (chunk) => this.#reply(chunk))
      client.on('end', () => !this.#dead && this.server.end())
      this.server.on('end', () => !this.#dead && client.end())
    }

    pause(): void {
      this.client.pause()
      this.server.pause()
    }

    resume(): void {
      this.client.resume()
      this.server.resume()
    }

    die(): void {
      this.#dead = true
    }

    reset(): void {
      this.client.resetAndDestroy()
      this.server.resetAndDestroy()
      open.delete(this)
    }

    #request(chunk: Buffer): void {
      if (this.#dead) return
      if (typeof fault === 'object' && 'cutRequestAfter' in fault) {
        const left = fault.cutRequestAfter - this.#sent
        this.#sent += chunk.length
        if (this.#sent > fault.cutRequestAfter) {
          this.server.write(chunk.subarray(0, Math.max(left, 0)), () => this.#lose())
          return
        }
      }
      const head = chunk.subarray(0, 4096).toString('latin1')
      this.#token = /insert_deduplication_token=([\w-]+)/.exec(head)?.[1] ?? this.#token
      this.server.write(chunk)
    }

    #reply(chunk: Buffer): void {
      if (this.#dead) return
      if (fault === 'lose first replies' && this.#token && !tokensSeen.has(this.#token)) {
        tokensSeen.add(this.#token)
        this.#lose()
      } else if (typeof fault === 'object' && 'cutReplyAfter' in fault) {
        const left = fault.cutReplyAfter - this.#received
        this.#received += chunk.length
        if (left < chunk.length)
          this.client.write(chunk.subarray(0, Math.max(left, 0)), () => this.#lose())
        else this.client.write(chunk)
      } else if (fault === 'trickle') {
        void this.#trickle(chunk)
      } else {
        this.client.write(chunk)
      }
    }

    #lose(): void {
      lost++
      this.reset()
    }

    async #trickle(chunk: Buffer): Promise<void> {
      for (const byte of chunk) {
        if (this.client.destroyed) return
        this.client.write(Buffer.of(byte))
        await new Promise((resolve) => setTimeout(resolve, TRICKLE_MS))
      }
    }
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    connections++
    open.add(new Connection(client))
  })
  server.listen(own, host)
  await once(server, 'listening')

  async function closeListener(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const connection of open) connection.reset()
    await closed
  }

  async function become(next: Fault): Promise<void> {
    const previous = fault
    fault = next
    if (next === 'refuse') return closeListener()
    if (previous === 'refuse') {
      server.listen(own, host)
      await once(server, 'listening')
    }
    if (previous === 'black hole') for (const connection of open) connection.resume()
    if (next === 'black hole') for (const connection of open) connection.pause()
    if (next === 'hang') for (const connection of open) connection.die()
  }

  if (first !== 'none') await become(first)
  return {
    url: `http://${host}:${own}`,
    port: own,
    get lost() {
      return lost
    },
    get connections() {
      return connections
    },
    become,
    close: closeListener,
  }
}
