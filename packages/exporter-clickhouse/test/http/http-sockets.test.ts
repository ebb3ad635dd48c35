import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import {
  type AddressInfo,
  createServer,
  getDefaultAutoSelectFamilyAttemptTimeout,
  type Socket,
  setDefaultAutoSelectFamilyAttemptTimeout,
  type TcpSocketConnectOpts,
} from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { openClient } from '../../src/http/client.js'
import { client, onRequests } from './http-kit.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const never = new AbortController().signal
const post = {
  path: '/',
  headers: {},
  body: Buffer.from('rows'),
  deadlineMs: 5000,
  repeatable: true,
}

/** A client of a server that holds no process open itself. */
async function clientOf(serve: (socket: Socket) => void, agent?: Agent) {
  const server = createServer((socket) => {
    socket.unref().on('error', () => {})
    socket.once('data', () => serve(socket))
    onTestFinished(() => void socket.destroy())
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [config] = parseConfig(
    'traces',
    { endpoint: `http://127.0.0.1:${port}`, agent },
    {},
  ).destinations
  if (!config) throw new Error('no destination')
  const client = openClient(config, 4)
  onTestFinished(() => {
    client.close()
    agent?.destroy()
    server.close()
  })
  return client
}

test('a request under way does not hold an ended application open', async () => {
  const holders = () =>
    process.getActiveResourcesInfo().filter((what) => what === 'TCPSocketWrap').length
  await eventually(() => expect(holders()).toBe(0))
  let isUnderWay = false
  const { send } = await clientOf(() => {
    isUnderWay = true
  })
  void send(post, never)
  await eventually(() => expect(isUnderWay).toBe(true))
  expect(holders()).toBe(0)
})

test('somebody hears the error of a connection also between two requests', async () => {
  const agent = new Agent({ keepAlive: true })
  const listeners: number[] = []
  agent.prependListener('free', (socket) => listeners.push(socket.listenerCount('error')))
  const { send } = await clientOf((socket) => socket.write(OK), agent)
  await send(post, never)
  await eventually(() => expect(listeners).toHaveLength(1))
  expect(listeners[0]).toBeGreaterThan(0)
})

test('an agent of the application need not keep sockets, nor say which are free', async () => {
  const own = new Agent()
  const agent = {
    addRequest: (...args: unknown[]) =>
      (own as unknown as { addRequest: (...args: unknown[]) => void }).addRequest(...args),
    destroy: () => own.destroy(),
  }
  const { send } = await clientOf((socket) => socket.write(OK), agent as never)
  expect(await send(post, never)).toMatchObject({ reply: { status: 200 } })
})

test.each([
  [10_000, 750],
  [2000, 500],
  [500, 250],
])(
  'with a deadline of %i ms, each of several addresses has %i ms to connect, and never less than Node allows',
  async (deadlineMs, expected) => {
    const server = await rawServer((socket) => onRequests(socket, () => socket.write(OK)))
    const allowed: unknown[] = []
    const agent = new Agent()
    const connect = agent.createConnection.bind(agent)
    agent.createConnection = (options, ...rest) => {
      allowed.push((options as TcpSocketConnectOpts).autoSelectFamilyAttemptTimeout)
      return connect(options, ...rest)
    }
    const { send } = client({ endpoint: server.url, agent })
    const byDefault = getDefaultAutoSelectFamilyAttemptTimeout()
    onTestFinished(() => setDefaultAutoSelectFamilyAttemptTimeout(byDefault))
    setDefaultAutoSelectFamilyAttemptTimeout(250)
    const own = { ...post, deadlineMs }
    expect(await send(own, never)).toMatchObject({ reply: { status: 200 } })
    setDefaultAutoSelectFamilyAttemptTimeout(3000)
    expect(await send(own, never)).toMatchObject({ reply: { status: 200 } })
    expect(allowed).toEqual([expected, 3000])
  },
)

test('an agent shared with the application waits for its answers as before, right after ours', async () => {
  let answerOurs: (() => void) | undefined
  const server = await rawServer((socket) =>
    onRequests(socket, (nth) => {
      if (nth > 1) socket.write(OK)
      else answerOurs = () => socket.write(OK)
    }),
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  const { send } = client({ endpoint: server.url, agent })
  const ours = send(post, never)
  await eventually(() => expect(answerOurs).toBeDefined())
  const theirs = request(server.url, { agent, method: 'POST' })
  const taken = once(theirs, 'socket')
  theirs.end('rows')
  answerOurs?.()
  await ours
  const [socket] = (await taken) as [Socket & { _handle: { hasRef(): boolean } }]
  expect(socket._handle.hasRef()).toBe(true)
  const [answer] = (await once(theirs, 'response')) as [IncomingMessage]
  answer.resume()
  await once(agent, 'free')
  await new Promise(setImmediate)
  expect(socket._handle.hasRef()).toBe(false)
})
