import type { LogRecordLike, MetricPointLike, SpanLike } from '@spanhouse/transform'

// Records as JSON that any language can write: the truth beside recorded requests (fixtures/otlp/README.md).

type ValueTruth = string | number | boolean | null | ValueTruth[] | { [key: string]: ValueTruth }
type Values = Record<string, ValueTruth>

interface OriginTruth {
  readonly resource: { readonly attributes: Values; readonly schemaUrl: string }
  readonly scope: { readonly name: string; readonly version: string; readonly attributes: Values }
}

export interface SpanTruth extends OriginTruth {
  readonly name: string
  readonly spanId: string
  readonly [field: string]: unknown
}

export interface PointTruth extends OriginTruth {
  readonly name: string
  readonly attributes: Values
  readonly [field: string]: unknown
}

export interface LogTruth extends OriginTruth {
  readonly attributes: Values
  readonly [field: string]: unknown
}

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['UNSET', 'OK', 'ERROR']

export function spanTruth(span: SpanLike): SpanTruth {
  const { traceId, spanId, traceState } = span.spanContext()
  return {
    ...originOf(span),
    name: span.name,
    kind: KINDS[span.kind],
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    traceState: traceState?.serialize() ?? '',
    start: nanos(span.startTime),
    end: nanos(span.endTime),
    status: STATUSES[span.status.code],
    message: span.status.message,
    attributes: allAsTruth(span.attributes),
    events: span.events.map(({ name, time, attributes, droppedAttributesCount }) => ({
      name,
      time: nanos(time),
      attributes: allAsTruth(attributes),
      dropped: droppedAttributesCount,
    })),
    links: span.links.map(({ context, attributes, droppedAttributesCount }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      traceState: context.traceState?.serialize() ?? '',
      attributes: allAsTruth(attributes),
      dropped: droppedAttributesCount,
    })),
    dropped: {
      attributes: span.droppedAttributesCount,
      events: span.droppedEventsCount,
      links: span.droppedLinksCount,
    },
  }
}

export function logTruth(log: LogRecordLike): LogTruth {
  return {
    ...originOf(log),
    time: nanos(log.hrTime),
    observed: nanos(log.hrTimeObserved),
    traceId: log.spanContext?.traceId,
    spanId: log.spanContext?.spanId,
    flags: log.spanContext?.traceFlags,
    severity: log.severityNumber,
    severityText: log.severityText,
    body: asTruth(log.body ?? null),
    eventName: log.eventName,
    attributes: allAsTruth(log.attributes),
    dropped: log.droppedAttributesCount,
  }
}

/** With the fields that a point of this type has: readers may give others too, as absent or empty. */
export function pointTruth(point: MetricPointLike): PointTruth {
  const { metric } = point
  return {
    ...originOf(point),
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    type: metric.type,
    temporality: metric.temporality,
    monotonic: metric.isMonotonic,
    start: nanos(point.startTime),
    time: nanos(point.time),
    attributes: allAsTruth(point.attributes),
    exemplars: (point.exemplars ?? []).map((exemplar) => ({
      time: nanos(exemplar.time),
      value: asTruth(exemplar.value),
      traceId: exemplar.traceId,
      spanId: exemplar.spanId,
      attributes: allAsTruth(exemplar.attributes),
    })),
    ...measured(point),
  }
}

function measured(point: MetricPointLike): Record<string, unknown> {
  const counted = { count: asTruth(point.count ?? 0), sum: asTruth(point.sum) } // JSON may leave out a 0
  const extremes = { min: asTruth(point.min), max: asTruth(point.max) }
  switch (point.metric.type) {
    case 'histogram':
      return { ...counted, ...extremes, bounds: point.bounds, bucketCounts: point.bucketCounts }
    case 'exponential_histogram':
      return {
        ...counted,
        ...extremes,
        scale: point.scale ?? 0,
        zeroCount: point.zeroCount ?? 0,
        positive: bucketsOf(point.positive),
        negative: bucketsOf(point.negative),
      }
    case 'summary':
      return { ...counted, quantiles: point.quantiles?.map((at) => [at.quantile, at.value]) }
    default:
      return { value: asTruth(point.value) }
  }
}

function bucketsOf(buckets: MetricPointLike['positive']): Record<string, unknown> {
  return { offset: buckets?.offset ?? 0, counts: buckets?.bucketCounts ?? [] }
}

function originOf({
  resource,
  instrumentationScope,
}: Pick<SpanLike, 'resource' | 'instrumentationScope'>): OriginTruth {
  const { name, version = '', attributes } = instrumentationScope
  return {
    resource: {
      attributes: allAsTruth(resource.attributes),
      schemaUrl: resource.schemaUrl ?? '',
    },
    scope: { name, version, attributes: allAsTruth(attributes) },
  }
}

function allAsTruth(values: object = {}): Values {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, asTruth(value)]))
}

function asTruth(value: unknown): ValueTruth {
  if (typeof value === 'bigint') return { int64: String(value) }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { double: String(value) }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return value.map(asTruth)
  if (typeof value === 'object' && value !== null) return { map: allAsTruth(value) }
  return value as ValueTruth
}

function nanos(time: SpanLike['startTime'] = [0, 0]): string {
  return String(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1]))
}
