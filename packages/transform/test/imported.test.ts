// A definition from the description of a table. Against a real server: test/command/table-import.test.ts.
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  type DescribedColumn,
  flatLogs,
  flatMetrics,
  flatTraces,
  type LogRecordLike,
  otelLogs,
  otelMetricsGauge,
  otelTraces,
  otelTracesJson,
  type SpanLike,
  type Table,
  type TableDescription,
  tableFromDescription,
  tableFromServer,
} from '../src/index.js'
import { ownIdsOf, shapeOf } from '../src/internal.js'
import { makeLog } from './logs.js'
import { makePoint } from './points.js'
import { makeSpan } from './spans.js'

/** `name Type`, `name Type DEFAULT expression`: as a CREATE TABLE has them. */
function columnOf(text: string): DescribedColumn {
  const [, name = '', type = '', default_kind = '', default_expression = ''] =
    /^(\S+) (.+?)(?: (DEFAULT|MATERIALIZED|ALIAS|EPHEMERAL) ?(.*))?$/s.exec(text) ?? []
  return { name, type, default_kind, default_expression, compression_codec: '' }
}

function described(columns: readonly string[], more: Partial<TableDescription> = {}) {
  return {
    database: 'shop',
    table: 'spans',
    engine: 'MergeTree',
    columns: columns.map(columnOf),
    ...more,
  }
}

/** As the server would describe a table of ours. */
function describedPreset(table: Table<never>): TableDescription {
  const shape = shapeOf(table)
  return {
    database: table.database,
    table: table.name,
    engine: 'MergeTree',
    sortingKey: shape?.orderBy.replace(/^\((.*)\)$/, '$1') ?? '',
    partitionKey: shape?.partitionBy ?? '',
    columns: table.columns.map(({ name, type }) => columnOf(`${name} ${type}`)),
  }
}

const imported = (...columns: string[]) => tableFromDescription(described(columns))
const TRACE = ['trace_id String', 'span_id String', 'parent_span_id String']

describe('a column gets the value that its name means, if its type can hold it', () => {
  const span = makeSpan({
    attributes: {
      'http.route': '/cart',
      'http.response.status_code': 500,
      'app.tenant': 'blue',
      'user.id': 'u1',
      'client.address': '10.0.0.7',
    },
    resource: {
      attributes: {
        'service.name': 'shop',
        'host.name': 'h1',
        'host.ip': ['10.0.0.7', '::1'],
        'k8s.pod.name': 'p',
      },
    },
  })
  test.each<[string, unknown]>([
    ['TraceId String', '0af7651916cd43dd8448eb211c80319c'],
    ['traceID FixedString(32)', '0af7651916cd43dd8448eb211c80319c'],
    ['trace_id UUID', '0af76519-16cd-43dd-8448-eb211c80319c'],
    ['spanId LowCardinality(String)', 'b7ad6b7169203331'],
    ['name String', 'GET /cart'],
    ['operation_name Nullable(String)', 'GET /cart'],
    ["start_time DateTime64(3, 'UTC')", '1729627200.000'],
    ['ts DateTime', '1729627200'],
    ['date Date', '2024-10-22'],
    ['start_time_unix_nano UInt64', '1729627200000000005'],
    ['timestamp_ms Int64', '1729627200000'],
    ['endTimeMicros UInt64', '1729627200145000'],
    ['duration UInt64', '145000000'],
    ['duration_ms Float64', 145],
    ['DurationMs UInt32', 145],
    ['latency_seconds Decimal(9, 3)', '0.145'],
    ['kind LowCardinality(String)', 'SERVER'],
    [
      "kind Enum8('UNSPECIFIED' = 0, 'INTERNAL' = 1, 'SERVER' = 2, 'CLIENT' = 3, 'PRODUCER' = 4, 'CONSUMER' = 5)",
      'SERVER',
    ],
    ['service LowCardinality(String)', 'shop'],
    ['ServiceName String', 'shop'],
    ['service_name String', 'shop'],
    ['host_name String', 'h1'],
    ['k8s_pod_name String', 'p'],
    ['http_route String', '/cart'],
    ['HttpRoute String', '/cart'],
    ['http_response_status_code UInt16', 500],
    ['http_status_code UInt16', 500],
    ['app.tenant String', 'blue'],
    ['user_id Nullable(String)', 'u1'],
    ['client_address IPv4', '10.0.0.7'],
    ['client_address IPv6', '0:0:0:0:0:ffff:a00:7'],
    ['client_address Nullable(IPv4)', '10.0.0.7'],
    ['client_address LowCardinality(Nullable(IPv6))', '0:0:0:0:0:ffff:a00:7'],
    ['client_address Variant(IPv4, String)', '10.0.0.7'],
    ['http_status_code Variant(String, UInt16)', 500],
    ['http_status_code Dynamic', 500],
    ['app.tenant Dynamic(max_types=8)', 'blue'],
    ['host_ip Array(IPv6)', ['0:0:0:0:0:ffff:a00:7', '0:0:0:0:0:0:0:1']],
    ['events.ts_name Array(String)', undefined],
    ['events.name Array(LowCardinality(String))', ['exception']],
    ['events.time Array(DateTime64(9))', ['1729627200.000000007']],
    ['Events.Attributes Array(Map(String, String))', [{ 'exception.type': 'E' }]],
    ['links.trace_id Array(String)', [expect.stringMatching(/^[0-9a-f]{32}$/)]],
    [
      'events Nested(name String, timestamp DateTime)',
      [{ name: 'exception', timestamp: '1729627200' }],
    ],
    ['tags Map(String, String)', expect.objectContaining({ 'http.route': '/cart' })],
    ['attributes JSON', expect.objectContaining({ 'http.response.status_code': 500 })],
    [
      'resource_attributes Map(LowCardinality(String), String)',
      expect.objectContaining({ 'host.name': 'h1' }),
    ],
  ])('%s', (column, value) => {
    const { table, unmapped } = tableFromDescription(described(['trace_state String', column]), {
      signal: 'traces',
    })
    const row = table.toRow(span)
    const { name } = columnOf(column)
    expect(row[name]).toEqual(value)
    expect(unmapped.map((gap) => gap.column)).toEqual(value === undefined ? [name] : [])
  })
})

describe('a column that cannot be filled is named with the reason', () => {
  test.each<[string, string | RegExp]>([
    ['state AggregateFunction(uniq, String)', 'a column of this type cannot be written'],
    ['place Point', 'a column of this type cannot be written'],
    ['trace_id FixedString(16)', 'an id is a text of 32 hex digits'],
    ['span_id UInt64', 'an id is a text of 16 hex digits'],
    ['timestamp UInt64', 'its name does not say its unit'],
    ['duration Float64', 'its name does not say its unit'],
    ['duration DateTime', 'a duration is no point in time'],
    ['kind UInt8', 'OTLP counts kinds from 1 and JavaScript from 0'],
    ['status_code UInt16', 'a number may be the status of the span, or of HTTP'],
    ['_timestamp DateTime', 'no field and no attribute of OpenTelemetry has this name'],
    ['_tp_time DateTime64(3)', 'no field and no attribute of OpenTelemetry has this name'],
    ["kind Enum8('server' = 1)", /^the Enum lacks UNSPECIFIED, /],
    ['attributes Map(String, Float64)', 'attributes need a Map of texts or JSON'],
    ['events String', 'events is a list of objects'],
    [
      'events Array(Tuple(title String, timestamp DateTime))',
      'the items of events have name, timestamp, attributes, and not title',
    ],
    ['tenant String', 'no field and no attribute of OpenTelemetry has this name'],
    ['host String', 'no field and no attribute of OpenTelemetry has this name'],
    ['exception_type String', 'no field and no attribute of OpenTelemetry has this name'],
    ['http_route Map(String, String)', 'an attribute is not mapped to this type'],
    ['http_route Map(String, UInt64)', 'an attribute is not mapped to this type'],
    ['http_route Tuple(String)', 'an attribute is not mapped to this type'],
    ['trace_id IPv6', 'an id is a text of 32 hex digits'],
    ['name Dynamic', 'name is a text'],
    ['attributes Variant(JSON, String)', 'attributes need a Map of texts or JSON'],
  ])('%s', (column, why) => {
    const { unmapped, mapped } = tableFromDescription(described(['trace_state String', column]), {
      signal: 'traces',
    })
    expect(mapped).toBe(1)
    const { name, type } = columnOf(column)
    expect(unmapped).toEqual([
      expect.objectContaining({ column: name, type, why: expect.stringMatching(why) }),
    ])
  })
})

test.each([
  ['kind Int8', 'value: (span) => span.kind + 1'],
  ['status UInt8', 'value: (span) => span.status.code'],
  ['is_error Bool', 'value: (span) => span.status.code === 2'],
  ['timestamp UInt64', "field: 'timestamp', unit: 'ms'"],
])('%s: a mapping that may be right is suggested', (column, instead) => {
  expect(imported(...TRACE, column).unmapped).toMatchObject([{ instead }])
})

test('columns that the server fills, or that may be NULL, are left out and named', () => {
  const { left, unmapped, table } = imported(
    ...TRACE,
    'created_at DateTime DEFAULT now()',
    'day Date MATERIALIZED toDate(created_at)',
    'short String ALIAS substring(trace_id, 1, 8)',
    'raw String EPHEMERAL',
    'note Nullable(String)',
    'tag LowCardinality(Nullable(String))',
  )
  expect(unmapped).toEqual([])
  expect(table.insertColumns).toEqual(['trace_id', 'span_id', 'parent_span_id'])
  expect(Object.fromEntries(left.map(({ column, why }) => [column, why]))).toEqual({
    created_at: 'the server fills it (DEFAULT)',
    day: 'the server computes it (MATERIALIZED)',
    short: 'the server computes it (ALIAS)',
    raw: 'the server fills it (EPHEMERAL)',
    note: 'it stays NULL',
    tag: 'it stays NULL',
  })
})

test('a default of the server stands for what is missing', () => {
  const { table } = imported(
    ...TRACE,
    "http_route String DEFAULT 'none'",
    'http_status_code UInt16 DEFAULT length(http_route)',
    'user_id String DEFAULT somewhere', // no column of the definition
    'server_port UInt8 DEFAULT 8080', // the server takes 144 for it
  )
  const defaults = table.columns.map((column) => [column.name, column.default])
  expect(Object.fromEntries(defaults)).toMatchObject({
    http_route: "'none'",
    http_status_code: 'length(http_route)',
    user_id: undefined,
    server_port: undefined,
  })
  expect(table.toRow(makeSpan({ attributes: {} }))).toMatchObject({ http_route: 'none' })
})

describe('the columns tell the signal', () => {
  test.each([
    ['traces', ['trace_id String', 'span_id String', 'duration_ms UInt32']],
    ['logs', ['ts DateTime64(3)', 'level String', 'message String', 'trace_id String']],
    ['logs', ['timestamp DateTime', 'severity UInt8', 'body String', 'span_id String']],
    ['metrics', ['ts DateTime', 'metric_name String', 'value Float64']],
  ])('%s: %j', (signal, columns) => {
    expect(imported(...columns)).toMatchObject({ signal, unmapped: [] })
  })

  test('if they do not, the signal must be named', () => {
    const columns = ['trace_id String', 'timestamp DateTime', 'http_route String']
    expect(() => imported(...columns)).toThrow(
      'the columns of shop.spans do not tell whether they are for traces, logs or metrics: name the signal',
    )
    const logs = tableFromDescription(described(columns), { signal: 'logs' })
    expectTypeOf(logs.table).toEqualTypeOf<Table<LogRecordLike>>()
    expect(logs.table.toRow(makeLog({ hrTime: [5, 0] }))).toMatchObject({ timestamp: '0000000005' })
  })

  test('the logger of a log record is its scope', () => {
    const { table } = imported('logger LowCardinality(String)', 'message String')
    expect(table.toRow(makeLog())).toMatchObject({ logger: makeLog().instrumentationScope.name })
  })

  test('severity is a text in one table and a number in another', () => {
    const record = makeLog({ severityNumber: 17, severityText: 'ERROR' })
    const one = (type: string) =>
      tableFromDescription(described([`severity ${type}`, 'body String']), { signal: 'logs' })
    expect(one('UInt8').table.toRow(record)).toMatchObject({ severity: 17 })
    expect(one('String').table.toRow(record)).toMatchObject({ severity: 'ERROR' })
  })
})

describe('a table of ours plus or minus columns is an extension of it', () => {
  test.each<[string, Table<never>, unknown]>([
    ['flatTraces', flatTraces, makeSpan()],
    ['otelTraces', otelTraces, makeSpan()],
    ['otelTracesJson', otelTracesJson, makeSpan()],
    ['flatLogs', flatLogs, makeLog()],
    ['otelLogs', otelLogs, makeLog()],
    ['flatMetrics', flatMetrics, makePoint('gauge')],
    ['otelMetricsGauge', otelMetricsGauge, makePoint('gauge')],
  ])('%s as it is', (base, table, record) => {
    const found = tableFromDescription(describedPreset(table))
    expect(found).toMatchObject({
      base,
      definition: { name: table.name, database: table.database },
      unmapped: [],
    })
    expect(Object.keys(found.definition)).toEqual(['name', 'database'])
    expect(found.table.toRow(record as never)).toEqual(table.toRow(record as never))
    expect(ownIdsOf(found.table) !== undefined).toBe(ownIdsOf(table) !== undefined)
  })

  test('columns may be missing, added, or of another type', () => {
    const preset = describedPreset(flatTraces)
    const found = tableFromDescription({
      ...preset,
      table: 'mine',
      sortingKey: 'service_name, timestamp',
      columns: [
        ...preset.columns
          .filter(({ name }) => !/^links|trace_state/.test(name))
          .map((column) => {
            if (column.name === 'duration_ns') return { ...column, type: 'Int64' }
            return column.name === 'duration_ms'
              ? { ...column, default_kind: 'MATERIALIZED', default_expression: 'duration_ns / 1e6' }
              : column
          }),
        columnOf('http_route String'),
        columnOf('tenant String'),
      ],
    })
    expect(found).toMatchObject({
      base: 'flatTraces',
      definition: {
        omit: [
          'trace_state',
          'duration_ms',
          'links.trace_id',
          'links.span_id',
          'links.trace_state',
          'links.attributes',
        ],
        retype: { duration_ns: { type: 'Int64' } },
        add: [{ name: 'http_route', type: 'String', attribute: 'http.route' }],
        orderBy: '(service_name, timestamp)',
      },
      unmapped: [{ column: 'tenant' }],
    })
    expect(ownIdsOf(found.table)).toBeDefined()
    expect(found.table.toRow(makeSpan())).toMatchObject({ duration_ns: '145000000' })
  })

  test.each([
    ['otelMetricsGauge', otelMetricsGauge, 'TimeUnix', 'DateTime64(9)'],
    ['flatTraces', flatTraces, 'timestamp', 'DateTime64(9)'],
    ['otelTraces', otelTraces, 'SpanName', 'String'],
    ['otelTraces', otelTraces, 'Events.Name', 'Array(String)'],
  ])(
    '%s: a type that is written in the same way is not named in the definition: %s %s',
    (base, table, name, type) => {
      const preset = describedPreset(table as Table<never>)
      const columns = preset.columns.map((one) => (one.name === name ? { ...one, type } : one))
      const { definition, ...found } = tableFromDescription({ ...preset, columns })
      expect(found).toMatchObject({ base, unmapped: [], mapped: columns.length })
      expect(Object.keys(definition)).toEqual(['name', 'database'])
    },
  )

  test.each(['Array(UInt64)', 'Array(Array(String))', 'String'])(
    'a list of other items is not taken for that of the preset: %s',
    (type) => {
      const preset = describedPreset(otelTraces)
      const columns = preset.columns.map((one) =>
        one.name === 'Links.SpanId' ? { ...one, type } : one,
      )
      const found = tableFromDescription({ ...preset, columns })
      expect(found).toMatchObject({ base: 'otelTraces', unmapped: [{ column: 'Links.SpanId' }] })
    },
  )

  test('a table that passes rows on has no keys of its own, and keeps those of the preset', () => {
    const { columns, database, table } = describedPreset(flatTraces)
    const found = tableFromDescription({ columns, database, table, engine: 'Null' })
    expect(Object.keys(found.definition)).toEqual(['name', 'database'])
    expect(found.table.partitionDay).toBeDefined()
  })

  test('a column whose name means something else there is not taken for that of the preset', () => {
    const preset = describedPreset(otelTraces)
    const columns = preset.columns.map((column) =>
      column.name === 'SpanKind' ? { ...column, type: 'UInt8' } : column,
    )
    const found = tableFromDescription({ ...preset, columns })
    expect(found).toMatchObject({ base: 'otelTraces', unmapped: [{ column: 'SpanKind' }] })
    expect(found.table.insertColumns).not.toContain('SpanKind')
  })

  test('without the column that it is partitioned by, it is a table from nothing', () => {
    const preset = describedPreset(flatTraces)
    const found = tableFromDescription({
      ...preset,
      partitionKey: '',
      sortingKey: 'trace_id',
      columns: preset.columns.map((column) =>
        column.name === 'timestamp' ? { ...column, type: 'String' } : column,
      ),
    })
    expect(found.base).toBeUndefined()
    expect(found.table.insertColumns).toContain('events.name')
  })
})

describe('keys, TTL, indexes and settings are kept as far as they name columns of the definition', () => {
  const full = {
    engine: 'ReplacingMergeTree',
    engineFull:
      "ReplacingMergeTree(ts) PARTITION BY toYYYYMM(ts) PRIMARY KEY trace_id ORDER BY (trace_id, ts) TTL ts + toIntervalDay(30) SETTINGS index_granularity = 8192, storage_policy = 'hot', allow_nullable_key = 1",
    partitionKey: 'toYYYYMM(ts)',
    sortingKey: 'trace_id, ts',
    comment: 'spans of the shop',
    indexes: [
      { name: 'by_span', expr: 'span_id', type_full: 'bloom_filter(0.01)', granularity: 1 },
      { name: 'by_tenant', expr: 'tenant', type_full: 'minmax', granularity: '1' },
    ],
  }

  test('those that it can have', () => {
    const { definition, remarks } = tableFromDescription(
      described(
        [...TRACE, 'ts DateTime', 'hour DateTime MATERIALIZED toStartOfHour(ts)', 'tenant String'],
        full,
      ),
    )
    expect(definition).toMatchObject({
      engine: 'ReplacingMergeTree(ts)',
      partitionBy: 'toYYYYMM(ts)',
      orderBy: '(trace_id, ts)',
      ttl: 'ts',
      comment: 'spans of the shop',
      indexes: ['by_span span_id TYPE bloom_filter(0.01) GRANULARITY 1'],
      settings: { storage_policy: 'hot', allow_nullable_key: 1 },
      materialized: [{ name: 'hour', type: 'DateTime', expression: 'toStartOfHour(ts)' }],
    })
    expect(remarks).toEqual([
      'Left out of the definition, because they use columns that it does not have: INDEX by_tenant.',
    ])
  })

  test('an ORDER BY over a column without a value is left out, and a remark names it', () => {
    const { definition, remarks } = tableFromDescription(
      described([...TRACE, 'tenant String'], { sortingKey: 'tenant, trace_id' }),
    )
    expect(definition).toMatchObject({ orderBy: 'tuple()' })
    expect(remarks).toEqual([expect.stringContaining('ORDER BY (tenant, trace_id)')])
  })

  test.each([
    ['ReplicatedMergeTree', "ReplicatedMergeTree('/t/{uuid}', '{replica}')", 'ReplicatedMergeTree'],
    ['SharedMergeTree', "SharedMergeTree('/t', '{replica}')", undefined],
    ['MergeTree', 'MergeTree', undefined],
    ['Null', 'Null', undefined],
    ['Distributed', "Distributed('c', 'shop', 'local', rand())", undefined],
  ])('engine %s', (engine, engineFull, expected) => {
    const { definition, remarks } = tableFromDescription(
      described(TRACE, { engine, engineFull: `${engineFull} ORDER BY tuple()` }),
    )
    expect(definition.engine).toBe(expected)
    expect(remarks.join()).toMatch(/MergeTree$/.test(engine) ? /^$/ : /Its engine is/)
  })
})

describe('a table that takes no rows, or none of ours, is an error', () => {
  test.each(['View', 'MaterializedView', 'Dictionary', 'SystemNumbers'])('engine %s', (engine) => {
    expect(() => tableFromDescription(described(TRACE, { engine }))).toThrow(
      `shop.spans has the engine ${engine}: name the table that holds its rows`,
    )
  })

  test('no column can be filled', () => {
    expect(() => tableFromDescription(described(['a String']), { signal: 'logs' })).toThrow(
      'shop.spans has no column that could be filled with logs',
    )
  })

  test('there is no such table', async () => {
    const ask = async () => []
    await expect(tableFromServer({ ask, database: 'shop', table: 'spans' })).rejects.toThrow(
      'there is no table shop.spans, or this user may not see it',
    )
  })

  test('what asking fails with is passed on, except for indexes', async () => {
    const rows = async (sql: string) => {
      if (sql.includes('data_skipping_indices')) throw new Error('not granted')
      return sql.includes('system.tables')
        ? [
            {
              engine: 'MergeTree',
              engine_full: 'MergeTree ORDER BY trace_id',
              partition_key: '',
              sorting_key: 'trace_id',
              comment: '',
              create_table_query:
                "CREATE TABLE t (`CONSTRAINT a CHECK` String DEFAULT 'CONSTRAINT a CHECK')",
            },
          ]
        : TRACE.map(columnOf)
    }
    const found = await tableFromServer({ ask: rows, table: "it's", signal: 'traces' })
    expectTypeOf(found.table).toEqualTypeOf<Table<SpanLike>>()
    expect(found).toMatchObject({ mapped: 3, remarks: [], definition: { database: 'default' } })
    const refused = async () => Promise.reject(new Error('refused'))
    await expect(tableFromServer({ ask: refused, table: 't' })).rejects.toThrow('refused')
  })
})
