// Made by test/preset-rows.test.ts from the columns of the tables: after a change of these, run it with `-u`.
import type { ValueOf } from '../declared/row-type.js'

/** A row of `flatLogs`. */
export type FlatLogsRow = {
  timestamp: ValueOf<"DateTime64(9, 'UTC')">
  observed_timestamp: ValueOf<"DateTime64(9, 'UTC')">
  severity_number: ValueOf<'UInt8'>
  severity_text: ValueOf<'LowCardinality(String)'>
  body: ValueOf<'String'>
  event_name: ValueOf<'LowCardinality(String)'>
  trace_id: ValueOf<'String'>
  span_id: ValueOf<'String'>
  trace_flags: ValueOf<'UInt8'>
  service_name: ValueOf<'LowCardinality(String)'>
  project_name: ValueOf<'LowCardinality(String)'>
  environment: ValueOf<'LowCardinality(String)'>
  attributes: ValueOf<'Map(LowCardinality(String), String)'>
  resource_attributes: ValueOf<'Map(LowCardinality(String), String)'>
  scope_name: ValueOf<'LowCardinality(String)'>
  scope_version: ValueOf<'LowCardinality(String)'>
}

/** A row of `flatMetrics`. */
export type FlatMetricsRow = {
  timestamp: ValueOf<"DateTime64(9, 'UTC')">
  start_timestamp: ValueOf<"DateTime64(9, 'UTC')">
  metric_name: ValueOf<'LowCardinality(String)'>
  metric_type: ValueOf<'LowCardinality(String)'>
  unit: ValueOf<'LowCardinality(String)'>
  description: ValueOf<'LowCardinality(String)'>
  temporality: ValueOf<'LowCardinality(String)'>
  is_monotonic: ValueOf<'Bool'>
  value: ValueOf<'Float64'>
  count: ValueOf<'UInt64'>
  sum: ValueOf<'Nullable(Float64)'>
  min: ValueOf<'Nullable(Float64)'>
  max: ValueOf<'Nullable(Float64)'>
  bounds: ValueOf<'Array(Float64)'>
  bucket_counts: ValueOf<'Array(UInt64)'>
  scale: ValueOf<'Int32'>
  zero_count: ValueOf<'UInt64'>
  positive_offset: ValueOf<'Int32'>
  positive_bucket_counts: ValueOf<'Array(UInt64)'>
  negative_offset: ValueOf<'Int32'>
  negative_bucket_counts: ValueOf<'Array(UInt64)'>
  'quantiles.quantile': ValueOf<'Array(Float64)'>
  'quantiles.value': ValueOf<'Array(Float64)'>
  flags: ValueOf<'UInt32'>
  service_name: ValueOf<'LowCardinality(String)'>
  project_name: ValueOf<'LowCardinality(String)'>
  environment: ValueOf<'LowCardinality(String)'>
  attributes: ValueOf<'Map(LowCardinality(String), String)'>
  resource_attributes: ValueOf<'Map(LowCardinality(String), String)'>
  scope_name: ValueOf<'LowCardinality(String)'>
  scope_version: ValueOf<'LowCardinality(String)'>
  'exemplars.timestamp': ValueOf<"Array(DateTime64(9, 'UTC'))">
  'exemplars.value': ValueOf<'Array(Float64)'>
  'exemplars.trace_id': ValueOf<'Array(String)'>
  'exemplars.span_id': ValueOf<'Array(String)'>
  'exemplars.attributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
}

/** A row of `flatTraces`. */
export type FlatTracesRow = {
  trace_id: ValueOf<'String'>
  span_id: ValueOf<'String'>
  parent_span_id: ValueOf<'String'>
  trace_state: ValueOf<'String'>
  span_name: ValueOf<'LowCardinality(String)'>
  span_kind: ValueOf<'LowCardinality(String)'>
  timestamp: ValueOf<"DateTime64(9, 'UTC')">
  timestamp_ns: ValueOf<'UInt64'>
  duration_ms: ValueOf<'Float64'>
  duration_ns: ValueOf<'UInt64'>
  service_name: ValueOf<'LowCardinality(String)'>
  project_name: ValueOf<'LowCardinality(String)'>
  environment: ValueOf<'LowCardinality(String)'>
  status_code: ValueOf<'LowCardinality(String)'>
  status_message: ValueOf<'String'>
  attributes: ValueOf<'Map(LowCardinality(String), String)'>
  resource_attributes: ValueOf<'Map(LowCardinality(String), String)'>
  scope_name: ValueOf<'LowCardinality(String)'>
  scope_version: ValueOf<'LowCardinality(String)'>
  'events.timestamp': ValueOf<"Array(DateTime64(9, 'UTC'))">
  'events.name': ValueOf<'Array(LowCardinality(String))'>
  'events.attributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
  'links.trace_id': ValueOf<'Array(String)'>
  'links.span_id': ValueOf<'Array(String)'>
  'links.trace_state': ValueOf<'Array(String)'>
  'links.attributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
}

/** A row of `otelLogsJson`. */
export type OtelLogsJsonRow = {
  Timestamp: ValueOf<'DateTime64(9)'>
  TraceId: ValueOf<'String'>
  SpanId: ValueOf<'String'>
  TraceFlags: ValueOf<'UInt8'>
  SeverityText: ValueOf<'LowCardinality(String)'>
  SeverityNumber: ValueOf<'UInt8'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  Body: ValueOf<'String'>
  ResourceSchemaUrl: ValueOf<'LowCardinality(String)'>
  ResourceAttributes: ValueOf<'JSON'>
  ScopeSchemaUrl: ValueOf<'LowCardinality(String)'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'LowCardinality(String)'>
  ScopeAttributes: ValueOf<'JSON'>
  LogAttributes: ValueOf<'JSON'>
  EventName: ValueOf<'String'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  ScopeAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  LogAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelMetricsExponentialHistogramJson`. */
export type OtelMetricsExponentialHistogramJsonRow = {
  ResourceAttributes: ValueOf<'JSON'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'JSON'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'String'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'JSON'>
  StartTimeUnix: ValueOf<'DateTime64(9)'>
  TimeUnix: ValueOf<'DateTime64(9)'>
  Count: ValueOf<'UInt64'>
  Sum: ValueOf<'Float64'>
  Scale: ValueOf<'Int32'>
  ZeroCount: ValueOf<'UInt64'>
  PositiveOffset: ValueOf<'Int32'>
  PositiveBucketCounts: ValueOf<'Array(UInt64)'>
  NegativeOffset: ValueOf<'Int32'>
  NegativeBucketCounts: ValueOf<'Array(UInt64)'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(JSON)'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime64(9))'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  Flags: ValueOf<'UInt32'>
  Min: ValueOf<'Float64'>
  Max: ValueOf<'Float64'>
  AggregationTemporality: ValueOf<'Int32'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  ScopeAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  AttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelMetricsGaugeJson`. */
export type OtelMetricsGaugeJsonRow = {
  ResourceAttributes: ValueOf<'JSON'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'JSON'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'String'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'JSON'>
  StartTimeUnix: ValueOf<'DateTime64(9)'>
  TimeUnix: ValueOf<'DateTime64(9)'>
  Value: ValueOf<'Float64'>
  Flags: ValueOf<'UInt32'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(JSON)'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime64(9))'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  ScopeAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  AttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelMetricsHistogramJson`. */
export type OtelMetricsHistogramJsonRow = {
  ResourceAttributes: ValueOf<'JSON'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'JSON'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'String'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'JSON'>
  StartTimeUnix: ValueOf<'DateTime64(9)'>
  TimeUnix: ValueOf<'DateTime64(9)'>
  Count: ValueOf<'UInt64'>
  Sum: ValueOf<'Float64'>
  BucketCounts: ValueOf<'Array(UInt64)'>
  ExplicitBounds: ValueOf<'Array(Float64)'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(JSON)'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime64(9))'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  Flags: ValueOf<'UInt32'>
  Min: ValueOf<'Float64'>
  Max: ValueOf<'Float64'>
  AggregationTemporality: ValueOf<'Int32'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  ScopeAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  AttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelMetricsSumJson`. */
export type OtelMetricsSumJsonRow = {
  ResourceAttributes: ValueOf<'JSON'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'JSON'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'String'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'JSON'>
  StartTimeUnix: ValueOf<'DateTime64(9)'>
  TimeUnix: ValueOf<'DateTime64(9)'>
  Value: ValueOf<'Float64'>
  Flags: ValueOf<'UInt32'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(JSON)'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime64(9))'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  AggregationTemporality: ValueOf<'Int32'>
  IsMonotonic: ValueOf<'Bool'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  ScopeAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  AttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelMetricsSummaryJson`. */
export type OtelMetricsSummaryJsonRow = {
  ResourceAttributes: ValueOf<'JSON'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'JSON'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'String'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'JSON'>
  StartTimeUnix: ValueOf<'DateTime64(9)'>
  TimeUnix: ValueOf<'DateTime64(9)'>
  Count: ValueOf<'UInt64'>
  Sum: ValueOf<'Float64'>
  'ValueAtQuantiles.Quantile': ValueOf<'Array(Float64)'>
  'ValueAtQuantiles.Value': ValueOf<'Array(Float64)'>
  Flags: ValueOf<'UInt32'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  ScopeAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  AttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelTracesJson`. */
export type OtelTracesJsonRow = {
  Timestamp: ValueOf<'DateTime64(9)'>
  TraceId: ValueOf<'String'>
  SpanId: ValueOf<'String'>
  ParentSpanId: ValueOf<'String'>
  TraceState: ValueOf<'String'>
  SpanName: ValueOf<'LowCardinality(String)'>
  SpanKind: ValueOf<'LowCardinality(String)'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  ResourceAttributes: ValueOf<'JSON'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  SpanAttributes: ValueOf<'JSON'>
  Duration: ValueOf<'UInt64'>
  StatusCode: ValueOf<'LowCardinality(String)'>
  StatusMessage: ValueOf<'String'>
  'Events.Timestamp': ValueOf<'Array(DateTime64(9))'>
  'Events.Name': ValueOf<'Array(LowCardinality(String))'>
  'Events.Attributes': ValueOf<'Array(JSON)'>
  'Links.TraceId': ValueOf<'Array(String)'>
  'Links.SpanId': ValueOf<'Array(String)'>
  'Links.TraceState': ValueOf<'Array(String)'>
  'Links.Attributes': ValueOf<'Array(JSON)'>
  ResourceAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
  SpanAttributesKeys: ValueOf<'Array(LowCardinality(String))'>
}

/** A row of `otelLogs`. */
export type OtelLogsRow = {
  Timestamp: ValueOf<'DateTime64(9)'>
  TraceId: ValueOf<'String'>
  SpanId: ValueOf<'String'>
  TraceFlags: ValueOf<'UInt8'>
  SeverityText: ValueOf<'LowCardinality(String)'>
  SeverityNumber: ValueOf<'UInt8'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  Body: ValueOf<'String'>
  ResourceSchemaUrl: ValueOf<'LowCardinality(String)'>
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeSchemaUrl: ValueOf<'LowCardinality(String)'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'LowCardinality(String)'>
  ScopeAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  LogAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  EventName: ValueOf<'String'>
}

/** A row of `otelMetricsExponentialHistogram`. */
export type OtelMetricsExponentialHistogramRow = {
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'LowCardinality(String)'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'Map(LowCardinality(String), String)'>
  StartTimeUnix: ValueOf<'DateTime'>
  TimeUnix: ValueOf<'DateTime'>
  Count: ValueOf<'UInt64'>
  Sum: ValueOf<'Float64'>
  Scale: ValueOf<'Int32'>
  ZeroCount: ValueOf<'UInt64'>
  PositiveOffset: ValueOf<'Int32'>
  PositiveBucketCounts: ValueOf<'Array(UInt64)'>
  NegativeOffset: ValueOf<'Int32'>
  NegativeBucketCounts: ValueOf<'Array(UInt64)'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime)'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  Flags: ValueOf<'UInt32'>
  Min: ValueOf<'Float64'>
  Max: ValueOf<'Float64'>
  AggregationTemporality: ValueOf<'Int32'>
}

/** A row of `otelMetricsGauge`. */
export type OtelMetricsGaugeRow = {
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'LowCardinality(String)'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'Map(LowCardinality(String), String)'>
  StartTimeUnix: ValueOf<'DateTime'>
  TimeUnix: ValueOf<'DateTime'>
  Value: ValueOf<'Float64'>
  Flags: ValueOf<'UInt32'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime)'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
}

/** A row of `otelMetricsHistogram`. */
export type OtelMetricsHistogramRow = {
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'LowCardinality(String)'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'Map(LowCardinality(String), String)'>
  StartTimeUnix: ValueOf<'DateTime'>
  TimeUnix: ValueOf<'DateTime'>
  Count: ValueOf<'UInt64'>
  Sum: ValueOf<'Float64'>
  BucketCounts: ValueOf<'Array(UInt64)'>
  ExplicitBounds: ValueOf<'Array(Float64)'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime)'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  Flags: ValueOf<'UInt32'>
  Min: ValueOf<'Float64'>
  Max: ValueOf<'Float64'>
  AggregationTemporality: ValueOf<'Int32'>
}

/** A row of `otelMetricsSum`. */
export type OtelMetricsSumRow = {
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'LowCardinality(String)'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'Map(LowCardinality(String), String)'>
  StartTimeUnix: ValueOf<'DateTime'>
  TimeUnix: ValueOf<'DateTime'>
  Value: ValueOf<'Float64'>
  Flags: ValueOf<'UInt32'>
  'Exemplars.FilteredAttributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
  'Exemplars.TimeUnix': ValueOf<'Array(DateTime)'>
  'Exemplars.Value': ValueOf<'Array(Float64)'>
  'Exemplars.SpanId': ValueOf<'Array(String)'>
  'Exemplars.TraceId': ValueOf<'Array(String)'>
  AggregationTemporality: ValueOf<'Int32'>
  IsMonotonic: ValueOf<'Bool'>
}

/** A row of `otelMetricsSummary`. */
export type OtelMetricsSummaryRow = {
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ResourceSchemaUrl: ValueOf<'String'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  ScopeAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeDroppedAttrCount: ValueOf<'UInt32'>
  ScopeSchemaUrl: ValueOf<'String'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  MetricName: ValueOf<'LowCardinality(String)'>
  MetricDescription: ValueOf<'String'>
  MetricUnit: ValueOf<'String'>
  Attributes: ValueOf<'Map(LowCardinality(String), String)'>
  StartTimeUnix: ValueOf<'DateTime'>
  TimeUnix: ValueOf<'DateTime'>
  Count: ValueOf<'UInt64'>
  Sum: ValueOf<'Float64'>
  'ValueAtQuantiles.Quantile': ValueOf<'Array(Float64)'>
  'ValueAtQuantiles.Value': ValueOf<'Array(Float64)'>
  Flags: ValueOf<'UInt32'>
}

/** A row of `otelTraces`. */
export type OtelTracesRow = {
  Timestamp: ValueOf<'DateTime64(9)'>
  TraceId: ValueOf<'String'>
  SpanId: ValueOf<'String'>
  ParentSpanId: ValueOf<'String'>
  TraceState: ValueOf<'String'>
  SpanName: ValueOf<'LowCardinality(String)'>
  SpanKind: ValueOf<'LowCardinality(String)'>
  ServiceName: ValueOf<'LowCardinality(String)'>
  ResourceAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  ScopeName: ValueOf<'String'>
  ScopeVersion: ValueOf<'String'>
  SpanAttributes: ValueOf<'Map(LowCardinality(String), String)'>
  Duration: ValueOf<'UInt64'>
  StatusCode: ValueOf<'LowCardinality(String)'>
  StatusMessage: ValueOf<'String'>
  'Events.Timestamp': ValueOf<'Array(DateTime64(9))'>
  'Events.Name': ValueOf<'Array(LowCardinality(String))'>
  'Events.Attributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
  'Links.TraceId': ValueOf<'Array(String)'>
  'Links.SpanId': ValueOf<'Array(String)'>
  'Links.TraceState': ValueOf<'Array(String)'>
  'Links.Attributes': ValueOf<'Array(Map(LowCardinality(String), String))'>
}
