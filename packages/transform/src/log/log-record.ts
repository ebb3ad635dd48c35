import type { AttributesLike, ResourceLike, ScopeLike } from '../values/resource.js'
import type { HrTime } from '../values/time.js'

/** The part of a log record that is read: a `ReadableLogRecord` of SDK 2 or 3, or what `logsFromOtlpJson` makes. */
export interface LogRecordLike {
  /** When it happened. Absent or 0: `hrTimeObserved` stands for it. */
  readonly hrTime?: HrTime | undefined
  /** When it was recorded. */
  readonly hrTimeObserved?: HrTime | undefined
  /** The span in which it was made. */
  readonly spanContext?: LogSpanContextLike | undefined
  /** 1 (TRACE) … 24 (FATAL4) */
  readonly severityNumber?: number | undefined
  readonly severityText?: string | undefined
  /** An AnyValue: string, boolean, number, bigint, bytes, null, arrays and maps of those; anything else is tolerated. */
  readonly body?: unknown
  readonly eventName?: string | undefined
  readonly attributes: AttributesLike
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
  readonly droppedAttributesCount?: number | undefined
}

export interface LogSpanContextLike {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags?: number | undefined
}
