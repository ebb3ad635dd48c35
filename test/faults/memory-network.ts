import { Agent, type AgentOptions } from 'node:http'
import { Duplex } from 'node:stream'
import type { Connection, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'

/** One end of a connection that never leaves this process. */
class MemorySocket extends Duplex {
  peer: MemorySocket | undefined
  readonly connecting = false
  #accepted: (() => void) | undefined

  // Methods that an http.Agent calls on a socket; they have no effect in memory.
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
  setTimeout(): this {
    return this
  }
  ref(): this {
    return this
  }
  unref(): this {
    return this
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    const { peer } = this
    if (!peer || peer.destroyed) done(failure('EPIPE'))
    else if (peer.push(chunk)) done()
    else peer.#accepted = done
  }

  override _read(): void {
    const accepted = this.#accepted
    this.#accepted = undefined
    accepted?.()
  }

  override _final(done: () => void): void {
    if (this.peer && !this.peer.destroyed) this.peer.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { peer } = this
    if (peer && !peer.destroyed && !peer.readableEnded) peer.push(null)
    this.#accepted?.()
    done(error)
  }

  resetAndDestroy(): this {
    const { peer } = this
    this.destroy()
    if (peer && !peer.destroyed) peer.destroy(failure('ECONNRESET'))
    return this
  }
}

function connected(): [MemorySocket, MemorySocket] {
  const ends: [MemorySocket, MemorySocket] = [new MemorySocket(), new MemorySocket()]
  ends[0].peer = ends[1]
  ends[1].peer = ends[0]
  return ends
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}, in memory`), { code })
}

/** Servers by host name. */
export class MemoryNetwork {
  readonly #servers = new Map<string, ScriptedClickHouse>()
  /** Hosts on which nothing listens. */
  readonly down = new Set<string>()

  add(host: string, server: ScriptedClickHouse): void {
    this.#servers.set(host, server)
  }

  /** Stops listening there and closes its connections. */
  takeDown(host: string): void {
    this.down.add(host)
    this.#servers.get(host)?.resetAll()
  }

  /** The connections of one process. */
  process(): MemoryAgent {
    return new MemoryAgent((host) => {
      const server = this.#servers.get(host)
      if (!server || this.down.has(host)) throw failure('ECONNREFUSED')
      const [client, served] = connected()
      server.serve(served as Connection)
      return client
    })
  }
}

/** An `http.Agent` whose process can be killed. */
export class MemoryAgent extends Agent {
  readonly #connect: (host: string) => MemorySocket
  readonly #open = new Set<MemorySocket>()
  #killed = false

  constructor(connect: (host: string) => MemorySocket) {
    super({ keepAlive: true, maxSockets: 6, maxFreeSockets: 6, scheduling: 'lifo' })
    this.#connect = connect
  }

  override createConnection(
    { host = '' }: AgentOptions & { host?: string },
    done: (error: Error | null, socket?: Duplex) => void,
  ): Duplex {
    if (this.#killed) return undefined as never // a dead process opens no connection and gets no answer
    try {
      const socket = this.#connect(host)
      this.#open.add(socket)
      socket.on('close', () => this.#open.delete(socket))
      return socket
    } catch (error) {
      process.nextTick(done, error as Error)
      return undefined as never
    }
  }

  /** As the kernel does for a killed process: its connections end, and it opens no more. */
  kill(): void {
    this.#killed = true
    for (const socket of this.#open) socket.resetAndDestroy()
  }
}
