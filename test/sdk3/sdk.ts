// What the tests use of the OpenTelemetry SDK, spelled for SDK 3; ../sdk2/sdk.ts spells it for SDK 2.
import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace'

export { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
export { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
export { ExportResultCode, isTracingSuppressed, suppressTracing } from '@opentelemetry/core'
export {
  JsonLogsSerializer,
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
export { resourceFromAttributes } from '@opentelemetry/resources'
export {
  BatchLogRecordProcessor,
  InMemoryLogRecordExporter,
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs'
export {
  AggregationTemporality,
  AggregationType,
  type IMetricReader,
  InMemoryMetricExporter,
  InstrumentType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
export {
  InMemorySpanExporter,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'

export function batchSpanProcessor(
  exporter: SpanExporter,
  options: Record<string, number> = {},
): BatchSpanProcessor {
  return new BatchSpanProcessor({ exporter, ...options })
}

export function simpleSpanProcessor(exporter: SpanExporter): SimpleSpanProcessor {
  return new SimpleSpanProcessor({ exporter })
}

// There are none for SDK 3 that run here.
export const FsInstrumentation = undefined
export const HttpInstrumentation = undefined

/** Which of the two this is. */
export const sdk = 'sdk3'
