import type { Trace, TraceSpan } from './trace.js'

/** How much of a span's time is on the critical path. */
export function criticalNs(span: TraceSpan): number {
  return span.critical.reduce((sum, { fromNs, toNs }) => sum + toNs - fromNs, 0)
}

/** What the spans of one service and name have on the critical path. */
export interface CriticalOperation {
  readonly service: string
  readonly name: string
  readonly criticalNs: number
  /** Spans with a part on the path. */
  readonly spans: number
}

/** The operations on the critical path, the longest first. */
export function criticalOperations(trace: Trace): CriticalOperation[] {
  const operations = new Map<
    string,
    { -readonly [K in keyof CriticalOperation]: CriticalOperation[K] }
  >()
  for (const span of trace.spans) {
    if (span.critical.length === 0) continue
    const { service, name } = span.row
    const key = JSON.stringify([service, name])
    const operation = operations.get(key) ?? { service, name, criticalNs: 0, spans: 0 }
    operation.criticalNs += criticalNs(span)
    operation.spans++
    operations.set(key, operation)
  }
  return [...operations.values()].sort((a, b) => b.criticalNs - a.criticalNs)
}
