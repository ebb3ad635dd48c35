import { EventEmitter } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerOptions,
} from 'node:http2'
import { startDeadline } from '#exporter'
import { type Certificates, secureOptions } from '../access/secure.js'
import { answerCall, type Parts } from './call.js'

/** Of a connection that has sent no request yet. */
const FIRST_REQUEST_MS = 10_000
/** Of a connection without a request. Exporters of metrics send once a minute. */
const IDLE_MS = 300_000
const CLOSE_MS = 5000
/** What clients may send before it is read: each connection can hold so much memory. */
const STREAM_WINDOW_BYTES = 256 * 1024
const CONNECTION_WINDOW_BYTES = 512 * 1024

const LIMITS: ServerOptions = {
  settings: {
    maxConcurrentStreams: 100,
    maxHeaderListSize: 16 * 1024,
    headerTableSize: 4096,
    initialWindowSize: STREAM_WINDOW_BYTES,
    enablePush: false,
  },
  maxHeaderListPairs: 64,
  maxSessionMemory: 16,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 100,
  // Not in the types of Node 20: whoever opens and resets streams faster than this is cut off.
  ...{
    maxOutstandingSettings: 10,
    maxSessionRejectedStreams: 100,
    streamResetBurst: 200,
    streamResetRate: 50,
  },
}

export interface GrpcServer {
  readonly server: Http2Server
  /** Lets calls in progress end, and accepts no others. Resolves when they have ended. */
  goAway(): void
  destroyAll(): void
}

/** A server of OTLP/gRPC that does not listen yet. */
export function newGrpcServer(
  parts: Parts,
  { connections }: { connections: number },
  tls: Certificates | undefined,
): GrpcServer {
  const sessions = new Set<ServerHttp2Session>()
  const server = tls
    ? createSecureServer({ ...(LIMITS as SecureServerOptions), ...secureOptions(tls) })
    : createServer(LIMITS)
  server.emit = EventEmitter.prototype.emit // as for OTLP/HTTP: these requests must not be traced
  server.maxConnections = connections
  server.on('sessionError', () => {})
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('error', () => {})
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
    const cancel = startDeadline(FIRST_REQUEST_MS, () => session.destroy(), { ref: false })
    session.once('stream', cancel).once('close', cancel)
    session.setTimeout(IDLE_MS, () => endSoon(session))
  })
  server.on('stream', (stream, headers) => void answerCall(parts, stream, headers))
  return {
    server,
    goAway() {
      for (const session of sessions) session.close()
    },
    destroyAll() {
      for (const session of sessions) session.destroy()
    },
  }
}

function endSoon(session: ServerHttp2Session): void {
  session.close()
  setTimeout(() => session.destroy(), CLOSE_MS).unref()
}
