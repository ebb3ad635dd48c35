import {
  type LogRecordLike,
  logsFromOtlpJson,
  logsInOtlpProtobuf,
  type MetricPointLike,
  metricsFromOtlpJson,
  metricsInOtlpProtobuf,
  type SpanLike,
  spansFromOtlpJson,
  spansInOtlpProtobuf,
} from '@spanhouse/transform'
import type { Records, Signal } from '#exporter'

/** What differs between signals. */
export interface Kind<On extends Signal = Signal> {
  readonly signal: On
  /** Of OTLP/HTTP. */
  readonly path: string
  /** Of OTLP/gRPC. */
  readonly method: string
  /** What its records are called. */
  readonly noun: string
  /** The lists in a request in JSON: of resources, scopes and records. */
  readonly lists: readonly [groups: string, scopes: string, records: string]
  /** The count in an answer, in JSON. */
  readonly rejectedField: string
  fromJson(json: unknown): Records[On][]
  /** In slices; empty ones come while the bytes are checked. Throws a WireError. */
  inProtobuf(bytes: Uint8Array): Iterable<Records[On][]>
}

const TRACES: Kind<'traces'> = {
  signal: 'traces',
  path: '/v1/traces',
  method: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  noun: 'spans',
  lists: ['resourceSpans', 'scopeSpans', 'spans'],
  rejectedField: 'rejectedSpans',
  fromJson: (json): SpanLike[] => spansFromOtlpJson(json),
  inProtobuf: (bytes): Iterable<SpanLike[]> => spansInOtlpProtobuf(bytes),
}

const LOGS: Kind<'logs'> = {
  signal: 'logs',
  path: '/v1/logs',
  method: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  noun: 'log records',
  lists: ['resourceLogs', 'scopeLogs', 'logRecords'],
  rejectedField: 'rejectedLogRecords',
  fromJson: (json): LogRecordLike[] => logsFromOtlpJson(json),
  inProtobuf: (bytes): Iterable<LogRecordLike[]> => logsInOtlpProtobuf(bytes),
}

const METRICS: Kind<'metrics'> = {
  signal: 'metrics',
  path: '/v1/metrics',
  method: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  noun: 'data points',
  lists: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  rejectedField: 'rejectedDataPoints',
  fromJson: (json): MetricPointLike[] => metricsFromOtlpJson(json),
  inProtobuf: (bytes): Iterable<MetricPointLike[]> => metricsInOtlpProtobuf(bytes),
}

export const KINDS: readonly [Kind<'traces'>, Kind<'logs'>, Kind<'metrics'>] = [
  TRACES,
  LOGS,
  METRICS,
]
