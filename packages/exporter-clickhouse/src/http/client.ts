import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { brotliDecompressSync, constants, unzipSync } from 'node:zlib'
import { clock, turn } from '../common/clock.js'
import { startDeadline } from '../common/deadline.js'
import { withoutTracing } from '../common/suppress-tracing.js'
import type { DestinationConfig } from '../config/config.js'

/** One request: everything that is not the same for all requests to the destination. */
export interface Post {
  readonly method?: 'GET' | 'POST'
  /** Path below the endpoint, with its query, e.g. `/?query=…`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent before the body. */
  readonly head?: Buffer | undefined
  readonly body: Buffer
  /** Of the whole exchange, from the call to the last byte of the answer. */
  readonly deadlineMs: number
  /** It may reach the server twice without harm. */
  readonly repeatable: boolean
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The first 64 KiB. */
  readonly body: string
  /** False where the answer was longer than we read. */
  readonly complete: boolean
}

/** What came of a request. `bodyStarted` tells whether the server may have seen any of the rows. */
export type Exchange =
  /** `replayed`: it was sent twice, because a kept connection died under it. */
  | { readonly reply: Reply; readonly replayed?: boolean }
  | {
      readonly error: Error
      readonly bodyStarted: boolean
      readonly timedOut: boolean
      /** A new connection ended without a byte of an answer; its scheme. */
      readonly unanswered?: 'http' | 'https'
    }

export interface Client {
  /** Never rejects, never follows a redirect. */
  send(post: Post, signal: AbortSignal): Promise<Exchange>
  close(): void
}

const KEPT_REPLY_BYTES = 64 * 1024
const MAX_REPLY_BYTES = 1024 * 1024
// Servers close idle connections after 3 s (ClickHouse Cloud) or more.
const MAX_IDLE_MS = 2500

/** The only file that touches the network: requests to one destination, over its own kept-alive connections. */
export function openClient(config: DestinationConfig, maxSockets: number): Client {
  const { endpoint, tls } = config
  const secure = endpoint.protocol === 'https:'
  const request = secure ? httpsRequest : httpRequest
  const pool = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    scheduling: 'lifo' as const,
  }
  const agent = config.agent ?? (secure ? new HttpsAgent({ ...pool, ...tls }) : new HttpAgent(pool))
  // Of our own requests only: an agent of the user's may serve others, too.
  const idleSince = new WeakMap<Socket, number>()
  const guarded = new WeakSet<Socket>()
  const fixed: RequestOptions = {
    protocol: endpoint.protocol,
    hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: endpoint.port,
    agent,
    ...(secure && tls), // an agent of the user's does not know them
  }
  const sharedHeaders = { ...authorization(config), ...config.headers }

  function dropSocketsIdleFor(ms: number): void {
    const now = clock.now()
    for (const sockets of Object.values(agent.freeSockets))
      for (const socket of sockets ?? [])
        if (now - (idleSince.get(socket) ?? Number.POSITIVE_INFINITY) > ms) socket.destroy()
  }

  function exchange(
    post: Post,
    signal: AbortSignal,
    startedAt: number,
  ): Promise<Exchange & { stale?: boolean }> {
    return new Promise((resolve) => {
      let bodyStarted = false
      let timedOut = false
      let finished = false
      let answer: IncomingMessage | undefined
      const fail = (error: Error) => {
        // The whole answer has arrived and is about to be read: a later error does not matter.
        if (answer?.complete && !timedOut && !signal.aborted) return
        const isNew = !req.reusedSocket && !answer && !timedOut && !signal.aborted
        finish({
          error,
          bodyStarted,
          timedOut,
          ...(isNew && { unanswered: secure ? 'https' : 'http' }),
          stale: req.reusedSocket && !answer && !timedOut && !signal.aborted,
        })
      }
      const finish = (outcome: Exchange & { stale?: boolean }) => {
        finished = true
        endDeadline()
        signal.removeEventListener('abort', abort)
        if (req.socket) idleSince.set(req.socket, clock.now())
        resolve(outcome)
      }
      const abort = () => req.destroy(signal.reason)
      const expire = () => {
        if (finished) return
        timedOut = true
        req.destroy(new Error(`no complete answer within ${post.deadlineMs} ms`))
      }

      const length = (post.head?.length ?? 0) + post.body.length
      const req = request({
        ...fixed,
        method: post.method ?? 'POST',
        path: `${endpoint.pathname === '/' ? '' : endpoint.pathname}${post.path}`,
        headers: { ...sharedHeaders, ...post.headers, 'content-length': String(length) },
      })
      const leftMs = Math.max(post.deadlineMs - (clock.now() - startedAt), 0)
      const endDeadline = startDeadline(leftMs, expire, { ref: false })
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()

      req.on('socket', (socket) => {
        // Node leaves a socket without a listener between two requests, and an error there ends the application.
        if (!guarded.has(socket)) socket.on('error', () => {})
        guarded.add(socket)
        socket.unref() // a request under way must not hold an ended application open; a flush holds a timer
        const start = () => {
          bodyStarted = true
        }
        if (!socket.connecting) start()
        else socket.once(secure ? 'secureConnect' : 'connect', start)
      })
      req.on('error', fail)
      // Without these a connection that dies between request and response would settle nothing.
      req.on('close', () => fail(new Error('the connection closed before an answer')))
      req.on('response', (res) => {
        answer = res
        const chunks: Buffer[] = []
        let bytes = 0
        const reply = (complete: boolean): Exchange => ({
          reply: {
            complete,
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: textOf(
              Buffer.concat(chunks).subarray(0, KEPT_REPLY_BYTES),
              res.headers['content-encoding'],
            ),
          },
        })
        res.on('data', (chunk: Buffer) => {
          if (bytes < KEPT_REPLY_BYTES) chunks.push(chunk)
          bytes += chunk.length
          if (bytes > MAX_REPLY_BYTES) {
            finish(reply(false))
            req.destroy()
          }
        })
        // 'end' comes for a cut answer too on some paths; only `complete` says that all of it is here.
        res.on('end', () => {
          if (!res.complete) fail(new Error('the answer was cut short'))
          // An answer to a request that has not been sent completely is no acknowledgement: the server cannot have the rows.
          else if (req.writableFinished) finish(reply(true))
          else {
            finish(reply(false))
            req.destroy()
          }
        })
        res.on('error', fail)
        res.on('close', () => fail(new Error('the answer was cut short')))
      })
      if (post.head) req.write(post.head)
      req.end(post.body)
    })
  }

  return {
    async send(post, signal) {
      const startedAt = clock.now()
      const attempt = () =>
        withoutTracing(() => exchange(post, signal, startedAt)).catch(
          // What an agent or unusable TLS options throw.
          (error: Error) => ({ error, bodyStarted: false, timedOut: false, stale: false }),
        )
      dropSocketsIdleFor(MAX_IDLE_MS)
      // After a stall of the event loop a kept connection may be closed without our having seen it:
      // two turns hold one poll phase, in which the agent learns of it.
      await turn()
      await turn()
      const first = await attempt()
      if (!first.stale || !post.repeatable) return first
      // The server closed the connection as we took it again; with its token the same request is
      // safe. The other kept connections are as old.
      dropSocketsIdleFor(0)
      await turn()
      const second = await attempt()
      return 'error' in second ? { ...second, bodyStarted: true } : { ...second, replayed: true }
    },
    close() {
      if (agent !== config.agent) agent.destroy()
    },
  }
}

// Some proxies compress answers although the request does not ask for it.
function textOf(bytes: Buffer, encoding: string | undefined): string {
  const maxOutputLength = KEPT_REPLY_BYTES
  try {
    switch (encoding?.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip':
      case 'deflate':
        return unzipSync(bytes, {
          maxOutputLength,
          finishFlush: constants.Z_SYNC_FLUSH, // the end may be cut off
        }).toString()
      case 'br':
        return brotliDecompressSync(bytes, {
          maxOutputLength,
          finishFlush: constants.BROTLI_OPERATION_FLUSH,
        }).toString()
      default:
        return bytes.toString()
    }
  } catch {
    return bytes.toString()
  }
}

// Basic, not X-ClickHouse-User: base64 carries passwords that a header value cannot.
function authorization({ username, password, headers }: DestinationConfig): Record<string, string> {
  const named = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (named || (username === 'default' && password === '')) return {}
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
}
