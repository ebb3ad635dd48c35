import { createClient } from '@clickhouse/client'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import {
  defineTable,
  flatTraces,
  type HrTime,
  otelTraces,
  type SpanLike,
  spansFromOtlpJson,
  type Table,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileSpan } from '../../packages/transform/test/arbitraries.js'
import { hostileLog } from '../../packages/transform/test/arbitrary-logs.js'
import { hostilePoint } from '../../packages/transform/test/arbitrary-points.js'
import { allLogs, logTables, makeLog } from '../../packages/transform/test/logs.js'
import { allPoints, makePoint, metricTables } from '../../packages/transform/test/points.js'
import { hostileValues, makeSpan, seedSpan } from '../../packages/transform/test/spans.js'
import { userTable } from '../../packages/transform/test/user-table.js'
import { LONG } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import {
  asStored,
  emptied,
  insert,
  placed,
  select,
  sorted,
  stored,
  withSigns,
} from '../kit/stored-rows.js'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

interface Inputs {
  readonly corpus: () => unknown[]
  readonly hostile: fc.Arbitrary<unknown>
  readonly at: (time: HrTime) => unknown
}

const spans: Inputs = {
  corpus,
  hostile: hostileSpan,
  at: (startTime) => makeSpan({ startTime }),
}
const logs: Inputs = {
  corpus: allLogs,
  hostile: hostileLog,
  at: (hrTime) => makeLog({ hrTime }),
}
const points: Inputs = {
  corpus: allPoints,
  hostile: hostilePoint,
  at: (time) => makePoint('gauge', { time }),
}

const tables: [string, Table<unknown>, Inputs][] = [
  ['flat', flatTraces, spans],
  ['otel', otelTraces, spans],
  ['a user’s own', userTable, spans],
  ...logTables.map(([name, table]): [string, Table<unknown>, Inputs] => [name, table, logs]),
  ...metricTables.map(([name, table]): [string, Table<unknown>, Inputs] => [name, table, points]),
]

// A session reads every table in the same way, so each zone is tried with half of them.
const ZONES = ['UTC', 'America/New_York']

describe.each(tables)('%s', (name, table, inputs) => {
  const zone = tables.findIndex(([one]) => one === name) % 2
  test('ddl() can be run twice, with every option', async () => {
    const twice = [...table.ddl(), ...table.ddl()]
    const elsewhere = {
      database: 'else where',
      table: `${table.name} \`s\``,
      ttl: 86_400,
      engine: 'ReplacingMergeTree',
    }
    for (const statement of [...twice, ...table.ddl(elsewhere), ...table.ddl(elsewhere)])
      await server.query(statement)
  })

  test.each(LONG ? ZONES : ZONES.slice(zone, zone + 1))(
    'every column reads back as toRow gives it, session in %s',
    async (session) => {
      const corpus = inputs.corpus()
      await emptied(server, table)
      await insert(server, table, corpus, { session_timezone: session })
      expect(await stored(server, table)).toEqual(asStored(table, corpus))
    },
  )

  test('@clickhouse/client reads the same', async () => {
    const client = createClient({ url: server.url })
    const reply = await client.query({ query: select(table), format: 'JSONEachRow' })
    const rows = await reply.json<Record<string, unknown>>()
    await client.close()
    expect(sorted(withSigns(rows) as typeof rows)).toEqual(await stored(server, table))
  })

  test('no hostile record is refused, and each is stored as toRow gives it', async () => {
    const records = fc.sample(inputs.hostile, { numRuns: LONG ? 200 : 60, seed: 7 })
    await emptied(server, table)
    for (let start = 0; start < records.length; start += 50)
      await insert(server, table, records.slice(start, start + 50))
    expect(await stored(server, table)).toEqual(asStored(table, records))
  })

  test('partitionDay() is the partition', async () => {
    await emptied(server, table)
    const record = inputs.at([1_900_000_000, 0])
    await insert(server, table, [record])
    const partitions = await server.query(
      `SELECT DISTINCT toUInt32(toDate(partition)) FROM system.parts WHERE active AND rows > 0 AND database = '${table.database}' AND table = '${table.name}'`,
    )
    expect(Number(partitions)).toBe(table.partitionDay?.(record))
  })
})

test('the view fills the table of trace times, for times after 2106 too', async () => {
  await emptied(server, otelTraces)
  await server.query('TRUNCATE TABLE default.otel_traces_trace_id_ts')
  const at = (traceId: string, seconds: number): SpanLike =>
    makeSpan({ spanContext: () => ({ traceId, spanId: '01' }), startTime: [seconds, 0] })
  await insert(server, otelTraces, [
    at('a', 1_729_627_200),
    at('a', 1_729_627_300),
    at('b', 9e9),
    at('', 1),
  ])
  const times = await server.query(
    'SELECT TraceId, toUnixTimestamp(Start), toUnixTimestamp(End) FROM default.otel_traces_trace_id_ts ORDER BY TraceId FORMAT JSONCompactEachRow',
  )
  expect(
    times
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    ['a', 1_729_627_200, 1_729_627_300],
    ['b', 4_294_967_295, 4_294_967_295],
  ])
})

test('otel: keys are in the server’s own order at every level, and equal attributes are one group', async () => {
  await emptied(server, otelTraces)
  const keys = ['b', '😀', 'a', '\uff01', 'é', '', 'B', '\u2028', '10', '9']
  const deep = (order: string[]): object => Object.fromEntries(order.map((key) => [key, -0]))
  const attributes = (order: string[]): object => {
    const nested = Object.fromEntries(order.map((key) => [key, [deep(order), '\u2029<&>']]))
    return { ...Object.fromEntries(order.map((key) => [key, 'x'])), nested, n: -0 }
  }
  const span = (order: string[]): SpanLike => {
    const some = attributes(order)
    const event = { name: 'e', time: [1, 0], attributes: some }
    const link = { context: { traceId: 'a', spanId: 'b' }, attributes: some }
    return makeSpan({
      attributes: some,
      resource: { attributes: some },
      events: [event],
      links: [link],
    })
  }
  await insert(server, otelTraces, [span(keys), span([...keys].reverse()), span([...keys].sort())])
  const maps = [
    'SpanAttributes',
    'ResourceAttributes',
    '`Events.Attributes`[1]',
    '`Links.Attributes`[1]',
  ]
  for (const map of maps) {
    const nested = `${map}['nested']`
    const isSorted = (list: string): string => `min(arraySort(${list}) = ${list})`
    const found = await server.query(
      `SELECT uniqExact(toString(${map})), ${isSorted(`mapKeys(${map})`)}, ${isSorted(`JSONExtractKeys(${nested})`)}, ` +
        `${isSorted(`JSONExtractKeys(JSONExtractRaw(${nested}, 'b', 1))`)}, any(length(JSONExtractKeys(${nested}))), any(${map}['n']) ` +
        'FROM default.otel_traces FORMAT JSONCompactEachRow',
    )
    expect([map, JSON.parse(found)]).toEqual([map, [1, 1, 1, 1, keys.length, '-0']])
  }
})

test('ids that came in base64 are found by their hex', async () => {
  await emptied(server, flatTraces)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
  const json = {
    traceId: base64(traceId),
    spanId: base64('00f067aa0ba902b7'),
    parentSpanId: base64('0'.repeat(16)),
  }
  await insert(
    server,
    flatTraces,
    spansFromOtlpJson({ ...json, startTimeUnixNano: '1729627200000000000' }),
  )
  const found = await server.query(
    `SELECT span_id, parent_span_id FROM telemetry.traces WHERE trace_id = '${traceId}' FORMAT JSONCompactEachRow`,
  )
  expect(JSON.parse(found)).toEqual(['00f067aa0ba902b7', ''])
})

test('a repeated insert with a token is stored once, in the view’s target too', async () => {
  await emptied(server, otelTraces)
  await server.query('TRUNCATE TABLE default.otel_traces_trace_id_ts')
  const settings = {
    insert_deduplication_token: 't1',
    deduplicate_blocks_in_dependent_materialized_views: '1',
  }
  for (let attempt = 0; attempt < 3; attempt++)
    await insert(server, otelTraces, [makeSpan()], settings)
  expect(await server.query('SELECT count() FROM default.otel_traces')).toBe('1\n')
  expect(await server.query('SELECT count() FROM default.otel_traces_trace_id_ts')).toBe('1\n')
})

test('columns of every type take a value that is absent, and one that is not of the type', async () => {
  const types = [
    'FixedString(3)',
    'UUID',
    'IPv4',
    'IPv6',
    "Enum8('a' = 1, 'b' = 2)",
    'Decimal(9, 2)',
    'Date',
    'DateTime',
  ]
  types.push(
    'DateTime64(3)',
    'Float32',
    'Int256',
    'UInt8',
    'Bool',
    'Array(Nullable(UInt8))',
    'Map(String, Float64)',
  )
  const columns = types.map((type, n) => ({ name: `c${n}`, type, value: () => undefined }))
  const table = defineTable<SpanLike>({ name: 'absent', columns, orderBy: 'tuple()' })
  await emptied(server, table)
  await insert(server, table, [makeSpan()])
  const wrong = columns.slice(6).map((column) => ({ ...column, value: () => Symbol() }))
  await insert(
    server,
    defineTable<SpanLike>({ name: 'absent', columns: wrong, orderBy: 'tuple()' }),
    [makeSpan()],
  )
  expect(await server.query('SELECT count() FROM default.absent')).toBe('2\n')
})

test('the tables are the ones the server describes', async () => {
  for (const [, table] of tables) {
    const described = await server.query(`DESCRIBE TABLE ${placed(table)} FORMAT JSONEachRow`)
    const columns = described
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ default_type }) => default_type !== 'MATERIALIZED') // the server's own: no row has them
    expect(columns.map(({ name, type }) => ({ name, type }))).toEqual(
      table.columns.map(({ name, type }) => ({ name, type })),
    )
  }
})

test('hostile names of database, table and columns are names', async () => {
  const names = [
    'a`b',
    'a\\b',
    'a\nb',
    "a'b",
    'a"b',
    'a\0b',
    'a;--',
    'ü👍',
    'select',
    'a\tb',
    'a.b',
    '\u001b',
    'a/b',
    '..',
    '\ud800',
  ]
  for (const name of names) {
    for (const statement of otelTraces.ddl({ database: name, table: name }))
      await server.query(statement)
    const hex = Buffer.from(name.replace('\ud800', '\ufffd')).toString('hex')
    const found = await server.query(
      `SELECT count() FROM system.tables WHERE database = unhex('${hex}') AND startsWith(name, unhex('${hex}'))`,
    )
    expect([name, found]).toEqual([name, '3\n'])
  }
})

function corpus(): SpanLike[] {
  const kinds = [-1, 0, 1, 2, 3, 4].map((kind) => makeSpan({ kind }))
  const statuses = [0, 1, 2].map((code) => makeSpan({ status: { code, message: `code ${code}` } }))
  const values = Object.values(hostileValues()).flatMap((value) => [
    makeSpan({
      attributes: { value, a: value, b: value },
      events: [{ name: value, time: value, attributes: { value } }],
    }),
    makeSpan({
      name: value,
      resource: { attributes: { 'service.name': value } },
      links: [{ context: { traceId: value }, attributes: { value } }],
    }),
  ])
  const times = [
    [0, 0],
    [1, 500_000_000],
    [-1, 5],
    [0, 2e9],
    [1.5, 0],
    [4_294_967_295, 1],
    [4_294_967_296, 0],
    [5_662_310_400, 0],
    [9_223_372_036, 854_775_808],
    [1e300, 1e300],
    [Number.NaN, 0],
  ].map((time) => makeSpan({ startTime: time, endTime: time, events: [{ name: 'e', time }] }))
  const durations = [
    [0, 0],
    [9e9, 999_999_999],
    [9e15, 0],
  ].map((endTime) => makeSpan({ endTime, events: [] }))
  const many = makeSpan({
    events: Array.from({ length: 10_000 }, (_, n) => ({ name: `e${n}`, time: [n, n] })),
  })
  const big = makeSpan({ attributes: { big: 'x'.repeat(1024 * 1024) } })
  const dropped = makeSpan({
    droppedAttributesCount: 1,
    droppedEventsCount: 2,
    droppedLinksCount: 3,
  })
  return [
    ...spansFromOtlpJson(seedSpan),
    ...kinds,
    ...statuses,
    ...values,
    ...times,
    ...durations,
    many,
    big,
    dropped,
    {} as SpanLike,
  ]
}
