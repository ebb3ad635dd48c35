import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatLogs, logsFromOtlpJson, newTally, otelLogs } from '../src/index.js'
import { hostileValue } from './arbitraries.js'
import { logTables } from './logs.js'

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

test.each([
  { timeUnixNano: '1' },
  { observedTimeUnixNano: '1' },
  { severityNumber: 9 },
  { severityText: 'INFO' },
  { body: {} },
  { eventName: 'e' },
])('%j is one record', (json) => {
  expect(logsFromOtlpJson(json)).toHaveLength(1)
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

test('records of one resource share it, and those of one scope share that', () => {
  const scopeLogs = [{ scope: { name: 's' }, logRecords: [{}, {}] }, { logRecords: [{}] }]
  const [a, b, c, d] = logsFromOtlpJson({ resourceLogs: [{ scopeLogs }, { scopeLogs }] })
  expect(a?.resource).toBe(c?.resource)
  expect(a?.resource).not.toBe(d?.resource)
  expect(a?.instrumentationScope).toBe(b?.instrumentationScope)
  expect(a?.instrumentationScope).not.toBe(c?.instrumentationScope)
})

test('what is read of a hostile request is counted: nothing is refused, and nothing throws', () => {
  const tally = newTally()
  const [log] = logsFromOtlpJson({
    timeUnixNano: '99999999999999999999',
    severityNumber: 999,
    traceId: 'not hex',
    body: { stringValue: 'a\ud800' },
    attributes: [{ key: 'k\ud800', value: { stringValue: 'v' } }],
  })
  expect(log && flatLogs.toRow(log, tally)).toMatchObject({
    timestamp: '9223372036.854775807',
    severity_number: 255,
    trace_id: 'not hex',
    body: 'a\ufffd',
    attributes: { 'k\ufffd': 'v' },
  })
  expect(tally).toMatchObject({ clampedTimes: 1, adjustedNumbers: 1, invalidIds: 1 })
  expect(tally.repairedStrings).toBeGreaterThan(0)
})

test('any JSON, and what is none, is read without an exception', () => {
  const anywhere = fc.oneof(fc.jsonValue(), hostileValue)
  const names =
    'timeUnixNano observedTimeUnixNano severityNumber severityText body eventName traceId spanId flags droppedAttributesCount attributes'
  const record = fc.record(Object.fromEntries(names.split(' ').map((name) => [name, anywhere])), {
    requiredKeys: [],
  })
  fc.assert(
    fc.property(record, anywhere, (given, other) => {
      const scopeLogs = [{ scope: other, schemaUrl: other, logRecords: [given, other] }, other]
      const whole = { resourceLogs: [{ resource: other, schemaUrl: other, scopeLogs }, other] }
      for (const log of [whole, given, other].flatMap(logsFromOtlpJson))
        for (const [, table] of logTables) JSON.parse(table.toLine(log))
    }),
  )
})

test('a body that holds itself, or more than can be written, is cut', () => {
  const cycle: Record<string, unknown> = {}
  cycle['arrayValue'] = { values: [cycle] }
  let bomb: object = { stringValue: 'x' }
  for (let level = 0; level < 40; level++) bomb = { arrayValue: { values: Array(10).fill(bomb) } }
  for (const body of [cycle, bomb]) {
    const tally = newTally()
    const [log] = logsFromOtlpJson({ body })
    const line = log ? flatLogs.toLine(log, tally) : ''
    expect(line.length).toBeLessThan(8 * 1024 * 1024)
    expect(JSON.parse(line).body).not.toBe('')
    expect(tally.truncatedValues).toBeGreaterThan(0)
  }
})
