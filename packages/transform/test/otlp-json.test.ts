import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatTraces, newTally, otelTraces, type SpanLike, spansFromOtlpJson } from '../src/index.js'
import { hostileValue } from './arbitraries.js'
import { hostileValues, seedSpan } from './spans.js'

function onlySpan(fields: Record<string, unknown>): SpanLike {
  const [span] = spansFromOtlpJson({ traceId: 'aa', spanId: 'bb', ...fields })
  if (!span) throw new Error('no span')
  return span
}

test('the sample of seed 003 gives its values, on the true date', () => {
  const [span, ...more] = spansFromOtlpJson(seedSpan)
  const tally = newTally()
  expect(more).toEqual([])
  expect(flatTraces.toRow(span as SpanLike, tally)).toMatchObject({
    trace_id: 'abc123',
    span_id: 'def456',
    span_name: 'user.login',
    timestamp: '1729627200.000000000',
    timestamp_ns: '1729627200000000000',
    duration_ms: 145,
    service_name: 'my-app',
    project_name: 'my-app',
    status_code: 'OK',
    attributes: { 'user.id': '123' },
  })
  expect(new Date(1729627200 * 1000).toISOString()).toBe('2024-10-22T20:00:00.000Z')
  expect(tally).toEqual(newTally())
})

test('a whole request: spans in order, of one resource the same resource', () => {
  const span = (spanId: string): object => ({ traceId: 'aa', spanId })
  const spans = spansFromOtlpJson({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] },
        scopeSpans: [
          { scope: { name: 's', version: '1' }, spans: [span('01'), span('02')] },
          { scope: { name: 't' }, spans: [span('03')] },
        ],
      },
      { scopeSpans: [{ spans: [span('04'), null, 7] }] },
      { resource: {} },
      null,
    ],
  })
  expect(spans.map((s) => s.spanContext().spanId)).toEqual(['01', '02', '03', '04'])
  expect(spans[0]?.resource).toBe(spans[2]?.resource)
  expect(spans[0]?.instrumentationScope).toBe(spans[1]?.instrumentationScope)
  expect(spans.map((s) => otelTraces.toRow(s)['ScopeName'])).toEqual(['s', 's', 't', ''])
})

test('every field of a span', () => {
  const span = onlySpan({
    traceId: '0AF7651916CD43DD8448EB211C80319C',
    traceState: 'a=b',
    parentSpanId: '00F067AA0BA902B7',
    name: 'n',
    kind: 2,
    startTimeUnixNano: '1729627200000000001',
    endTimeUnixNano: '1729627200000000003',
    droppedAttributesCount: 1,
    droppedEventsCount: '2',
    events: [
      { name: 'e', timeUnixNano: '7', attributes: [{ key: 'k', value: { intValue: '1' } }] },
    ],
    links: [{ traceId: 'CC', spanId: 'DD', traceState: 'x=y', droppedAttributesCount: 3 }],
    status: { code: 2, message: 'm' },
    scope: { name: 'sc', version: '2' },
  })
  expect(flatTraces.toRow(span)).toMatchObject({
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    parent_span_id: '00f067aa0ba902b7',
    trace_state: 'a=b',
    span_name: 'n',
    span_kind: 'SERVER',
    timestamp: '1729627200.000000001',
    duration_ns: '2',
    status_code: 'ERROR',
    status_message: 'm',
    attributes: { 'otel.dropped_attributes_count': '1', 'otel.dropped_events_count': '2' },
    scope_name: 'sc',
    scope_version: '2',
    'events.timestamp': ['0000000000.000000007'],
    'events.name': ['e'],
    'events.attributes': [{ k: '1' }],
    'links.trace_id': ['cc'],
    'links.span_id': ['dd'],
    'links.trace_state': ['x=y'],
    'links.attributes': [{ 'otel.dropped_attributes_count': '3' }],
  })
})

test.each<[unknown, unknown, string]>([
  [{ stringValue: 'a' }, 'a', 'a'],
  [{ boolValue: false }, false, 'false'],
  [{ intValue: 7 }, 7, '7'],
  [{ intValue: '-7' }, -7, '-7'],
  [{ intValue: '9223372036854775807' }, 9223372036854775807n, '9223372036854775807'],
  [{ intValue: 'seven' }, 'seven', 'seven'],
  [{ doubleValue: 1.5 }, 1.5, '1.5'],
  [{ doubleValue: 'NaN' }, Number.NaN, 'NaN'],
  [{ doubleValue: '-Infinity' }, Number.NEGATIVE_INFINITY, '-Infinity'],
  [{ bytesValue: 'aGk=' }, new Uint8Array([104, 105]), 'aGk='],
  [{ bytesValue: '_-8' }, new Uint8Array([255, 239]), '/+8='],
  [{ bytesValue: '!' }, '!', '!'],
  [
    { arrayValue: { values: [{ stringValue: 'a' }, { doubleValue: 'NaN' }, {}] } },
    ['a', Number.NaN, null],
    '["a","NaN",null]',
  ],
  [{ arrayValue: {} }, [], '[]'],
  [
    { kvlistValue: { values: [{ key: 'k', value: { boolValue: true } }] } },
    { k: true },
    '{"k":true}',
  ],
  [{}, null, ''],
  [undefined, null, ''],
  ['bare', null, ''],
])('AnyValue %j is %o', (json, value, text) => {
  const span = onlySpan({ attributes: [{ key: 'v', value: json }] })
  expect({ ...span.attributes }).toEqual({ v: value })
  expect(flatTraces.toRow(span)['attributes']).toEqual({ v: text })
})

test.each<[unknown, string, string]>([
  [0, 'UNSPECIFIED', 'Unspecified'],
  [1, 'INTERNAL', 'Internal'],
  [2, 'SERVER', 'Server'],
  [3, 'CLIENT', 'Client'],
  [4, 'PRODUCER', 'Producer'],
  [5, 'CONSUMER', 'Consumer'],
  [6, 'UNSPECIFIED', 'Unspecified'],
  ['SPAN_KIND_CONSUMER', 'CONSUMER', 'Consumer'],
  ['SPAN_KIND_UNSPECIFIED', 'UNSPECIFIED', 'Unspecified'],
  [undefined, 'UNSPECIFIED', 'Unspecified'],
])('kind %o', (kind, flat, otel) => {
  expect(flatTraces.toRow(onlySpan({ kind }))['span_kind']).toBe(flat)
  expect(otelTraces.toRow(onlySpan({ kind }))['SpanKind']).toBe(otel)
})

test.each<[unknown, string, string]>([
  [undefined, 'UNSET', 'Unset'],
  [{ code: 0 }, 'UNSET', 'Unset'],
  [{ code: 1 }, 'OK', 'Ok'],
  [{ code: 'STATUS_CODE_ERROR' }, 'ERROR', 'Error'],
  [{ code: 'nonsense' }, 'UNSET', 'Unset'],
  [{ code: 9 }, 'UNSET', 'Unset'],
])('status %o', (status, flat, otel) => {
  expect(flatTraces.toRow(onlySpan({ status }))['status_code']).toBe(flat)
  expect(otelTraces.toRow(onlySpan({ status }))['StatusCode']).toBe(otel)
})

test('of duplicate keys the last wins, and __proto__ is a key', () => {
  const pairs = ['a', '__proto__', 'a'].map((key, n) => ({ key, value: { intValue: n } }))
  const nested = { key: 'nested', value: { kvlistValue: { values: pairs } } }
  const row = flatTraces.toRow(onlySpan({ attributes: [...pairs, nested] }))
  expect(Object.entries(row['attributes'] as object)).toEqual([
    ['a', '2'],
    ['__proto__', '1'],
    ['nested', '{"__proto__":1,"a":2}'],
  ])
})

test.each([
  undefined,
  null,
  'text',
  7,
  [],
  [seedSpan],
  {},
  { resourceSpans: 7 },
  { name: 'n' },
  Symbol('s'),
  () => 1,
])('%o holds no spans', (json) => {
  expect(spansFromOtlpJson(json)).toEqual([])
})

test('any JSON, and what is none, is read without an exception', () => {
  const anywhere = fc.oneof(fc.jsonValue(), hostileValue)
  const keyValues = fc.oneof(
    anywhere,
    fc.array(
      fc.record({
        key: anywhere,
        value: fc.record(
          { kvlistValue: anywhere, arrayValue: anywhere, bytesValue: anywhere },
          { requiredKeys: [] },
        ),
      }),
    ),
  )
  const names = [
    'traceId',
    'name',
    'kind',
    'status',
    'events',
    'links',
    'startTimeUnixNano',
    'resource',
    'scope',
    'droppedEventsCount',
  ]
  const fields = fc.record(
    { ...Object.fromEntries(names.map((name) => [name, anywhere])), attributes: keyValues },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fields, anywhere, (span, other) => {
      const request = {
        resourceSpans: [
          { resource: other, scopeSpans: [{ scope: other, spans: [span, other] }, other] },
          other,
        ],
      }
      for (const read of [
        ...spansFromOtlpJson(request),
        ...spansFromOtlpJson(span),
        ...spansFromOtlpJson(other),
      ]) {
        JSON.parse(flatTraces.toLine(read))
      }
    }),
  )
})

test('cycles, depth and sharing are read in no more time than they take to write down', () => {
  const cycle: Record<string, unknown> = {}
  cycle['arrayValue'] = { values: [cycle] }
  let bomb: object = { stringValue: 'x' }
  for (let level = 0; level < 40; level++) bomb = { arrayValue: { values: Array(10).fill(bomb) } }
  let deep: object = {}
  for (let level = 0; level < 10_000; level++)
    deep = { kvlistValue: { values: [{ key: 'k', value: deep }] } }
  const attributes = Object.entries({ cycle, bomb, deep }).map(([key, value]) => ({ key, value }))
  const holes = { arrayValue: { values: hostileValues()['verySparse'] } }
  JSON.parse(
    flatTraces.toLine(onlySpan({ attributes: [...attributes, { key: 'holes', value: holes }] })),
  )
})
