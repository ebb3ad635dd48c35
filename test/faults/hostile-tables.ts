import {
  defineTable,
  type EventLike,
  flatLogs,
  flatMetrics,
  flatTraces,
  type LogRecordLike,
  type MetricPointLike,
  otelLogs,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  otelTraces,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'

/** Tables that a user might define: every kind of type, from every kind of value. */
const userTable: Table<SpanLike> = defineTable<SpanLike>({
  name: 'my spans',
  database: 'mine',
  columns: [
    { name: 'at', type: 'DateTime64(9)', value: (span) => span.startTime },
    { name: 'day', type: 'Date', value: (span) => span.endTime },
    { name: 'second', type: 'DateTime', value: (span) => span.endTime },
    { name: 'name', type: 'LowCardinality(String)', value: (span) => span.name },
    { name: 'whole', type: 'UInt64', value: (span) => span.attributes['after'] },
    { name: 'wide', type: 'Int256', value: (span) => span.attributes['a'] },
    { name: 'small', type: 'Int8', value: (span) => span.attributes['before'] },
    { name: 'ratio', type: 'Float64', value: (span) => span.attributes['a'] },
    { name: 'maybe', type: 'Nullable(Float64)', value: (span) => span.attributes['a'] },
    { name: 'sampled', type: 'Bool', value: (span) => span.attributes['after'] },
    { name: 'tags', type: 'Array(String)', value: (span) => span.attributes['list'] },
    { name: 'numbers', type: 'Map(String, Int64)', value: (span) => span.attributes },
    { name: 'all', type: 'Map(LowCardinality(String), String)', value: (span) => span.attributes },
    {
      name: 'host',
      type: 'String',
      from: 'resource',
      value: (resource) => resource.attributes['host.name'],
    },
    {
      name: 'of_the_resource',
      type: 'Map(String, String)',
      from: 'resource',
      value: (resource) => resource.attributes,
    },
    { name: 'by', type: 'LowCardinality(String)', from: 'scope', value: (scope) => scope.name },
    { name: 'steps.name', type: 'Array(String)', each: (span) => span.events, value: nameOf },
    {
      name: 'steps.time',
      type: 'Array(DateTime64(9))',
      each: (span) => span.events,
      value: (event: unknown) => (event as EventLike).time,
    },
    { name: 'back`tick "quoted" \\ \n; --', type: 'String', value: (span) => span.status.message },
  ],
  partitionBy: 'toDate(at)',
  orderBy: 'at',
})

function nameOf(event: unknown): unknown {
  return (event as EventLike).name
}

/** The same for log records. */
const userLogs: Table<LogRecordLike> = defineTable<LogRecordLike>({
  name: 'my logs',
  database: 'mine',
  columns: [
    { name: 'at', type: 'DateTime64(9)', value: (log) => log.hrTime },
    { name: 'day', type: 'Date', value: (log) => log.hrTimeObserved },
    { name: 'line', type: 'String', value: (log) => log.body },
    { name: 'level', type: 'UInt8', value: (log) => log.severityNumber },
    { name: 'event', type: 'LowCardinality(String)', value: (log) => log.eventName },
    { name: 'span', type: 'String', value: (log) => log.spanContext?.spanId },
    { name: 'tags', type: 'Array(String)', value: (log) => log.attributes['list'] },
    { name: 'numbers', type: 'Map(String, Int64)', value: (log) => log.attributes },
    {
      name: 'of_the_resource',
      type: 'Map(String, String)',
      from: 'resource',
      value: (resource) => resource.attributes,
    },
    { name: 'by', type: 'LowCardinality(String)', from: 'scope', value: (scope) => scope.name },
  ],
  partitionBy: 'toDate(at)',
  orderBy: 'at',
})

/** And for data points. */
const userPoints: Table<MetricPointLike> = defineTable<MetricPointLike>({
  name: 'my points',
  database: 'mine',
  columns: [
    { name: 'at', type: 'DateTime64(9)', value: (point) => point.time },
    { name: 'since', type: 'DateTime', value: (point) => point.startTime },
    { name: 'metric', type: 'LowCardinality(String)', value: ({ metric }) => metric.name },
    { name: 'value', type: 'Float64', value: (point) => point.value },
    { name: 'maybe', type: 'Nullable(Float64)', value: (point) => point.sum },
    { name: 'whole', type: 'Int64', value: (point) => point.value },
    { name: 'counted', type: 'UInt64', value: (point) => point.count },
    { name: 'counts', type: 'Array(UInt64)', value: (point) => point.bucketCounts },
    { name: 'bounds', type: 'Array(Float64)', value: (point) => point.bounds },
    {
      name: 'labels',
      type: 'Map(LowCardinality(String), String)',
      value: (point) => point.attributes,
    },
    {
      name: 'host',
      type: 'String',
      from: 'resource',
      value: (resource) => resource.attributes['host.name'],
    },
    { name: 'by', type: 'LowCardinality(String)', from: 'scope', value: (scope) => scope.name },
  ],
  partitionBy: 'toDate(at)',
  orderBy: 'at',
})

export interface TablesOf<Input> {
  readonly [name: string]: Table<Input>
}

export const SPAN_TABLES: TablesOf<SpanLike> = {
  flat: flatTraces,
  otel: otelTraces,
  'a user’s own': userTable,
}

export const LOG_TABLES: TablesOf<LogRecordLike> = {
  flat: flatLogs,
  otel: otelLogs,
  'a user’s own': userLogs,
}

export const POINT_TABLES: TablesOf<MetricPointLike> = {
  flat: flatMetrics,
  'otel gauge': otelMetricsGauge,
  'otel sum': otelMetricsSum,
  'otel histogram': otelMetricsHistogram,
  'otel exponential histogram': otelMetricsExponentialHistogram,
  'otel summary': otelMetricsSummary,
  'a user’s own': userPoints,
}
