import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SpanTable, traceQuery, tracesQuery } from '../../packages/queries/src/index.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { ask, READER, tablesIn } from './kit/tables.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const database = 'json_columns'
let server: ClickHouseServer
let table: SpanTable

beforeAll(async () => {
  server = await sharedClickHouse([READER])
  const maps = /Map\(LowCardinality\(String\), String\)/g
  for (const statement of otelTraces.ddl({ database }).slice(0, 2))
    await server.query(
      statement
        .replace(maps, 'JSON')
        .split('\n')
        .filter((line) => !/mapKeys|mapValues/.test(line))
        .join('\n'),
    )
  await server.query(`INSERT INTO ${database}.otel_traces
    (Timestamp, TraceId, SpanId, SpanName, SpanKind, ServiceName, Duration, StatusCode, SpanAttributes, ResourceAttributes, Events.Timestamp, Events.Name, Events.Attributes)
    FORMAT JSONEachRow ${JSON.stringify({
      Timestamp: '2026-11-28 10:00:00',
      TraceId: TRACE,
      SpanId: 'a1',
      SpanName: 'GET /users',
      SpanKind: 'SPAN_KIND_SERVER', // as older Collectors have it
      ServiceName: 'shop',
      Duration: 5,
      StatusCode: 'STATUS_CODE_ERROR',
      SpanAttributes: {
        'http.response.status_code': 200,
        http: { route: "it's" },
        ok: true,
        tags: ['a', 'b'],
        a: { b: { c: { d: 1.5 } } },
      },
      ResourceAttributes: { 'service.name': 'shop', host: { name: 'h1' } },
      'Events.Timestamp': ['2026-11-28 10:00:00.000001'],
      'Events.Name': ['log'],
      'Events.Attributes': [{ 'message.text': 'hello' }],
    })}`)
  table = (await tablesIn(server, database))[0] as SpanTable
})
afterAll(() => server?.stop())

test('the Collector’s table with JSON columns is recognised, and attributes have their whole names and plain texts', async () => {
  expect(table).toMatchObject({ family: 'otel', missing: [] })
  const { rows } = await ask(server, traceQuery(table, TRACE))
  expect(rows[0]).toMatchObject({
    kind: 'server',
    status: 'error',
    attributes: {
      'http.response.status_code': '200',
      'http.route': "it's",
      ok: 'true',
      tags: '["a","b"]',
      'a.b.c.d': '1.5',
    },
    resource: { 'service.name': 'shop', 'host.name': 'h1' },
    events: [{ offset_ns: 1000, name: 'log', attributes: { 'message.text': 'hello' } }],
  })
})

test.each([
  { attributes: [{ key: 'http.route', op: '=' as const, value: "it's" }] },
  { attributes: [{ key: 'http.response.status_code', op: '!=' as const, value: '404' }] },
  { attributes: [{ key: 'host.name', op: '~' as const, value: 'H' }] },
  { attributes: [{ key: 'ok', op: 'exists' as const, value: '' }] },
  { text: ["IT'S"] },
])('it is searched by attributes: %j', async (search) => {
  expect((await ask(server, tracesQuery(table, search))).rows).toHaveLength(1)
})
