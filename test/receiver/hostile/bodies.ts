import { deflateSync, gzipSync } from 'node:zlib'
import { bytesField, varint } from '../../../packages/receiver/src/answers/protobuf.js'
import type { Random } from '../../faults/seed.js'
import { keyValue, REQUESTS, requestOf, span, text } from '../numbered-requests.js'
import { post } from '../post.js'
import type { Kinds, Target } from './kinds.js'

export const IDS = Array.from({ length: 3 }, (_, n) => `0bad000${n}0000000${n}`)
const GOOD = Object.values(REQUESTS).map((request) => request(IDS))
const PATHS = ['/v1/traces', '/v1/logs', '/v1/metrics']
const PROTOBUF = 'application/x-protobuf'
const DEEP = 20_000

type Headers = Readonly<Record<string, string>>

async function status(
  { httpPort: port, agent }: Target,
  body: Buffer | string,
  headers: Headers = {},
  path = '/v1/traces',
  method = 'POST',
): Promise<string> {
  const answer = await post(
    { port, path, agent },
    body,
    { 'content-type': PROTOBUF, ...headers },
    method,
  )
  return String(answer.status)
}

/** The body of the signal of this number, and its path. */
function good(nth: number): readonly [body: Buffer, path: string] {
  const signal = nth % GOOD.length
  return [GOOD[signal] as Buffer, PATHS[signal] as string]
}

export function flipped(body: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(body)
  for (let flips = random.between(1, 4); flips > 0; flips--) {
    const at = random.between(0, bytes.length - 1)
    bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7))
  }
  return bytes
}

export function noise(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random.between(0, 255)))
}

/** A span with this attribute value. */
function spanWith(value: Buffer): Buffer {
  return requestOf([Buffer.concat([span(IDS[0] as string), keyValue(9, 'deep', value)])])
}

/** Written from the inside to the outside, so that it takes no stack. */
function nested(depth: number, wrap: (inner: Buffer) => Buffer): Buffer {
  let value = text('end')
  for (let level = 0; level < depth; level++) value = wrap(value)
  return value
}

export const DEEP_LIST: Buffer = spanWith(
  nested(1000, (inner) => bytesField(5, bytesField(1, inner))),
)
const DEEP_MAP = spanWith(nested(1000, (inner) => bytesField(6, keyValue(1, '__proto__', inner))))
const DEEP_GROUPS = Buffer.concat([
  Buffer.alloc(DEEP, varint(100 * 8 + 3)),
  Buffer.alloc(DEEP, varint(100 * 8 + 4)),
])
const STRANGE_KEYS = requestOf([
  Buffer.concat([
    span(IDS[0] as string),
    ...['__proto__', 'constructor', 'prototype', 'toString', '', '\0', '\u2028'].map((key) =>
      keyValue(9, key, bytesField(6, keyValue(1, 'polluted', text('yes')))),
    ),
  ]),
])
const NOT_UTF8 = requestOf([
  Buffer.concat([
    span(IDS[0] as string),
    bytesField(9, bytesField(1, Buffer.from([0xff, 0xed, 0xa0, 0x80, 0]))),
  ]),
])

/** Bodies in protobuf, and compressed ones. */
export const BODIES: Kinds = {
  'protobuf cut off after each byte': {
    times: 1000,
    right: /^(200|400)$/, // nothing at all is an empty request
    send(target, nth) {
      const [body, path] = good(nth)
      return status(target, body.subarray(0, Math.floor(nth / 3) % body.length), {}, path)
    },
  },
  'protobuf with bits flipped': {
    times: 1000,
    right: /^(200|400|413)$/,
    send(target, nth) {
      const [body, path] = good(nth)
      return status(target, flipped(body, target.random), {}, path)
    },
  },
  'noise as protobuf': {
    times: 400,
    right: /^(200|400|413)$/,
    send: (target, nth) =>
      status(target, noise(target.random, target.random.between(1, 300)), {}, good(nth)[1]),
  },
  'protobuf of another signal': {
    times: 100,
    right: /^(200|400)$/,
    send: (target, nth) => status(target, good(nth)[0], {}, good(nth + 1)[1]),
  },
  'gzip cut off after each byte': {
    times: 300,
    right: /^400$/,
    send(target, nth) {
      const zipped = gzipSync(GOOD[0] as Buffer)
      const cut = zipped.subarray(0, nth % zipped.length)
      return status(target, cut, { 'content-encoding': 'gzip' })
    },
  },
  'gzip with bits flipped': {
    times: 300,
    right: /^(200|400|413)$/,
    send: (target) =>
      status(target, flipped(gzipSync(GOOD[0] as Buffer), target.random), {
        'content-encoding': 'gzip',
      }),
  },
  'deflate that is gzip, and gzip that is deflate': {
    times: 100,
    right: /^400$/,
    send: (target, nth) =>
      nth % 2
        ? status(target, gzipSync(GOOD[0] as Buffer), { 'content-encoding': 'deflate' })
        : status(target, deflateSync(GOOD[0] as Buffer), { 'content-encoding': 'gzip' }),
  },
  'a bomb of gzip or deflate': {
    times: 12,
    right: /^(413|503)$/,
    send(target, nth) {
      const zeros = Buffer.alloc(target.maxBodyBytes + 1)
      return nth % 2
        ? status(target, gzipSync(zeros), { 'content-encoding': 'gzip' })
        : status(target, deflateSync(zeros), { 'content-encoding': 'deflate' })
    },
  },
  'gzip in gzip': {
    times: 60,
    right: /^(400|415)$/,
    send: (target, nth) =>
      status(target, gzipSync(gzipSync(GOOD[0] as Buffer)), {
        'content-encoding': nth % 2 ? 'gzip' : 'gzip, gzip',
      }),
  },
  'an encoding that nobody knows': {
    times: 60,
    right: /^415$/,
    send: (target, nth) =>
      status(target, GOOD[0] as Buffer, {
        'content-encoding': ['br', 'zstd', 'gzip;q=1', 'x', 'GZIP,', '__proto__'][
          nth % 6
        ] as string,
      }),
  },
  'another content type': {
    times: 100,
    right: /^415$/,
    send: (target, nth) =>
      status(target, GOOD[0] as Buffer, {
        'content-type': ['', 'text/plain', 'application/grpc', 'application/x-protobuf+x', '\t;'][
          nth % 5
        ] as string,
      }),
  },
  'another path or method': {
    times: 150,
    right: /^40[045]$/,
    send: (target, nth) =>
      nth % 2
        ? status(target, GOOD[0] as Buffer, {}, `/v1/${['trace', '', 'traces/', '..%2f'][nth % 4]}`)
        : status(target, '', {}, '/v1/logs', ['GET', 'PUT', 'DELETE', 'PATCH', 'TRACE'][nth % 5]),
  },
  'values nested a thousand levels deep': {
    times: 40,
    right: /^200$/,
    send: (target, nth) => status(target, nth % 2 ? DEEP_LIST : DEEP_MAP),
  },
  'groups nested deep': {
    times: 40,
    right: /^400$/,
    send: (target) => status(target, DEEP_GROUPS),
  },
  'keys such as __proto__': {
    times: 60,
    right: /^200$/,
    send: (target) => status(target, STRANGE_KEYS),
  },
  'texts that are not UTF-8': {
    times: 60,
    right: /^200$/,
    send: (target) => status(target, NOT_UTF8),
  },
  'millions of empty spans': {
    times: 3,
    right: /^(413|503)$/,
    send({ maxBodyBytes, ...target }) {
      const spans = Buffer.alloc(maxBodyBytes - 64, Buffer.from([0x12, 0]))
      const body = bytesField(1, bytesField(2, spans))
      return status({ ...target, maxBodyBytes }, gzipSync(body, { level: 1 }), {
        'content-encoding': 'gzip',
      })
    },
  },
  'a body that is longer than allowed': {
    times: 6,
    right: /^(413|reset)$/,
    send: (target) => status(target, Buffer.alloc(target.maxBodyBytes + 1)).catch(() => 'reset'),
  },
}
