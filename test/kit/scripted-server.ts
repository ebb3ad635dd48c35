import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { readInsert } from './insert-body.js'

/** What a server does with a request once it has read it. */
export type Behaviour =
  | 'ok' // takes the rows
  | 'hang' // never answers
  | 'reset' // the connection dies, the rows are not taken
  | 'lose the answer' // takes the rows, then the connection dies
  | 'cut' // half an answer
  | { status: number; code?: number; headers?: Record<string, string>; body?: string }
  | ((request: Received, response: ServerResponse) => void)

export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly rows: Record<string, unknown>[]
  readonly isInsert: boolean
  /** The body of what is no INSERT. */
  readonly statement: string
  /** Which connection it came by, counted from 1. */
  readonly connection: number
}

/** One behaviour for all requests; or one for each INSERT and CREATE, then 'ok'; or a function of the request. */
export type Script = Behaviour | Behaviour[] | { each(request: Received): Behaviour }

export interface ScriptedServer {
  readonly url: string
  readonly port: number
  readonly requests: Received[]
  readonly inserts: Received[]
  /** The rows taken, those of one token once. */
  readonly rows: Record<string, unknown>[]
  readonly connections: number
  follow(script: Script): void
  /** Resolves when so many requests have come in altogether. */
  received(count: number): Promise<void>
  close(): Promise<void>
}

/** An HTTP server that takes INSERTs as ClickHouse does, or behaves as it is told. Closed when the test ends. */
export async function scriptedServer(first: Script = 'ok', port = 0): Promise<ScriptedServer> {
  let script = first
  let connections = 0
  const numbers = new WeakMap<object, number>()
  const requests: Received[] = []
  const taken = new Map<string, Record<string, unknown>[]>()
  const waiting = new Set<{ count: number; resolve: () => void }>()

  const server = createServer({ keepAliveTimeout: 60_000 }, async (req, res) => {
    const request = await read(req, numbers.get(req.socket) ?? 0)
    if (!request) return
    requests.push(request)
    act(next(request), request, res)
    for (const waiter of waiting) if (requests.length >= waiter.count) waiter.resolve()
  })
  server.on('connection', (socket) => numbers.set(socket, ++connections))

  function next(request: Received): Behaviour {
    if (typeof script === 'object' && 'each' in script) return script.each(request)
    if (!Array.isArray(script)) return script
    const isAnswer = request.isInsert || request.statement.startsWith('CREATE')
    return isAnswer ? (script.shift() ?? 'ok') : 'ok'
  }

  function take({ isInsert, query, rows }: Received): void {
    if (isInsert) taken.set(query.get('insert_deduplication_token') ?? crypto.randomUUID(), rows)
  }

  function act(behaviour: Behaviour, request: Received, res: ServerResponse): void {
    if (typeof behaviour === 'function') {
      behaviour(request, res)
      return
    }
    if (typeof behaviour === 'object') {
      const { status, code, headers, body = '' } = behaviour
      const said = code === undefined ? {} : { 'x-clickhouse-exception-code': String(code) }
      res.writeHead(status, { ...said, ...headers }).end(body)
      return
    }
    switch (behaviour) {
      case 'ok':
        take(request)
        res.end()
        return
      case 'hang':
        return
      case 'lose the answer':
        take(request)
        req(res).resetAndDestroy()
        return
      case 'reset':
        req(res).resetAndDestroy()
        return
      case 'cut':
        res.writeHead(200, { 'content-length': '100' })
        res.write('12345', () => req(res).destroy())
        return
      default:
        behaviour satisfies never
    }
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  const close = async () => {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  onTestFinished(close)

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    get inserts() {
      return requests.filter((request) => request.isInsert)
    },
    get rows() {
      return [...taken.values()].flat()
    },
    get connections() {
      return connections
    },
    follow(other) {
      script = other
    },
    received(count) {
      return new Promise((resolve) => {
        if (requests.length >= count) resolve()
        else waiting.add({ count, resolve })
      })
    },
    close,
  }
}

function req(res: ServerResponse): import('node:net').Socket {
  return res.req.socket
}

async function read(req: IncomingMessage, connection: number): Promise<Received | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of req) chunks.push(chunk)
  } catch {
    return undefined // the client went away half way
  }
  const body = Buffer.concat(chunks)
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://server')
  const text = decoded(req.headers['content-encoding'], body).toString()
  const insert = readInsert(searchParams.get('query') ?? '', text)
  const leads = insert !== undefined && !searchParams.has('query')
  if (leads) searchParams.set('query', insert.statement.trimEnd())
  return {
    method: req.method ?? '',
    path: pathname,
    query: searchParams,
    headers: req.headers,
    body: leads ? bodyAfter(insert.statement, body) : body,
    rows: insert?.rows ?? [],
    isInsert: insert !== undefined,
    statement: insert ? '' : text,
    connection,
  }
}

function decoded(encoding: string | undefined, body: Buffer): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  return encoding === 'br' ? brotliDecompressSync(body) : body
}

/** What destinations share of a body. */
function bodyAfter(statement: string, body: Buffer): Buffer {
  const leading = [Buffer.from(statement), gzipSync(statement)]
  const found = leading.find((one) => body.subarray(0, one.length).equals(one))
  return body.subarray(found?.length ?? 0)
}

/** The names of the spans that the server has taken, in order. */
export function namesIn(server: ScriptedServer): unknown[] {
  return server.rows.map((row) => row['span_name'])
}
