import {
  flatLogs,
  flatMetrics,
  flatTraces,
  type MetricPointLike,
  type MetricType,
  otelLogs,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  otelTraces,
  type Table,
} from '@spanhouse/transform'
import { localName } from '@spanhouse/transform/internal'
import type { DestinationConfig, Records, Signal, TableCreation } from './config.js'
import type { CompleteDestination } from './defaults.js'

type Targets<Input> = DestinationConfig<Input>['targets']

type Families = {
  readonly [On in Signal]: { readonly [Family in 'flat' | 'otel']: readonly Table<Records[On]>[] }
}

/** The tables of each signal, by the names of their families. */
export const FAMILIES: Families = {
  traces: { flat: [flatTraces], otel: [otelTraces] },
  logs: { flat: [flatLogs], otel: [otelLogs] },
  metrics: {
    flat: [flatMetrics],
    otel: [
      otelMetricsGauge,
      otelMetricsSum,
      otelMetricsHistogram,
      otelMetricsExponentialHistogram,
      otelMetricsSummary,
    ],
  },
}

/** The options that name the tables of `otel`, in the same order. */
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

/** The tables of a signal, in the order that `targetOf` counts. */
export function targetsOf<On extends Signal>(
  {
    schema,
    database,
    table,
    tables,
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
      schema: one,
      ...(isLocal && { insertsInto: localName(name, distributed) }),
      creation: { ttl: ages[index], ...creation },
    }
  }) as never
}

/** The target of a data point among those of `otel`. */
export function targetOfPoint({ metric }: MetricPointLike): number {
  return INDEXES[metric.type]
}
