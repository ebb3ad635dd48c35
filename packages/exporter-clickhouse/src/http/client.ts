import { clock, turn } from '../common/clock.js'
import { outside } from '../common/outside.js'
import { withoutTracing } from '../common/suppress-tracing.js'
import type { DestinationConfig } from '../config/config.js'
import type { Address } from './addresses.js'
import { openConnections } from './connections.js'
import { type Exchange, exchange, type Post } from './exchange.js'

export interface Client {
  /** Never rejects, never follows a redirect. */
  send(post: Post, signal: AbortSignal): Promise<Exchange>
  close(): void
}

/** A client over connections of its own. */
export interface Pool extends Client {
  /** How many connections it may have at a time. A configured agent decides that itself. */
  resize(maxSockets: number): void
}

// Servers close idle connections after 3 s (ClickHouse Cloud) or more.
const MAX_IDLE_MS = 2500

/** Requests to one destination over its own kept-alive connections. `to`: the one of the addresses of its name that they go to. */
export function openClient(config: DestinationConfig, maxSockets: number, to?: Address): Pool {
  const { pathname } = config.endpoint
  const connections = openConnections(config, maxSockets, to)
  const sharedHeaders = { ...authorization(config), ...config.headers }

  return {
    async send(post, signal) {
      const startedAt = clock.now()
      const request: Post = {
        ...post,
        path: `${pathname === '/' ? '' : pathname}${post.path}`,
        headers: { ...sharedHeaders, ...post.headers },
      }
      const attempt = () =>
        outside(() =>
          withoutTracing(() => exchange(connections, request, signal, startedAt)),
        ).catch(
          // An agent or unusable TLS options may throw.
          (error: Error) => ({ error, bodyStarted: false, timedOut: false, stale: false }),
        )
      connections.closeIdleFor(MAX_IDLE_MS)
      // After a stall of the event loop the server may have closed a kept-alive connection, and the agent does not know it yet.
      // Two turns include one poll phase, in which the agent learns of it.
      await turn()
      await turn()
      const first = await attempt()
      if (!first.stale || !post.repeatable) return first
      // The server closed the connection just as we used it again. The request has a token, so it is safe to send it again.
      // The other kept-alive connections are as old, so they are closed too.
      connections.closeIdleFor(0)
      await turn()
      const second = await attempt()
      return 'error' in second ? { ...second, bodyStarted: true } : { ...second, replayed: true }
    },
    resize: connections.resize,
    close: connections.close,
  }
}

// Basic, not X-ClickHouse-User: base64 carries passwords that a header value cannot.
function authorization({ username, password, headers }: DestinationConfig): Record<string, string> {
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (named || (username === 'default' && password === '')) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
