import type { HrTime, LogRecordLike, MetricPointLike, SpanLike } from '@spanhouse/transform'
import type { Signal } from '../config/config.js'

/** What routing reads from a record of any signal. Any part of a record may be missing, of another type, or a getter that throws. */
export type AnyRecord = Partial<SpanLike & LogRecordLike & MetricPointLike>

/** What `read` returns; undefined if it throws. */
export function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

function textOf(read: () => unknown): string | undefined {
  const value = attempt(read)
  return typeof value === 'string' ? value : undefined
}

export function nameOf(record: AnyRecord, signal: Signal): string | undefined {
  return textOf(() => {
    if (signal === 'traces') return record.name
    return signal === 'logs' ? record.eventName : record.metric?.name
  })
}

export function serviceOf(record: AnyRecord): string | undefined {
  return textOf(() => record.resource?.attributes['service.name'])
}

export function scopeOf(record: AnyRecord): string | undefined {
  return textOf(() => record.instrumentationScope?.name)
}

/** The text of a log record. A body that is no text has none. */
export function bodyTextOf(record: AnyRecord): string | undefined {
  const body = attempt(() => record.body)
  return typeof body === 'string'
    ? body
    : textOf(() => (body instanceof Error ? String(body) : undefined))
}

/** The attribute of the record, or of its resource, as text. A list or a map has none, but is there. */
export function attributeOf(record: AnyRecord, key: string): string | undefined {
  const value = own(() => record.attributes, key) ?? own(() => record.resource?.attributes, key)
  if (value === undefined || value === null) return undefined
  return typeof value === 'object' ? '' : attempt(() => String(value))
}

function own(read: () => object | undefined, key: string): unknown {
  return attempt(() => {
    const attributes = read()
    return attributes && Object.hasOwn(attributes, key) ? Reflect.get(attributes, key) : undefined
  })
}

export function severityOf(record: AnyRecord): number | undefined {
  const severity = attempt(() => record.severityNumber)
  return typeof severity === 'number' ? severity : undefined
}

const STATUSES = ['unset', 'ok', 'error'] as const
const ERROR = 2

export function statusOf(record: AnyRecord): (typeof STATUSES)[number] | undefined {
  return attempt(() => STATUSES[record.status?.code ?? 0])
}

export function hasFailed(record: AnyRecord): boolean {
  return attempt(() => record.status?.code === ERROR) ?? false
}

export function durationMsOf(record: AnyRecord): number | undefined {
  return attempt(() => {
    const [start, end] = [record.startTime, record.endTime]
    return isTime(start) && isTime(end)
      ? (end[0] - start[0]) * 1000 + (end[1] - start[1]) / 1e6
      : undefined
  })
}

function isTime(time: unknown): time is HrTime {
  return Array.isArray(time) && typeof time[0] === 'number' && typeof time[1] === 'number'
}

/** The place of a record in its trace. */
export interface Place {
  readonly traceId: string
  /** Of the span, or of the span in which the log record was made. */
  readonly spanId: string
  /** The span that has to end before this one is decided: the parent; for a log record, its span. */
  readonly under: string
  /** It is the first span of its trace in this process. */
  readonly isRoot: boolean
}

const TRACE_ID = /^(?!0{32})[0-9a-fA-F]{32}$/

/** Undefined for a record that belongs to no trace. */
export function placeOf(record: AnyRecord, signal: Signal): Place | undefined {
  return attempt(() => (signal === 'traces' ? placeOfSpan(record) : placeOfLog(record)))
}

function placeOfSpan(span: AnyRecord): Place | undefined {
  const { traceId, spanId } = (span as SpanLike).spanContext()
  if (typeof traceId !== 'string' || !TRACE_ID.test(traceId)) return undefined
  const parent = span.parentSpanContext as { spanId?: unknown; isRemote?: unknown } | undefined
  const parentId = parent?.spanId ?? span.parentSpanId
  const isRoot = typeof parentId !== 'string' || parentId === '' || parent?.isRemote === true
  return { traceId, spanId: String(spanId), under: isRoot ? '' : parentId, isRoot }
}

function placeOfLog({ spanContext }: AnyRecord): Place | undefined {
  const { traceId, spanId } = (spanContext ?? {}) as { traceId?: unknown; spanId?: unknown }
  if (typeof traceId !== 'string' || !TRACE_ID.test(traceId)) return undefined
  return { traceId, spanId: String(spanId), under: String(spanId), isRoot: false }
}

// Of a record whose texts are short, roughly.
const BYTES_OF_RECORD = 1000

/** Roughly the memory that a record takes: the texts of its attributes, events and body beside a fixed part. */
export function roughBytesOf(record: AnyRecord): number {
  let bytes = BYTES_OF_RECORD + (bodyTextOf(record)?.length ?? 100)
  bytes += bytesOfAttributes(() => record.attributes)
  attempt(() => {
    for (const event of record.events ?? [])
      bytes += 100 + bytesOfAttributes(() => event.attributes)
  })
  return bytes
}

function bytesOfAttributes(read: () => object | undefined): number {
  let bytes = 0
  attempt(() => {
    for (const [key, value] of Object.entries(read() ?? {}))
      bytes += 50 + key.length + (typeof value === 'string' ? value.length : 50)
  })
  return bytes
}
