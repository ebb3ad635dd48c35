import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces, quoteIdentifier, type SpanLike } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  buildTrace,
  type SpanTable,
  spansQuery,
  traceQuery,
  tracesQuery,
} from '../../packages/queries/src/index.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { BASE_US, type ModelSpan, toSpan, WORDS } from './kit/model.js'
import { ask, fillTables, READER } from './kit/tables.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SECONDS = BASE_US / 1e6
const hostile = Object.fromEntries(WORDS.map((word) => [word, word]))

const model: ModelSpan = {
  traceId: TRACE,
  spanId: '00000000000000a1',
  parentSpanId: '',
  service: 'shop',
  name: 'GET /users',
  kind: 'server',
  startUs: BASE_US,
  durationNs: 5_000_001,
  status: 'unset',
  message: '',
  attributes: hostile,
  resource: { 'host.name': "k'ey\\" },
}
const root: SpanLike = {
  ...toSpan(model),
  spanContext: () => ({
    traceId: TRACE,
    spanId: '00000000000000a1',
    traceState: { serialize: () => 'vendor=1' },
  }),
  startTime: [SECONDS, 123],
  endTime: [SECONDS, 5_000_124],
}
const child: SpanLike = {
  ...toSpan({
    ...model,
    spanId: '00000000000000b2',
    parentSpanId: '00000000000000a1',
    kind: 'client',
    status: 'error',
    message: "it's",
    attributes: {},
    resource: {},
  }),
  startTime: [SECONDS, 1_000_125],
  endTime: [SECONDS, 2_000_125],
  events: [
    { name: 'exception', time: [SECONDS, 1_500_123], attributes: { 'exception.message': "it's" } },
    { name: 'early', time: [SECONDS, 0] },
  ],
  links: [
    {
      context: {
        traceId: 'f'.repeat(32),
        spanId: 'e'.repeat(16),
        traceState: { serialize: () => 'a=b' },
      },
      attributes: { kind: 'follows' },
    },
  ],
}

let server: ClickHouseServer
let tables: SpanTable[]

beforeAll(async () => {
  server = await sharedClickHouse([READER])
  // An uncertain retry: both rows are there twice.
  tables = await fillTables(server, 'telemetry', [root, child])
  for (const table of [flatTraces, otelTraces]) {
    const at = `telemetry.${quoteIdentifier(table.name)}`
    await server.query(`INSERT INTO ${at} SELECT * FROM ${at}`)
  }
  await server.query(
    "INSERT INTO telemetry.`{limit:UInt64} o'wn` SELECT * FROM telemetry.`{limit:UInt64} o'wn`",
  )
})
afterAll(() => server?.stop())

const tableOf = (family: string) => tables.find((table) => table.family === family) as SpanTable

test.each(['flat', 'otel'])(
  'a trace comes whole, to the nanosecond, and rows that are stored twice come once: %s',
  async (family) => {
    const { rows } = await ask(server, traceQuery(tableOf(family), TRACE))
    expect(rows).toEqual([
      {
        trace_id: TRACE,
        span_id: '00000000000000a1',
        parent_span_id: '',
        service: 'shop',
        name: 'GET /users',
        kind: 'server',
        start_us: BASE_US,
        duration_ns: 5_000_001,
        status: 'unset',
        status_message: '',
        offset_ns: 0,
        trace_state: 'vendor=1',
        attributes: hostile,
        resource: { 'service.name': 'shop', 'host.name': "k'ey\\" },
        scope_name: 'test',
        scope_version: '1.0.0',
        events: [],
        links: [],
      },
      {
        trace_id: TRACE,
        span_id: '00000000000000b2',
        parent_span_id: '00000000000000a1',
        service: 'shop',
        name: 'GET /users',
        kind: 'client',
        start_us: BASE_US + 1000,
        duration_ns: 1_000_000,
        status: 'error',
        status_message: "it's",
        offset_ns: 1_000_002,
        trace_state: '',
        attributes: {},
        resource: { 'service.name': 'shop' },
        scope_name: 'test',
        scope_version: '1.0.0',
        events: [
          { offset_ns: 1_500_000, name: 'exception', attributes: { 'exception.message': "it's" } },
          { offset_ns: -123, name: 'early', attributes: {} },
        ],
        links: [
          {
            trace_id: 'f'.repeat(32),
            span_id: 'e'.repeat(16),
            trace_state: 'a=b',
            attributes: { kind: 'follows' },
          },
        ],
      },
    ])
    expect(buildTrace(rows)).toMatchObject({ durationNs: 5_000_001, duplicates: 0, errors: 1 })
  },
)

test('a table with fewer columns gives the same, as far as it goes', async () => {
  const [flat, own] = await Promise.all(
    ['flat', 'own'].map(
      async (family) => (await ask(server, traceQuery(tableOf(family), TRACE))).rows,
    ),
  )
  const less = { events: [], links: [], scope_name: '', scope_version: '', trace_state: '' }
  expect(own).toEqual(
    flat?.map((row) => ({ ...row, ...less, offset_ns: Math.floor(row.offset_ns / 1000) * 1000 })),
  )
})

test('near a time the trace is found, far from it not, and the limit cuts its end', async () => {
  for (const table of tables) {
    const found = async (aroundUs: number) =>
      (await ask(server, traceQuery(table, TRACE, { aroundUs }))).rows.length
    expect(await found(BASE_US + 3500e6)).toBe(2)
    expect(await found(BASE_US - 3500e6)).toBe(2)
    expect(await found(BASE_US + 3700e6)).toBe(0)
    const { rows } = await ask(server, traceQuery(table, TRACE, { limit: 1 }))
    expect(rows.map(({ span_id }) => span_id)).toEqual(['00000000000000a1'])
  }
})

test('in a list of traces rows that are stored twice count once; in a list of spans they come twice', async () => {
  for (const table of tables) {
    const [trace] = (await ask(server, tracesQuery(table, {}))).rows
    expect(trace).toMatchObject({ spans: 2, errors: 1 })
    expect((await ask(server, spansQuery(table, {}))).rows).toHaveLength(4)
  }
})

test('no id is an error, whatever is in it', async () => {
  for (const id of ['', ...WORDS, '\ud800'])
    for (const table of tables) expect((await ask(server, traceQuery(table, id))).rows).toEqual([])
})

test('no time is an error, even if no table has room for it', async () => {
  for (const table of tables)
    for (const us of [-1e18, -1, 0, 0.5, 1e15, 1e18, 1e300, Number.POSITIVE_INFINITY, Number.NaN]) {
      await ask(server, traceQuery(table, TRACE, { aroundUs: us }))
      await ask(server, tracesQuery(table, { fromUs: us, toUs: us + 1, minNs: us, maxNs: us }))
    }
})

test('spans without an id are not taken for one span', async () => {
  const database = 'without_ids'
  const nameless = toSpan({ ...model, spanId: '', parentSpanId: 'dd', attributes: {} })
  const [flat] = await fillTables(server, database, [nameless, { ...nameless, name: 'other' }])
  const { rows } = await ask(server, traceQuery(flat as SpanTable, TRACE))
  expect(rows.map(({ name }) => name).sort()).toEqual(['GET /users', 'other'])
})
