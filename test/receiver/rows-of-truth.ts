import { expect } from 'vitest'
import type { LogTruth, PointTruth, SpanTruth } from '../kit/otlp-truth.js'

// The rows of the flat tables that the truth about a recorded record makes, under the names of the queries in recorded.test.ts.

export type Row = Record<string, unknown>

/** What a data point of some type has. */
interface Numbers {
  value?: unknown
  count?: number
  sum?: number
  min?: number
  max?: number
  bounds?: number[]
  bucketCounts: number[]
  scale?: number
  zeroCount: number
  positive: { offset: number; counts: number[] }
  quantiles?: [number, number][]
}

export function spanRow(truth: SpanTruth): Row {
  const { events, links } = truth as unknown as Record<'events' | 'links', Row[]>
  return {
    ...originRow(truth),
    trace_id: truth['traceId'],
    span_id: truth.spanId,
    parent_span_id: truth['parentSpanId'],
    trace_state: truth['traceState'],
    span_name: truth.name,
    span_kind: truth['kind'],
    start: truth['start'],
    end: truth['end'],
    status_code: truth['status'],
    status_message: truth['message'],
    attributes: texts(truth['attributes']),
    resource_attributes: texts(truth.resource.attributes),
    event_names: events.map(({ name }) => name),
    event_times: events.map(({ time }) => time),
    event_attributes: events.map(({ attributes }) => texts(attributes)),
    link_traces: links.map(({ traceId }) => traceId),
    link_spans: links.map(({ spanId }) => spanId),
    link_attributes: links.map(({ attributes }) => texts(attributes)),
  }
}

export function logRow(truth: LogTruth): Row {
  const { time, observed } = truth
  return {
    ...originRow(truth),
    // A record without a time has that of its observation. Deno tells neither.
    ...(observed === undefined ? {} : { time: time === '0' ? observed : time, observed }),
    severity_number: truth['severity'],
    severity_text: truth['severityText'],
    body: text(truth['body']) ?? expect.any(String),
    event_name: truth['eventName'],
    trace_id: truth['traceId'],
    span_id: truth['spanId'],
    trace_flags: truth['flags'],
    attributes: texts(truth.attributes),
    resource_attributes: texts(truth.resource.attributes),
  }
}

export function pointRow(truth: PointTruth): Row {
  const { time, start } = truth
  const {
    value,
    count,
    sum,
    min,
    max,
    bounds,
    bucketCounts,
    scale,
    zeroCount,
    positive,
    quantiles,
  } = truth as unknown as Numbers
  const exemplars = truth['exemplars'] as Row[]
  return {
    ...originRow(truth),
    ...(time === undefined ? {} : { time, start }),
    metric_name: truth.name,
    metric_type: truth['type'],
    unit: truth['unit'],
    description: truth['description'],
    temporality: ['', 'delta', 'cumulative'][Number(truth['temporality'])],
    is_monotonic: truth['monotonic'],
    attributes: texts(truth.attributes),
    exemplar_traces: exemplars.map(({ traceId }) => traceId),
    exemplar_values: exemplars.map((exemplar) => float(exemplar['value'])),
    ...(value === undefined ? {} : { value: float(value) }),
    ...(count === undefined ? {} : { count: String(count), sum }),
    ...(min === undefined ? {} : { min, max }),
    ...(bounds === undefined ? {} : { bounds, bucket_counts: digits(bucketCounts) }),
    ...(scale === undefined
      ? {}
      : { scale, zero_count: String(zeroCount), ...bucketsRow(positive) }),
    ...(quantiles === undefined ? {} : quantilesRow(quantiles)),
  }
}

function bucketsRow({ offset, counts }: { offset: number; counts: number[] }): Row {
  return { positive_offset: offset, positive_bucket_counts: digits(counts) }
}

function quantilesRow(quantiles: [number, number][]): Row {
  return {
    quantiles: quantiles.map(([quantile]) => quantile),
    quantile_values: quantiles.map(([, value]) => value),
  }
}

function originRow({ resource, scope }: Pick<SpanTruth, 'resource' | 'scope'>): Row {
  return {
    service_name: resource.attributes['service.name'],
    scope_name: scope.name,
    scope_version: scope.version,
  }
}

const digits = (counts: readonly number[]): string[] => counts.map(String)

/** A column of floats has an integer beyond 2^53 as the nearest float. */
function float(value: unknown): number {
  return Number((value as { int64?: string }).int64 ?? value)
}

/** Those of the values whose text in a map of texts is plain: of nested ones transform's tests know it. */
function texts(values: unknown): Row {
  const plain = Object.entries(values as Row).map(([key, value]) => [key, text(value)] as const)
  return Object.fromEntries(plain.filter(([, written]) => written !== undefined))
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return (value as { int64?: string } | null)?.int64
}
