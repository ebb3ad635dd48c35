import type { LogRecordLike, MetricPointLike, SpanLike } from '@spanhouse/transform'

/** The records of each signal. */
export interface Records {
  readonly traces: SpanLike
  readonly logs: LogRecordLike
  readonly metrics: MetricPointLike
}

export type Signal = keyof Records

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']
