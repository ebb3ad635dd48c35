import { flatLogs, flatTraces, otelLogs, otelTraces, quoteText } from '@spanhouse/transform'
import type { MetricTable } from '../ask/metric-tables.js'
import type { LogTable } from '../table/log-table.js'
import { recogniseSpanTable } from '../table/recognise.js'
import { recogniseLogTable } from '../table/recognise-logs.js'
import type { SpanTable } from '../table/span-table.js'
import { tableIn } from './chosen.js'

/** The two schemas that dashboards are made for. */
export type Family = 'flat' | 'otel'

interface Tables {
  /** In the variable `spans`. */
  readonly spans: SpanTable
  /** In the variable `logs`. */
  readonly logs: LogTable
  /** In the variable `metrics`, or in `sums` and `gauges`. */
  readonly metrics: readonly MetricTable[]
}

// Getters, so that a bundle without dashboards contains nothing of this.
export const TABLES: Readonly<Record<Family, Tables>> = {
  get flat() {
    return {
      spans: known(recogniseSpanTable(tableIn('spans'), flatTraces.columns)),
      logs: known(recogniseLogTable(tableIn('logs'), flatLogs.columns)),
      metrics: [{ ...tableIn('metrics'), family: 'flat' as const, has_temporality: true }],
    }
  },
  get otel() {
    return {
      spans: known(recogniseSpanTable(tableIn('spans'), otelTraces.columns)),
      logs: known(recogniseLogTable(tableIn('logs'), otelLogs.columns)),
      metrics: [
        { ...tableIn('sums'), family: 'otel' as const, has_temporality: true },
        { ...tableIn('gauges'), family: 'otel' as const, has_temporality: false },
      ],
    }
  },
}

function known<Table>(table: Table | undefined): Table {
  if (table === undefined) throw new Error('A table of our own is not recognised.')
  return table
}

interface Shape {
  readonly database: string
  readonly table: string
  readonly columns: readonly string[]
  readonly without?: string
}

const VALUES = ['MetricName', 'TimeUnix', 'Value', 'ServiceName', 'Attributes']

/** By variable: the columns by which such a table is recognised, and the name that is offered first. */
const SHAPES: Readonly<Record<Family | 'k6', Readonly<Record<string, Shape>>>> = {
  flat: {
    spans: {
      database: 'telemetry',
      table: 'traces',
      columns: ['trace_id', 'span_id', 'span_name', 'duration_ns', 'attributes'],
    },
    logs: {
      database: 'telemetry',
      table: 'logs',
      columns: ['trace_id', 'timestamp', 'body', 'severity_number', 'attributes'],
    },
    metrics: {
      database: 'telemetry',
      table: 'metrics',
      columns: ['metric_name', 'timestamp', 'value', 'temporality', 'attributes'],
    },
  },
  otel: {
    spans: {
      database: 'default',
      table: 'otel_traces',
      columns: ['TraceId', 'SpanId', 'SpanName', 'Duration', 'SpanAttributes'],
    },
    logs: {
      database: 'default',
      table: 'otel_logs',
      columns: ['TraceId', 'Timestamp', 'Body', 'SeverityNumber', 'LogAttributes'],
    },
    sums: {
      database: 'default',
      table: 'otel_metrics_sum',
      columns: [...VALUES, 'AggregationTemporality', 'IsMonotonic'],
    },
    gauges: {
      database: 'default',
      table: 'otel_metrics_gauge',
      columns: VALUES,
      without: 'AggregationTemporality',
    },
  },
  k6: {
    samples: {
      database: 'telemetry',
      table: 'k6_samples',
      columns: ['timestamp', 'run_id', 'metric', 'metric_type', 'value', 'tags'],
    },
    thresholds: {
      database: 'telemetry',
      table: 'k6_thresholds',
      columns: ['timestamp', 'run_id', 'metric', 'threshold', 'verdict'],
    },
  },
}

export interface TableVariable {
  /** `database.table`, the usual one. */
  readonly usual: string
  /** Lists the tables of this shape. */
  readonly sql: string
}

/**
 * The variables with tables of a schema. Tables with names that would have to be quoted are left out, as are those with attributes in JSON:
 * they are read in another way.
 */
export function tableVariables(family: Family | 'k6'): Readonly<Record<string, TableVariable>> {
  return Object.fromEntries(
    Object.entries(SHAPES[family]).map(([variable, shape]) => {
      const usual = `${shape.database}.${shape.table}`
      return [variable, { usual, sql: tablesLike(shape, usual) }]
    }),
  )
}

function tablesLike({ columns, without }: Shape, usual: string): string {
  const names = (list: readonly string[]) => list.map((name) => quoteText(name)).join(', ')
  return `SELECT concat(database, '.', table) AS found
FROM system.columns
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
  AND match(database, '^\\\\w+$') AND match(table, '^\\\\w+$')
  AND NOT (endsWith(lower(name), 'attributes') AND NOT startsWith(type, 'Map('))
GROUP BY database, table
HAVING hasAll(groupArray(name), [${names(columns)}])${without ? ` AND NOT has(groupArray(name), ${names([without])})` : ''}
ORDER BY found = ${quoteText(usual)} DESC, found`
}
