import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import {
  flatLogs,
  flatTraces,
  type LogRecordLike,
  newTally,
  otelLogs,
  type Table,
} from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  batchSpanProcessor,
  context,
  InMemoryLogRecordExporter,
  InMemorySpanExporter,
  LoggerProvider,
  type ReadableLogRecord,
  resourceFromAttributes,
  SimpleLogRecordProcessor,
  TracerProvider,
  trace,
} from '#sdk'
import { anyValues } from '../../packages/transform/test/logs.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { asStored, emptied, insert, stored } from '../kit/stored-rows.js'
import type { ReadableLogRecord as OfSdk3 } from '../sdk3/node_modules/@opentelemetry/sdk-logs'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

test('spans of the SDK are stored as their table’s rows', async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'sdk' }),
    spanProcessors: [batchSpanProcessor(exporter)],
  })
  const tracer = provider.getTracer('scope', '1.0')
  const other = tracer.startSpan('other')
  const span = tracer.startSpan('work', { kind: 3, links: [{ context: other.spanContext() }] })
  span.setAttributes({ text: 'a', list: ['a', 'b'], number: 1.5 }).addEvent('said', { to: 'me' })
  span.setStatus({ code: 2, message: 'no' }).end()
  await provider.forceFlush()
  const spans = exporter.getFinishedSpans()
  await emptied(server, flatTraces)
  await insert(server, flatTraces, spans)
  const [row] = await stored(server, flatTraces)
  expect([row]).toEqual(spans.map((finished) => flatTraces.toRow(finished)))
  expect(row).toMatchObject({
    trace_id: span.spanContext().traceId,
    span_kind: 'PRODUCER',
    service_name: 'sdk',
    scope_name: 'scope',
    status_code: 'ERROR',
    attributes: { text: 'a', list: '["a","b"]', number: '1.5' },
    'events.attributes': [{ to: 'me' }],
    'links.span_id': [other.spanContext().spanId],
  })
  await provider.shutdown()
})

const spanContext = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }

describe.each([
  ['flat', flatLogs, ['body', 'attributes']],
  ['otel', otelLogs, ['Body', 'LogAttributes']],
] as const)('%s', (_name, table: Table<LogRecordLike>, [body, attributes]) => {
  test('what the SDK’s logger emits is stored as its rows, every kind of value with its text', async () => {
    const records = await emitted()
    const tally = newTally()
    // The types of both SDKs are taken as they are: those of `#sdk` are of SDK 2.
    const lineOf = table.toLine satisfies (record: OfSdk3) => string
    for (const record of records) lineOf(record, tally)
    expect(tally).toEqual(newTally())

    await emptied(server, table)
    await insert(server, table, records)
    const rows = await stored(server, table)
    expect(rows).toEqual(asStored(table, records))
    expect(rows).toHaveLength(anyValues.length + 2)
    for (const [name, value, text] of anyValues) {
      const row = rows.find((one) => Object.hasOwn(one[attributes] as object, `of ${name}`))
      expect([name, row?.[body]]).toEqual([name, text])
      const isKept = value !== undefined && typeof value !== 'bigint' // as an attribute
      const expected = { [`of ${name}`]: '1', ...(isKept && { value: text }) }
      expect(row?.[attributes]).toEqual(expected)
    }
  })
})

test('a record that was emitted in a span carries its ids, and one of an event and an exception its name and stack', async () => {
  const [inSpan, event] = (await emitted()).slice(-2)
  expect(inSpan && otelLogs.toRow(inSpan)).toMatchObject({
    TraceId: spanContext.traceId,
    SpanId: spanContext.spanId,
    TraceFlags: 1,
    SeverityText: 'WARNING',
    SeverityNumber: 13,
    Timestamp: '1729627200.145000000',
    ServiceName: 'shop',
    ScopeName: 'logger',
    ScopeVersion: '1.0',
    ScopeSchemaUrl: 'https://example.com/schema',
    Body: 'in a span',
  })
  expect(event && flatLogs.toRow(event)).toMatchObject({
    event_name: 'card.declined',
    observed_timestamp: '1729627201.000000000',
    severity_text: '',
    body: '',
    attributes: {
      'exception.type': 'TypeError',
      'exception.message': 'no card',
      'exception.stacktrace': expect.stringContaining('TypeError: no card\n'),
    },
  })
})

/** One record for each kind of value, as body and attribute; then one in a span, and an event with an exception. */
async function emitted(): Promise<ReadableLogRecord[]> {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  })
  const logger = provider.getLogger('logger', '1.0', { schemaUrl: 'https://example.com/schema' })
  // The SDKs refuse a bigint as an attribute, and take it as a body.
  for (const [name, value] of anyValues) {
    const attributes = { [`of ${name}`]: 1, value }
    logger.emit({ body: value, attributes } as Parameters<typeof logger.emit>[0])
  }
  logger.emit({
    timestamp: new Date(1_729_627_200_145),
    severityNumber: 13,
    severityText: 'WARNING',
    body: 'in a span',
    context: trace.setSpanContext(context.active(), { ...spanContext, traceFlags: 1 }),
  })
  logger.emit({
    eventName: 'card.declined',
    observedTimestamp: [1_729_627_201, 0],
    exception: new TypeError('no card'),
  })
  await provider.forceFlush()
  return exporter.getFinishedLogRecords()
}
