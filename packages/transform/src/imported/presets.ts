import type { Records, Signal } from '../declared/fields.js'
import type { AnyColumn } from '../row/column.js'
import { flatLogs } from '../schemas/flat-logs.js'
import { flatMetrics } from '../schemas/flat-metrics.js'
import { flatTraces } from '../schemas/flat-traces.js'
import {
  otelLogsJson,
  otelMetricsExponentialHistogramJson,
  otelMetricsGaugeJson,
  otelMetricsHistogramJson,
  otelMetricsSumJson,
  otelMetricsSummaryJson,
  otelTracesJson,
} from '../schemas/otel-json.js'
import { otelLogs } from '../schemas/otel-logs.js'
import {
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
} from '../schemas/otel-metrics.js'
import { otelTraces } from '../schemas/otel-traces.js'
import type { Table } from '../table/table.js'
import { canonicalType } from '../types/canonical.js'
import type { DescribedColumn } from './description.js'
import { heldBy, isAlike } from './held.js'

/** A table of ours, under the name that the package exports it by. */
export interface Preset {
  readonly exported: string
  readonly signal: Signal
  /** The value of the option `schema` that writes such tables. */
  readonly schema: 'flat' | 'otel' | 'otel_json'
  readonly table: Table<Records[Signal]>
}

/** A function, because a bundler keeps every module that calls functions while it is loaded. */
const presets = (): readonly Preset[] => [
  ...of('traces', 'flat', { flatTraces }),
  ...of('traces', 'otel', { otelTraces }),
  ...of('traces', 'otel_json', { otelTracesJson }),
  ...of('logs', 'flat', { flatLogs }),
  ...of('logs', 'otel', { otelLogs }),
  ...of('logs', 'otel_json', { otelLogsJson }),
  ...of('metrics', 'flat', { flatMetrics }),
  ...of('metrics', 'otel', {
    otelMetricsGauge,
    otelMetricsSum,
    otelMetricsHistogram,
    otelMetricsExponentialHistogram,
    otelMetricsSummary,
  }),
  ...of('metrics', 'otel_json', {
    otelMetricsGaugeJson,
    otelMetricsSumJson,
    otelMetricsHistogramJson,
    otelMetricsExponentialHistogramJson,
    otelMetricsSummaryJson,
  }),
]

function of(
  signal: Signal,
  schema: Preset['schema'],
  tables: Readonly<Record<string, Table<never>>>,
): Preset[] {
  return Object.entries(tables).map(([exported, table]) => ({
    exported,
    signal,
    schema,
    table: table as unknown as Table<Records[Signal]>,
  }))
}

// A table that has at least this share of a preset's columns is that preset with some left out. With fewer, it only uses the same names.
const LEAST_SHARE = 0.5

/** The preset that a table comes from: the one that shares the most columns with it, compared with the number of columns of both. */
export function presetOf(
  columns: readonly DescribedColumn[],
  signal: Signal | undefined,
): Preset | undefined {
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  let best: { readonly preset: Preset; readonly share: number } | undefined
  for (const preset of presets()) {
    if (signal !== undefined && preset.signal !== signal) continue
    const own = preset.table.columns as readonly AnyColumn[]
    const shared = own.filter((column) => isHeld(column, types.get(column.name))).length
    const share = (2 * shared) / (own.length + columns.length)
    const isEnough = shared >= own.length * LEAST_SHARE
    if (isEnough && share > (best?.share ?? 0)) best = { preset, share }
  }
  return best?.preset
}

/** Whether a column of a preset can be written to the column of that name. */
export function isHeld(column: AnyColumn, type: string | undefined): boolean {
  if (type === undefined) return false
  if (isSame(column, type)) return true
  try {
    return isAlike(heldBy(column.type), heldBy(type))
  } catch {
    return false
  }
}

/** Whether the values are written in the same way, so that the definition need not name the type. */
export function isSame({ type, sentAs }: AnyColumn, there: string): boolean {
  const given = plain(there)
  return given === plain(type) || (sentAs !== undefined && given === plain(sentAs))
}

/** A time zone decides how a time is shown, and LowCardinality how a text is stored. */
function plain(type: string): string {
  return canonicalType(type)
    .replaceAll(/LowCardinality\((\w+)\)/g, '$1')
    .replaceAll(
      /(DateTime64\(\d)[^()]*\)|(DateTime)\([^()]*\)/g,
      (_, precise?: string, second?: string) =>
        precise === undefined ? (second ?? '') : `${precise})`,
    )
}
