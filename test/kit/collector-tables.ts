import { otelMetricsTables } from '@spanhouse/transform/internal'
import { collectorLogsDdl, EARLY_LOGS, LOG_GENERATIONS } from './collector-logs.js'
import { collectorDdl, GENERATIONS } from './collector-metrics.js'
import { collectorTracesDdl, TRACE_GENERATIONS } from './collector-traces.js'
import type { SignalName } from './numbered-records.mjs'

/** The tables of one signal as a generation of the Collector, or ClickStack, makes them. */
export interface CollectorTables {
  readonly signal: SignalName
  readonly generation: string
  /** They lack columns that later ones have. */
  readonly isEarly: boolean
  statements(database: string): string[]
}

export const COLLECTOR_TABLES: readonly CollectorTables[] = [
  ...TRACE_GENERATIONS.map((generation) => ({
    signal: 'traces' as const,
    generation,
    isEarly: generation === 'early',
    statements: (database: string) => collectorTracesDdl(generation, `${database}.otel_traces`),
  })),
  ...([EARLY_LOGS, ...LOG_GENERATIONS] as const).map((generation) => ({
    signal: 'logs' as const,
    generation,
    isEarly: generation === EARLY_LOGS,
    statements: (database: string) => [collectorLogsDdl(generation, `${database}.otel_logs`)],
  })),
  ...GENERATIONS.map((generation) => ({
    signal: 'metrics' as const,
    generation,
    isEarly: false,
    statements: (database: string) =>
      Object.keys(otelMetricsTables).map((type) =>
        collectorDdl(generation, type as never, `${database}.otel_metrics_${type}`),
      ),
  })),
]
