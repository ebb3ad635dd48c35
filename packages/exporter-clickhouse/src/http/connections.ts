import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { clock } from '../common/clock.js'
import type { DestinationConfig } from '../config/config.js'
import { type Address, lookupOf } from './addresses.js'
import { lookUp } from './look-up.js'

/** Kept-alive connections to one endpoint, in the configured agent or in one of our own. */
export interface Connections {
  readonly scheme: 'http' | 'https'
  readonly request: typeof httpRequest
  /** Options of every request. */
  readonly options: RequestOptions
  /** A request has been given this socket. */
  taken(socket: Socket): void
  /** A request has ended on this socket. */
  released(socket: Socket): void
  /** Closes connections on which none of our requests has run for this long. */
  closeIdleFor(ms: number): void
  /** Changes how many connections there may be, except in a configured agent. */
  resize(maxSockets: number): void
  close(): void
}

export function openConnections(
  { endpoint, tls, agent: configured }: DestinationConfig,
  maxSockets: number,
  to?: Address,
): Connections {
  const secure = endpoint.protocol === 'https:'
  const pool = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    scheduling: 'lifo' as const,
  }
  const agent = configured ?? (secure ? new HttpsAgent({ ...pool, ...tls }) : new HttpAgent(pool))
  // Only sockets that our requests used: a configured agent may also serve other requests.
  const idleSince = new WeakMap<Socket, number>()
  const guarded = new WeakSet<Socket>()
  return {
    scheme: secure ? 'https' : 'http',
    request: secure ? httpsRequest : httpRequest,
    options: {
      protocol: endpoint.protocol,
      hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
      port: endpoint.port,
      agent,
      ...(to && { lookup: lookupOf(to) }),
      ...(!to && !configured && { lookup: lookUp }), // a configured agent may look names up in its own way
      ...(secure && tls), // a configured agent does not have them
    },
    taken(socket) {
      // Between two requests Node leaves a socket without an error listener, and an error there would end the application.
      if (!guarded.has(socket)) socket.on('error', () => {})
      guarded.add(socket)
      socket.unref() // a request in flight must not keep an application running that has ended; a flush holds a timer
    },
    released(socket) {
      idleSince.set(socket, clock.now())
      socket.ref() // the agent may give it to a request of the application at once; it unrefs idle ones itself
    },
    closeIdleFor(ms) {
      // An agent of the application's own may keep no sockets.
      const now = clock.now()
      for (const sockets of Object.values(agent.freeSockets ?? {}))
        for (const socket of sockets ?? [])
          if (now - (idleSince.get(socket) ?? Number.POSITIVE_INFINITY) > ms) socket.destroy()
    },
    resize(maxSockets) {
      if (agent === configured) return
      agent.maxSockets = maxSockets
      agent.maxFreeSockets = maxSockets
    },
    close() {
      if (agent !== configured) agent.destroy()
    },
  }
}
