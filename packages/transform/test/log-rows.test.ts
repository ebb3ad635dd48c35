import { expect, test } from 'vitest'
import { flatLogs, newTally, otelLogs } from '../src/index.js'
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

test('a body that is an Error is its stack', () => {
  const body = new TypeError('no card')
  expect(flatLogs.toRow(makeLog({ body }))['body']).toBe(body.stack)
  expect(otelLogs.toRow(makeLog({ body }))['Body']).toBe(body.stack)
  const bare = Object.assign(new TypeError('no card'), { stack: undefined })
  expect(flatLogs.toRow(makeLog({ body: bare }))['body']).toBe('TypeError: no card')
})

test('a Proxy that throws as a body costs no other column', () => {
  const trap = (): never => {
    throw new Error('trap')
  }
  const tally = newTally()
  const body = new Proxy({}, { getPrototypeOf: trap, get: trap, ownKeys: trap })
  expect(flatLogs.toRow(makeLog({ body }), tally)).toMatchObject({ body: '', severity_number: 17 })
  expect(tally.unreadableValues).toBe(1)
})

const observed = '1729627200.146000000'
test.each([
  ['0', [0, 0], observed],
  ['absent', undefined, observed],
  ['not a time', 'noon', observed],
  ['1 ns', [0, 1], '0000000000.000000001'],
  ['0 in digits', '0', observed],
  ['1 ns in digits', '1', '0000000000.000000001'],
  ['the first millisecond of 1970', new Date(1), '0000000000.001000000'],
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
