import { METHODS } from '../post.js'
import { noise } from './bodies.js'
import { TLS_HELLO } from './http-bytes.js'
import type { Kinds } from './kinds.js'
import { rawRequest, sendRaw } from './raw.js'

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
]
const END_STREAM = 1
const END_HEADERS = 4

function frame(type = 0, flags = 0, stream = 0, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

const START = Buffer.concat([PREFACE, frame(SETTINGS)])

function literal(name: string, value: string): Buffer {
  const [one, other] = [Buffer.from(name), Buffer.from(value)]
  return Buffer.concat([Buffer.from([0, one.length]), one, Buffer.from([other.length]), other])
}

const HEAD = Buffer.concat([
  literal(':method', 'POST'),
  literal(':scheme', 'http'),
  literal(':path', METHODS.traces),
  literal('content-type', 'application/grpc'),
])

function times(count: number, make: (n: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => make(n)))
}

const open = (n: number, flags = END_HEADERS) => frame(HEADERS, flags, 2 * n + 1, HEAD)
const reset = (n: number) => frame(RST_STREAM, 0, 2 * n + 1, Buffer.from([0, 0, 0, 8]))
const WORD = Buffer.from([0x7f, 0xff, 0xff, 0xff])

const FLOODS: readonly Buffer[] = [
  times(5000, (n) => Buffer.concat([open(n), reset(n)])), // rapid reset
  times(20_000, () => frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 0xff, 0xff]))),
  times(20_000, () => frame(PING, 0, 0, Buffer.alloc(8))),
  Buffer.concat([open(0, 0), times(20_000, () => frame(CONTINUATION, 0, 1))]),
  Buffer.concat([
    open(0, 0),
    times(50, () => frame(CONTINUATION, 0, 1, Buffer.alloc(16_000, 0x82))),
  ]),
  times(5000, (n) => open(n)), // more streams than are allowed, and none ends
  Buffer.concat([open(0), times(20_000, () => frame(DATA, 0, 1))]),
]

const WRONG: readonly Buffer[] = [
  frame(DATA, 0, 0, Buffer.from('x')),
  frame(DATA, 0, 1, Buffer.from('x')),
  frame(HEADERS, END_HEADERS, 2, HEAD),
  frame(HEADERS, END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
  frame(WINDOW, 0, 0, Buffer.alloc(4)),
  Buffer.concat([frame(WINDOW, 0, 0, WORD), frame(WINDOW, 0, 0, WORD)]),
  frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff])),
  frame(SETTINGS, 0, 0, Buffer.alloc(7)),
  frame(PUSH, END_HEADERS, 1, Buffer.concat([Buffer.alloc(4), HEAD])),
  frame(CONTINUATION, END_HEADERS, 1, HEAD),
  frame(RST_STREAM, 0, 9, Buffer.alloc(4)),
  frame(PRIORITY, 0, 1, Buffer.alloc(4)),
  frame(PING, 0, 0, Buffer.alloc(7)),
  frame(DATA, 8, 1, Buffer.from([255])),
  Buffer.from('ffffff000000000001', 'hex'),
  frame(255, 255, 0x7fffffff, Buffer.alloc(100)),
  frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD.subarray(0, 20)),
  frame(GOAWAY, 0, 0, Buffer.alloc(8)),
]

/** What clients of HTTP/2 never write, on the port of OTLP/gRPC. Each connection ends, by the receiver or by the client's FIN. */
export const GRPC_BYTES: Kinds = {
  'gRPC: bytes that are no HTTP/2': {
    times: 250,
    right: /^(400 |403 )?closed$/,
    send: ({ grpcPort, random }, nth) =>
      sendRaw(
        grpcPort,
        [
          [
            rawRequest(['Content-Length: 0']),
            'GET / HTTP/1.0\r\n\r\n',
            TLS_HELLO,
            noise(random, 200),
            PREFACE.subarray(0, 20),
            Buffer.concat([PREFACE, noise(random, 200)]),
            '\0'.repeat(500),
          ][nth % 7] as Buffer,
        ],
        { last: 'end' },
      ),
  },
  'gRPC: frames that are wrong': {
    times: 360,
    right: /^closed$/,
    send: ({ grpcPort }, nth) =>
      sendRaw(grpcPort, [START, WRONG[nth % WRONG.length] as Buffer], { last: 'end' }),
  },
  'gRPC: floods of frames': {
    times: 35,
    right: /^closed$/,
    send: ({ grpcPort }, nth) =>
      sendRaw(grpcPort, [START, FLOODS[nth % FLOODS.length] as Buffer], { last: 'end' }),
  },
  'gRPC: a client that goes away in the middle': {
    times: 150,
    right: /^closed$/,
    send: ({ grpcPort, random }) => {
      const bytes = Buffer.concat([START, open(0), frame(DATA, 0, 1, Buffer.alloc(50))])
      return sendRaw(grpcPort, [bytes.subarray(0, random.between(1, bytes.length))], {
        last: 'reset',
      })
    },
  },
  'gRPC: a call that is begun and goes no further': {
    times: 60,
    right: /^closed$/,
    send: ({ grpcPort }, nth) =>
      sendRaw(grpcPort, [START, ...(nth % 2 ? [open(0), frame(DATA, 0, 1, Buffer.alloc(9))] : [])]),
  },
}
