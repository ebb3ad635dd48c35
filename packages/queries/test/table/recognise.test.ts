import { expect, test } from 'vitest'
import { recogniseSpanTable, type ServerColumn } from '../../src/index.js'
import { columnsOf } from './columns.js'

const at = { database: 'telemetry', table: 'traces' }
const recognise = (columns: readonly ServerColumn[]) => recogniseSpanTable(at, columns)
const named = (columns: Record<string, string>): ServerColumn[] =>
  Object.entries(columns).map(([name, type]) => ({ name, type }))

test.each(['flat', 'otel'] as const)(
  'our own tables are recognised with all fields: %s',
  (family) => {
    const table = recognise(columnsOf(family))
    expect(table).toMatchObject({ ...at, family, missing: [] })
    const time = family === 'flat' ? 'span.timestamp' : 'span.Timestamp'
    expect(table?.fields.timestamp).toBe(time) // alone, so that it can be compared with the key
  },
)

test('a table of somebody’s own is read by the columns that it has, in any spelling', () => {
  const table = recognise(
    named({
      traceId: 'FixedString(32)',
      SPANID: 'String',
      parent_id: 'Nullable(String)',
      Name: 'LowCardinality(Nullable(String))',
      start_time: 'DateTime',
      duration_ms: 'Float64',
      kind: "Enum8('server' = 1)",
      Tags: 'Map(String, UInt64)',
      unrelated: 'AggregateFunction(sum, UInt64)',
    }),
  )
  expect(table).toMatchObject({
    family: 'own',
    fields: {
      traceId: 'toString(span.traceId)',
      spanId: 'span.SPANID',
      name: "ifNull(span.Name, '')",
      timestamp: 'toDateTime64(span.start_time, 6)',
      kind: expect.stringContaining('span.kind'),
      service: "''",
      status: "'unset'",
    },
  })
  expect(table?.missing).toEqual(
    expect.arrayContaining(['service', 'status', 'resource', 'eventTimes']),
  )
  expect(table?.missing).not.toContain('attributes')
})

test('without a column for the service it is read from the resource', () => {
  const { service: _, ...columns } = { ...minimal, service: '', resource: 'Map(String, String)' }
  expect(recognise(named(columns))?.fields.service).toBe("span.resource['service.name']")
})

const minimal = {
  trace_id: 'String',
  span_id: 'String',
  name: 'String',
  timestamp: 'DateTime64(3)',
}

test.each(Object.keys(minimal))('without a column for %s a table has no spans', (missing) => {
  expect(recognise(named(minimal))).toBeDefined()
  expect(recognise(named(minimal).filter(({ name }) => name !== missing))).toBeUndefined()
})

test.each(['Array(String)', 'UInt8', 'Tuple(a String)', ''])(
  'a column whose type does not fit is not taken: %j',
  (type) => {
    const columns = named({ ...minimal, span_attributes: type, service_name: type })
    expect(recognise(columns)?.missing).toEqual(expect.arrayContaining(['attributes', 'service']))
    expect(recognise(named({ ...minimal, name: type }))).toBeUndefined()
  },
)

test('the tables of logs and of trace times are no tables of spans', () => {
  const logs = { Timestamp: 'DateTime64(9)', TraceId: 'String', SpanId: 'String', Body: 'String' }
  expect(recognise(named(logs))).toBeUndefined()
  expect(
    recognise(named({ TraceId: 'String', Start: 'DateTime', End: 'DateTime' })),
  ).toBeUndefined()
})

test('a name with any characters is quoted', () => {
  const columns = named({ ...minimal, 'Events.Timestamp': 'Array(DateTime64(9))' })
  expect(recognise(columns)?.fields.eventTimes).toBe('span.`Events.Timestamp`')
})
