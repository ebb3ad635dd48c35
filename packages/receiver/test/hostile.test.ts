import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { LONG, PATIENT_MS, until } from '../../../test/kit/patience.js'
import { figure } from '../../../test/kit/results.js'
import { framed, grpcClient, type Opened, opened, spansAsJson, TRACES_METHOD } from './kit.js'
import { spansAsProtobuf } from './protobuf-request.js'

const SEED = Number(process.env['SPANHOUSE_SEED'] ?? 1)
const REQUESTS = LONG ? 100_000 : 10_000
const AT_ONCE = 40

/** Numbers from 0 to below 1, always the same for a seed. */
function randomOf(seed: number): () => number {
  let state = createHash('sha256').update(String(seed)).digest().readUInt32LE()
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Hostile {
  readonly at: Opened
  readonly client: ReturnType<typeof grpcClient>
  readonly random: () => number
  /** Sends what is good, with spans that nobody else has. */
  good(): Promise<void>
}

type Attack = (of: Hostile) => Promise<unknown>

const pick = <T>(random: () => number, list: readonly T[]): T =>
  list[Math.floor(random() * list.length)] as T

const bytesOf = (random: () => number, length: number) =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))

/** A request with some bytes changed, cut off or doubled. */
function damaged(random: () => number, good: Buffer): Buffer {
  const bytes = Buffer.from(good)
  for (let n = 0; n < 1 + random() * 4; n++) {
    const at = Math.floor(random() * bytes.length)
    // Not the names and ids of spans, which would make spans that are good, and others than were sent.
    bytes[at] = 0xff
  }
  return random() < 0.3 ? bytes.subarray(0, Math.floor(random() * bytes.length)) : bytes
}

const JUNK = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"resourceSpans":{}}',
  '{"resourceSpans":[[]]}',
  '{"resourceSpans":[{"scopeSpans":"x"}]}',
  '['.repeat(20_000),
  `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
]
const BOMB = gzipSync(Buffer.alloc(30_000_000))

/** Whatever the answer is. */
const send = (url: string, init: RequestInit) =>
  fetch(url, { ...init, signal: AbortSignal.timeout(PATIENT_MS) }).then(
    async (response) => {
      await response.arrayBuffer()
      expect(response.status).not.toBe(500)
    },
    () => undefined,
  )

const type = (json: boolean) => (json ? 'application/json' : 'application/x-protobuf')

const ATTACKS: Readonly<Record<string, Attack>> = {
  'junk as JSON': ({ at, random }) =>
    send(`${at.http}/v1/${pick(random, ['traces', 'logs', 'metrics'])}`, {
      method: 'POST',
      headers: { 'content-type': type(true) },
      body: pick(random, JUNK),
    }),
  'junk as protobuf': ({ at, random }) =>
    send(`${at.http}/v1/${pick(random, ['logs', 'metrics'])}`, {
      method: 'POST',
      headers: { 'content-type': type(false) },
      body: bytesOf(random, random() * 300),
    }),
  'damaged protobuf': ({ at, random }) =>
    send(`${at.http}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': type(false) },
      body: damaged(random, spansAsProtobuf(3)) as never,
    }),
  'encodings that are none': ({ at, random }) =>
    send(`${at.http}/v1/traces`, {
      method: 'POST',
      headers: {
        'content-type': type(random() < 0.5),
        'content-encoding': pick(random, ['gzip', 'deflate', 'br', 'gzip, gzip', '\u00e4']),
      },
      body: pick(random, [bytesOf(random, 100), gzipSync('x').subarray(0, 12), deflateSync('{')]),
    }),
  'a bomb': ({ at }) =>
    send(`${at.http}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': type(true), 'content-encoding': 'gzip' },
      body: BOMB,
    }),
  'other paths, methods and types': ({ at, random }) =>
    send(
      `${at.http}${pick(random, ['/', '//', '/v1/traces/', '/v1/profiles', '/%00', '/health', '/metrics'])}`,
      {
        method: pick(random, ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'HEAD']),
        headers: {
          'content-type': pick(random, ['', 'text/plain', type(true), `${type(true)};;;`]),
        },
      },
    ),
  'raw bytes': ({ at, random }) =>
    raw(pick(random, [at.http, at.grpc]), [
      pick(random, [
        bytesOf(random, 200),
        Buffer.from('GET / HTTP/9.9\r\n\r\n'),
        Buffer.from(`POST /v1/traces HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(3000)}\r\n`),
        Buffer.from(
          `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\nx`,
        ),
        Buffer.from(
          'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
        ),
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), bytesOf(random, 300)]),
      ]),
    ]),
  'a request that is cut off': ({ at, random }) => {
    const body = spansAsJson(20)
    const head = `POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    return raw(at.http, [
      Buffer.from(head + body.slice(0, Math.floor(random() * (body.length - 1)))),
    ])
  },
  'gRPC frames that are none': ({ client, random }) =>
    client.call(
      [
        pick(random, [
          bytesOf(random, 30),
          framed(bytesOf(random, 50)),
          framed(bytesOf(random, 50), true),
          Buffer.alloc(3),
          Buffer.from([0, 255, 255, 255, 255]),
        ]),
      ],
      {
        ':path': TRACES_METHOD.replaceAll('Trace', 'Logs').replace('trace', 'logs'),
        'grpc-encoding': pick(random, ['gzip', 'identity', 'zstd']),
        'grpc-timeout': pick(random, ['1S', '0m', 'x', '99999999H']),
      },
    ),
  'gRPC with other heads': ({ client, random }) =>
    client.call([framed(Buffer.alloc(0))], {
      ':path': pick(random, ['/', '/a/b', TRACES_METHOD, `${TRACES_METHOD}/`]),
      'content-type': pick(random, ['application/grpc', 'application/grpc+json', 'text/plain', '']),
    }),
  'gRPC calls that are reset': async ({ client, random }) => {
    const stream = client.session.request({
      ':method': 'POST',
      ':path': TRACES_METHOD,
      'content-type': 'application/grpc',
    })
    stream.on('error', () => {})
    if (random() < 0.5) stream.write(framed(spansAsProtobuf(5)).subarray(0, 40))
    stream.close(8)
    await new Promise((resolve) => stream.once('close', resolve))
  },
}

/** Writes to a socket and goes away, sometimes without a word. */
function raw(url: string, chunks: readonly Buffer[]): Promise<void> {
  const { port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
    for (const chunk of chunks) socket.write(chunk)
    socket.setTimeout(20, () => socket.resetAndDestroy())
  })
}

test(`${REQUESTS} malformed and hostile requests cost no row of the good ones among them, no crash, and no memory`, async () => {
  const at = await opened({
    limits: { bodyBytes: 1_000_000, bytesInProgress: 8_000_000, requestTimeoutMs: 5000 },
  })
  const random = randomOf(SEED)
  let client = grpcClient(at.grpc)
  let expected = 0
  const good = async () => {
    const first = expected
    expected += 5
    const isHttp = random() < 0.6
    for (;;) {
      if (isHttp) {
        const response = await fetch(`${at.http}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': type(true) },
          body: spansAsJson(5, first),
        })
        await response.arrayBuffer()
        if (response.status === 200) return
        expect(response.status).toBe(503)
      } else {
        if (client.session.destroyed || client.session.closed) client = grpcClient(at.grpc)
        const answer = await client.call([framed(spansAsProtobuf(5, first))]).catch(() => undefined)
        if (answer?.status === '0') return
      }
    }
  }
  const names = Object.keys(ATTACKS)
  const heapBefore = process.memoryUsage().rss
  let left = REQUESTS
  let largest = 0
  const work = async () => {
    while (left-- > 0) {
      if (left % 10 === 0) await good()
      else {
        const name = pick(
          random,
          left % 200 === 1 ? ['a bomb'] : names.filter((one) => one !== 'a bomb'),
        )
        if (client.session.destroyed || client.session.closed) client = grpcClient(at.grpc)
        await ATTACKS[name]?.({ at, client, random, good }).catch(() => undefined)
      }
      if (left % 100 === 0) largest = Math.max(largest, process.memoryUsage().rss - heapBefore)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  const ids = at.tables.traces.rows.map(({ span_id }) => span_id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toHaveLength(expected)
  await until(() => at.receiver.stats().bytesInProgress === 0)
  expect(at.receiver.stats().signals.traces.exporter.destinations['primary']?.dropped).toEqual({})
  figure('hostile requests to the receiver', {
    requests: REQUESTS,
    good: expected,
    rssMiB: largest / 2 ** 20,
  })
  expect(largest).toBeLessThan(600 * 2 ** 20) // client, server and the ClickHouse in memory are one process here
}, 600_000)
