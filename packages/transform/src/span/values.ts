import { clampTime, EPOCH, elapsed, type HrTime, isStorable, readTime } from '../values/time.js'
import type { Encoding } from '../writing/encoding.js'
import type { SpanContextLike, SpanLike } from './span.js'

// Values that the columns of both tables read from a span. Any part of a span may be missing or of another type.

export function contextOf(span: SpanLike): Partial<SpanContextLike> {
  return typeof span.spanContext === 'function' ? span.spanContext() : {}
}

export function parentId(span: SpanLike): unknown {
  return span.parentSpanContext?.spanId ?? span.parentSpanId
}

export function traceStateText(context: Partial<SpanContextLike> | undefined): unknown {
  const state: unknown = context?.traceState
  return isObject(state) && typeof state['serialize'] === 'function' ? state['serialize']() : state
}

/** The start as the time column stores it. */
export function storedStart(span: SpanLike): HrTime {
  return clampTime(readTime(span.startTime) ?? EPOCH)
}

/** End − start in nanoseconds, 0 … 2^64-1; 0 if either cannot be read. */
export function durationOf(span: SpanLike, encoding?: Encoding): number | HrTime {
  const { startTime, endTime } = span
  if (isStorable(startTime) && isStorable(endTime)) {
    const nanos = (endTime[0] - startTime[0]) * 1e9 + (endTime[1] - startTime[1])
    if (nanos >= 0 && Number.isSafeInteger(nanos)) return nanos
  }
  const start = readTime(startTime)
  const end = readTime(endTime)
  if (!end && encoding) encoding.tally.unreadableValues++
  if (!start || !end) return 0
  const { duration, clamped } = elapsed(start, end)
  if (clamped && encoding) encoding.tally.adjustedNumbers++
  return duration
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
