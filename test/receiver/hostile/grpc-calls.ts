import type { OutgoingHttpHeaders } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { REQUESTS } from '../numbered-requests.js'
import { framed, METHODS } from '../post.js'
import { DEEP_LIST, flipped, IDS, noise } from './bodies.js'
import type { Kinds, Target } from './kinds.js'

const BODY = REQUESTS.traces(IDS)
const ZIPPED = gzipSync(BODY)

async function status(
  { calls }: Target,
  bytes: Buffer,
  headers: OutgoingHttpHeaders = {},
): Promise<string> {
  try {
    const answer = await calls.call(bytes, { ':path': METHODS.traces, ...headers })
    return answer.status >= 0 ? String(answer.status) : `HTTP ${answer.headers[':status']}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'closed'
  }
}

function withLength(length: number, flag = 0): Buffer {
  const bytes = framed(BODY, flag)
  bytes.writeUInt32BE(length, 1)
  return bytes
}

/** Calls with HTTP/2 as it should be, and messages as they should not. */
export const GRPC_CALLS: Kinds = {
  'gRPC: a message cut off after each byte': {
    times: 500,
    right: /^3$/,
    send: (target, nth) => status(target, framed(BODY).subarray(0, nth % (BODY.length + 5))),
  },
  'gRPC: bits flipped': {
    times: 700,
    right: /^(0|3|8)$/,
    send: (target) => status(target, flipped(framed(BODY), target.random)),
  },
  'gRPC: noise': {
    times: 200,
    right: /^(0|3|8)$/,
    send: (target) => status(target, noise(target.random, target.random.between(0, 300))),
  },
  'gRPC: a length that is wrong': {
    times: 150,
    right: /^(3|8)$/,
    send: (target, nth) =>
      status(
        target,
        withLength(
          [0, 1, BODY.length - 1, BODY.length + 1, 2 ** 31, 2 ** 32 - 1][nth % 6] as number,
        ),
      ),
  },
  'gRPC: a flag for compression that is wrong': {
    times: 150,
    right: /^3$/,
    send: (target, nth) =>
      nth % 3 === 0
        ? status(target, framed(ZIPPED, 1))
        : nth % 3 === 1
          ? status(target, framed(BODY, 255), { 'grpc-encoding': 'gzip' })
          : status(target, framed(BODY, 1), { 'grpc-encoding': 'gzip' }),
  },
  'gRPC: several messages': {
    times: 100,
    right: /^3$/,
    send: (target) => status(target, Buffer.concat([framed(BODY), framed(BODY)])),
  },
  'gRPC: a bomb': {
    times: 6,
    right: /^(4|8|14)$/, // 4 if it came too slowly
    send: (target) =>
      status(target, framed(gzipSync(Buffer.alloc(target.maxBodyBytes + 1)), 1), {
        'grpc-encoding': 'gzip',
      }),
  },
  'gRPC: values nested a thousand levels deep': {
    times: 30,
    right: /^0$/,
    send: (target) => status(target, framed(DEEP_LIST)),
  },
  'gRPC: another method, content type or encoding': {
    times: 200,
    right: /^(12|HTTP 4\d\d|ERR_HTTP2_STREAM_ERROR)$/, // the last for a path that is none,
    send: (target, nth) =>
      status(
        target,
        framed(BODY),
        [
          { ':path': '/x.Y/Z' },
          { ':path': '/' },
          { ':path': `/${'x'.repeat(5000)}` },
          { 'content-type': 'application/json' },
          { 'content-type': 'application/grpc+json' },
          { ':method': 'PUT' },
          { 'grpc-encoding': 'snappy' },
          { ':path': '__proto__' },
        ][nth % 8],
      ),
  },
  'gRPC: headers that are too long or too many': {
    times: 60,
    right: /^(\d+|HTTP 4\d\d|ERR_HTTP2\w+|closed)$/,
    send: (target, nth) =>
      status(
        target,
        framed(BODY),
        nth % 2
          ? { 'x-long': 'y'.repeat(30_000) }
          : Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`x-${n}`, 'y'])),
      ),
  },
  'gRPC: a timeout that makes no sense': {
    times: 100,
    right: /^(0|14)$/,
    send: (target, nth) =>
      status(target, framed(BODY), {
        'grpc-timeout': ['0m', '-1S', '99999999H', 'soon', '1n', '9999999999S'][nth % 6],
      }),
  },
  'gRPC: a call that is cancelled at once': {
    times: 250,
    right: /^cancelled$/,
    async send({ calls, random }) {
      const bytes = framed(BODY).subarray(0, random.between(1, BODY.length + 5))
      await calls.cancelled(bytes, { ':path': METHODS.traces })
      return 'cancelled'
    },
  },
}
