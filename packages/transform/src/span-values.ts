import type { Encoding } from './encoding.js'
import type { HrTime, SpanContextLike, SpanLike } from './span.js'
import { clampTime, EPOCH, elapsed, readTime } from './time.js'

// What the columns of both tables read from a span. Anything may be missing or of another type.

/** An id as lower-case hex; '' where it is absent or all zero. */
export function idText(id: unknown): unknown {
  if (typeof id !== 'string') return id
  return /^0*$/.test(id) ? '' : id.toLowerCase()
}

export function contextOf(span: SpanLike): Partial<SpanContextLike> {
  return typeof span.spanContext === 'function' ? span.spanContext() : {}
}

export function parentId(span: SpanLike): unknown {
  return idText(span.parentSpanContext?.spanId ?? span.parentSpanId)
}

export function traceStateText(context: Partial<SpanContextLike> | undefined): unknown {
  const state: unknown = context?.traceState
  return isObject(state) && typeof state['serialize'] === 'function' ? state['serialize']() : state
}

/** The start as the time column stores it. */
export function storedStart(span: SpanLike): HrTime {
  return clampTime(readTime(span.startTime) ?? EPOCH)
}

/** End − start, 0 … 2^64-1 ns; 0 where either cannot be read. */
export function durationOf(span: SpanLike, encoding?: Encoding): HrTime {
  const start = readTime(span.startTime)
  const end = readTime(span.endTime)
  if (!end && encoding) encoding.tally.unreadableValues++
  if (!start || !end) return EPOCH
  const { duration, clamped } = elapsed(start, end)
  if (clamped && encoding) encoding.tally.adjustedNumbers++
  return duration
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
