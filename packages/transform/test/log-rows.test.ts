import { expect, test } from 'vitest'
import { flatLogs, logsFromOtlpJson, newTally, otelLogs } from '../src/index.js'
import { anyValues, makeLog } from './logs.js'

test('every field of a record has its column in the flat table', () => {
  const tally = newTally()
  expect(flatLogs.toRow(makeLog(), tally)).toEqual({
    timestamp: '1729627200.145000000',
    observed_timestamp: '1729627200.146000000',
    severity_number: 17,
    severity_text: 'ERROR',
    body: 'the card was declined',
    event_name: 'payment.declined',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    trace_flags: 1,
    service_name: 'shop',
    project_name: 'demo',
    environment: 'test',
    attributes: { 'user.id': 'u-7', 'cart.items': '3', 'http.route': '/cart' },
    resource_attributes: makeLog().resource.attributes,
    scope_name: 'pino',
    scope_version: '1.2.3',
  })
  expect(tally).toEqual(newTally())
})

test('every field of a record has its column in the Collector’s table, keys sorted', () => {
  const row = otelLogs.toRow(makeLog())
  expect(row).toEqual({
    Timestamp: '1729627200.145000000',
    TraceId: '0af7651916cd43dd8448eb211c80319c',
    SpanId: 'b7ad6b7169203331',
    TraceFlags: 1,
    SeverityText: 'ERROR',
    SeverityNumber: 17,
    ServiceName: 'shop',
    Body: 'the card was declined',
    ResourceSchemaUrl: 'https://example.com/resource',
    ResourceAttributes: makeLog().resource.attributes,
    ScopeSchemaUrl: 'https://example.com/scope',
    ScopeName: 'pino',
    ScopeVersion: '1.2.3',
    ScopeAttributes: { a: '1', b: '2' },
    LogAttributes: { 'cart.items': '3', 'http.route': '/cart', 'user.id': 'u-7' },
    EventName: 'payment.declined',
  })
  expect(Object.keys(row['LogAttributes'] as object)).toEqual([
    'cart.items',
    'http.route',
    'user.id',
  ])
})

test.each(anyValues)('a body or attribute of %s has its text', (name, value, text) => {
  const attributes = { [name]: value }
  const record = makeLog({ body: value, attributes })
  const expected = value === undefined ? {} : { [name]: text }
  expect(flatLogs.toRow(record)).toMatchObject({ body: text, attributes: expected })
  expect(otelLogs.toRow(record)).toMatchObject({ Body: text, LogAttributes: expected })
})

const observed = '1729627200.146000000'
test.each([
  ['0', [0, 0], observed],
  ['absent', undefined, observed],
  ['not a time', 'noon', observed],
  ['1 ns', [0, 1], '0000000000.000000001'],
])('a record whose time is %s is stored at its own or its observed time', (_, hrTime, time) => {
  expect(flatLogs.toRow(makeLog({ hrTime }))['timestamp']).toBe(time)
  expect(otelLogs.toRow(makeLog({ hrTime }))['Timestamp']).toBe(time)
})

test('of the flags the low eight bits are stored', () => {
  const spanContext = { traceId: 'aa', spanId: 'bb', traceFlags: 0x301 }
  expect(otelLogs.toRow(makeLog({ spanContext }))['TraceFlags']).toBe(1)
  expect(flatLogs.toRow(makeLog({ spanContext }))['trace_flags']).toBe(1)
})

test('the severity’s text does not follow from its number', () => {
  const record = makeLog({ severityText: undefined, severityNumber: 9 })
  expect(flatLogs.toRow(record)).toMatchObject({ severity_text: '', severity_number: 9 })
})

test('a record without a span has no ids', () => {
  const zeros = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }
  for (const spanContext of [undefined, zeros])
    expect(flatLogs.toRow(makeLog({ spanContext }))).toMatchObject({ trace_id: '', span_id: '' })
})

test('limits apply to attributes, not to the body', () => {
  const limits = { attributeCount: 1, attributeValueLength: 3 }
  const record = makeLog({ body: 'a long body', attributes: { a: 'long value', b: 1 } })
  expect(flatLogs.toRow(record, newTally(), limits)).toMatchObject({
    body: 'a long body',
    attributes: { a: 'lo…', 'otel.dropped_attributes_count': '1' },
  })
})

test('a getter that throws costs its own column only', () => {
  const get = () => {
    throw new Error('no')
  }
  for (const name of ['body', 'hrTime', 'spanContext', 'severityText', 'droppedAttributesCount']) {
    const record = Object.defineProperty(makeLog(), name, { get })
    expect(flatLogs.toRow(record)).toMatchObject({
      service_name: 'shop',
      attributes: { 'user.id': 'u-7' },
    })
  }
})

test('the DDL of otel_logs has the materialized columns of the Collector, and no INSERT names them', () => {
  const [, create = ''] = otelLogs.ddl()
  expect(create).toContain(
    "`__otel_materialized_k8s.pod.name` LowCardinality(String) MATERIALIZED ResourceAttributes['k8s.pod.name'] CODEC(ZSTD(1))",
  )
  expect(otelLogs.insertColumns).toHaveLength(16)
})

test('a whole request of OTLP/JSON: every field', () => {
  const logs = logsFromOtlpJson({
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] },
        schemaUrl: 'https://example.com/r',
        scopeLogs: [
          {
            scope: {
              name: 's',
              version: '1',
              attributes: [{ key: 'x', value: { boolValue: true } }],
            },
            schemaUrl: 'https://example.com/s',
            logRecords: [
              {
                timeUnixNano: '1729627200145000001',
                observedTimeUnixNano: 1729627200146000000,
                severityNumber: 'SEVERITY_NUMBER_WARN3',
                severityText: 'warning',
                body: {
                  kvlistValue: { values: [{ key: 'n', value: { intValue: '9007199254740993' } }] },
                },
                attributes: [
                  { key: 'd', value: { doubleValue: 'NaN' } },
                  { key: 'b', value: { bytesValue: 'AP8Q' } },
                ],
                droppedAttributesCount: 2,
                flags: 257,
                traceId: '0AF7651916CD43DD8448EB211C80319C',
                spanId: 'ALftaxaSAzM=',
                eventName: 'e',
              },
              null,
              {},
            ],
          },
        ],
      },
    ],
  })
  expect(logs.map((one) => otelLogs.toRow(one))).toMatchObject([
    {
      Timestamp: '1729627200.145000001',
      TraceId: '0af7651916cd43dd8448eb211c80319c',
      SpanId: '00b7ed6b16920333',
      TraceFlags: 1,
      SeverityText: 'warning',
      SeverityNumber: 15,
      ServiceName: 'a',
      Body: '{"n":9007199254740993}',
      ResourceSchemaUrl: 'https://example.com/r',
      ScopeSchemaUrl: 'https://example.com/s',
      ScopeName: 's',
      ScopeVersion: '1',
      ScopeAttributes: { x: 'true' },
      LogAttributes: { b: 'AP8Q', d: 'NaN', 'otel.dropped_attributes_count': '2' },
      EventName: 'e',
    },
    { Timestamp: '0000000000.000000000', TraceId: '', SpanId: '', Body: '', ServiceName: 'a' },
  ])
})

test.each([
  [9, 9],
  ['SEVERITY_NUMBER_TRACE', 1],
  ['SEVERITY_NUMBER_FATAL4', 24],
  ['SEVERITY_NUMBER_UNSPECIFIED', 0],
  ['INFO', 0],
  [undefined, 0],
  [{}, 0],
])('the severity %s in OTLP/JSON is number %i', (severityNumber, number) => {
  const [log] = logsFromOtlpJson({ body: { stringValue: 'x' }, severityNumber })
  expect(log?.severityNumber).toBe(number)
})

test('one record with its resource and scope', () => {
  const [log, ...more] = logsFromOtlpJson({
    body: { stringValue: 'x' },
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] },
    scope: { name: 's' },
  })
  expect(more).toEqual([])
  expect(log && flatLogs.toRow(log)).toMatchObject({
    body: 'x',
    service_name: 'a',
    scope_name: 's',
  })
})

test.each([
  undefined,
  null,
  7,
  'x',
  [],
  {},
  { resourceLogs: 7 },
  { resourceLogs: [{ scopeLogs: {} }] },
])('%j gives no records', (json) => {
  expect(logsFromOtlpJson(json)).toEqual([])
})
