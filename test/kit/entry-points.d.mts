import type { ExportResult, Options, Stats } from '@spanhouse/exporter-clickhouse'
import type { ResourceMetricsLike } from '@spanhouse/transform'
import type { AnyRecord, MadePoint, SignalName } from './numbered-records.mjs'

interface EntryPoint {
  /** The exporter or processor itself. */
  readonly source: object
  forceFlush(options?: { timeoutMs?: number }): Promise<void>
  shutdown(): Promise<void>
  stats(): Stats
}

export interface RecordExporter extends EntryPoint {
  export(records: readonly AnyRecord[], callback: (result: ExportResult) => void): void
}

export interface RecordCollector extends EntryPoint {
  add(record: AnyRecord): void
}

/** A table of their own, if the options have one, is for the records of that signal. */
export type AnyOptions = Omit<Options, 'schema'> & { schema?: unknown }

export declare function resourceMetricsOf(points: readonly MadePoint[]): ResourceMetricsLike
export declare function openExporter(signal: SignalName, options?: AnyOptions): RecordExporter
export declare function openCollector(signal: SignalName, options?: AnyOptions): RecordCollector
