import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { deflateSync, gzipSync } from 'node:zlib'
import { DiagLogLevel } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { diagLines } from '../../../test/kit/diag-lines.js'
import { until } from '../../../test/kit/patience.js'
import { opened, post, spansAsJson } from './kit.js'
import { spansAsProtobuf } from './protobuf-request.js'

const PROTOBUF = { 'content-type': 'application/x-protobuf' }

describe('a request is taken', () => {
  test.each([
    ['JSON', spansAsJson(3), {}],
    ['JSON with a charset', spansAsJson(3), { 'content-type': 'application/json; charset=utf-8' }],
    ['protobuf', spansAsProtobuf(3), PROTOBUF],
    ['gzip', gzipSync(spansAsProtobuf(3)), { ...PROTOBUF, 'content-encoding': 'gzip' }],
    ['deflate', deflateSync(spansAsJson(3)), { 'content-encoding': 'deflate' }],
    ['identity', spansAsJson(3), { 'content-encoding': 'identity' }],
  ])('%s', async (_, body, headers) => {
    const { http, tables } = await opened()
    const answer = await post(`${http}/v1/traces`, body, headers)
    const isJson = !(headers as Record<string, string>)['content-type']?.includes('protobuf')
    expect(answer.status).toBe(200)
    expect(answer.type).toBe(isJson ? 'application/json' : 'application/x-protobuf')
    expect(answer.body.toString()).toBe(isJson ? '{}' : '')
    expect(tables.traces.rows.map(({ span_name }) => span_name)).toEqual([
      'span 0',
      'span 1',
      'span 2',
    ])
  })

  test.each([
    ['an empty body of protobuf', '/v1/logs', '', PROTOBUF],
    ['an empty object', '/v1/metrics', '{}', {}],
    ['fields that nobody knows', '/v1/traces', '{"future":[1]}', {}],
    ['lists that are empty', '/v1/traces', '{"resourceSpans":[{"scopeSpans":[]}]}', {}],
  ])('also without records: %s', async (_, path, body, headers) => {
    const { http, receiver } = await opened()
    expect((await post(http + path, body, headers)).status).toBe(200)
    expect(receiver.stats().signals.traces.records).toBe(0)
  })

  test('in chunks of unknown length, and after "100 Continue"', async () => {
    const { http, tables } = await opened()
    const body = spansAsJson(50)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${http}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', expect: '100-continue' },
      })
      sent.on('error', reject)
      sent.on('continue', () => {
        for (let at = 0; at < body.length; at += 1000) sent.write(body.slice(at, at + 1000))
        sent.end()
      })
      sent.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
    })
    expect(status).toBe(200)
    expect(tables.traces.rows).toHaveLength(50)
  })
})

describe('what cannot be taken is answered with a Status that says why', () => {
  const small = { limits: { bodyBytes: 10_000, bytesInProgress: 100_000 } }
  const bomb = gzipSync(Buffer.alloc(50_000_000))

  test.each([
    ['text that is no JSON', 'POST', '/v1/traces', '{"resource', {}, 400, 3],
    ['JSON that is no object', 'POST', '/v1/traces', '[]', {}, 400, 3],
    ['a list that is none', 'POST', '/v1/traces', '{"resourceSpans":7}', {}, 400, 3],
    ['a resource that is none', 'POST', '/v1/logs', '{"resourceLogs":[7]}', {}, 400, 3],
    ['no gzip', 'POST', '/v1/traces', 'x', { 'content-encoding': 'gzip' }, 400, 3],
    [
      'gzip that is cut off',
      'POST',
      '/v1/traces',
      gzipSync(spansAsJson(9)).subarray(0, 60),
      { 'content-encoding': 'gzip' },
      400,
      3,
    ],
    ['another path', 'POST', '/v1/profiles', '{}', {}, 404, 12],
    ['another method', 'PUT', '/v1/traces', '{}', {}, 405, 12],
    ['a read', 'GET', '/v1/traces', undefined, {}, 405, 12],
    ['a long body', 'POST', '/v1/traces', spansAsJson(100), {}, 413, 8],
    [
      'a body that is long when it is inflated',
      'POST',
      '/v1/traces',
      bomb.subarray(0, 9000),
      { 'content-encoding': 'gzip' },
      413,
      8,
    ],
    ['another type', 'POST', '/v1/traces', '{}', { 'content-type': 'text/plain' }, 415, 3],
    ['another encoding', 'POST', '/v1/traces', '{}', { 'content-encoding': 'br' }, 415, 12],
  ])('%s', async (_, method, path, body, headers, status, code) => {
    const { http } = await opened(small)
    const response = await fetch(http + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: body as never }),
    })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toMatchObject({ code, message: expect.stringMatching(/\.$/) })
    expect((await post(`${http}/v1/traces`, spansAsJson(1))).status).toBe(200) // it goes on
  })

  test('protobuf is answered in protobuf', async () => {
    const { http } = await opened()
    const { status, type, body } = await post(
      `${http}/v1/traces`,
      Buffer.from([0x0a, 0x05]),
      PROTOBUF,
    )
    expect([status, type]).toEqual([400, 'application/x-protobuf'])
    expect(body.subarray(0, 3)).toEqual(Buffer.from([0x08, 3, 0x12])) // code 3, and a message
    expect(body.toString()).toContain('cannot be read')
  })

  test('a long body is refused before it is sent, if its length is known', async () => {
    const { http } = await opened(small)
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${http}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': 20_000 },
      })
      sent.on('error', reject)
      sent.on('response', (response) => {
        resolve(response.statusCode)
        sent.destroy()
      })
      sent.flushHeaders()
    })
    expect(status).toBe(413)
  })
})

test.each([
  ['all', 'identity', (text: string) => Buffer.from(text), 0],
  ['all', 'gzip', gzipSync, 0],
  ['all', 'deflate', deflateSync, 0],
  ['a part', 'identity', (text: string) => Buffer.from(text), 10],
  ['a part', 'gzip', gzipSync, 10],
] as const)(
  'a client that has sent %s of a body (%s) and leaves while it waits for room is no mistake of ours',
  async (_, encoding, encoded, missing) => {
    const lines = diagLines(DiagLogLevel.WARN)
    const bodyBytes = 10_000
    const { receiver, tables } = await opened({ limits: { bodyBytes, bytesInProgress: bodyBytes } })
    const sending = (length: number) => {
      const socket = connect(Number(receiver.httpPort), '127.0.0.1').on('error', () => {})
      socket.write(
        `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${length}\r\n\r\n`,
      )
      return socket
    }
    const first = sending(bodyBytes)
    await until(() => receiver.stats().bytesInProgress === bodyBytes)
    const body = encoded(spansAsJson(3))
    const second = sending(body.length + missing).resume()
    second.end(body)
    await once(second, 'close')
    first.destroy()
    await until(() => receiver.stats().bytesInProgress === 0) // the second has left, too
    expect(
      (await post(`http://127.0.0.1:${receiver.httpPort}/v1/traces`, spansAsJson(1))).status,
    ).toBe(200)
    expect(tables.traces.rows).toHaveLength(1)
    expect(lines).toEqual([])
  },
)

test('a token is asked for, and not shown', async () => {
  const { http } = await opened({ token: 'sesame' })
  const withToken = (authorization: string) =>
    post(`${http}/v1/traces`, spansAsJson(1), { authorization })
  expect((await post(`${http}/v1/traces`, spansAsJson(1))).status).toBe(401)
  const wrong = await withToken('Bearer sesam')
  expect(wrong.status).toBe(401)
  expect(wrong.body.toString()).not.toContain('sesame')
  expect((await withToken('Bearer sesames')).status).toBe(401)
  expect((await withToken('Bearer sesame')).status).toBe(200)
  expect((await withToken('bearer  sesame')).status).toBe(200)
})

describe('web pages', () => {
  test('may not send if no origin is named', async () => {
    const { http, tables } = await opened()
    const answer = await post(`${http}/v1/traces`, spansAsJson(1), {
      origin: 'https://evil.example',
    })
    expect(answer.status).toBe(403)
    expect(tables.traces.rows).toEqual([])
  })

  test('of a named origin may send, after a preflight, also with a token', async () => {
    const origin = 'https://shop.example'
    const { http } = await opened({ cors: { origins: [origin] }, token: 'sesame' })
    const preflight = await fetch(`${http}/v1/traces`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,content-type')
    const foreign = await post(`${http}/v1/traces`, spansAsJson(1), {
      origin: 'https://evil.example',
    })
    expect(foreign.status).toBe(403)
  })
})

describe('GET', () => {
  test('/health says 200, and 503 while the receiver closes', async () => {
    const { http, receiver, server } = await opened()
    expect((await fetch(`${http}/health`)).status).toBe(200)
    expect((await fetch(`${http}/health`, { method: 'HEAD' })).status).toBe(200)
    server.behaviour = () => {}
    const held = post(`${http}/v1/traces`, spansAsJson(1)).catch(() => undefined)
    await until(() => server.insertsBegun > 0)
    const keepAlive = connect(receiver.httpPort as number, '127.0.0.1')
    await until(() => !keepAlive.connecting)
    keepAlive.write('GET /health HTTP/1.1\r\nhost: x\r\n') // not a whole request: the connection is in use
    await until(() => keepAlive.bytesWritten > 0)
    await fetch(`${http}/health`)
    const closing = receiver.close()
    keepAlive.write('\r\n')
    const said = await new Promise<string>((resolve) =>
      keepAlive.once('data', (data) => resolve(String(data))),
    )
    expect(said).toContain('503')
    await closing
    await held
  })

  test('/metrics has the figures, and escapes what stands in labels', async () => {
    const { http } = await opened()
    await post(`${http}/v1/traces`, spansAsJson(5))
    await post(`${http}/v1/traces`, 'x')
    const text = await (await fetch(`${http}/metrics`)).text()
    expect(text).toContain(
      'spanhouse_receiver_requests_total{signal="traces",protocol="http",status="200"} 1\n',
    )
    expect(text).toContain(
      'spanhouse_receiver_requests_total{signal="traces",protocol="http",status="400"} 1\n',
    )
    expect(text).toContain('spanhouse_receiver_records_total{signal="traces"} 5\n')
    expect(text).toContain(
      'spanhouse_receiver_delivered_rows_total{signal="traces",destination="primary"} 5\n',
    )
    expect(text).toContain('spanhouse_receiver_bytes_in_progress 0\n')
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\]|\\.)*",?)+\})? -?[\d.e+]+)$/)
  })
})
