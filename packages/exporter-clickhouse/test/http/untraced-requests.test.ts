import { Agent } from 'node:http'
import { context } from '@opentelemetry/api'
import { expect, onTestFinished, test } from 'vitest'
import { AsyncLocalStorageContextManager, isTracingSuppressed } from '#sdk'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { client, never, OK, onRequests, post } from './http-kit.js'

/** An agent with the method that Node's requests call, which its types leave out. */
type TellingAgent = Agent & { addRequest(...args: unknown[]): void }

test('own requests are not traced, and the application’s context stays as it was', async () => {
  const manager = new AsyncLocalStorageContextManager().enable()
  context.setGlobalContextManager(manager)
  onTestFinished(() => context.disable())
  const seen: boolean[] = []
  const agent = new Agent({ keepAlive: true }) as TellingAgent
  const addRequest = agent.addRequest.bind(agent)
  agent.addRequest = (...args: unknown[]) => {
    seen.push(isTracingSuppressed(context.active()))
    addRequest(...args)
  }
  const server = await rawServer((socket, nth) =>
    onRequests(socket, (request) => {
      if (nth === 1 && request === 2) socket.resetAndDestroy()
      else socket.write(OK)
    }),
  )
  const { send } = client({ endpoint: server.url, agent: agent as Agent })
  await send(post(), never)
  await send(post(), never)
  expect(seen).toEqual([true, true, true]) // the request sent again among them
  expect(isTracingSuppressed(context.active())).toBe(false)
})
