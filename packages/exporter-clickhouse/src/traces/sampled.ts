import type { SpanLike } from '@spanhouse/transform'

const SAMPLED = 1

/** Whether a span is sampled. A span without trace flags counts as sampled: it was created to be exported. */
export function isSampled(span: SpanLike): boolean {
  try {
    const { traceFlags = SAMPLED } = span.spanContext() as { traceFlags?: number }
    return (traceFlags & SAMPLED) === SAMPLED
  } catch {
    return true
  }
}
