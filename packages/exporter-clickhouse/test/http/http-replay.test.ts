import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { classify } from '../../src/clickhouse/classify.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { type Client, openClient } from '../../src/http/client.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const never = new AbortController().signal
const post = { path: '/', headers: {}, body: Buffer.from('rows'), deadlineMs: 5000 }

/** A client of a server that calls back with the number of each request's connection and the request's number on it. */
async function clientOf(
  answer: (socket: Socket, connection: number, request: number) => void,
): Promise<Client> {
  let connections = 0
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const connection = ++connections
    let requests = 0
    open.add(socket)
    socket.on('error', () => {}).on('data', () => answer(socket, connection, ++requests))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [config] = parseConfig('traces', { endpoint: `http://127.0.0.1:${port}` }, {}).destinations
  if (!config) throw new Error('no destination')
  const client = openClient(config, 4)
  onTestFinished(() => {
    client.close()
    server.close()
    for (const socket of open) socket.destroy()
  })
  return client
}

const closesTheKeptOne = (socket: Socket, connection: number, request: number) => {
  if (connection === 1 && request === 2) socket.resetAndDestroy()
  else socket.write(OK)
}

test('a request that died with a kept connection, and was sent again, says so: it may have arrived twice', async () => {
  const { send } = await clientOf(closesTheKeptOne)
  expect(await send({ ...post, repeatable: true }, never)).not.toHaveProperty('replayed')
  expect(await send({ ...post, repeatable: true }, never)).toMatchObject({ replayed: true })
})

test('a request that may not arrive twice is not sent again', async () => {
  const { send } = await clientOf(closesTheKeptOne)
  expect(await send({ ...post, repeatable: false }, never)).toHaveProperty('reply')
  expect(await send({ ...post, repeatable: false }, never)).toMatchObject({ bodyStarted: true })
})

test('an answer to a request that has not left yet is not complete: who gave it cannot have the rows', async () => {
  const { send } = await clientOf((socket, _, request) => {
    socket.pause()
    if (request === 1) socket.write(OK)
  })
  const body = Buffer.alloc(20_000_000, 'x')
  const exchange = await send({ ...post, body, repeatable: true }, never)
  expect(exchange).toMatchObject({ reply: { status: 200, complete: false } })
})

test('a request that may have been taken stays ambiguous when its replay is refused', async () => {
  let requests = 0
  const server = await scriptedServer({
    each: () =>
      ++requests === 2
        ? (_, { req }) => {
            void server.close()
            req.socket.resetAndDestroy()
          }
        : 'ok',
  })
  const [destination] = parseConfig('traces', { endpoint: server.url }).destinations
  if (!destination) throw new Error('no destination')
  const client = openClient(destination, 1)
  const post = {
    path: '/?query=x',
    headers: {},
    body: Buffer.from('{}\n'),
    deadlineMs: 2000,
    repeatable: true,
  }
  const { signal } = new AbortController()
  await client.send(post, signal)
  expect(classify(await client.send(post, signal))).toMatchObject({ why: 'ambiguous' })
  expect(requests).toBe(2)
})
