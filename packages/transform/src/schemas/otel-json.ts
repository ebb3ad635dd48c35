import { leafPaths } from '../attributes/leaf-paths.js'
import type { ColumnDefinition } from '../declared/definition.js'
import type { LogRecordLike } from '../log/log-record.js'
import type { MetricPointLike } from '../metric/point.js'
import type { SpanLike } from '../span/span.js'
import { extendTable } from '../table/extend.js'
import { madeWhenRead } from '../table/preset.js'
import type { Table } from '../table/table.js'
import type { Encoding } from '../writing/encoding.js'
import { otelLogs } from './otel-logs.js'
import {
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
} from './otel-metrics.js'
import { otelTraces } from './otel-traces.js'
import type {
  OtelLogsJsonRow,
  OtelMetricsExponentialHistogramJsonRow,
  OtelMetricsGaugeJsonRow,
  OtelMetricsHistogramJsonRow,
  OtelMetricsSumJsonRow,
  OtelMetricsSummaryJsonRow,
  OtelTracesJsonRow,
} from './rows.js'

// The Collector's tables with `json: true`: attributes keep their types, and beside each object stands the list of its paths.

/** As `otelTraces`, with attributes of type JSON. Its `…Keys` columns are those of the Collector's newer tables; for older ones: `extendTable` with `omit`. */
export const otelTracesJson = madeWhenRead(otelTraces, () =>
  withJson(otelTraces, ['ResourceAttributes', 'SpanAttributes'], {
    retype: { 'Events.Attributes': 'Array(JSON)', 'Links.Attributes': 'Array(JSON)' },
    orderBy: '(ServiceName, SpanName, toDateTime(Timestamp), Timestamp)',
  }),
) as Table<SpanLike, OtelTracesJsonRow>

export const otelLogsJson = madeWhenRead(otelLogs, () =>
  withJson(otelLogs, ['ResourceAttributes', 'ScopeAttributes', 'LogAttributes'], {
    orderBy: '(ServiceName, toDateTime(Timestamp), Timestamp)',
    indexed: true,
  }),
) as Table<LogRecordLike, OtelLogsJsonRow>

export const otelMetricsGaugeJson = metricsWithJson(otelMetricsGauge) as Table<
  MetricPointLike,
  OtelMetricsGaugeJsonRow
>
export const otelMetricsSumJson = metricsWithJson(otelMetricsSum) as Table<
  MetricPointLike,
  OtelMetricsSumJsonRow
>
export const otelMetricsHistogramJson = metricsWithJson(otelMetricsHistogram) as Table<
  MetricPointLike,
  OtelMetricsHistogramJsonRow
>
export const otelMetricsExponentialHistogramJson = metricsWithJson(
  otelMetricsExponentialHistogram,
) as Table<MetricPointLike, OtelMetricsExponentialHistogramJsonRow>
export const otelMetricsSummaryJson = metricsWithJson(otelMetricsSummary) as Table<
  MetricPointLike,
  OtelMetricsSummaryJsonRow
>

/** In the order of the option `tables`. */
export const otelMetricsJsonTables: readonly Table<MetricPointLike>[] = [
  otelMetricsGaugeJson,
  otelMetricsSumJson,
  otelMetricsHistogramJson,
  otelMetricsExponentialHistogramJson,
  otelMetricsSummaryJson,
]

function metricsWithJson(table: Table<MetricPointLike>): Table<MetricPointLike> {
  const time = { type: 'DateTime64(9)', codec: 'Delta(8), ZSTD(1)' }
  return madeWhenRead(table, () => {
    const hasExemplars = table.insertColumns.includes('Exemplars.FilteredAttributes')
    return withJson(table, ['ResourceAttributes', 'ScopeAttributes', 'Attributes'], {
      retype: {
        MetricName: 'String',
        StartTimeUnix: time,
        TimeUnix: time,
        ...(hasExemplars && {
          'Exemplars.FilteredAttributes': 'Array(JSON)',
          'Exemplars.TimeUnix': 'Array(DateTime64(9))',
        }),
      },
      orderBy: '(ServiceName, MetricName, toUnixTimestamp64Nano(TimeUnix))',
      // toDateTime() of a time after 2106 wraps round to the past, and the row would be deleted at once.
      ttl: "toDateTime(least(TimeUnix, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')))",
      indexed: true,
    })
  })
}

interface Changes {
  readonly retype?: Readonly<
    Record<string, string | { readonly type: string; readonly codec: string }>
  >
  readonly orderBy: string
  readonly ttl?: string
  /** Whether the lists of paths have an index. */
  readonly indexed?: boolean
}

function withJson<Input>(
  table: Table<Input>,
  objects: readonly string[],
  { retype, orderBy, ttl, indexed = false }: Changes,
): Table<Input> {
  return extendTable(table, {
    retype: { ...Object.fromEntries(objects.map((name) => [name, 'JSON'])), ...retype },
    add: objects.map((name) => keysOf<Input>(table, name)),
    orderBy,
    ...(ttl !== undefined && { ttl }),
    indexes: indexed
      ? objects.map(
          (name) =>
            `idx_${name.replace(/\B[A-Z]/g, '_$&').toLowerCase()}_keys ${name}Keys TYPE bloom_filter(0.01) GRANULARITY 1`,
        )
      : [],
  }) as Table<Input>
}

/** The paths of what another column holds. */
function keysOf<Input>(table: Table<Input>, name: string): ColumnDefinition<Input> {
  const column = table.columns.find((one) => one.name === name)
  if (!column) throw new TypeError(`column ${name}: the table has no such column`)
  const { from, value } = column as {
    readonly from?: 'resource' | 'scope'
    value(source: unknown, encoding: Encoding): unknown
  }
  return {
    name: `${name}Keys`,
    type: 'Array(LowCardinality(String))',
    codec: 'ZSTD(1)',
    from,
    value: (source: unknown, encoding: Encoding) => leafPaths(value(source, encoding), encoding),
  } as unknown as ColumnDefinition<Input>
}
