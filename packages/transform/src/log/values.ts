import { type HrTime, isStorable, readTime } from '../values/time.js'
import type { LogRecordLike, LogSpanContextLike } from './log-record.js'

// Values that the columns of both tables read from a log record. Any part of a record may be missing or of another type.

const NO_SPAN: Partial<LogSpanContextLike> = {}

/** The time of the record, or the time at which it was observed if it has none. */
export function timeOf({ hrTime, hrTimeObserved }: LogRecordLike): unknown {
  return isZero(hrTime) ? hrTimeObserved : hrTime
}

export function spanOf({ spanContext }: LogRecordLike): Partial<LogSpanContextLike> {
  return spanContext ?? NO_SPAN
}

/** An Error is no AnyValue, but people log one. As a map it would be empty: its text is in properties that are not enumerable. */
export function bodyOf({ body }: LogRecordLike): unknown {
  return body instanceof Error ? (body.stack ?? String(body)) : body
}

/** The eight flags that OpenTelemetry defines. OTLP has room for 32. */
export function flagsOf(record: LogRecordLike): unknown {
  const { traceFlags } = spanOf(record)
  return typeof traceFlags === 'number' ? traceFlags & 0xff : traceFlags
}

function isZero(given: HrTime | undefined): boolean {
  if (isStorable(given)) return given[0] === 0 && given[1] === 0 // as nearly all are
  const time = readTime(given)
  return time === undefined || (time[0] === 0 && time[1] === 0)
}
