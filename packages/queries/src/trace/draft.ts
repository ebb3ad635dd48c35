import type { SpanRow } from '../ask/rows.js'
import type { Repeat, Segment, TraceSpan } from './trace.js'

/** A span while the trace is being built. */
export interface Draft extends TraceSpan {
  depth: number
  parent: Draft | undefined
  children: Draft[]
  index: number
  lastIndex: number
  service: number
  selfNs: number
  critical: Segment[]
  missingParent: string | undefined
  inCycle: boolean
  repeat: Repeat | undefined
}

export function draftOf(row: SpanRow, traceStartNs: number): Draft {
  const startNs = row.offset_ns - traceStartNs
  return {
    row,
    startNs,
    endNs: startNs + Math.max(row.duration_ns, 0),
    depth: 0,
    parent: undefined,
    children: [],
    index: 0,
    lastIndex: 0,
    service: 0,
    selfNs: 0,
    critical: [],
    missingParent: undefined,
    inCycle: false,
    repeat: undefined,
  }
}
