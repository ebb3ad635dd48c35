import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { elapsed, SOON_MS, until } from '../../../test/kit/patience.js'
import type { ReceiverOptions } from '../src/options.js'
import { openReceiver } from '../src/receiver.js'
import { opened, post, spansAsJson } from './kit.js'

describe('options that cannot be used are named', () => {
  test.each<[string, ReceiverOptions]>([
    ['httpPort', { httpPort: 70_000 }],
    ['grpcPort', { grpcPort: 1.5 }],
    ['at least one protocol', { httpPort: false, grpcPort: false }],
    ['acknowledge', { acknowledge: 'never' as never }],
    ['holdMs', { holdMs: -1 }],
    ['token', { token: ' ' }],
    ['cors.origins', { cors: { origins: ['https://shop.example/path'] } }],
    ['limits.bodyBytes', { limits: { bodyBytes: 0 } }],
    ['limits.bytesInProgress', { limits: { bodyBytes: 10, bytesInProgress: 5 } }],
    ['batch.maxRows', { exporter: { batch: { maxRows: 0 } } }],
  ])('%s', async (name, options) => {
    await expect(openReceiver(options, {})).rejects.toThrow(name)
  })

  test('a port that is in use, and nothing stays open', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    await expect(
      openReceiver({ httpPort: 0, grpcPort: port, limits: { closeTimeoutMs: 10 } }, {}),
    ).rejects.toThrow(`Port ${port} on 127.0.0.1, for OTLP/gRPC, is in use`)
  })
})

test('one protocol alone can be served', async () => {
  const { receiver } = await opened({ grpcPort: false })
  expect(receiver.grpcPort).toBeUndefined()
  expect(receiver.httpPort).toBeGreaterThan(0)
})

test('a client that sends nothing, or slowly, is let go', async () => {
  const { http, grpc } = await opened({ limits: { requestTimeoutMs: 300 } })
  const half =
    'POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{'
  for (const said of ['', 'POST', half]) {
    const socket = connect(Number(new URL(http).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    if (said !== '') socket.write(said)
    else socket.write('\r\n')
    expect(await elapsed(once(socket, 'close'))).toBeLessThan(SOON_MS * 3)
  }
  expect(grpc).toBeDefined()
})

// Much longer than a request takes, and shorter than close() waits for one that does not end.
const LET_END_MS = 20_000

describe('close()', () => {
  test('lets requests in progress end, and delivers what waits', async () => {
    const { http, receiver, tables, server } = await opened({
      limits: { closeTimeoutMs: 2 * LET_END_MS },
    })
    const posted = post(`${http}/v1/traces`, spansAsJson(50))
    await until(() => server.insertsBegun > 0)
    expect(await elapsed(receiver.close())).toBeLessThan(LET_END_MS)
    expect((await posted).status).toBe(200)
    expect(tables.traces.rows).toHaveLength(50)
    await receiver.close()
    await expect(post(`${http}/v1/traces`, spansAsJson(1))).rejects.toThrow()
  })

  test('ends in time although ClickHouse hangs, and counts what is lost', async () => {
    const { http, receiver, server } = await opened({ limits: { closeTimeoutMs: 200 } })
    server.behaviour = () => {}
    const posted = post(`${http}/v1/traces`, spansAsJson(50)).catch(() => ({ status: 0 }))
    await until(() => server.insertsBegun > 0)
    expect(await elapsed(receiver.close())).toBeLessThan(SOON_MS * 2)
    expect([0, 503]).toContain((await posted).status)
    const { primary } = receiver.stats().signals.traces.exporter.destinations
    expect(primary).toMatchObject({ accepted: 50, dropped: { shutdown: 50 } })
  })
})
