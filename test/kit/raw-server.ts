import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { onTestFinished } from 'vitest'

export interface RawServer {
  readonly url: string
  readonly connections: number
  readonly open: ReadonlySet<Socket>
}

/** A server that speaks what it likes. `nth` counts connections from 1. Closed when the test ends. */
export async function rawServer(serve: (socket: Socket, nth: number) => void): Promise<RawServer> {
  let connections = 0
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    serve(socket, ++connections)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of open) socket.destroy()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open,
    get connections() {
      return connections
    },
  }
}

const FIXTURES = new URL('fixtures/', import.meta.url)

/** A key or certificate that is for tests only. */
export function fixture(name: string): string {
  return readFileSync(new URL(`test-only-${name}.pem`, FIXTURES), 'utf8')
}

/** The certificate of `secureServer()`, which nobody vouches for. */
export const CERT: string = fixture('cert')
export const KEY: string = fixture('key')

export interface SecureServer {
  readonly url: string
  /** The paths of its requests. */
  readonly requests: string[]
  /** The common names of the clients' certificates. */
  readonly peers: (string | undefined)[]
}

/** An HTTPS server that answers 200 to everything. Closed when the test ends. */
export async function secureServer(options: object = {}): Promise<SecureServer> {
  const peers: (string | undefined)[] = []
  const requests: string[] = []
  const server = createSecureServer({ cert: CERT, key: KEY, ...options }, (req, res) => {
    requests.push(req.url ?? '')
    peers.push((req.socket as TLSSocket).getPeerCertificate()?.subject?.CN as string | undefined)
    req.resume().on('end', () => res.end())
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `https://127.0.0.1:${port}`, requests, peers }
}
