import { EventEmitter } from 'node:events'
import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type Certificates, secureOptions } from '../access/secure.js'
import { handle, type Parts } from './handle.js'

const MAX_HEADER_BYTES = 16 * 1024
const HEADERS_MS = 10_000
/** Longer than the pauses between the requests of most clients. */
const KEEP_ALIVE_MS = 65_000
const CHECK_MS = 1000

export interface HttpLimits {
  readonly connections: number
  readonly requestTimeoutMs: number
}

/** A server of OTLP/HTTP that does not listen yet. */
export function newHttpServer(
  parts: Parts,
  { connections, requestTimeoutMs }: HttpLimits,
  tls: Certificates | undefined,
): Server {
  const options: ServerOptions = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: Math.min(HEADERS_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_MS,
  }
  const server = tls
    ? createSecureServer({ ...options, ...secureOptions(tls) })
    : createServer(options)
  // An instrumentation of node:http replaces emit() of all servers. These requests must not be traced: the spans would come here again.
  server.emit = EventEmitter.prototype.emit
  server.maxConnections = connections
  server.on('request', (request, response) => {
    void handle(parts, request, response)
    // close() ends the connections that are idle then; the others must not stay open for the next request.
    response.once('close', () => {
      if (parts.isClosing()) setImmediate(() => server.closeIdleConnections())
    })
  })
  server.on('tlsClientError', (_, socket) => socket.destroy())
  return server
}
