import type { AttributesLike, ResourceLike, ScopeLike } from '../values/resource.js'
import type { HrTime } from '../values/time.js'

export interface SpanContextLike {
  readonly traceId: string
  readonly spanId: string
  readonly traceState?: { serialize(): string } | undefined
}

export interface EventLike {
  readonly name: string
  readonly time: HrTime
  readonly attributes?: AttributesLike | undefined
  readonly droppedAttributesCount?: number | undefined
}

export interface LinkLike {
  readonly context: SpanContextLike
  readonly attributes?: AttributesLike | undefined
  readonly droppedAttributesCount?: number | undefined
}

/** The part of a span that is read: a `ReadableSpan` of SDK 1, 2 or 3, or what `spansFromOtlpJson` makes. */
export interface SpanLike {
  readonly name: string
  /** The enum of the JS API: INTERNAL 0, SERVER 1, CLIENT 2, PRODUCER 3, CONSUMER 4; anything else (-1 from OTLP) is unspecified. */
  readonly kind: number
  spanContext(): SpanContextLike
  readonly parentSpanContext?: SpanContextLike | undefined
  /** The parent in SDK 1. */
  readonly parentSpanId?: string | undefined
  readonly startTime: HrTime
  readonly endTime: HrTime
  /** UNSET 0, OK 1, ERROR 2. */
  readonly status: { readonly code: number; readonly message?: string | undefined }
  readonly attributes: AttributesLike
  readonly events: readonly EventLike[]
  readonly links: readonly LinkLike[]
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
  readonly droppedAttributesCount?: number | undefined
  readonly droppedEventsCount?: number | undefined
  readonly droppedLinksCount?: number | undefined
}
