export type {
  AttributeColumn,
  ColumnDefinition,
  FieldColumn,
  ResourceAttributeColumn,
  ScopeNameColumn,
} from './declared/definition.js'
export type { FieldNames, Records, Signal } from './declared/fields.js'
export type { RowOfColumns, ValueOf } from './declared/row-type.js'
export type {
  Ask,
  DescribedColumn,
  DescribedIndex,
  TableDescription,
} from './imported/description.js'
export type { Unmapped } from './imported/mapped.js'
export {
  type ImportedTable,
  type ServerTable,
  tableFromDescription,
  tableFromServer,
} from './imported/table-from-server.js'
export type { LogRecordLike, LogSpanContextLike } from './log/log-record.js'
export type {
  ExemplarLike,
  ExponentialBucketsLike,
  MetricPointLike,
  QuantileLike,
} from './metric/point.js'
export { type MetricDataLike, metricPoints, type ResourceMetricsLike } from './metric/points.js'
export { logsFromOtlpJson } from './otlp/logs.js'
export { metricsFromOtlpJson } from './otlp/metrics.js'
export { spansFromOtlpJson } from './otlp/spans.js'
export type { Column } from './row/column.js'
export { flatLogs } from './schemas/flat-logs.js'
export { flatMetrics } from './schemas/flat-metrics.js'
export { flatTraces } from './schemas/flat-traces.js'
export {
  otelLogsJson,
  otelMetricsExponentialHistogramJson,
  otelMetricsGaugeJson,
  otelMetricsHistogramJson,
  otelMetricsSumJson,
  otelMetricsSummaryJson,
  otelTracesJson,
} from './schemas/otel-json.js'
export { otelLogs } from './schemas/otel-logs.js'
export {
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
} from './schemas/otel-metrics.js'
export { otelTraces } from './schemas/otel-traces.js'
export type { EventLike, LinkLike, SpanContextLike, SpanLike } from './span/span.js'
export type { ColumnShape, DdlOptions, DistributedOptions, Placement } from './sql/ddl.js'
export { quoteIdentifier } from './sql/identifier.js'
export type { Retention } from './sql/retention.js'
export { quoteText } from './sql/text.js'
export { extendTable } from './table/extend.js'
export type { ExtendedRow, Extension, NewType } from './table/extension.js'
export type { Promotion } from './table/promote.js'
export { defineTable, type RowOf, type Table, type TableDefinition } from './table/table.js'
export type { TimeUnit } from './values/in-unit.js'
export type { MetricLike, MetricType } from './values/metric.js'
export type { AttributesLike, ResourceLike, ScopeLike } from './values/resource.js'
export type { HrTime } from './values/time.js'
export { logsFromOtlpProtobuf, logsInOtlpProtobuf } from './wire/logs.js'
export { metricsFromOtlpProtobuf, metricsInOtlpProtobuf } from './wire/metrics.js'
export type { WireOptions } from './wire/options.js'
export { spansFromOtlpProtobuf, spansInOtlpProtobuf } from './wire/spans.js'
export { WireError, type WireErrorReason } from './wire/wire-error.js'
export type { Limits } from './writing/limits.js'
export { newTally, type Tally } from './writing/tally.js'
