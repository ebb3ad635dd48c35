import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatTraces, newTally, otelTraces } from '../src/index.js'
import { makeSpan } from './spans.js'

test('flat: every column of an ordinary span', () => {
  const tally = newTally()
  expect(flatTraces.toRow(makeSpan(), tally)).toEqual({
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: 'b7ad6b7169203331',
    parent_span_id: '00f067aa0ba902b7',
    trace_state: 'vendor=1',
    span_name: 'GET /cart',
    span_kind: 'SERVER',
    timestamp: '1729627200.000000005',
    timestamp_ns: '1729627200000000005',
    duration_ms: 145,
    duration_ns: '145000000',
    service_name: 'shop',
    project_name: 'demo',
    environment: 'test',
    status_code: 'ERROR',
    status_message: 'out of stock',
    attributes: { 'http.route': '/cart', 'http.response.status_code': '500' },
    resource_attributes: {
      'service.name': 'shop',
      'project.name': 'demo',
      'deployment.environment.name': 'test',
    },
    scope_name: 'http',
    scope_version: '1.2.3',
    'events.timestamp': ['1729627200.000000007'],
    'events.name': ['exception'],
    'events.attributes': [{ 'exception.type': 'E' }],
    'links.trace_id': ['1af7651916cd43dd8448eb211c80319c'],
    'links.span_id': ['c7ad6b7169203331'],
    'links.trace_state': [''],
    'links.attributes': [{ reason: 'retry' }],
  })
  expect(tally).toEqual(newTally())
})

test('otel: every column of an ordinary span, attribute keys sorted', () => {
  const row = otelTraces.toRow(makeSpan())
  expect(row).toEqual({
    Timestamp: '1729627200.000000005',
    TraceId: '0af7651916cd43dd8448eb211c80319c',
    SpanId: 'b7ad6b7169203331',
    ParentSpanId: '00f067aa0ba902b7',
    TraceState: 'vendor=1',
    SpanName: 'GET /cart',
    SpanKind: 'Server',
    ServiceName: 'shop',
    ResourceAttributes: {
      'deployment.environment.name': 'test',
      'project.name': 'demo',
      'service.name': 'shop',
    },
    ScopeName: 'http',
    ScopeVersion: '1.2.3',
    SpanAttributes: { 'http.response.status_code': '500', 'http.route': '/cart' },
    Duration: '145000000',
    StatusCode: 'Error',
    StatusMessage: 'out of stock',
    'Events.Timestamp': ['1729627200.000000007'],
    'Events.Name': ['exception'],
    'Events.Attributes': [{ 'exception.type': 'E' }],
    'Links.TraceId': ['1af7651916cd43dd8448eb211c80319c'],
    'Links.SpanId': ['c7ad6b7169203331'],
    'Links.TraceState': [''],
    'Links.Attributes': [{ reason: 'retry' }],
  })
  expect(Object.keys(row)).toEqual(otelTraces.insertColumns)
  expect(Object.keys(row['SpanAttributes'] as object)).toEqual([
    'http.response.status_code',
    'http.route',
  ])
  expect(otelTraces.insertColumns).toHaveLength(22)
})

test.each([0, 1, 2, 3, 4])('kind %d of the JS API', (kind) => {
  const name = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'][kind] ?? ''
  expect(flatTraces.toRow(makeSpan({ kind }))['span_kind']).toBe(name)
  expect(otelTraces.toRow(makeSpan({ kind }))['SpanKind']).toBe(
    name[0] + name.slice(1).toLowerCase(),
  )
})

test('the parent of SDK 1, upper-case and zero ids', () => {
  const parent = (changes: Record<string, unknown>): unknown =>
    flatTraces.toRow(makeSpan(changes))['parent_span_id']
  expect(parent({ parentSpanContext: undefined, parentSpanId: '00F067AA0BA902B7' })).toBe(
    '00f067aa0ba902b7',
  )
  expect(parent({ parentSpanContext: undefined })).toBe('')
  expect(parent({ parentSpanContext: { spanId: '0000000000000000' } })).toBe('')
})

test('environment falls back to the older name', () => {
  const environment = (attributes: object): unknown =>
    flatTraces.toRow(makeSpan({ resource: { attributes } }))['environment']
  expect(environment({ 'deployment.environment': 'old' })).toBe('old')
  expect(
    environment({ 'deployment.environment': 'old', 'deployment.environment.name': 'new' }),
  ).toBe('new')
})

test('time, nanoseconds and partition agree wherever the clock stood', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }), (nanos) => {
      const span = makeSpan({ startTime: nanos, endTime: nanos })
      const row = flatTraces.toRow(span)
      const stored = nanos < 0n ? 0n : nanos >= 2n ** 63n ? 2n ** 63n - 1n : nanos
      expect(String(row['timestamp']).replace('.', '')).toBe(String(stored).padStart(19, '0'))
      expect(row['timestamp_ns']).toBe(String(stored))
      expect(flatTraces.partitionDay?.(span)).toBe(Number(stored / 86_400_000_000_000n) % 65_536)
      expect(otelTraces.partitionDay?.(span)).toBe(flatTraces.partitionDay?.(span))
    }),
  )
})

test('what is altered is counted once', () => {
  const tally = newTally()
  flatTraces.toLine(makeSpan({ startTime: [-5, 0], endTime: [-6, 0], name: 'a\ud800' }), tally)
  expect(tally).toEqual({ ...newTally(), clampedTimes: 1, adjustedNumbers: 1, repairedStrings: 1 })
})
