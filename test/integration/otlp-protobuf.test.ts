import {
  flatLogs,
  flatMetrics,
  flatTraces,
  logsFromOtlpJson,
  logsFromOtlpProtobuf,
  metricPoints,
  metricsFromOtlpJson,
  metricsFromOtlpProtobuf,
  otelLogs,
  otelTraces,
  spansFromOtlpJson,
  spansFromOtlpProtobuf,
} from '@spanhouse/transform'
import { otelMetricsTables } from '@spanhouse/transform/internal'
import { expect, test } from 'vitest'
import {
  AggregationTemporality,
  AggregationType,
  InMemoryLogRecordExporter,
  InMemoryMetricExporter,
  InMemorySpanExporter,
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  resourceFromAttributes,
  SimpleLogRecordProcessor,
  SpanKind,
  SpanStatusCode,
  simpleSpanProcessor,
  TracerProvider,
} from '#sdk'

const resource = resourceFromAttributes({
  'service.name': 'shop',
  'process.pid': 4711,
  list: ['a', 'b'],
})

/** The rows of a table that both serializers of the SDK lead to, and those of the records themselves, if they are of a kind that has rows. */
function expectSameRows<Input>(
  tables: readonly { toLine(input: Input): string }[],
  { protobuf, json, direct }: Record<'protobuf' | 'json', Input[]> & { direct?: Input[] },
): void {
  expect(protobuf.length).toBeGreaterThan(0)
  for (const { toLine } of tables) {
    const rows = protobuf.map((one) => toLine(one))
    expect(rows).toEqual(json.map((one) => toLine(one)))
    if (direct) expect(rows).toEqual(direct.map((one) => toLine(one)))
  }
}

const parsed = (bytes: Uint8Array | undefined): unknown =>
  JSON.parse(Buffer.from(bytes ?? []).toString())

test('spans as the SDK serializes them give the rows that they have here', async () => {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ resource, spanProcessors: [simpleSpanProcessor(exporter)] })
  const tracer = provider.getTracer('http', '1.2.3')
  for (let n = 0; n < 20; n++) {
    const span = tracer.startSpan(`GET /cart/${n}`, {
      kind: n % 2 ? SpanKind.CLIENT : SpanKind.SERVER,
      startTime: [1_729_627_200 + n, 123_456_789],
      attributes: {
        'http.route': '/cart',
        n,
        half: n / 2,
        ok: true,
        list: [1, 2, 3],
        text: 'é日👍🏽',
      },
    })
    span.addEvent('exception', { 'exception.type': 'E' }, [1_729_627_201, 1])
    span.addLink({
      context: tracer.startSpan('other').spanContext(),
      attributes: { reason: 'retry' },
    })
    if (n % 3 === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'out of stock' })
    span.end([1_729_627_300 + n, 987_654_321])
  }
  const spans = exporter.getFinishedSpans()
  expectSameRows([flatTraces, otelTraces], {
    protobuf: spansFromOtlpProtobuf(ProtobufTraceSerializer.serializeRequest(spans) as Uint8Array),
    json: spansFromOtlpJson(parsed(JsonTraceSerializer.serializeRequest(spans))),
    direct: spans,
  })
  await provider.shutdown()
})

test('log records as the SDK serializes them give the rows that they have here', async () => {
  const exporter = new InMemoryLogRecordExporter()
  const provider = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter })],
  })
  const logger = provider.getLogger('pino', '9')
  for (const body of ['text', 7, 1.5, true, { a: [1, 'b', { c: null }] }, ['x'], undefined])
    logger.emit({
      body: body as never,
      severityNumber: 9,
      severityText: 'INFO',
      timestamp: [1_729_627_200, 5],
      attributes: { k: 'v', n: 1 },
    })
  await provider.forceFlush()
  const logs = exporter.getFinishedLogRecords()
  expectSameRows([flatLogs, otelLogs], {
    protobuf: logsFromOtlpProtobuf(ProtobufLogsSerializer.serializeRequest(logs) as Uint8Array),
    json: logsFromOtlpJson(parsed(JsonLogsSerializer.serializeRequest(logs))),
    direct: logs,
  })
  await provider.shutdown()
})

test('metrics as the SDK serializes them give the rows that they have here', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const view = {
    instrumentName: 'exponential',
    aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
  }
  const provider = new MeterProvider({ resource, readers: [reader], views: [view as never] })
  const meter = provider.getMeter('meter', '1')
  for (let n = 0; n < 10; n++) {
    meter.createCounter('counter', { unit: 'By', description: 'd' }).add(n, { a: n % 3 })
    meter.createUpDownCounter('up_down').add(-n / 3)
    meter.createHistogram('histogram').record(n * 10, { a: 1 })
    meter.createHistogram('exponential').record(n / 1000 + 0.0001) // offsets below 0
  }
  meter.createObservableGauge('gauge').addCallback((result) => result.observe(2.5))
  await reader.forceFlush()
  const [metrics] = exporter.getMetrics()
  const bytes = ProtobufMetricsSerializer.serializeRequest(metrics as never) as Uint8Array
  const protobuf = metricsFromOtlpProtobuf(bytes)
  const json = metricsFromOtlpJson(parsed(JsonMetricsSerializer.serializeRequest(metrics as never)))
  expect(new Set(protobuf.map(({ metric }) => metric.type))).toEqual(
    new Set(['sum', 'gauge', 'histogram', 'exponential_histogram']),
  )
  expect(protobuf.find(({ positive }) => (positive?.offset ?? 0) < 0)).toBeDefined()
  expectSameRows([flatMetrics, ...Object.values(otelMetricsTables)], { protobuf, json })
  expectSameRows([flatMetrics], { protobuf, json, direct: metricPoints(metrics as never) })
  await provider.shutdown()
})
