import type { Duplex } from 'node:stream'

/** A request as it came over the wire. */
export interface RequestHead {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly bodyBytes: number
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The client went away before all expected bytes had come. */
export class ClientGone extends Error {}

/** Reads a connection byte by byte: bytes that are not read stay where they are and fill the window. */
export class Incoming {
  readonly #socket: Duplex
  #kept: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Duplex) {
    this.#socket = socket
    const end = () => {
      this.#ended = true
      this.#wake()
    }
    socket.on('data', (chunk: Buffer) => {
      this.#kept = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
      socket.pause()
      this.#wake()
    })
    socket.on('end', end)
    socket.on('close', end)
    socket.on('error', end)
    socket.pause()
  }

  /** The next bytes, so many of them. Rejects with ClientGone if they do not come. */
  async take(bytes: number): Promise<Buffer> {
    while (this.#kept.length < bytes) await this.#more()
    const taken = this.#kept.subarray(0, bytes)
    this.#kept = this.#kept.subarray(bytes)
    return taken
  }

  /** The next head, or undefined if the client ends the connection between two requests. */
  async head(): Promise<RequestHead | undefined> {
    for (;;) {
      const end = this.#kept.indexOf('\r\n\r\n')
      if (end >= 0) return parseHead((await this.take(end + 4)).toString('latin1'))
      if (this.#ended && this.#kept.length === 0) return undefined
      await this.#more()
    }
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new ClientGone(`the client went away, ${this.#kept.length} bytes unread`)
    const more = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#socket.resume()
    await more
  }
}

function parseHead(text: string): RequestHead {
  const [first = '', ...lines] = text.trimEnd().split('\r\n')
  const [method = '', target = ''] = first.split(' ')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { method, target, headers, bodyBytes: Number(headers['content-length'] ?? 0) }
}

/** A correct reply. */
export function wireOf({ status, headers, body }: Reply): Buffer {
  const bytes = Buffer.from(body)
  const named = Object.entries({ ...headers, 'content-length': String(bytes.length) })
  const lines = named.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} \r\n${lines}\r\n`, 'latin1'), bytes])
}
