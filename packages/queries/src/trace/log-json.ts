import type { LogRow } from '../ask/rows.js'
import { levelOf } from './log-level.js'
import type { Trace } from './trace.js'

/** A line of a log as `spanhouse trace --json` prints it. Texts are as they were sent. */
export interface LogJson extends Omit<LogRow, 'trace_id'> {
  /** ISO 8601 in UTC, with milliseconds. */
  time: string
  /** From the start of the trace. */
  offset_ns: number
  /** `trace`, `debug`, `info`, `warn`, `error` or `fatal`; empty if it is not known. */
  level: string
}

export function logJson(row: LogRow, { startUs }: Pick<Trace, 'startUs'>): LogJson {
  return {
    time: isoTime(row.time_us),
    time_us: row.time_us,
    offset_ns: logOffsetNs(row, startUs),
    span_id: row.span_id,
    service: row.service,
    level: levelOf(row) ?? '',
    severity_number: row.severity_number,
    severity_text: row.severity_text,
    body: row.body,
    event_name: row.event_name,
    attributes: row.attributes,
    resource: row.resource,
    scope_name: row.scope_name,
    scope_version: row.scope_version,
  }
}

/** From the start of a trace; negative if it was written before. */
export function logOffsetNs({ time_us }: Pick<LogRow, 'time_us'>, startUs: number): number {
  return (time_us - startUs) * 1000
}

/** Empty for a time that no calendar has. */
export function isoTime(us: number): string {
  const time = new Date(Math.floor(us / 1000))
  return Number.isNaN(time.getTime()) ? '' : time.toISOString()
}
