import type { Trace, TraceSpan } from '@spanhouse/queries'

/** The span that the trace is called after: the first one without a parent, or else the first. */
export function rootOf(trace: Trace): TraceSpan | undefined {
  return (
    trace.roots.find((root) => root.missingParent === undefined && !root.inCycle) ?? trace.roots[0]
  )
}
