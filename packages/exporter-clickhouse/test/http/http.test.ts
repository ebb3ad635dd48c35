import { getEventListeners, once } from 'node:events'
import { Agent } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { freePort } from '../../../../test/kit/free-port.js'
import { onThisMachine, PATIENT_MS, SOON_MS } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import type { Post } from '../../src/http/exchange.js'
import { followGlobalClock } from '../global-clock.js'
import { client, failureOf, never, OK, onRequests, post, replyOf } from './http-kit.js'

followGlobalClock()

afterEach(() => vi.restoreAllMocks())

async function elapsed<T>(work: Promise<T>): Promise<[T, number]> {
  const startedAt = performance.now()
  const result = await work
  return [result, performance.now() - startedAt]
}

describe('a request', () => {
  test('has the body, its length and the path below the endpoint’s', async () => {
    const server = await scriptedServer()
    const { send } = client({ endpoint: `${server.url}/below/here/` })
    const body = Buffer.from('{"a":"é"}\n')
    expect(replyOf(await send(post({ body, headers: { 'x-a': '1' } }), never)).status).toBe(200)
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/below/here/',
      body,
      headers: { 'content-length': '11', 'x-a': '1' },
    })
    expect(server.requests[0]?.headers).not.toHaveProperty('transfer-encoding')
  })

  test('says how long it is even if it is empty', async () => {
    const server = await scriptedServer()
    const { send } = client({ endpoint: server.url })
    await send(post({ method: 'GET', path: '/ping', body: Buffer.alloc(0) }), never)
    expect(server.requests[0]).toMatchObject({
      method: 'GET',
      path: '/ping',
      headers: { 'content-length': '0' },
    })
  })

  test('carries credentials in a header, any character in them, and nowhere else', async () => {
    const server = await scriptedServer()
    const { send } = client({ endpoint: server.url, username: 'ünï', password: 'p:ä€"\n' })
    await send(post(), never)
    const [request] = server.requests
    const basic = Buffer.from('ünï:p:ä€"\n').toString('base64')
    expect(request?.headers.authorization).toBe(`Basic ${basic}`)
    expect([...(request?.query.keys() ?? [])]).toEqual(['query'])
  })

  test('needs none for the user every server has', async () => {
    const server = await scriptedServer()
    await client({ endpoint: server.url }).send(post(), never)
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization')
  })

  test('may be authorized by a header of the user’s own', async () => {
    const server = await scriptedServer()
    const headers = { Authorization: 'Bearer t' }
    const { send } = client({ endpoint: server.url, username: 'u', password: 'p', headers })
    await send(post(), never)
    expect(server.requests[0]?.headers.authorization).toBe('Bearer t')
  })

  test('is made over a few kept connections', async () => {
    const server = await scriptedServer()
    const { send } = client({ endpoint: server.url }, 2)
    for (let round = 0; round < 5; round++)
      await Promise.all(Array.from({ length: 6 }, () => send(post(), never)))
    expect(server.requests).toHaveLength(30)
    expect(server.connections).toBeLessThanOrEqual(2)
  })

  test('reaches IPv6 addresses', async () => {
    const server = createServer((socket) => onRequests(socket, () => socket.end(OK)))
    server.listen(0, '::1')
    const failed = once(server, 'error').then(([error]) => error)
    if (await Promise.race([once(server, 'listening').then(() => false), failed])) return // no IPv6 here
    onTestFinished(() => void server.close())
    const { send } = client({ endpoint: `http://[::1]:${(server.address() as AddressInfo).port}` })
    expect(replyOf(await send(post(), never)).status).toBe(200)
  })

  test.each([301, 302, 303, 307, 308])('answered with %i goes nowhere else', async (status) => {
    const elsewhere = await scriptedServer()
    const server = await scriptedServer({ status, headers: { location: elsewhere.url } })
    const { send } = client({ endpoint: server.url, username: 'u', password: 'p' })
    expect(replyOf(await send(post(), never)).status).toBe(status)
    expect(elsewhere.connections).toBe(0)
    expect(server.requests).toHaveLength(1)
  })
})

describe('an answer', () => {
  test('is given with status, headers and text', async () => {
    const server = await scriptedServer({
      status: 404,
      code: 60,
      body: 'Code: 60. Ä',
    })
    const reply = replyOf(await client({ endpoint: server.url }).send(post(), never))
    expect(reply).toMatchObject({ status: 404, body: 'Code: 60. Ä', complete: true })
    expect(reply.headers['x-clickhouse-exception-code']).toBe('60')
  })

  test.each([
    ['as it is', (body: string) => ({ body })],
    [
      'in gzip',
      (body: string) => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(body) }),
    ],
  ])('is kept to its first 48 KiB and its last 16 KiB, when it comes %s', async (_, answer) => {
    const body = `begin${'x'.repeat(200_000)}${'y'.repeat(16_000)}end`
    const { headers, body: bytes } = { headers: {}, ...answer(body) }
    const server = await scriptedServer((_, res) => void res.writeHead(500, headers).end(bytes))
    const reply = replyOf(await client({ endpoint: server.url }).send(post(), never))
    expect(reply.body).toBe(`${body.slice(0, 48 * 1024)}\n[…]\n${body.slice(-16 * 1024)}`)
    expect(reply).toMatchObject({ complete: true, isCut: false })
  })

  test.each([2, 48 * 1024, 48 * 1024 + 1, 64 * 1024])(
    'of %i bytes is kept as it is, wherever its characters begin',
    async (length) => {
      const body = `${'x'.repeat(length - 2)}é`
      const server = await scriptedServer({ status: 500, body })
      const reply = replyOf(await client({ endpoint: server.url }).send(post(), never))
      expect(reply.body).toBe(body)
    },
  )

  test('is kept as far as was asked', async () => {
    const body = 'x'.repeat(2_000_000)
    const server = await scriptedServer({ status: 200, body })
    const { send } = client({ endpoint: server.url })
    const whole = replyOf(await send(post({ keptBytes: 3_000_000 }), never))
    expect(whole.body.length).toBe(2_000_000)
    expect(whole.complete).toBe(true)
    const part = replyOf(await send(post({ keptBytes: 1_000_000 }), never))
    expect(part.body.length).toBe(1_000_000 + '\n[…]\n'.length + 16 * 1024)
    expect(part.complete).toBe(true)
  })

  test('without end is left after 16 MiB', async () => {
    let written = 0
    const server = await rawServer((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 'x')
      const more = () => {
        while (!socket.destroyed && socket.write(chunk)) written += chunk.length
      }
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n`)
        socket.on('drain', more)
        more()
      })
    })
    const reply = replyOf(await client({ endpoint: server.url }).send(post(), never))
    expect(reply).toMatchObject({ complete: false, isCut: true })
    expect(reply.body.length).toBeLessThan(66_000)
    await vi.waitFor(() => expect(server.open.size).toBe(0), PATIENT_MS)
    expect(written).toBeLessThan(64 * 1024 * 1024)
  })

  test.each([
    ['Content-Length: 100\r\n\r\n12345'],
    ['Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'],
    ['Content-Length: 100\r\n\r\n'],
    ['Content-Le'],
  ])('cut short is none: %j', async (part) => {
    const server = await rawServer((socket) =>
      onRequests(socket, () => socket.end(`HTTP/1.1 200 OK\r\n${part}`)),
    )
    const exchange = await client({ endpoint: server.url }).send(post(), never)
    expect(failureOf(exchange)).toMatchObject({ bodyStarted: true, timedOut: false })
    expect(server.connections).toBe(1)
  })

  test('that is no HTTP is none', async () => {
    const server = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
    const exchange = await client({ endpoint: server.url }).send(post(), never)
    expect(failureOf(exchange).timedOut).toBe(false)
  })

  test('may come before the whole request is sent', async () => {
    const server = await rawServer((socket) => {
      socket.once('data', () => {
        socket.pause()
        socket.write('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nbig')
      })
    })
    const { send } = client({ endpoint: server.url })
    const exchange = await send(post({ body: Buffer.alloc(20_000_000, 'x') }), never)
    expect(replyOf(exchange)).toMatchObject({ status: 413, body: 'big' })
  })
})

describe('the deadline is for the whole exchange', () => {
  const deadlineMs = 150

  async function expectTimeout(url: string, changes: Partial<Post> = {}): Promise<boolean> {
    const { send } = client({ endpoint: url })
    const [exchange, ms] = await elapsed(send(post({ deadlineMs, ...changes }), never))
    const failure = failureOf(exchange)
    expect(failure.timedOut).toBe(true)
    expect(failure.error.message).toBe('no complete answer within 150 ms')
    expect(ms).toBeGreaterThan(deadlineMs / 2)
    expect(ms).toBeLessThan(onThisMachine(SOON_MS)) // that it ends at all, and when it says
    return failure.bodyStarted
  }

  test('a server that never answers', async () => {
    const server = await scriptedServer('hang')
    expect(await expectTimeout(server.url)).toBe(true)
  })

  test('headers that never end', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('X-More: 1\r\n'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    await expectTimeout(server.url)
    await vi.waitFor(() => expect(server.open.size).toBe(0), PATIENT_MS)
  })

  test('a body that comes byte by byte', async () => {
    const server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n')
      const timer = setInterval(() => socket.write('x'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    await expectTimeout(server.url)
    await vi.waitFor(() => expect(server.open.size).toBe(0), PATIENT_MS)
  })

  test('a server that does not read', async () => {
    const server = await rawServer((socket) => socket.pause())
    expect(await expectTimeout(server.url, { body: Buffer.alloc(20_000_000) })).toBe(true)
  })

  test('a TLS handshake that never comes: then no row has left', async () => {
    const server = await rawServer(() => {})
    const started = await expectTimeout(server.url.replace('http:', 'https:'))
    expect(started).toBe(false)
  })

  test('a connection of our own that is never free', async () => {
    const server = await scriptedServer('hang')
    const { send } = client({ endpoint: server.url }, 1)
    const first = send(post({ deadlineMs: 250 }), never)
    const second = failureOf(await send(post({ deadlineMs: 100 }), never))
    expect(second).toMatchObject({ timedOut: true, bodyStarted: false })
    expect(failureOf(await first).timedOut).toBe(true)
  })

  test('the second try of a request on a dead connection', async () => {
    const server = await rawServer((socket, nth) =>
      onRequests(socket, (request) => {
        if (nth === 1 && request === 1) socket.write(OK)
        else if (nth === 1) setTimeout(() => socket.resetAndDestroy(), 1000)
      }),
    )
    const { send } = client({ endpoint: server.url })
    await send(post(), never)
    const [exchange, ms] = await elapsed(send(post({ deadlineMs: 1500 }), never))
    expect(server.connections).toBe(2)
    expect(failureOf(exchange).timedOut).toBe(true)
    expect(ms).toBeLessThan(onThisMachine(2400)) // 2500 with a deadline of its own
  })

  test('over which a late answer changes nothing', async () => {
    let answer = () => {}
    const server = await rawServer((socket) =>
      onRequests(socket, () => {
        answer = () => socket.write(OK)
      }),
    )
    const { send } = client({ endpoint: server.url })
    const exchange = await send(post({ deadlineMs: 50 }), never)
    answer()
    expect(failureOf(exchange).timedOut).toBe(true)
  })
})

describe('a connection that breaks', () => {
  test('never was: nothing has been sent', async () => {
    const { send } = client({ endpoint: `http://127.0.0.1:${await freePort()}` })
    const failure = failureOf(await send(post(), never))
    expect(failure).toMatchObject({ bodyStarted: false, timedOut: false })
    expect(failure.error).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('has no address: nothing has been sent', async () => {
    const agent = new Agent({
      lookup: (host: string, _options: object, done: (error: Error) => void) =>
        setImmediate(done, Object.assign(new Error(`no ${host}`), { code: 'ENOTFOUND' })),
    } as object)
    const { send } = client({ endpoint: 'http://nowhere.test', agent })
    const failure = failureOf(await send(post(), never))
    expect(failure).toMatchObject({ bodyStarted: false, error: { code: 'ENOTFOUND' } })
  })

  const large = Buffer.alloc(8_000_000, 'x')
  const breaks: [when: string, serve: (socket: Socket) => void][] = [
    ['before the body', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    [
      'in the middle of the body',
      (socket) => {
        let bytes = 0
        socket.on('data', (chunk) => {
          bytes += chunk.length
          if (bytes > 4_000_000) socket.resetAndDestroy()
        })
      },
    ],
    [
      'politely in the middle of the body',
      (socket) => {
        let bytes = 0
        socket.on('data', (chunk) => {
          bytes += chunk.length
          if (bytes > 4_000_000) socket.destroy()
        })
      },
    ],
    [
      'after the body',
      (socket) => {
        let bytes = 0
        socket.on('data', (chunk) => {
          bytes += chunk.length
          if (bytes > 8_000_000) socket.resetAndDestroy()
        })
      },
    ],
  ]
  test('at once', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy())
    const exchange = await client({ endpoint: server.url }).send(post(), never)
    expect(failureOf(exchange).timedOut).toBe(false)
    expect(server.connections).toBe(1)
  })

  test.each(breaks)(
    '%s: the server may have the rows, and a new one is not tried',
    async (_, serve) => {
      const server = await rawServer(serve)
      const exchange = await client({ endpoint: server.url }).send(post({ body: large }), never)
      expect(failureOf(exchange)).toMatchObject({ bodyStarted: true, timedOut: false })
      expect(server.connections).toBe(1)
    },
  )
})

describe('giving up', () => {
  test('ends what is under way', async () => {
    const server = await scriptedServer('hang')
    const giveUp = new AbortController()
    const sending = client({ endpoint: server.url }).send(post(), giveUp.signal)
    await server.received(1)
    giveUp.abort()
    expect(failureOf(await sending)).toMatchObject({ timedOut: false, bodyStarted: true })
  })

  test('beforehand sends nothing', async () => {
    const server = await scriptedServer()
    const exchange = await client({ endpoint: server.url }).send(post(), AbortSignal.abort())
    expect(failureOf(exchange)).toMatchObject({ timedOut: false, bodyStarted: false })
    expect(server.requests).toHaveLength(0)
  })

  test('is listened for no longer than a request lasts', async () => {
    const server = await scriptedServer()
    const refused = client({ endpoint: `http://127.0.0.1:${await freePort()}` })
    const { send } = client({ endpoint: server.url })
    const { signal } = new AbortController()
    const warned = vi.fn()
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    for (let round = 0; round < 250; round++) {
      await Promise.all(Array.from({ length: 7 }, () => send(post(), signal)))
      await refused.send(post(), signal)
    }
    expect(server.requests).toHaveLength(1750)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(warned).not.toHaveBeenCalled()
  })
})
