import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type FaultyProxy, startProxy } from './proxy.js'

export type Direction = 'requests' | 'replies'

/** What the line does to bytes in one direction. */
export interface Line {
  readonly latencyMs?: number
  readonly bytesPerSecond?: number
  /** Nothing arrives until this is over; then all that was sent arrives. */
  readonly blackHole?: boolean
}

/** The proxy of the delivery tests with a line behind it that is long, thin, or open in one direction only. */
export interface TcpProxy extends FaultyProxy {
  shape(direction: Direction, line: Line): void
  /** Everything passes at once, in both directions. */
  heal(): Promise<void>
}

const MAX_ON_THE_LINE = 256 * 1024

/** One direction of one connection. */
class Pipe {
  readonly #from: Socket
  readonly #to: Socket
  #line: Line
  readonly #chunks: { readonly bytes: Buffer; readonly sentAt: number }[] = []
  #bytes = 0
  #isRunning = false
  #ended = false
  #wake: () => void = () => {}

  constructor(from: Socket, to: Socket, line: Line) {
    this.#from = from
    this.#to = to
    this.#line = line
    from.on('data', (bytes: Buffer) => {
      this.#chunks.push({ bytes, sentAt: performance.now() })
      this.#bytes += bytes.length
      if (this.#bytes > MAX_ON_THE_LINE) from.pause()
      void this.#run()
    })
    to.on('close', () => this.#wake())
    from.on('end', () => {
      this.#ended = true
      void this.#run()
    })
  }

  become(line: Line): void {
    this.#line = line
    this.#wake()
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    for (let chunk = this.#chunks[0]; chunk && !this.#to.destroyed; chunk = this.#chunks[0]) {
      await this.#isThrough(chunk.bytes.length, chunk.sentAt)
      this.#chunks.shift()
      this.#bytes -= chunk.bytes.length
      this.#to.write(chunk.bytes)
      if (this.#bytes < MAX_ON_THE_LINE) this.#from.resume()
    }
    this.#isRunning = false
    if (this.#ended) this.#to.end()
  }

  /** Checked again whenever the line changes. */
  async #isThrough(bytes: number, sentAt: number): Promise<void> {
    const startedAt = performance.now()
    for (;;) {
      const { latencyMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY, blackHole } = this.#line
      const due = Math.max(sentAt + latencyMs, startedAt + (bytes / bytesPerSecond) * 1000)
      const left = blackHole ? Number.POSITIVE_INFINITY : due - performance.now()
      if (left <= 0 || this.#to.destroyed) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        if (left < Number.POSITIVE_INFINITY) setTimeout(resolve, left)
      })
    }
  }
}

/** Before 127.0.0.1:`port`, on a port of its own. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const lines: Record<Direction, Line> = { requests: {}, replies: {} }
  const pipes = new Map<Direction, Set<Pipe>>([
    ['requests', new Set()],
    ['replies', new Set()],
  ])
  const open = new Set<Socket>()

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const both: [Direction, Pipe][] = [
      ['requests', new Pipe(client, upstream, lines.requests)],
      ['replies', new Pipe(upstream, client, lines.replies)],
    ]
    for (const [direction, pipe] of both) pipes.get(direction)?.add(pipe)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => other.resetAndDestroy())
      socket.on('close', () => {
        open.delete(socket)
        if (!socket.readableEnded) other.resetAndDestroy()
        for (const [direction, pipe] of both) pipes.get(direction)?.delete(pipe)
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const front = await startProxy((server.address() as AddressInfo).port)

  const shape = (direction: Direction, line: Line): void => {
    lines[direction] = line
    for (const pipe of pipes.get(direction) ?? []) pipe.become(line)
  }
  return {
    url: front.url,
    port: front.port,
    get lost() {
      return front.lost
    },
    get connections() {
      return front.connections
    },
    become: front.become,
    shape,
    async heal() {
      shape('requests', {})
      shape('replies', {})
      await front.become('none')
    },
    async close() {
      await front.close()
      server.close()
      for (const socket of open) socket.resetAndDestroy()
    },
  }
}
