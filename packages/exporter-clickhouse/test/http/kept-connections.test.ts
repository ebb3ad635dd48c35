import { type EventEmitter, once } from 'node:events'
import { Agent } from 'node:http'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { PATIENT_MS } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { followGlobalClock } from '../global-clock.js'
import { client, failureOf, never, OK, onRequests, post, replyOf } from './http-kit.js'

followGlobalClock()

afterEach(() => vi.restoreAllMocks())

/** An agent with the method that Node's requests call, which its types leave out. */
type TellingAgent = Agent & { addRequest(...args: unknown[]): void }

describe('kept connections', () => {
  test('the request on one that the server has closed is sent again, exactly once', async () => {
    const server = await rawServer((socket, nth) =>
      onRequests(socket, (request) => {
        if (nth === 1 && request === 2) socket.resetAndDestroy()
        else socket.write(OK)
      }),
    )
    const { send } = client({ endpoint: server.url })
    expect(replyOf(await send(post(), never)).status).toBe(200)
    expect(replyOf(await send(post(), never)).status).toBe(200)
    expect(server.connections).toBe(2)
  })

  test('and no more than once', async () => {
    const server = await rawServer((socket, nth) =>
      onRequests(socket, (request) => {
        if (nth === 1 && request === 1) socket.write(OK)
        else socket.resetAndDestroy()
      }),
    )
    const { send } = client({ endpoint: server.url })
    await send(post(), never)
    expect(failureOf(await send(post(), never)).bodyStarted).toBe(true)
    expect(server.connections).toBe(2)
  })

  test('and on a new one, though others are kept that are dead as well', async () => {
    const server = await rawServer((socket, nth) =>
      onRequests(socket, (request) => {
        if (nth <= 3 && request === 2) socket.resetAndDestroy()
        else socket.write(OK)
      }),
    )
    const { send } = client({ endpoint: server.url })
    await Promise.all([send(post(), never), send(post(), never), send(post(), never)])
    expect(server.connections).toBe(3)
    expect(replyOf(await send(post(), never)).status).toBe(200)
  })

  test('but not after an answer has begun', async () => {
    const server = await rawServer((socket) =>
      onRequests(socket, (request) => {
        if (request === 1) socket.write(OK)
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1')
      }),
    )
    const { send } = client({ endpoint: server.url })
    await send(post(), never)
    expect(failureOf(await send(post(), never)).bodyStarted).toBe(true)
    expect(server.connections).toBe(1)
  })

  test.each([
    [2400, 1],
    [2600, 2],
  ])('idle for %i ms: %i connections for two requests', async (idleMs, connections) => {
    const server = await scriptedServer()
    const { send } = client({ endpoint: server.url })
    await send(post(), never)
    const now = performance.now()
    vi.spyOn(performance, 'now').mockImplementation(() => now + idleMs)
    await send(post(), never)
    expect(server.connections).toBe(connections)
  })

  test('closed by the server while our event loop stood still fail no request', async () => {
    // A thread of its own closes its connections when it is told to, and says when it has, while this one stands still.
    const told = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(
      `const { parentPort, workerData: told } = require('node:worker_threads')
       const open = new Set()
       const server = require('node:net').createServer((socket) => {
         open.add(socket)
         socket.on('error', () => {})
         socket.on('data', () => socket.write(${JSON.stringify(OK)}))
       })
       setInterval(async () => {
         if (Atomics.load(told, 0) !== 1) return
         const ending = [...open].map((socket) => new Promise((resolve) => socket.end(resolve)))
         open.clear()
         await Promise.all(ending)
         Atomics.store(told, 0, 0)
         Atomics.notify(told, 0)
       }, 1)
       server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))`,
      { eval: true, workerData: told },
    )
    onTestFinished(() => void worker.terminate())
    const [port] = await once(worker, 'message')
    const agent = new Agent({ keepAlive: true, maxSockets: 4 }) as TellingAgent
    onTestFinished(() => agent.destroy())
    const add = vi.spyOn(agent, 'addRequest')
    const { send } = client({ endpoint: `http://127.0.0.1:${port}`, agent })
    for (let round = 0; round < 3; round++) {
      const exchanges = await Promise.all(Array.from({ length: 8 }, () => send(post(), never)))
      for (const exchange of exchanges) expect(replyOf(exchange).status).toBe(200)
      Atomics.store(told, 0, 1)
      Atomics.wait(told, 0, 1, PATIENT_MS)
    }
    expect(add).toHaveBeenCalledTimes(24) // none had to be sent again
  })

  test('end with the client', async () => {
    const server = await rawServer((socket) => onRequests(socket, () => socket.write(OK)))
    const opened = client({ endpoint: server.url })
    await opened.send(post(), never)
    expect(server.open.size).toBe(1)
    opened.close()
    await vi.waitFor(() => expect(server.open.size).toBe(0), PATIENT_MS)
  })
})

test('no request leaves listeners on a kept connection', async () => {
  const server = await scriptedServer()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const { send } = client({ endpoint: server.url, agent })
  const listeners = () => {
    const [socket] = Object.values(agent.freeSockets).flat()
    const names = (socket as EventEmitter).eventNames()
    return names.reduce((sum, name) => sum + (socket as EventEmitter).listenerCount(name), 0)
  }
  for (let n = 0; n < 5; n++) await send(post(), never)
  const before = listeners()
  for (let n = 0; n < 50; n++) await send(post(), never)
  expect(listeners()).toBe(before)
})
