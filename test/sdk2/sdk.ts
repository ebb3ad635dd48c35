// What the tests use of the OpenTelemetry SDK, spelled for SDK 2; ../sdk3/sdk.ts spells it for SDK 3.
import {
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'

export { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
export { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
export { ExportResultCode, isTracingSuppressed, suppressTracing } from '@opentelemetry/core'
export { FsInstrumentation } from '@opentelemetry/instrumentation-fs'
export { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
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
  BasicTracerProvider as TracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base'

export function batchSpanProcessor(
  exporter: SpanExporter,
  options: Record<string, number> = {},
): BatchSpanProcessor {
  return new BatchSpanProcessor(exporter, options)
}

export function simpleSpanProcessor(exporter: SpanExporter): SimpleSpanProcessor {
  return new SimpleSpanProcessor(exporter)
}

/** Which of the two this is. */
export const sdk = 'sdk2'
