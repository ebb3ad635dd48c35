import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { until } from '../kit/patience.js'

interface Visit {
  readonly at: number
  readonly ms: number
  readonly failure?: { readonly what: string; readonly isSimulated: boolean }
}

interface Load {
  readonly visits: Visit[]
  stop(): Promise<number>
}

const shop = (file: string) => import(new URL(`../../examples/shop/${file}`, import.meta.url).href)
const { nextAfter, openLoad, REQUESTS_PER_SECOND } = await shop('load.mjs')
const { failures, latencies } = await shop('answers.mjs')

// A shop that answers when, and what, the test says.
const open: ServerResponse[] = []
const server = createServer((_request, response) => open.push(response))
let load: Load
beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  load = openLoad(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
afterEach(async () => {
  vi.restoreAllMocks()
  const stopped = load.stop()
  const answering = setInterval(() => answer(open.length), 5)
  await stopped
  clearInterval(answering)
  server.close()
  server.closeAllConnections()
})

function answer(times: number, status = 200, body: object = {}) {
  for (const response of open.splice(0, times)) {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }
}

test('a shop that is slow gets no more customers than may wait in it', async () => {
  await until(() => open.length === 24)
  for (let i = 1; i <= 30; i++) {
    answer(1)
    // Another comes for the one who went, and no more.
    await until(() => load.visits.length === i && open.length === 24)
  }
})

test('the pace is kept on average, and after a stall there is no rush', () => {
  let dueAt = 1000
  for (let i = 0; i < 10_000; i++) dueAt = nextAfter(dueAt, dueAt + 10) // each a little late
  const pace = 10_000 / ((dueAt - 1000) / 1000)
  expect(Math.abs(pace / REQUESTS_PER_SECOND - 1)).toBeLessThan(0.05)
  // Ten seconds were missed: of 600 customers, three at most come at once.
  for (let i = 0; i < 100; i++) expect(nextAfter(1000, 11_000)).toBeGreaterThanOrEqual(10_950)
})

test('failures are told apart: simulated, of the shop, without an answer', async () => {
  const patience = AbortSignal.timeout.bind(AbortSignal)
  await until(() => open.length > 0)
  answer(1, 402, { error: 'payment answered 402: no', simulated: 'the card was declined' })
  await until(() => open.length > 0)
  answer(1, 500, { error: 'catalog did not answer within 5 s' })
  await until(() => open.length > 0)
  open.shift()?.destroy()
  await until(() => load.visits.length === 3)
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() => patience(50))
  await until(() => load.visits.length >= 4)

  expect(failures(load.visits, true)).toEqual([['the card was declined (HTTP 402)', 1]])
  const others = new Map<string, number>(failures(load.visits, false))
  expect(others.get('catalog did not answer within 5 s (HTTP 500)')).toBe(1)
  expect(others.get('no answer within 10 s')).toBeGreaterThan(0)
  expect(
    [...others.keys()].filter((what) => /ECONNRESET|other side closed|SOCKET/.test(what)),
  ).toHaveLength(1)
  expect([...others.keys()].filter((what) => /5xx/.test(what))).toEqual([])
})

test('latencies are those of the requests that came before, during and after the outage', () => {
  const visits = [
    ...[10, 30, 20].map((ms, at) => ({ at, ms })),
    ...[100, 200].map((ms) => ({ at: 5, ms })),
    { at: 12, ms: 7 },
  ]
  const outage = { name: 'central', from: 5, restartAt: 8, to: 10 }
  expect(latencies(visits, outage)).toEqual([
    { state: 'up', requests: 3, median: 20, p95: 30 },
    { state: 'down', requests: 2, median: 200, p95: 200 },
    { state: 'starting', requests: 0, median: undefined, p95: undefined },
    { state: 'up again', requests: 1, median: 7, p95: 7 },
  ])
  expect(latencies(visits, undefined)).toMatchObject([{ state: 'up', requests: 6 }])
})
