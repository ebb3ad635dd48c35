import type { Histogram, Meter, MeterProvider } from '@opentelemetry/api'
import type { Stats } from '../accounting/stats.js'
import type { Outcome } from '../clickhouse/outcome.js'
import { VERSION } from '../common/version.js'
import type { DestinationConfig } from '../config/config.js'

/** Called after each attempt. */
export type OnAttempt = (rows: number, seconds: number, outcome: Outcome) => void

export interface Metrics {
  /** Records the attempts at one destination. */
  attemptsOf(config: DestinationConfig): OnAttempt
}

/** The names of the semantic conventions for the exporter of each signal. */
const NAMES: Readonly<
  Record<string, { readonly type: string; readonly record: string; readonly unit: string }>
> = {
  traces: { type: 'span', record: 'span', unit: '{span}' },
  logs: { type: 'log', record: 'log', unit: '{log_record}' },
  metrics: { type: 'metric', record: 'metric_data_point', unit: '{data_point}' },
}
type Names = (typeof NAMES)[string]

// Counts exporters, so that each has its own `otel.component.name`.
let exporters = 0

/**
 * The metrics of the semantic conventions for SDK exporters (`otel.sdk.exporter.*`), and metrics of each destination. All counters are
 * read from `stats()` when they are collected, so they cost an export nothing. An attempt costs three histogram records.
 */
export function openMetrics(
  provider: Pick<MeterProvider, 'getMeter'>,
  signal: string,
  stats: () => Stats,
): Metrics {
  const meter = provider.getMeter('@spanhouse/exporter-clickhouse', VERSION)
  const names = NAMES[signal] as Names
  const type = `clickhouse_http_${names.type}_exporter`
  const component = {
    'otel.component.type': type,
    'otel.component.name': `${type}/${exporters++}`,
  }
  const operation = meter.createHistogram('otel.sdk.exporter.operation.duration', { unit: 's' })
  const seconds = meter.createHistogram('spanhouse.insert.duration', { unit: 's' })
  const rowsPerBatch = meter.createHistogram('spanhouse.batch.rows', {
    unit: '{row}',
    advice: {
      explicitBucketBoundaries: [
        1, 10, 100, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000,
      ],
    },
  })
  observe(meter, names, component, signal, stats)
  return {
    attemptsOf: (config) => recorder({ operation, seconds, rowsPerBatch }, component, config),
  }
}

function recorder(
  {
    operation,
    seconds: insertSeconds,
    rowsPerBatch,
  }: Record<'operation' | 'seconds' | 'rowsPerBatch', Histogram>,
  component: Record<string, string>,
  { name, signal, endpoint }: DestinationConfig,
): OnAttempt {
  const server = {
    'server.address': endpoint.hostname,
    'server.port': Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80),
  }
  const destination = { destination: name, signal }
  return (rows, seconds, outcome) => {
    const failure = outcome.status === 'delivered' ? {} : { 'error.type': errorType(outcome) }
    operation.record(seconds, { ...component, ...server, ...failure })
    insertSeconds.record(seconds, destination)
    if (outcome.status === 'delivered') rowsPerBatch.record(rows, destination)
  }
}

function errorType(outcome: Exclude<Outcome, { status: 'delivered' }>): string {
  return outcome.status === 'retry' ? outcome.why : outcome.status
}

function observe(
  meter: Meter,
  { record, unit }: Names,
  component: Record<string, string>,
  signal: string,
  stats: () => Stats,
): void {
  const inflight = meter.createObservableUpDownCounter(`otel.sdk.exporter.${record}.inflight`, {
    unit,
  })
  const exported = meter.createObservableCounter(`otel.sdk.exporter.${record}.exported`, { unit })
  const errors = meter.createObservableCounter('spanhouse.errors', { unit: '{attempt}' })
  const exceeded = meter.createObservableCounter('spanhouse.retries_exceeded', { unit: '{row}' })
  const queueBytes = meter.createObservableGauge('spanhouse.queue.bytes', { unit: 'By' })
  const spoolBytes = meter.createObservableGauge('spanhouse.spool.bytes', { unit: 'By' })
  const drops = meter.createObservableCounter('spanhouse.dropped', { unit: '{row}' })
  const altered = meter.createObservableCounter('spanhouse.altered', { unit: '{value}' })
  const all = [inflight, exported, errors, exceeded, queueBytes, spoolBytes, drops, altered]
  const read: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    for (const [destination, one] of Object.entries(stats().destinations)) {
      const of = { ...component, destination }
      const ours = { destination, signal }
      result.observe(inflight, one.waiting, of)
      result.observe(exported, one.delivered, of)
      result.observe(errors, one.errors, ours)
      result.observe(exceeded, one.dropped.retries_exhausted ?? 0, ours)
      result.observe(queueBytes, one.waitingBytes, ours)
      result.observe(spoolBytes, one.spooledBytes, ours)
      for (const [kind, values] of Object.entries(one.altered))
        result.observe(altered, values, { ...ours, kind })
      for (const [reason, rows] of Object.entries(one.dropped)) {
        result.observe(drops, rows, { ...ours, reason })
        if (reason !== 'filtered') result.observe(exported, rows, { ...of, 'error.type': reason }) // it was never to be exported
      }
    }
  }
  // Not removed at shutdown: the last collection comes after it, and shows the rows that were dropped by it.
  meter.addBatchObservableCallback(read, all)
}
