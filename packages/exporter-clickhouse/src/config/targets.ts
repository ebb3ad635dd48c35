import {
  flatLogs,
  flatMetrics,
  flatTraces,
  type MetricPointLike,
  type MetricType,
  otelLogs,
  otelLogsJson,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  otelTraces,
  otelTracesJson,
  type Table,
} from '@spanhouse/transform'
import { localName, otelMetricsJsonTables, promotedTable } from '@spanhouse/transform/internal'
import type { DestinationConfig, Records, Signal, TableCreation } from './config.js'
import type { CompleteDestination } from './defaults.js'

type Targets<Input> = DestinationConfig<Input>['targets']

type Families = {
  readonly [On in Signal]: {
    readonly [Family in 'flat' | 'otel' | 'otel_json']: readonly Table<Records[On]>[]
  }
}

/** The tables of each signal, by the names of their families. */
export const FAMILIES: Families = {
  traces: { flat: [flatTraces], otel: [otelTraces], otel_json: [otelTracesJson] },
  logs: { flat: [flatLogs], otel: [otelLogs], otel_json: [otelLogsJson] },
  metrics: {
    flat: [flatMetrics],
    otel: [
      otelMetricsGauge,
      otelMetricsSum,
      otelMetricsHistogram,
      otelMetricsExponentialHistogram,
      otelMetricsSummary,
    ],
    otel_json: otelMetricsJsonTables,
  },
}

/** The options that name the tables of `otel` and `otel_json`, in the same order. */
export const METRIC_TABLES = [
  'gauge',
  'sum',
  'histogram',
  'exponentialHistogram',
  'summary',
] as const

const INDEXES: Readonly<Record<MetricType, number>> = {
  gauge: 0,
  sum: 1,
  histogram: 2,
  exponential_histogram: 3,
  summary: 4,
}

/** The tables of a signal, in the order that `targetOf` counts. Throws a TypeError for a promoted attribute that cannot have a column. */
export function targetsOf<On extends Signal>(
  {
    schema,
    database,
    table,
    tables,
    promote = [],
    keepPromoted,
    ttl,
    ttls = {},
    retention,
    cluster,
    engine,
    distributed,
  }: CompleteDestination,
  signal: On,
): Targets<Records[On]> {
  const family = typeof schema === 'object' ? [schema] : FAMILIES[signal][schema]
  const isOne = family.length === 1
  const names = isOne ? [table] : METRIC_TABLES.map((name) => tables[name])
  const ages = isOne ? [ttl] : METRIC_TABLES.map((name) => ttls[name] ?? ttl)
  const creation: TableCreation = { cluster, engine, distributed, ...(retention && { retention }) }
  return family.map((one, index) => {
    const name = names[index] ?? one.name
    const isLocal = distributed?.insertInto === 'local'
    return {
      database: database ?? one.database,
      table: name,
      schema: promote.length > 0 ? promotedTable(one, promote, keepPromoted) : one,
      ...(isLocal && { insertsInto: localName(name, distributed) }),
      creation: { ttl: ages[index], ...creation },
    }
  }) as never
}

/** Whether a destination has a table for each type of metric. */
export function isOfFive({ schema }: CompleteDestination): boolean {
  return typeof schema === 'string' && FAMILIES.metrics[schema].length > 1
}

/** The target of a data point among those of `otel`. */
export function targetOfPoint({ metric }: MetricPointLike): number {
  return INDEXES[metric.type]
}
