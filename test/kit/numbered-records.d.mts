import type { LogRecordLike, ResourceMetricsLike, SpanLike } from '@spanhouse/transform'
import type { StoredRecord } from './oracle.js'

export type SignalName = 'traces' | 'logs' | 'metrics'

type ScopeMetrics = ResourceMetricsLike['scopeMetrics'][number]

/** One metric with one data point, and what it belongs to. */
export interface MadePoint {
  readonly resource: ResourceMetricsLike['resource']
  readonly scope: ScopeMetrics['scope']
  readonly metric: ScopeMetrics['metrics'][number]
}

/** A record as tests make it. */
export interface Made {
  readonly traces: SpanLike
  readonly logs: LogRecordLike
  readonly metrics: MadePoint
}

export type AnyRecord = Made[SignalName]

export interface NumberedOptions {
  readonly poison?: boolean
  readonly bytes?: number
  readonly resource?: number
  readonly startedAt?: number
}

export declare const POISON: string
export declare function isPoison(row: Readonly<Record<string, unknown>>): boolean
export declare function spanIdOf(run: string, number: number): string
export declare function numberOf(id: string): number
export declare const numbered: {
  readonly [On in SignalName]: (run: string, number: number, options?: NumberedOptions) => Made[On]
}
export declare const expectedOf: Readonly<
  Record<
    SignalName,
    (run: string, number: number, row: StoredRecord) => Readonly<Record<string, unknown>>
  >
>
