import { itemAttributes } from '../attributes/item.js'
import { readAttributes, sortedByKey } from '../attributes/source.js'
import type { ExemplarLike, MetricPointLike, QuantileLike } from '../metric/point.js'
import { exemplarsOf, quantilesOf } from '../metric/values.js'
import { type Column, nested } from '../row/column.js'
import { preset } from '../table/preset.js'
import type { Table } from '../table/table.js'
import { array } from '../types/array.js'
import { eitherTime } from '../types/date-time.js'
import { exactFloat } from '../types/exact-float.js'
import { zeroedId } from '../types/hex-id.js'
import type { MetricType } from '../values/metric.js'
import type {
  OtelMetricsExponentialHistogramRow,
  OtelMetricsGaugeRow,
  OtelMetricsHistogramRow,
  OtelMetricsSummaryRow,
  OtelMetricsSumRow,
} from './rows.js'

// The tables of today's Collector. Its earlier ones differ in two types, DateTime64(9) for times and String for names, and take the same rows.

type Point = MetricPointLike

const text = { type: 'String', codec: 'ZSTD(1)' }
const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const map = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }
// Read as DateTime64(9), so that compact rows bring the fractions to tables that have them.
const time = { type: 'DateTime', kind: eitherTime, sentAs: 'DateTime64(9)' }
const double = { type: 'Float64', codec: 'ZSTD(1)', kind: exactFloat }
const doubles = { type: 'Array(Float64)', codec: 'ZSTD(1)', kind: array(exactFloat) }
const whole = { type: 'UInt64', codec: 'ZSTD(1)' }
const counts = { type: 'Array(UInt64)', codec: 'ZSTD(1)' }
const int = { type: 'Int32', codec: 'ZSTD(1)' }

const common: readonly Column<Point>[] = [
  {
    name: 'ResourceAttributes',
    ...map,
    from: 'resource',
    value: ({ attributes }, encoding) => sortedByKey(readAttributes(attributes, encoding)),
  },
  {
    name: 'ResourceSchemaUrl',
    ...text,
    from: 'resource',
    value: ({ schemaUrl }) => schemaUrl,
  },
  { name: 'ScopeName', ...text, from: 'scope', value: ({ name }) => name },
  { name: 'ScopeVersion', ...text, from: 'scope', value: ({ version }) => version },
  {
    name: 'ScopeAttributes',
    ...map,
    from: 'scope',
    value: ({ attributes }, encoding) => sortedByKey(readAttributes(attributes, encoding)),
  },
  {
    name: 'ScopeDroppedAttrCount',
    type: 'UInt32',
    codec: 'ZSTD(1)',
    from: 'scope',
    value: ({ droppedAttributesCount }) => droppedAttributesCount,
  },
  { name: 'ScopeSchemaUrl', ...text, from: 'scope', value: ({ schemaUrl }) => schemaUrl },
  {
    name: 'ServiceName',
    ...label,
    from: 'resource',
    value: ({ attributes }) => attributes?.['service.name'],
  },
  { name: 'MetricName', ...label, from: 'metric', value: ({ name }) => name },
  { name: 'MetricDescription', ...text, from: 'metric', value: ({ description }) => description },
  { name: 'MetricUnit', ...text, from: 'metric', value: ({ unit }) => unit },
  { name: 'Attributes', ...map, value: (item) => itemAttributes(item, true) },
  {
    name: 'StartTimeUnix',
    ...time,
    codec: 'Delta(4), ZSTD(1)',
    value: ({ startTime }) => startTime,
  },
  { name: 'TimeUnix', ...time, codec: 'Delta(4), ZSTD(1)', value: (point) => point.time },
]

const value: Column<Point> = { name: 'Value', ...double, value: (point) => point.value }
const flags: Column<Point> = {
  name: 'Flags',
  type: 'UInt32',
  codec: 'ZSTD(1)',
  value: (point) => point.flags,
}
const count: Column<Point> = {
  name: 'Count',
  ...whole,
  codec: 'Delta(8), ZSTD(1)',
  value: (point) => point.count,
}
const sum: Column<Point> = { name: 'Sum', ...double, value: (point) => point.sum }
const minAndMax: readonly Column<Point>[] = [
  { name: 'Min', ...double, value: ({ min }) => min },
  { name: 'Max', ...double, value: ({ max }) => max },
]
const temporality: Column<Point> = {
  name: 'AggregationTemporality',
  ...int,
  from: 'metric',
  value: (metric) => metric.temporality,
}
const exemplars: readonly Column<Point>[] = nested<Point, ExemplarLike>('Exemplars', exemplarsOf, [
  { name: 'FilteredAttributes', ...map, value: (item) => itemAttributes(item, true) },
  {
    name: 'TimeUnix',
    ...time,
    sentAs: 'Array(DateTime64(9))',
    codec: 'ZSTD(1)',
    value: (exemplar) => exemplar.time,
  },
  { name: 'Value', ...double, value: (exemplar) => exemplar.value },
  { name: 'SpanId', ...text, kind: zeroedId(16), value: ({ spanId }) => spanId },
  { name: 'TraceId', ...text, kind: zeroedId(32), value: ({ traceId }) => traceId },
])

export const otelMetricsGauge = tableOf('gauge', [value, flags, ...exemplars]) as Table<
  Point,
  OtelMetricsGaugeRow
>

export const otelMetricsSum = tableOf('sum', [
  value,
  flags,
  ...exemplars,
  temporality,
  {
    name: 'IsMonotonic',
    type: 'Bool',
    codec: 'Delta(1), ZSTD(1)',
    from: 'metric',
    value: ({ isMonotonic }) => isMonotonic,
  },
]) as Table<Point, OtelMetricsSumRow>

export const otelMetricsHistogram = tableOf('histogram', [
  count,
  sum,
  { name: 'BucketCounts', ...counts, value: ({ bucketCounts }) => bucketCounts },
  { name: 'ExplicitBounds', ...doubles, value: ({ bounds }) => bounds },
  ...exemplars,
  flags,
  ...minAndMax,
  temporality,
]) as Table<Point, OtelMetricsHistogramRow>

export const otelMetricsExponentialHistogram = tableOf('exponential_histogram', [
  count,
  sum,
  { name: 'Scale', ...int, value: ({ scale }) => scale },
  { name: 'ZeroCount', ...whole, value: ({ zeroCount }) => zeroCount },
  { name: 'PositiveOffset', ...int, value: ({ positive }) => positive?.offset },
  { name: 'PositiveBucketCounts', ...counts, value: ({ positive }) => positive?.bucketCounts },
  { name: 'NegativeOffset', ...int, value: ({ negative }) => negative?.offset },
  { name: 'NegativeBucketCounts', ...counts, value: ({ negative }) => negative?.bucketCounts },
  ...exemplars,
  flags,
  ...minAndMax,
  temporality,
]) as Table<Point, OtelMetricsExponentialHistogramRow>

export const otelMetricsSummary = tableOf('summary', [
  count,
  sum,
  ...nested<Point, QuantileLike>('ValueAtQuantiles', quantilesOf, [
    { name: 'Quantile', ...double, value: ({ quantile }) => quantile },
    { name: 'Value', ...double, value: (at) => at.value },
  ]),
  flags,
]) as Table<Point, OtelMetricsSummaryRow>

/** The table of the points of each type. */
export const otelMetricsTables: Readonly<Record<MetricType, Table<MetricPointLike>>> = {
  gauge: otelMetricsGauge,
  sum: otelMetricsSum,
  histogram: otelMetricsHistogram,
  exponential_histogram: otelMetricsExponentialHistogram,
  summary: otelMetricsSummary,
}

function tableOf(type: MetricType, own: readonly Column<Point>[]): Table<Point> {
  return preset({
    name: `otel_metrics_${type}`,
    comment: `spanhouse: otel metrics ${type}, version 1`,
    columns: [...common, ...own],
    indexes: [
      'idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
      'idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
      'idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
      'idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
      'idx_attr_key mapKeys(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
      'idx_attr_value mapValues(Attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
      'idx_time_minmax TimeUnix TYPE minmax GRANULARITY 1',
    ],
    partitionBy: 'toDate(TimeUnix)',
    orderBy: '(ServiceName, MetricName, toStartOfHour(TimeUnix), cityHash64(Attributes), TimeUnix)',
    ttl: "least(TimeUnix, toDateTime('2100-01-01 00:00:00', 'UTC'))", // so that the sum stays below 2106, where a DateTime ends
  })
}
