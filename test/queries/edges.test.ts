import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { edgesQuery, type Search } from '../../packages/queries/src/index.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { BASE_US, type ModelSpan, toSpan } from './kit/model.js'
import { ask, fillTables, READER } from './kit/tables.js'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse([READER])
})
afterAll(() => server?.stop())

const client: ModelSpan = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: '00000000000000a1',
  parentSpanId: '',
  service: 'shop',
  name: 'call',
  kind: 'client',
  startUs: BASE_US,
  durationNs: 1000,
  status: 'unset',
  message: '',
  attributes: {},
  resource: {},
}
const called: ModelSpan = {
  ...client,
  spanId: '00000000000000b2',
  parentSpanId: client.spanId,
  service: 'payment',
  kind: 'server',
}

let databases = 0
async function edges(spans: readonly ModelSpan[], search: Search = {}) {
  const tables = await fillTables(server, `edges_${databases++}`, spans.map(toSpan))
  const answers = await Promise.all(
    tables.map(async (table) => (await ask(server, edgesQuery(table, search))).rows),
  )
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
  return answers[0]?.map(({ caller, callee, callee_kind, calls }) => [
    caller,
    callee,
    callee_kind,
    calls,
  ])
}

test.each<[attributes: Record<string, string>, callee: string | undefined, kind: string]>([
  [{ 'db.system.name': 'postgresql', 'db.namespace': 'orders' }, 'postgresql/orders', 'database'],
  [
    { 'db.system': 'mysql', 'db.name': 'orders', 'server.address': 'db1' },
    'mysql/orders',
    'database',
  ],
  [{ 'db.system.name': 'redis' }, 'redis', 'database'],
  [{ 'messaging.system': 'kafka', 'server.address': 'k1' }, 'kafka', 'messaging'],
  [{ 'peer.service': 'stripe', 'server.address': 'api.stripe.com' }, 'stripe', 'external'],
  [{ 'server.address': 'api.stripe.com' }, 'api.stripe.com', 'external'],
  [{ 'net.peer.name': 'old.example' }, 'old.example', 'external'],
  [{ 'http.route': '/x' }, undefined, ''],
])(
  'a call that nobody answers with a span goes where its attributes say: %j',
  async (attributes, callee, kind) => {
    const expected = callee === undefined ? [] : [['shop', callee, kind, 1]]
    const internal: ModelSpan = { ...client, traceId: 'e'.repeat(32), attributes, kind: 'internal' }
    expect(await edges([{ ...client, attributes }, internal])).toEqual(expected)
  },
)

test('a call that another service answers with a span goes to that service, not to its address', async () => {
  const toAddress = { ...client, attributes: { 'server.address': 'payment:80' } }
  expect(await edges([toAddress, called])).toEqual([['shop', 'payment', 'service', 1]])
  expect(await edges([toAddress, { ...called, service: 'shop' }])).toEqual([
    ['shop', 'payment:80', 'external', 1],
  ])
  const elsewhere = { ...called, traceId: 'f'.repeat(32) }
  expect(await edges([toAddress, elsewhere])).toEqual([['shop', 'payment:80', 'external', 1]])
})

test('a call to a service stays one when only the client’s span is searched for', async () => {
  const failed: ModelSpan = {
    ...client,
    status: 'error',
    attributes: { 'server.address': 'payment:80' },
  }
  expect(await edges([failed, called], { status: 'error' })).toEqual([])
  expect(await edges([failed, { ...called, status: 'error' }], { status: 'error' })).toEqual([
    ['shop', 'payment', 'service', 1],
  ])
})

test('a service is found on either side of a call', async () => {
  const spans = [client, called]
  for (const services of [['shop'], ['payment'], ['payment', "o'brien"]])
    expect(await edges(spans, { services })).toEqual([['shop', 'payment', 'service', 1]])
  expect(await edges(spans, { services: ["o'brien"] })).toEqual([])
})

test('a parent that began before the range is known', async () => {
  const search = { fromUs: BASE_US + 1000e6, toUs: BASE_US + 2000e6 }
  const late = { ...called, startUs: BASE_US + 1500e6 }
  expect(await edges([client, late], search)).toEqual([['shop', 'payment', 'service', 1]])
})
