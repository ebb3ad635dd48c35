import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LogRecordLike, logsFromOtlpJson, newTally, otelLogs } from '../src/index.js'
import {
  type AnyMap,
  type AnyValue,
  anyMap,
  anyValue,
  collectorMap,
  collectorText,
  otlpList,
  otlpValue,
} from './collector.js'
import { makeLog } from './logs.js'

function valuesOf(log: LogRecordLike | undefined): unknown[] {
  const row: Record<string, unknown> = log ? otelLogs.toRow(log) : {}
  const maps = ['ResourceAttributes', 'ScopeAttributes', 'LogAttributes']
  return [row['Body'], ...maps.map((name) => Object.entries(row[name] as object))]
}

function fromSdk(attributes: AnyMap, body: AnyValue): LogRecordLike {
  const scope = { name: 's', attributes }
  return makeLog({ body, attributes, resource: { attributes }, instrumentationScope: scope })
}

function fromOtlp(given: AnyMap, body: AnyValue): LogRecordLike | undefined {
  const attributes = otlpList(given)
  const record = { body: otlpValue(body), attributes }
  const scopeLogs = [{ scope: { attributes }, logRecords: [record] }]
  return logsFromOtlpJson({ resourceLogs: [{ resource: { attributes }, scopeLogs }] })[0]
}

test.each([
  ['the SDK', fromSdk],
  ['OTLP/JSON', fromOtlp],
])('body and attributes from %s are stored as the Collector stores them', (_name, logFrom) => {
  fc.assert(
    fc.property(anyMap, anyValue, (attributes, body) => {
      const map = collectorMap(attributes)
      const expected = [collectorText(body), map, map, map]
      expect(valuesOf(logFrom(attributes, body))).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})

const NANOS = '1729627200145000001'
const TIME = '1729627200.145000001'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

describe('what the Collector makes of a record', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['its time', { timeUnixNano: NANOS, observedTimeUnixNano: '7' }, { Timestamp: TIME }],
    ['no time', { observedTimeUnixNano: NANOS }, { Timestamp: TIME }],
    ['time 0', { timeUnixNano: '0', observedTimeUnixNano: NANOS }, { Timestamp: TIME }],
    ['neither time', {}, { Timestamp: '0000000000.000000000' }],
    [
      'upper-case ids',
      { traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase() },
      { TraceId: TRACE, SpanId: SPAN },
    ],
    [
      'ids of zeros',
      { traceId: '0'.repeat(32), spanId: '0'.repeat(16) },
      { TraceId: '', SpanId: '' },
    ],
    ['no ids', {}, { TraceId: '', SpanId: '' }],
    ['flags above the eighth', { flags: 0xff_ff_ff_01 }, { TraceFlags: 1 }],
    ['the highest of the eight', { flags: 0x180 }, { TraceFlags: 0x80 }],
    ['no flags', {}, { TraceFlags: 0 }],
    ['a severity without text', { severityNumber: 17 }, { SeverityNumber: 17, SeverityText: '' }],
    [
      'a text without severity',
      { severityText: 'Error' },
      { SeverityNumber: 0, SeverityText: 'Error' },
    ],
    ['no body', {}, { Body: '' }],
    ['an empty body', { body: {} }, { Body: '' }],
    ['a text', { body: { stringValue: 'a\n"b"' } }, { Body: 'a\n"b"' }],
    ['a boolean', { body: { boolValue: false } }, { Body: 'false' }],
    [
      'the largest integer',
      { body: { intValue: '9223372036854775807' } },
      { Body: '9223372036854775807' },
    ],
    [
      'the smallest integer',
      { body: { intValue: '-9223372036854775808' } },
      { Body: '-9223372036854775808' },
    ],
    ['a whole double', { body: { doubleValue: 100 } }, { Body: '100' }],
    ['a large double', { body: { doubleValue: 1e21 } }, { Body: '1e+21' }],
    ['a small double', { body: { doubleValue: 1e-7 } }, { Body: '1e-7' }],
    ['NaN', { body: { doubleValue: 'NaN' } }, { Body: 'NaN' }],
    ['infinity', { body: { doubleValue: '-Infinity' } }, { Body: '-Infinity' }],
    ['bytes', { body: { bytesValue: 'AP8Q' } }, { Body: 'AP8Q' }],
    ['an array', { body: { arrayValue: { values: [{ intValue: 1 }, {}] } } }, { Body: '[1,null]' }],
    [
      'a map, its keys sorted by bytes',
      {
        body: {
          kvlistValue: {
            values: ['b', '😀', '！', 'a'].map((key) => ({ key, value: { stringValue: '<&>' } })),
          },
        },
      },
      { Body: '{"a":"<&>","b":"<&>","！":"<&>","😀":"<&>"}' },
    ],
    ['an event', { eventName: 'card.declined' }, { EventName: 'card.declined' }],
    [
      'an attribute without key',
      { attributes: [{ key: '', value: { intValue: 1 } }] },
      { LogAttributes: { '': '1' } },
    ],
    ['an attribute without value', { attributes: [{ key: 'k' }] }, { LogAttributes: { k: '' } }],
  ])('%s', (_name, record, expected) => {
    const tally = newTally()
    const [log] = logsFromOtlpJson({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })
    expect(log && otelLogs.toRow(log, tally)).toMatchObject(expected)
    expect(tally).toEqual(newTally())
  })

  test.each<[string, unknown, string]>([
    ['a text', { stringValue: 'shop' }, 'shop'],
    ['a number', { intValue: '7' }, '7'],
    ['a list', { arrayValue: { values: [{ stringValue: 'a' }] } }, '["a"]'],
    ['nothing', undefined, ''],
  ])('a service name that is %s', (_name, value, expected) => {
    const attributes = [{ key: 'service.name', ...(value !== undefined && { value }) }]
    const resource = { attributes: value === undefined ? [] : attributes }
    const [log] = logsFromOtlpJson({
      resourceLogs: [{ resource, scopeLogs: [{ logRecords: [{}] }] }],
    })
    expect(log && otelLogs.toRow(log)['ServiceName']).toBe(expected)
  })

  test('its resource and scope, with their schemas', () => {
    const [log] = logsFromOtlpJson({
      resourceLogs: [
        {
          schemaUrl: 'https://example.com/r',
          scopeLogs: [
            {
              schemaUrl: 'https://example.com/s',
              scope: { name: 'n', version: 'v' },
              logRecords: [{}],
            },
          ],
        },
      ],
    })
    expect(log && otelLogs.toRow(log)).toMatchObject({
      ResourceSchemaUrl: 'https://example.com/r',
      ScopeSchemaUrl: 'https://example.com/s',
      ScopeName: 'n',
      ScopeVersion: 'v',
    })
  })
})

// The Collector has no column for it. OpenTelemetry prescribes this attribute for formats without such a field; otelTraces has it too.
test('differs on purpose from the Collector: the count of dropped attributes is an attribute, if it is not zero', () => {
  const counted = (droppedAttributesCount: number) =>
    otelLogs.toRow(makeLog({ attributes: {}, droppedAttributesCount }))['LogAttributes']
  expect(counted(0)).toEqual({})
  expect(counted(3)).toEqual({ 'otel.dropped_attributes_count': '3' })
})
