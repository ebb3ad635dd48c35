import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { clock } from '../common/clock.js'
import { startDeadline } from '../common/deadline.js'
import { connectLimit } from './connect-limit.js'
import type { Connections } from './connections.js'
import { ReplyBody } from './reply-body.js'

/** What differs between requests to the same destination. */
export interface Post {
  readonly method?: 'GET' | 'POST'
  /** Path below the endpoint, with its query, e.g. `/?query=…`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent before the body. */
  readonly head?: Buffer | undefined
  readonly body: Buffer
  /** For the whole exchange, from the call to the last byte of the reply. */
  readonly deadlineMs: number
  /** Whether it may reach the server twice without harm. */
  readonly repeatable: boolean
  /** How much of the beginning of the reply is kept, if more than 48 KiB. */
  readonly keptBytes?: number | undefined
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** If it is long, its first 48 KiB, or as much as was asked for, and its last 16 KiB. */
  readonly body: string
  /** The end of the body is unknown: it was longer than what was read, or cannot be inflated. */
  readonly isCut?: boolean
  /** False if the reply was longer than what was read, or came before the request had been sent. */
  readonly complete: boolean
}

/** The result of a request. `bodyStarted` says whether the server may have received any of the rows. */
export type Exchange =
  /** `replayed`: it was sent twice, because a kept-alive connection broke during the first attempt. */
  | { readonly reply: Reply; readonly replayed?: boolean }
  | {
      readonly error: Error
      readonly bodyStarted: boolean
      readonly timedOut: boolean
      /** A new connection ended without a byte of a reply. The value is its scheme. */
      readonly unanswered?: 'http' | 'https'
    }

const MAX_REPLY_BYTES = 16 * 1024 * 1024

/** Sends one request. `stale`: it failed on a kept-alive connection before any reply, so the server had probably closed the connection. */
export function exchange(
  { scheme, request, options, taken, released }: Connections,
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
      // The whole reply has arrived and is about to be read, so a later error does not matter.
      if (answer?.complete && !timedOut && !signal.aborted) return
      const isNew = !req.reusedSocket && !answer && !timedOut && !signal.aborted
      finish({
        error,
        bodyStarted,
        timedOut,
        ...(isNew && { unanswered: scheme }),
        stale: req.reusedSocket && !answer && !timedOut && !signal.aborted,
      })
    }
    const finish = (result: Exchange & { stale?: boolean }) => {
      finished = true
      endDeadline()
      signal.removeEventListener('abort', abort)
      if (req.socket) released(req.socket)
      resolve(result)
    }
    const abort = () => req.destroy(signal.reason)
    const expire = () => {
      if (finished) return
      timedOut = true
      req.destroy(new Error(`no complete answer within ${post.deadlineMs} ms`))
    }

    const length = (post.head?.length ?? 0) + post.body.length
    const req = request({
      ...options,
      ...connectLimit(post.deadlineMs),
      method: post.method ?? 'POST',
      path: post.path,
      headers: { ...post.headers, 'content-length': String(length) },
    })
    const leftMs = Math.max(post.deadlineMs - (clock.now() - startedAt), 0)
    const endDeadline = startDeadline(leftMs, expire, { ref: false })
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()

    req.on('socket', (socket) => {
      taken(socket)
      const start = () => {
        bodyStarted = true
      }
      if (!socket.connecting) start()
      else socket.once(scheme === 'https' ? 'secureConnect' : 'connect', start)
    })
    req.on('error', fail)
    // Without this, a connection that breaks between request and response would leave the promise pending.
    req.on('close', () => fail(new Error('the connection closed before an answer')))
    req.on('response', (res) => {
      answer = res
      const received = new ReplyBody(res.headers['content-encoding'], post.keptBytes)
      let bytes = 0
      const reply = (complete: boolean): Exchange => {
        const { body, isCut } = received.read()
        const { statusCode: status = 0, headers } = res
        return {
          reply: { complete, status, headers, body, isCut: isCut || bytes > MAX_REPLY_BYTES },
        }
      }
      res.on('data', (chunk: Buffer) => {
        received.add(chunk)
        bytes += chunk.length
        if (bytes > MAX_REPLY_BYTES) {
          finish(reply(false))
          req.destroy()
        }
      })
      // In some cases 'end' also comes for a reply that was cut short; only `complete` says that all of it is here.
      res.on('end', () => {
        if (!res.complete) fail(new Error('the answer was cut short'))
        // A reply to a request that was not sent completely acknowledges nothing: the server cannot have all rows.
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
