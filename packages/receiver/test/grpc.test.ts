import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { DiagLogLevel } from '@opentelemetry/api'
import { describe, expect, test } from 'vitest'
import { diagLines } from '../../../test/kit/diag-lines.js'
import { until } from '../../../test/kit/patience.js'
import { framed, grpcClient, held, opened, post, spansAsJson } from './kit.js'
import { spansAsProtobuf } from './protobuf-request.js'

const EMPTY_MESSAGE = Buffer.alloc(5)

describe('a call is taken', () => {
  test('in one frame, and answered with an empty message and status 0', async () => {
    const { grpc, tables } = await opened()
    const answer = await grpcClient(grpc).call([framed(spansAsProtobuf(3))])
    expect(answer).toMatchObject({ httpStatus: 200, status: '0', body: EMPTY_MESSAGE })
    expect(tables.traces.rows).toHaveLength(3)
  })

  test('in frames that divide it anywhere, even its prefix', async () => {
    const { grpc, tables } = await opened()
    const whole = framed(spansAsProtobuf(3))
    const frames = Array.from(whole, (byte) => Buffer.of(byte))
    expect((await grpcClient(grpc).call(frames)).status).toBe('0')
    expect(tables.traces.rows).toHaveLength(3)
  })

  test('compressed, and several at once on one connection', async () => {
    const { grpc, tables } = await opened()
    const client = grpcClient(grpc)
    const calls = Array.from({ length: 20 }, (_, n) =>
      client.call([framed(gzipSync(spansAsProtobuf(10, 10 * n)), true)], {
        'grpc-encoding': 'gzip',
      }),
    )
    expect((await Promise.all(calls)).every(({ status }) => status === '0')).toBe(true)
    expect(new Set(tables.traces.rows.map(({ span_id }) => span_id)).size).toBe(200)
  })

  test('of any signal, also empty', async () => {
    const { grpc } = await opened()
    for (const path of ['logs.v1.LogsService', 'metrics.v1.MetricsService'])
      expect(
        await grpcClient(grpc).call([framed(Buffer.alloc(0))], {
          ':path': `/opentelemetry.proto.collector.${path}/Export`,
        }),
      ).toMatchObject({ status: '0' })
  })
})

describe('what cannot be taken is answered with a status that says why', () => {
  const message = framed(spansAsProtobuf(1))
  test.each([
    ['no message', [], {}, '3'],
    ['half a prefix', [Buffer.alloc(3)], {}, '3'],
    ['half a message', [message.subarray(0, 20)], {}, '3'],
    ['a prefix without its message', [Buffer.from([0, 0, 0, 0, 10])], {}, '3'],
    ['two messages', [Buffer.concat([message, message])], {}, '3'],
    ['a message that is no request', [framed(Buffer.from([0x0a, 0x05]))], {}, '3'],
    ['a flag that nobody knows', [Buffer.concat([Buffer.of(2), message.subarray(1)])], {}, '3'],
    ['compressed without saying how', [framed(gzipSync(spansAsProtobuf(1)), true)], {}, '3'],
    ['no gzip', [framed(Buffer.from('x'), true)], { 'grpc-encoding': 'gzip' }, '3'],
    ['a long message', [framed(Buffer.alloc(20_000))], {}, '8'],
    [
      'a message that is long when it is inflated',
      [framed(gzipSync(Buffer.alloc(5_000_000)), true)],
      { 'grpc-encoding': 'gzip' },
      '8',
    ],
    ['another encoding', [message], { 'grpc-encoding': 'snappy' }, '12'],
    ['another method', [message], { ':path': '/grpc.health.v1.Health/Check' }, '12'],
  ])('%s', async (_, frames, headers, status) => {
    const { grpc } = await opened({ limits: { bodyBytes: 10_000, bytesInProgress: 100_000 } })
    const client = grpcClient(grpc)
    expect(await client.call(frames, headers)).toMatchObject({
      httpStatus: 200,
      status,
      message: expect.stringMatching(/\.$/),
    })
    expect((await client.call([message])).status).toBe('0') // the connection goes on
  })

  test('what is not gRPC gets an HTTP status', async () => {
    const { grpc } = await opened()
    const client = grpcClient(grpc)
    expect(await client.call([], { 'content-type': 'application/json' })).toMatchObject({
      httpStatus: 415,
      status: undefined,
    })
    expect(await client.call([], { ':method': 'PUT' })).toMatchObject({ httpStatus: 405 })
  })

  test('a wrong token is UNAUTHENTICATED', async () => {
    const { grpc } = await opened({ token: 'sesame' })
    const client = grpcClient(grpc)
    expect((await client.call([message])).status).toBe('16')
    expect((await client.call([message], { authorization: 'Bearer sesame' })).status).toBe('0')
  })
})

test('a server that is busy is UNAVAILABLE, with a delay after which to repeat, before the client gives up', async () => {
  const { grpc, server, tables } = await opened({ exporter: { timeoutMs: 60_000 } })
  const { release } = held(server)
  const client = grpcClient(grpc)
  const message = framed(spansAsProtobuf(5))
  const late = await client.call([message], { 'grpc-timeout': '1500m' })
  expect(late).toMatchObject({ status: '14', message: expect.stringContaining('waiting') })
  const details = Buffer.from(String(late.headers['grpc-status-details-bin']), 'base64').toString()
  expect(details).toContain('google.rpc.RetryInfo')
  const repeated = client.call([message])
  await until(() => server.insertsBegun > 0)
  release()
  expect((await repeated).status).toBe('0')
  expect(tables.traces.rows).toHaveLength(5)
  expect(server.inserts).toHaveLength(1)
})

test.each([
  ['identity', (bytes: Buffer) => framed(bytes)],
  ['gzip', (bytes: Buffer) => framed(gzipSync(bytes), true)],
])(
  'a client that has sent all of a message (%s) and leaves while it waits for room is no mistake of ours',
  async (encoding, message) => {
    const lines = diagLines(DiagLogLevel.WARN)
    const bodyBytes = 10_000
    const { receiver, grpc, http, tables } = await opened({
      limits: { bodyBytes, bytesInProgress: bodyBytes },
    })
    const first = connect(Number(receiver.httpPort), '127.0.0.1').on('error', () => {})
    first.write(
      `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${bodyBytes}\r\n\r\n`,
    )
    await until(() => receiver.stats().bytesInProgress === bodyBytes)
    const second = grpcClient(grpc)
    void second.call([message(spansAsProtobuf(3))], { 'grpc-encoding': encoding }).catch(() => {})
    await sleep(50) // all of it has come now, or less has: neither may matter
    second.session.destroy()
    await sleep(50)
    first.destroy()
    const answered = () =>
      receiver.stats().requests.find(({ protocol, status }) => protocol === 'grpc' && status === 1)
    await until(() => answered() !== undefined)
    expect(receiver.stats().bytesInProgress).toBe(0)
    expect((await post(`${http}/v1/traces`, spansAsJson(1))).status).toBe(200)
    expect(tables.traces.rows).toHaveLength(1)
    expect(lines).toEqual([])
  },
)
