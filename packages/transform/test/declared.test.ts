import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  type ColumnDefinition,
  defineTable,
  type EventLike,
  extendTable,
  flatTraces,
  newTally,
  otelTraces,
  type RowOf,
  type SpanLike,
} from '../src/index.js'
import { ownIdsOf } from '../src/internal.js'
import { makeLog } from './logs.js'
import { makePoint } from './points.js'
import { makeSpan } from './spans.js'

const requests = defineTable({
  signal: 'traces',
  name: 'requests',
  columns: [
    { name: 'at', type: "DateTime64(9, 'UTC')", field: 'timestamp' },
    { name: 'took', type: 'UInt64', field: 'duration' },
    { name: 'trace', type: 'String', field: 'traceId' },
    { name: 'kind', type: "Enum8('UNSPECIFIED', 'SERVER', 'CLIENT')", field: 'kind' },
    { name: 'route', type: 'LowCardinality(String)', attribute: 'http.route', default: "'none'" },
    {
      name: 'status',
      type: 'Nullable(UInt16)',
      attribute: ['http.status_code', 'http.response.status_code'],
    },
    { name: 'host', type: 'String', resource: 'host.name' },
    { name: 'library', type: 'String', scope: 'name' },
    { name: 'first_event', type: 'String', value: (span) => span.events[0]?.name },
    { name: 'steps', type: 'Nested(name String, timestamp DateTime)', field: 'events' },
  ],
  partitionBy: 'toDate(at)',
  orderBy: '(route, at)',
  indexes: ['i_took took TYPE minmax GRANULARITY 1'],
})

test('a column says by name where its value comes from', () => {
  const resource = { attributes: { 'host.name': 'h1' } }
  expect(requests.toRow(makeSpan({ resource }))).toEqual({
    at: '1729627200.000000005',
    took: '145000000',
    trace: '0af7651916cd43dd8448eb211c80319c',
    kind: 'SERVER',
    route: '/cart',
    status: 500,
    host: 'h1',
    library: 'http',
    first_event: 'exception',
    'steps.name': ['exception'],
    'steps.timestamp': ['1729627200'],
  })
  expect(requests.insertColumns.slice(-2)).toEqual(['steps.name', 'steps.timestamp'])
})

test('what is missing is the default of the column, and an attribute is an own property', () => {
  const row = requests.toRow(makeSpan({ attributes: {}, resource: { attributes: {} } }))
  expect(row).toMatchObject({ route: 'none', status: null, host: '' })
  const inherited = defineTable({
    signal: 'traces',
    name: 't',
    orderBy: 'a',
    columns: [{ name: 'a', type: 'String', attribute: 'constructor' }],
  })
  const tally = newTally()
  expect(inherited.toRow(makeSpan({ attributes: {} }), tally)).toEqual({ a: '' })
  expect(tally).toEqual(newTally())
})

test('the type of a row follows from the columns', () => {
  type Row = RowOf<typeof requests>
  expectTypeOf<Row['took']>().toEqualTypeOf<string>()
  expectTypeOf<Row['status']>().toEqualTypeOf<number | null>()
  expectTypeOf<Row['route']>().toEqualTypeOf<string>()
  // @ts-expect-error: there is no such column
  expectTypeOf<Row['rout']>()
  const more = extendTable(requests, {
    rename: { took: 'duration' },
    retype: { status: 'Array(UInt8)' },
    omit: ['host'],
    promote: ['user.id', { attribute: 'n', column: 'count', type: 'UInt32' }],
    add: [{ name: 'flag', type: 'Bool', attribute: 'flag' }],
  })
  type More = RowOf<typeof more>
  expectTypeOf<More['duration']>().toEqualTypeOf<string>()
  expectTypeOf<More['status']>().toEqualTypeOf<number[]>()
  expectTypeOf<More['user_id']>().toEqualTypeOf<string>()
  expectTypeOf<More['count']>().toEqualTypeOf<number>()
  expectTypeOf<More['flag']>().toEqualTypeOf<boolean>()
  // @ts-expect-error: it is left out
  expectTypeOf<More['host']>()
  expect(more.insertColumns).not.toContain('host')
})

test('the type of a value follows from the type of its column', () => {
  const every = defineTable({
    signal: 'traces',
    name: 't',
    orderBy: 'tuple()',
    columns: [
      { name: 'byte', type: 'Int8', attribute: 'a' },
      { name: 'word', type: 'UInt32', attribute: 'a' },
      { name: 'long', type: 'Int64', attribute: 'a' },
      { name: 'huge', type: 'UInt256', attribute: 'a' },
      { name: 'ratio', type: 'Float32', attribute: 'a' },
      { name: 'price', type: 'Decimal(9, 2)', attribute: 'a' },
      { name: 'sum', type: 'Decimal256(50)', attribute: 'a' },
      { name: 'flag', type: 'Bool', attribute: 'a' },
      { name: 'kind', type: "Enum8('a' = 1, 'b' = 2)", attribute: 'a' },
      { name: 'code', type: 'FixedString(3)', attribute: 'a' },
      { name: 'label', type: 'LowCardinality(Nullable(String))', attribute: 'a' },
      { name: 'day', type: 'Date', attribute: 'a' },
      { name: 'era', type: 'Date32', attribute: 'a' },
      { name: 'second', type: "DateTime('UTC')", attribute: 'a' },
      { name: 'moment', type: 'DateTime64(9)', attribute: 'a' },
      { name: 'uuid', type: 'UUID', attribute: 'a' },
      { name: 'address', type: 'Nullable(IPv6)', attribute: 'a' },
      { name: 'list', type: 'Array(Array(Nullable(UInt8)))', attribute: 'a' },
      { name: 'map', type: 'Map(LowCardinality(String), UInt64)', attribute: 'a' },
      { name: 'lists', type: 'Map(String, Array(Float64))', attribute: 'a' },
      { name: 'pair', type: 'Tuple(UInt8, String)', attribute: 'a' },
      { name: 'json', type: 'JSON(a UInt8)', attribute: 'a' },
      { name: 'some', type: 'Nullable(JSON)', attribute: 'a' },
      { name: 'either', type: 'Variant(String, UInt64)', attribute: 'a' },
      { name: 'any', type: 'Dynamic', attribute: 'a' },
      { name: 'most', type: 'SimpleAggregateFunction(max, UInt16)', attribute: 'a' },
      { name: 'parts', type: 'Nested(x UInt8)', attribute: 'a' },
    ],
  })
  type Of<Column extends keyof RowOf<typeof every>> = RowOf<typeof every>[Column]
  expectTypeOf<Of<'byte' | 'word' | 'ratio' | 'most'>>().toEqualTypeOf<number>()
  expectTypeOf<Of<'long' | 'huge' | 'price' | 'sum'>>().toEqualTypeOf<string>()
  expectTypeOf<Of<'flag'>>().toEqualTypeOf<boolean>()
  expectTypeOf<Of<'kind' | 'code' | 'uuid'>>().toEqualTypeOf<string>()
  expectTypeOf<Of<'day' | 'era' | 'second' | 'moment'>>().toEqualTypeOf<string>()
  expectTypeOf<Of<'label' | 'address'>>().toEqualTypeOf<string | null>()
  expectTypeOf<Of<'list'>>().toEqualTypeOf<(number | null)[][]>()
  expectTypeOf<Of<'map'>>().toEqualTypeOf<Record<string, string>>()
  expectTypeOf<Of<'lists'>>().toEqualTypeOf<Record<string, number[]>>()
  expectTypeOf<Of<'pair'>>().toEqualTypeOf<unknown[] | Record<string, unknown>>()
  expectTypeOf<Of<'json'>>().toEqualTypeOf<Record<string, unknown>>()
  expectTypeOf<Of<'some'>>().toEqualTypeOf<Record<string, unknown> | null>()
  expectTypeOf<Of<'either'>>().toBeUnknown()
  expectTypeOf<Of<'any'>>().toBeUnknown()
  // @ts-expect-error: a Nested column is not in the type of the row
  expectTypeOf<Of<'parts'>>()

  // What the types say, the rows are.
  const row = every.toRow(makeSpan({ attributes: { a: 1 } }))
  const named = (type: string) =>
    Object.keys(row).filter((name) => typeof row[name as keyof typeof row] === type)
  expect(named('number')).toEqual(['byte', 'word', 'ratio', 'any', 'most'])
  expect(named('boolean')).toEqual(['flag'])
  expect(named('string')).toEqual([
    ...['long', 'huge', 'price', 'sum', 'kind', 'code', 'label'],
    ...['day', 'era', 'second', 'moment', 'uuid', 'either'],
  ])
})

test('a field means the same of a span, a log record and a data point', () => {
  const table = defineTable<unknown>({
    name: 't',
    orderBy: 'at',
    columns: [
      { name: 'at', type: 'DateTime', field: 'timestamp' },
      { name: 'trace', type: 'String', field: 'traceId' },
      { name: 'name', type: 'String', field: 'name' },
    ],
  })
  expect(table.toRow(makeSpan())).toMatchObject({ at: '1729627200', name: 'GET /cart' })
  expect(table.toRow(makeLog({ hrTime: [5, 0] }))).toMatchObject({ at: '0000000005', name: '' })
  expect(table.toRow(makePoint('gauge', { time: [6, 0] }))).toMatchObject({ at: '0000000006' })
})

test('events, links and exemplars are lists of objects, also as JSON', () => {
  const table = defineTable({
    signal: 'traces',
    name: 't',
    orderBy: 'tuple()',
    columns: [
      {
        name: 'links',
        type: 'Nested(spanId String, attributes Map(String, String))',
        field: 'links',
      },
      { name: 'events', type: 'Array(JSON)', field: 'events' },
    ],
  })
  expect(table.toRow(makeSpan())).toEqual({
    'links.spanId': ['c7ad6b7169203331'],
    'links.attributes': [{ reason: 'retry' }],
    events: [{ name: 'exception', timestamp: [1729627200, 7], 'attributes.exception.type': 'E' }],
  })
})

test('a time or a duration in a column of numbers is counted in a unit, without rounding up', () => {
  const columns = (['s', 'ms', 'us', 'ns'] as const).flatMap((unit) => [
    { name: `at_${unit}`, type: 'Int64', field: 'timestamp', unit } as const,
    { name: `took_${unit}`, type: 'UInt64', field: 'duration', unit } as const,
    { name: `exact_${unit}`, type: 'Nullable(Float64)', field: 'duration', unit } as const,
  ])
  const table = defineTable({
    signal: 'traces',
    name: 't',
    orderBy: 'tuple()',
    columns: [
      ...columns,
      { name: 'steps', type: 'Array(UInt64)', field: 'events.timestamp', unit: 'us' },
    ],
  })
  const tally = newTally()
  const span = makeSpan({ startTime: [1_729_627_200, 999_999_999], endTime: [1_729_627_202, 4] })
  expect(table.toRow(span, tally)).toEqual({
    at_s: '1729627200',
    at_ms: '1729627200999',
    at_us: '1729627200999999',
    at_ns: '1729627200999999999',
    took_s: '1',
    took_ms: '1000',
    took_us: '1000000',
    took_ns: '1000000005',
    exact_s: 1.000000005,
    exact_ms: 1000.000005,
    exact_us: 1000000.005,
    exact_ns: 1000000005,
    steps: ['1729627200000000'],
  })
  expect(tally).toEqual(newTally())
  const centuries = makeSpan({ endTime: [9_000_000_000, 0], startTime: [0, 1] })
  expect(table.toRow(centuries)).toMatchObject({ took_ms: '8999999999999' })
  const unreadable = makeSpan({ startTime: 'then' as never })
  expect(table.toRow(unreadable, tally)).toMatchObject({ at_ms: '0', exact_ms: 0 })
  expect(tally.unreadableValues).toBeGreaterThan(0)
})

test('the parts of a list have columns of their own with names of their own', () => {
  const table = defineTable({
    signal: 'traces',
    name: 't',
    orderBy: 'tuple()',
    columns: [
      { name: 'steps.what', type: 'Array(LowCardinality(String))', field: 'events.name' },
      { name: 'steps.more', type: 'Array(Map(String, String))', field: 'events.attributes' },
      { name: 'other', type: 'Array(String)', field: 'links.spanId' },
    ],
  })
  const event = (name: string) => ({ name, time: [1, 0] as const, attributes: { n: name } })
  const span = makeSpan({ events: [event('a'), event('b')] })
  expect(table.toRow(span, newTally(), { eventCount: 1 })).toEqual({
    'steps.what': ['a'],
    'steps.more': [{ n: 'a' }],
    other: ['c7ad6b7169203331'],
  })
  let reads = 0
  const counting = Object.defineProperty(makeSpan(), 'events', {
    get: () => {
      reads++
      return [event('a')]
    },
  })
  table.toRow(counting)
  expect(reads).toBe(1) // neighbours share the list, so their lengths agree
  const upper = makeSpan({
    links: [{ context: { traceId: '0', spanId: 'C7AD6B7169203331' }, attributes: {} }],
  })
  expect(table.toRow(upper)).toMatchObject({ other: ['c7ad6b7169203331'] })
  expectTypeOf<RowOf<typeof table>['other']>().toEqualTypeOf<string[]>()
})

test('the attributes of the resource and of the scope are fields of every signal', () => {
  const map = 'Map(LowCardinality(String), String)'
  const table = defineTable<unknown>({
    name: 't',
    orderBy: 'tuple()',
    columns: [
      { name: 'of_resource', type: map, field: 'resourceAttributes' },
      { name: 'of_scope', type: 'JSON', field: 'scopeAttributes' },
    ],
  })
  const shared = {
    resource: { attributes: { 'host.name': 'h', n: 1 } },
    instrumentationScope: { name: 's', attributes: { n: 2 } },
  }
  for (const record of [makeSpan(shared), makeLog(shared), makePoint('gauge', shared)])
    expect(table.toRow(record)).toEqual({
      of_resource: { 'host.name': 'h', n: '1' },
      of_scope: { n: 2 },
    })
  expect(table.columns.map(({ from }) => from)).toEqual(['resource', 'scope'])
})

const column = (more: object): ColumnDefinition<SpanLike> =>
  ({ name: 'c', type: 'String', value: () => 'x', ...more }) as never
const define = (more: object, ...columns: ColumnDefinition<SpanLike>[]) =>
  defineTable<SpanLike>({ name: 't', orderBy: 'c', columns: [column({}), ...columns], ...more })

const field = (more: object) => column({ name: 'd', value: undefined, ...more })

describe('a wrong definition is an error that names the column and says what to do', () => {
  test.each<[string, () => unknown, string]>([
    [
      'an unknown type',
      () => define({}, column({ name: 'd', type: 'Strin' })),
      'column d: cannot write a column of type Strin; supported are String, ',
    ],
    [
      'a type in other letters',
      () => define({}, column({ name: 'd', type: 'string' })),
      'column d: cannot write a column of type string; did you mean String?',
    ],
    [
      'a missing parenthesis',
      () => define({}, column({ name: 'd', type: 'Array(Map(String, UInt8)' })),
      'column d: cannot write a column of type Array(Map(String, UInt8): a parenthesis or quote is missing',
    ],
    ['a name that stands twice', () => define({}, column({})), 'two columns are named c'],
    ['no name', () => define({}, column({ name: '' })), 'a column needs a name'],
    [
      'no source',
      () => define({}, column({ name: 'd', value: undefined })),
      'column d: give one of attribute, resource, scope, field, value',
    ],
    [
      'two sources',
      () => define({}, column({ name: 'd', attribute: 'a' })),
      'column d: give one of attribute, resource, scope, field, value, and not attribute and value',
    ],
    [
      'an unknown field',
      () => define({ signal: 'logs' }, column({ name: 'd', value: undefined, field: 'duration' })),
      'column d: there is no field duration of logs; there are timestamp, ',
    ],
    [
      'ORDER BY without such a column',
      () => define({ orderBy: '(c, toDate(at))' }),
      'ORDER BY names at, which is not a column of the table',
    ],
    [
      'PARTITION BY without such a column',
      () => define({ partitionBy: 'toDate(`at time`)' }),
      'PARTITION BY names at time, which is not',
    ],
    [
      'TTL without such a column',
      () => define({ ttl: 'toDateTime(at)' }),
      'TTL names at, which is not',
    ],
    [
      'an index without such a column',
      () => define({ indexes: ['i lower(body) TYPE bloom_filter GRANULARITY 1'] }),
      'index i names body, which is not',
    ],
    [
      'half an index',
      () => define({ indexes: ['i lower(c)'] }),
      'index i lower(c): must be a name, an expression, TYPE and the type',
    ],
    [
      'a Nullable key',
      () =>
        define(
          { orderBy: '(c, d)' },
          column({ name: 'd', type: 'LowCardinality(Nullable(String))' }),
        ),
      'ORDER BY names d, which is LowCardinality(Nullable(String)): use a type that is not Nullable',
    ],
    [
      'a JSON key',
      () => define({ orderBy: 'd DESC' }, column({ name: 'd', type: 'JSON' })),
      'ORDER BY names d: a column of type JSON cannot be in a key',
    ],
    [
      'a default without quotes',
      () => define({}, column({ name: 'd', default: 'none' })),
      'column d: its default names none, which is not a column of the table: a text needs quotes, as in default: "\'none\'"',
    ],
    [
      'a default of another type',
      () => define({}, column({ name: 'd', type: 'UInt8', default: "'many'" })),
      "column d: its default 'many' is not a value of the type UInt8",
    ],
    [
      'a default that is out of range',
      () => define({}, column({ name: 'd', type: 'UInt8', default: '256' })),
      'column d: its default 256 is not',
    ],
    [
      'Nullable of an array',
      () => define({}, column({ name: 'd', type: 'Nullable(Array(String))' })),
      'column d: cannot write a column of type Nullable(Array(String)): ClickHouse has no Nullable of Array(String)',
    ],
    [
      'a map with keys that are none',
      () => define({}, column({ name: 'd', type: 'Map(Float64, String)' })),
      'Float64 cannot be the key of a map',
    ],
    [
      'an enum without quotes',
      () => define({}, column({ name: 'd', type: 'Enum8(ok = 1)' })),
      "column d: Enum8 needs names in quotes and numbers of 8 bits, such as 'ok' = 1, and not ok = 1",
    ],
    [
      'an enum out of range',
      () => define({}, column({ name: 'd', type: "Enum8('ok' = 128)" })),
      "and not 'ok' = 128",
    ],
    [
      'a tuple with half its names',
      () => define({}, column({ name: 'd', type: 'Tuple(a String, UInt8)' })),
      'each element needs a name of its own, or none has a name',
    ],
    [
      'a tuple with an element called null',
      () => define({}, column({ name: 'd', type: 'Tuple(a String, `null` String)' })),
      'ClickHouse reserves the name null',
    ],
    [
      'an unknown unit',
      () => define({}, field({ field: 'duration', type: 'UInt64', unit: 'min' })),
      'column d: unit must be one of s, ms, us, ns',
    ],
    [
      'a unit of a field that is not a time',
      () => define({}, field({ field: 'name', unit: 'ms' })),
      'column d: name is not a time or duration, so it has no unit',
    ],
    [
      'a unit in a column that does not hold numbers',
      () => define({}, field({ field: 'timestamp', type: 'DateTime', unit: 'ms' })),
      'column d: unit is for columns of numbers, not for DateTime',
    ],
    [
      'a unit of an attribute',
      () => define({}, column({ name: 'd', value: undefined, attribute: 'a', unit: 'ms' })),
      'column d: unit is for a field',
    ],
    [
      'a part that the items of a list do not have',
      () => define({}, field({ field: 'events.time', type: 'Array(DateTime)' })),
      'column d: events has no time; its items have name, timestamp, attributes',
    ],
    [
      'a part of a field that is not a list',
      () => define({}, field({ field: 'name.length', type: 'Array(String)' })),
      'column d: name has no length; it is not a list',
    ],
    [
      'a part of a list in a column that is not an array',
      () => define({}, field({ field: 'events.name' })),
      'column d: events.name needs an Array(…), not String',
    ],
    [
      'a part of a list with a default',
      () => define({}, field({ field: 'events.name', type: 'Array(String)', default: "['a']" })),
      'column d: events.name cannot have a default',
    ],
    [
      'more decimals than digits',
      () => define({}, column({ name: 'd', type: 'Decimal(4, 5)' })),
      'its argument must be a whole number from 0 to 4',
    ],
    [
      'an unknown column to leave out',
      () => extendTable(flatTraces, { omit: ['event'] }),
      'column event: the table has no such column; it has trace_id, ',
    ],
    [
      'a column of the key left out',
      () => extendTable(flatTraces, { omit: ['span_name'] }),
      'ORDER BY names span_name, which is not',
    ],
    ...[
      'timestamp',
      'date',
      'Date',
      'DateTime',
      '`date`',
      'toDate(timestamp)',
      '(c, date)',
      'toStartOfInterval(Timestamp, INTERVAL 5 MINUTE)',
      'CAST(Date AS String)',
    ].map((orderBy): [string, () => unknown, string] => [
      `a key over a column that is missing and has the name of a keyword or type: ${orderBy}`,
      () => define({ orderBy }),
      `ORDER BY names ${/timestamp|datetime|date(?=$|[`)]| AS)/i.exec(orderBy)?.[0].replace(' AS', '')}, which is not a column`,
    ]),
    [
      'a promoted name that is taken',
      () => extendTable(flatTraces, { promote: ['span_name'] }),
      'two columns are named span_name',
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow(message)
  })
})

test('expressions may name columns in any way that SQL allows', () => {
  const columns = [
    column({ name: 'events.name', type: 'Array(String)' }),
    column({ name: 'at time', type: 'DateTime', value: undefined, field: 'timestamp' }),
    column({ name: 'm', type: 'Map(String, String)' }),
  ]
  for (const orderBy of [
    'tuple()',
    '(c, `at time`, m[\'x.y\'], length(events.name), "at time")',
    "arrayFilter((k, v) -> k != 'gone' AND v > 1.5e3, events.name, m.keys)",
    'CAST(c AS Nullable(String))',
    'c::FixedString(3)',
    'toStartOfInterval(`at time`, INTERVAL 5 MINUTE) AS five, five DESC',
    "multiIf(c = 'it''s' OR c IN ('a', 'b'), 1, NULL)",
    "(c, `at time` >= DATE '2030-01-01', `at time` < timestamp '2030-01-01 00:00:00')",
    'CAST(c AS Map(Date, Array(DateTime)))',
    '(c::LowCardinality(Nullable(Date)), CAST(c AS Date))',
    'dateDiff(DAY, `at time`, `at time` + INTERVAL 2 WEEK)',
  ])
    expect(() => define({ orderBy }, ...columns)).not.toThrow()
})

describe('a table made from another', () => {
  const renamed = extendTable(otelTraces, {
    name: 'spans',
    database: 'mine',
    rename: { Timestamp: 'at', Events: 'Steps', SpanName: 'operation name' },
    retype: { TraceId: 'FixedString(32)', Duration: { type: 'Int64', codec: 'LZ4' } },
    omit: ['Links', 'StatusMessage'],
    add: [{ name: 'tenant', type: 'UInt32', attribute: 'tenant' }],
    indexes: ['idx_duration Duration TYPE set(100) GRANULARITY 1'],
    settings: { index_granularity: 1024 },
  })

  test('has the columns under their new names, in keys and indexes too', () => {
    const [, create = '', ...companions] = renamed.ddl()
    expect(create).toContain('CREATE TABLE IF NOT EXISTS `mine`.`spans`')
    expect(create).toContain('`at` DateTime64(9) CODEC(Delta(8), ZSTD(1))')
    expect(create).toContain('`TraceId` FixedString(32) CODEC(ZSTD(1))')
    expect(create).toContain('`Duration` Int64 CODEC(LZ4)')
    expect(create).toContain('PARTITION BY toDate(at)')
    expect(create).toContain('ORDER BY (ServiceName, `operation name`, toDateTime(at))')
    expect(create).toContain('idx_duration Duration TYPE set(100)')
    expect(create).not.toContain('minmax')
    expect(create).toContain('index_granularity = 1024')
    expect(renamed.ddl({ ttl: 5 })[1]).toContain('TTL toDateTime(least(at, ')
    expect(companions).toEqual([]) // the view reads TraceId and Timestamp
  })

  test('has the values of the other', () => {
    const row = renamed.toRow(makeSpan({ attributes: { tenant: 7 } }))
    expect(row).toMatchObject({
      at: '1729627200.000000005',
      'operation name': 'GET /cart',
      Duration: '145000000',
      tenant: 7,
      'Steps.Name': ['exception'],
    })
    expect(Object.keys(row)).toHaveLength(22 - 5 + 1)
    expect(renamed.partitionDay?.(makeSpan())).toBe(otelTraces.partitionDay?.(makeSpan()))
  })

  test('keeps its companions if nothing changes that they read', () => {
    expect(extendTable(otelTraces, { promote: ['http.route'] }).ddl()).toHaveLength(4)
  })

  test('a derived column is computed from the new name, and sent by itself when its source has another type', () => {
    const row = { duration_ms: 145, timestamp_ns: '1729627200000000005' }
    const changes = [
      { rename: { duration_ns: 'ns', timestamp: 'at' } },
      { retype: { duration_ns: 'UInt32', timestamp: 'DateTime' } },
      { omit: ['duration_ns'] },
    ]
    for (const change of changes) {
      const table = extendTable(flatTraces, {
        ...change,
        indexes: ['idx_duration duration_ms TYPE minmax GRANULARITY 1'],
      })
      expect(table.toRow(makeSpan())).toMatchObject(row)
    }
  })

  test('has the identity of the rows it is made of as long as the ids are whole', () => {
    const of = (change: object) => ownIdsOf(extendTable(flatTraces, change))?.(makeSpan())
    expect(ownIdsOf(flatTraces)?.(makeSpan())).toBe(true)
    expect(ownIdsOf(flatTraces)?.(makeSpan({ spanContext: () => ({}) }))).toBe(false)
    expect(
      of({
        promote: ['a'],
        rename: { span_id: 'id' },
        retype: { trace_id: 'LowCardinality(String)' },
      }),
    ).toBe(true)
    expect(of({ omit: ['span_id'] })).toBeUndefined()
    expect(of({ retype: { trace_id: 'FixedString(4)' } })).toBeUndefined()
    expect(ownIdsOf({ ...flatTraces, toLine: () => '{}' })).toBeUndefined()
    expect(ownIdsOf(requests)).toBeUndefined()
  })
})

test('the name of an event in a function of its own, as before', () => {
  const table = defineTable<SpanLike>({
    name: 't',
    orderBy: 'tuple()',
    columns: [
      {
        name: 'e.name',
        type: 'Array(String)',
        each: (span) => span.events,
        value: (event: EventLike) => event.name,
      },
    ],
  })
  expect(table.toRow(makeSpan())).toEqual({ 'e.name': ['exception'] })
})

test('attributes in columns of their own are cut at the limit, like those in the map', () => {
  const table = extendTable(flatTraces, { promote: ['long'] })
  const tally = newTally()
  const row = table.toRow(makeSpan({ attributes: { long: 'abcdef' }, links: [] }), tally, {
    attributeValueLength: 3,
  })
  expect(row).toMatchObject({ long: 'ab…', attributes: { long: 'ab…' } })
  expect(tally.truncatedValues).toBe(2)
})

test('records that throw, or are none, cost no row', () => {
  const hostile = new Proxy({} as SpanLike, {
    get() {
      throw new Error('mine')
    },
  })
  for (const record of [hostile, null, undefined, 7, 'x'] as unknown as SpanLike[])
    expect(Object.keys(requests.toRow(record))).toEqual(requests.insertColumns)
})
