import { REQUESTS } from '../numbered-requests.js'
import { flipped, IDS, noise } from './bodies.js'
import type { Kinds } from './kinds.js'
import { rawRequest, sendRaw } from './raw.js'

const BODY = REQUESTS.traces(IDS)
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
/** The first bytes of a TLS connection, with a random of zeros. */
export const TLS_HELLO: Buffer = Buffer.concat([
  Buffer.from('16030100c4010000c00303', 'hex'),
  Buffer.alloc(189),
])
const CLOSE = 'Connection: close'

/** Several forms of the same attack, one after the other. */
function oneOf(nth: number, ...forms: readonly (readonly string[])[]): readonly string[] {
  return forms[nth % forms.length] as readonly string[]
}

/** What clients of HTTP never write, on the port of OTLP/HTTP. */
export const HTTP_BYTES: Kinds = {
  'a content-length that is too long': {
    times: 80,
    right: /^(40[08] )?closed$/,
    send: ({ httpPort }) =>
      sendRaw(httpPort, [rawRequest([`Content-Length: ${BODY.length + 9}`], BODY)], {
        last: 'end',
      }),
  },
  'a content-length that is too short': {
    times: 80,
    right: /^(400 )+closed$/,
    send: ({ httpPort }) =>
      sendRaw(httpPort, [rawRequest([`Content-Length: ${BODY.length - 9}`], BODY)], {
        last: 'end',
      }),
  },
  'a content-length that is no length, or there twice, or beside chunks': {
    times: 120,
    right: /^400 closed$/,
    send: ({ httpPort }, nth) =>
      sendRaw(httpPort, [
        rawRequest(
          oneOf(
            nth,
            ['Content-Length: -1'],
            ['Content-Length: 0x10'],
            ['Content-Length: 99999999999999999999999'],
            ['Content-Length: 5, 5'],
            ['Content-Length: 5', 'Content-Length: 6'],
            ['Content-Length: 5', 'Transfer-Encoding: chunked'],
            ['Transfer-Encoding: chunked', 'Content-Length: 5'],
            ['Content-Length : 5'],
          ),
          'hello',
        ),
      ]),
  },
  'a transfer-encoding that hides another request': {
    times: 120,
    right: /^((200|4\d\d|501) )*closed$/, // 200 for a request that is empty without it
    send: ({ httpPort }, nth) =>
      sendRaw(
        httpPort,
        [
          rawRequest(
            oneOf(
              nth,
              ['Transfer-Encoding: xchunked'],
              ['Transfer-Encoding: chunked, identity'],
              ['Transfer-Encoding: identity, chunked'],
              ['Transfer-Encoding:\x0bchunked'],
              ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
              ['X: y\nTransfer-Encoding: chunked'],
            ),
            `0\r\n\r\n${rawRequest([CLOSE, 'Content-Length: 3'], 'abc').toString('latin1')}`,
          ),
        ],
        { last: 'end' },
      ),
  },
  'chunks with extensions, wrong lengths and wrong ends': {
    times: 160,
    right: /^((400|413|431) )*closed$/,
    send: ({ httpPort }, nth) =>
      sendRaw(
        httpPort,
        [
          rawRequest(
            ['Transfer-Encoding: chunked'],
            [
              `5;${'x'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
              '5;a="b\r\n"\r\nhello\r\n0\r\n\r\n',
              'fffffffffffffffff\r\nhello',
              '-5\r\nhello\r\n0\r\n\r\n',
              '5\r\nhelloX\r\n0\r\n\r\n',
              '5 \r\nhello\r\n0\r\n\r\n',
              'zz\r\nhello\r\n0\r\n\r\n',
              `0\r\n${'Trailer: x\r\n'.repeat(3000)}\r\n`,
            ][nth % 8],
          ),
        ],
        { last: 'end' },
      ),
  },
  'heads that are none': {
    times: 200,
    right: /^(4\d\d |505 )*closed$/,
    send: ({ httpPort, random }, nth) =>
      sendRaw(
        httpPort,
        [
          [
            'GET /v1/traces\r\n', // HTTP/0.9
            'GET / HTTP/3.0\r\n\r\n',
            'POST /v1/traces HTTP/1.1\nHost: x\n\n',
            'POST  /v1/traces HTTP/1.1\r\nHost: x\r\n\r\n',
            'POST /v1/traces HTTP/1.1\r\n\r\n', // no host
            `${PREFACE}`,
            TLS_HELLO,
            '\0'.repeat(300),
            noise(random, 300),
            rawRequest(['X: a\0b']),
            rawRequest([' folded: yes', '\tmore']),
            rawRequest(['Content-Length: 0', CLOSE], '', 'BREW /v1/traces HTTP/1.1'),
            rawRequest([CLOSE], '', `POST /${'x'.repeat(20_000)} HTTP/1.1`),
          ][nth % 13] as string | Buffer,
        ],
        { last: 'end' },
      ),
  },
  'floods of headers': {
    times: 60,
    right: /^((400|431) )?closed$/,
    send: ({ httpPort }, nth) =>
      sendRaw(
        httpPort,
        [
          rawRequest(
            nth % 2
              ? Array.from({ length: 5000 }, (_, n) => `H${n}: ${n}`)
              : [`X: ${'y'.repeat(500_000)}`],
          ),
        ],
        { last: 'end' },
      ),
  },
  'CONNECT, upgrades and other strange wishes': {
    times: 120,
    right: /^((20\d|40\d|417) )*closed$/,
    send: ({ httpPort }, nth) =>
      sendRaw(
        httpPort,
        [
          [
            'CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n',
            rawRequest([CLOSE], '', 'OPTIONS * HTTP/1.1'),
            rawRequest(
              ['Upgrade: websocket', 'Connection: Upgrade'],
              '',
              'GET /v1/traces HTTP/1.1',
            ),
            rawRequest([
              'Upgrade: h2c',
              'Connection: Upgrade, HTTP2-Settings',
              'HTTP2-Settings: AAMAAABk',
            ]),
            rawRequest(['Expect: a miracle', 'Content-Length: 0', CLOSE]),
            rawRequest([CLOSE], '', 'TRACE / HTTP/1.1'),
          ][nth % 6] as string | Buffer,
        ],
        { last: 'end' },
      ),
  },
  'fifty requests at once on one connection, good ones and bad ones': {
    times: 20,
    right: /^(((200|400) ){50}|408 )closed$/, // the last on a machine that is very busy,
    send: ({ httpPort, random }) => {
      const all = Array.from({ length: 50 }, (_, n) => {
        const body = random.chance(0.5) ? BODY : flipped(BODY, random)
        return rawRequest([`Content-Length: ${body.length}`, ...(n === 49 ? [CLOSE] : [])], body)
      })
      return sendRaw(httpPort, [Buffer.concat(all)])
    },
  },
  'a client that goes away in the middle of a body': {
    times: 250,
    right: /^closed$/,
    send: ({ httpPort, random }, nth) =>
      sendRaw(
        httpPort,
        [
          rawRequest(
            nth % 2 ? ['Transfer-Encoding: chunked'] : ['Content-Length: 100000'],
            nth % 2 ? 'ffff\r\nhello' : BODY.subarray(0, random.between(0, BODY.length)),
          ),
        ],
        { last: 'reset' },
      ),
  },
  'a byte now and then': {
    times: 40,
    right: /^(408 )?closed$/,
    send: ({ httpPort }) =>
      sendRaw(httpPort, [...rawRequest([], 'x').toString('latin1')].slice(0, 60), { pauseMs: 100 }),
  },
  'a connection on which nothing comes': {
    times: 60,
    right: /^(408 )?closed$/,
    send: ({ httpPort }, nth) =>
      sendRaw(httpPort, nth % 2 ? [rawRequest(['Content-Length: 1000'], BODY)] : []),
  },
}
