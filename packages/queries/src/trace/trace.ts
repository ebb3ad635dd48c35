import type { SpanRow } from '../ask/rows.js'

/** A part of a span's time. Nanoseconds from the start of the trace. */
export interface Segment {
  readonly fromNs: number
  readonly toNs: number
}

/** A span in its trace. Times are nanoseconds from the start of the trace, as the services' clocks say: skew is not corrected. */
export interface TraceSpan {
  readonly row: SpanRow
  readonly startNs: number
  readonly endNs: number
  /** 0 at the top level. */
  readonly depth: number
  /** Undefined at the top level. */
  readonly parent: TraceSpan | undefined
  /** In the order of their start. */
  readonly children: readonly TraceSpan[]
  /** In `Trace.spans`: the number of this span. */
  readonly index: number
  /** The number of the last descendant, or its own: descendants are `index + 1` to `lastIndex`. */
  readonly lastIndex: number
  /** The number of its service in `Trace.services`, for its colour. */
  readonly service: number
  /** The time in which none of its children runs. */
  readonly selfNs: number
  /** The parts that decide when the trace ends; empty for most spans. In time order, without overlap. */
  readonly critical: readonly Segment[]
  /** The id of a parent that is not among the spans. Such a span stands at the top level. */
  readonly missingParent: string | undefined
  /** Whether the span is its own ancestor by the ids. The loop is cut here: the span stands at the top level. */
  readonly inCycle: boolean
  /** The group of siblings that it belongs to. */
  readonly repeat: Repeat | undefined
}

/** Five or more siblings of the same service, name and kind. */
export interface Repeat {
  readonly service: string
  readonly name: string
  readonly kind: string
  /** In the order of their start. */
  readonly spans: readonly TraceSpan[]
  readonly count: number
  readonly errors: number
  /** The sum of their durations. */
  readonly totalNs: number
  /** The time in which at least one of them runs. */
  readonly wallNs: number
  /** Whether they run one after another (the N+1 problem), with at most a tenth of their time side by side. */
  readonly sequential: boolean
}

export interface TraceService {
  readonly name: string
  readonly spans: number
  readonly errors: number
  /** The sum over its spans. */
  readonly selfNs: number
}

export interface Trace {
  readonly traceId: string
  /** Of the earliest span, in microseconds since 1970. */
  readonly startUs: number
  /** From the start of the first span to the end of the last. */
  readonly durationNs: number
  /** Depth first, siblings in the order of their start: as a waterfall shows them. */
  readonly spans: readonly TraceSpan[]
  /** The top level: spans without a parent, with a missing parent, and where a cycle was cut. */
  readonly roots: readonly TraceSpan[]
  /** In the order of their first span. */
  readonly services: readonly TraceService[]
  readonly errors: number
  readonly repeats: readonly Repeat[]
  /** Rows left out because their span id came before. */
  readonly duplicates: number
}
