import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { CERT, KEY, secureServer } from '../../../../test/kit/raw-server.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { followGlobalClock } from '../global-clock.js'
import { client, failureOf, never, post, replyOf } from './http-kit.js'

followGlobalClock()

afterEach(() => vi.restoreAllMocks())

describe('TLS', () => {
  test('a certificate nobody vouches for is refused, and nothing is sent', async () => {
    const server = await secureServer()
    const failure = failureOf(await client({ endpoint: server.url }).send(post(), never))
    expect(failure.error).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(failure.bodyStarted).toBe(false)
    expect(server.requests).toHaveLength(0)
  })

  test('so is one for another host', async () => {
    const server = await secureServer()
    const { send } = client({ endpoint: server.url, tls: { ca: CERT } })
    const failure = failureOf(await send(post(), never))
    expect(failure.error).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(failure.bodyStarted).toBe(false)
    expect(server.requests).toHaveLength(0)
  })

  test('`ca` and `servername` say whom to trust', async () => {
    const server = await secureServer()
    const tls = { ca: CERT, servername: 'clickhouse.test' }
    const { send } = client({ endpoint: server.url, tls })
    expect(replyOf(await send(post(), never)).status).toBe(200)
    expect(replyOf(await send(post(), never)).status).toBe(200)
    expect(server.requests).toHaveLength(2)
  })

  test('they do so with an agent of the user’s own, too', async () => {
    const server = await secureServer()
    const tls = { ca: CERT, servername: 'clickhouse.test' }
    const { send } = client({ endpoint: server.url, tls, agent: new HttpsAgent() })
    expect(replyOf(await send(post(), never)).status).toBe(200)
  })

  test('`rejectUnauthorized: false` trusts anybody', async () => {
    const server = await secureServer()
    const { send } = client({ endpoint: server.url, tls: { rejectUnauthorized: false } })
    expect(replyOf(await send(post(), never)).status).toBe(200)
  })

  test('`cert` and `key` say who we are', async () => {
    const server = await secureServer({ requestCert: true, ca: CERT })
    const tls = { ca: CERT, servername: 'clickhouse.test', cert: CERT, key: KEY }
    const { send } = client({ endpoint: server.url, tls })
    expect(replyOf(await send(post(), never)).status).toBe(200)
    expect(server.peers).toEqual(['spanhouse tests only'])
  })

  test('a server that does not speak it is refused, and nothing is sent', async () => {
    const server = await scriptedServer()
    const { send } = client({ endpoint: server.url.replace('http:', 'https:') })
    expect(failureOf(await send(post(), never)).bodyStarted).toBe(false)
    expect(server.requests).toHaveLength(0)
  })
})

describe('an agent of the user’s own', () => {
  test('is used, and left alone afterwards', async () => {
    const server = await scriptedServer()
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    const before = agent.listenerCount('free')
    const opened = client({ endpoint: server.url, agent })
    await opened.send(post(), never)
    opened.close()
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1)
    expect(agent.listenerCount('free')).toBe(before)
  })

  test('may serve many destinations', async () => {
    const warned = vi.fn()
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const agent = new Agent({ keepAlive: true })
    for (let n = 0; n < 16; n++) client({ endpoint: 'http://127.0.0.1', agent })
    await new Promise((resolve) => process.nextTick(resolve))
    expect(warned).not.toHaveBeenCalled()
  })

  test('that cannot make a connection is a failed request, not an exception', async () => {
    const agent = new Agent()
    agent.createConnection = () => {
      throw new Error('no connection today')
    }
    const failure = failureOf(
      await client({ endpoint: 'http://127.0.0.1', agent }).send(post(), never),
    )
    expect(failure).toMatchObject({ bodyStarted: false, error: { message: 'no connection today' } })
  })
})
