import type { SpanLike } from '@spanhouse/transform'
import { onTestFinished } from 'vitest'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import type { ExportResult } from '../../packages/exporter-clickhouse/src/pipeline/exports.js'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/traces/span-exporter.js'
import { ClickHouseSpanProcessor } from '../../packages/exporter-clickhouse/src/traces/span-processor.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { PATIENT_MS, SOON_MS } from './patience.js'

/** Retries come within milliseconds, not seconds. */
export const SOON = { initialDelayMs: 5, maxDelayMs: 10 }

export const PATIENT: Pick<Options, 'timeoutMs' | 'flushTimeoutMs' | 'shutdownTimeoutMs'> = {
  timeoutMs: SOON_MS,
  flushTimeoutMs: PATIENT_MS,
  shutdownTimeoutMs: 20,
}

/** An exporter that retries soon, and is shut down when the test ends. */
export function exporterTo(options: Options): ClickHouseSpanExporter {
  const made = new ClickHouseSpanExporter({ ...PATIENT, retry: SOON, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

/** A processor that retries soon, and is shut down when the test ends. */
export function processorTo(options: Options): ClickHouseSpanProcessor {
  const made = new ClickHouseSpanProcessor({ ...PATIENT, retry: SOON, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

/** The spans `${name} 1`, `${name} 2` and so on. */
export function spans(count: number, name = 'span', attributes = {}): SpanLike[] {
  return Array.from({ length: count }, (_, n) => makeSpan({ name: `${name} ${n + 1}`, attributes }))
}

/** Resolves with the answer to the export of these spans. */
export function exported(
  to: { export: ClickHouseSpanExporter['export'] },
  what: SpanLike[],
): Promise<ExportResult> {
  return new Promise((resolve) => to.export(what, resolve))
}
