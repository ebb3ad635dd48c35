import type { HealthRow } from '@spanhouse/queries'
import { byText } from '../common/order.js'

/** One destination of one process and one signal, as it reported last. A measure that it did not report is undefined. */
export interface Exporter {
  readonly service: string
  /** The process. */
  readonly instance: string
  readonly destination: string
  /** `traces`, `logs` or `metrics`. */
  readonly signal: string
  readonly delivered: number | undefined
  readonly dropped: number
  /** The most first. */
  readonly reasons: readonly { readonly reason: string; readonly rows: number }[]
  readonly waiting: number | undefined
  readonly queueBytes: number | undefined
  readonly spoolBytes: number | undefined
  readonly failedAttempts: number | undefined
  readonly retriesExceeded: number | undefined
  /** Of its last report. */
  readonly atUs: number
  /** Others have reported for so long that this one seems to have ended. */
  readonly isSilent: boolean
}

/** Metrics are reported once a minute by default: three missed reports. */
const SILENT_US = 3 * 60e6 + 10e6

/** Destinations that dropped rows come first, then those with rows waiting, then by name. */
export function exportersOf(rows: readonly HealthRow[], nowUs: number): Exporter[] {
  const groups = new Map<string, HealthRow[]>()
  for (const row of rows) {
    const key = [row.service, row.instance, row.destination, row.signal].join('\n')
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()]
    .map((group) => exporterOf(group, nowUs))
    .sort(
      (a, b) =>
        Number(b.dropped > 0) - Number(a.dropped > 0) ||
        Number((b.waiting ?? 0) > 0) - Number((a.waiting ?? 0) > 0) ||
        byText(a.service, b.service) ||
        byText(a.instance, b.instance) ||
        byText(a.destination, b.destination) ||
        byText(b.signal, a.signal), // traces first
    )
}

function exporterOf(group: readonly HealthRow[], nowUs: number): Exporter {
  const [{ service, instance, destination, signal }] = group as [HealthRow, ...HealthRow[]]
  const measured = (measure: string) => group.find((row) => row.measure === measure)?.value
  const reasons = group
    .filter((row) => row.measure === 'dropped' && row.value > 0)
    .map(({ reason, value }) => ({ reason, rows: value }))
    .sort((a, b) => b.rows - a.rows || byText(a.reason, b.reason))
  const atUs = group.reduce((latest, row) => Math.max(latest, row.at_us), 0)
  return {
    service,
    instance,
    destination,
    signal,
    delivered: measured('delivered'),
    dropped: reasons.reduce((sum, { rows: dropped }) => sum + dropped, 0),
    reasons,
    waiting: measured('waiting'),
    queueBytes: measured('queue_bytes'),
    spoolBytes: measured('spool_bytes'),
    failedAttempts: measured('errors'),
    retriesExceeded: measured('retries_exceeded'),
    atUs,
    isSilent: nowUs - atUs > SILENT_US,
  }
}

export interface Totals {
  readonly processes: number
  readonly delivered: number
  readonly dropped: number
  readonly waiting: number
  readonly failedAttempts: number
  readonly reasons: readonly { readonly reason: string; readonly rows: number }[]
}

/** Rows that wait count only where the process still reports: those of a process that has ended wait nowhere, or on its disk. */
export function totalsOf(exporters: readonly Exporter[]): Totals {
  const sum = (of: (one: Exporter) => number | undefined) =>
    exporters.reduce((total, one) => total + (of(one) ?? 0), 0)
  const reasons = new Map<string, number>()
  for (const { reasons: own } of exporters)
    for (const { reason, rows } of own) reasons.set(reason, (reasons.get(reason) ?? 0) + rows)
  return {
    processes: new Set(exporters.map((one) => `${one.service}\n${one.instance}`)).size,
    delivered: sum((one) => one.delivered),
    dropped: sum((one) => one.dropped),
    waiting: sum((one) => (one.isSilent ? 0 : one.waiting)),
    failedAttempts: sum((one) => one.failedAttempts),
    reasons: [...reasons]
      .map(([reason, rows]) => ({ reason, rows }))
      .sort((a, b) => b.rows - a.rows || byText(a.reason, b.reason)),
  }
}

/** "0 B", "812 B", "1.4 MB": powers of 1000. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 'B'
  for (const next of ['kB', 'MB', 'GB', 'TB']) {
    if (value < 999.5) break
    value /= 1000
    unit = next
  }
  return `${unit === 'B' || value >= 9.95 ? Math.round(value) : value.toFixed(1)} ${unit}`
}
