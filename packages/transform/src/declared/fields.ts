import { itemAttributes } from '../attributes/item.js'
import type { LogRecordLike } from '../log/log-record.js'
import { bodyOf, flagsOf, spanOf, timeOf } from '../log/values.js'
import type { MetricPointLike } from '../metric/point.js'
import { exemplarsOf, quantilesOf } from '../metric/values.js'
import { spanAttributes } from '../span/attributes.js'
import { eventsOf, linksOf } from '../span/lists.js'
import { SPAN_KINDS, STATUS_CODES } from '../span/names.js'
import type { SpanLike } from '../span/span.js'
import { contextOf, durationOf, parentId, traceStateText } from '../span/values.js'
import type { Encoding } from '../writing/encoding.js'

/** The records of each signal. */
export interface Records {
  readonly traces: SpanLike
  readonly logs: LogRecordLike
  readonly metrics: MetricPointLike
}

export type Signal = keyof Records

type SharedField = 'resourceAttributes' | 'scopeAttributes'

type ItemOf<List extends keyof typeof PARTS> = `${List}.${(typeof PARTS)[List][number]}`

type SpanField =
  | SharedField
  | ItemOf<'events' | 'links'>
  | 'name'
  | 'kind'
  | 'traceId'
  | 'spanId'
  | 'parentSpanId'
  | 'traceState'
  | 'timestamp'
  | 'endTimestamp'
  | 'duration'
  | 'status'
  | 'statusMessage'
  | 'attributes'
  | 'events'
  | 'links'

type LogField =
  | SharedField
  | 'timestamp'
  | 'observedTimestamp'
  | 'severityNumber'
  | 'severityText'
  | 'body'
  | 'eventName'
  | 'traceId'
  | 'spanId'
  | 'traceFlags'
  | 'attributes'

type PointField =
  | SharedField
  | ItemOf<'exemplars' | 'quantiles'>
  | 'name'
  | 'description'
  | 'unit'
  | 'type'
  | 'temporality'
  | 'isMonotonic'
  | 'timestamp'
  | 'startTimestamp'
  | 'value'
  | 'count'
  | 'sum'
  | 'min'
  | 'max'
  | 'bounds'
  | 'bucketCounts'
  | 'flags'
  | 'attributes'
  | 'exemplars'
  | 'quantiles'

/** The names that `field` takes, for each signal. */
export interface FieldNames {
  readonly traces: SpanField
  readonly logs: LogField
  readonly metrics: PointField
}

/** The parts of the items of each list. `events.name` is a field too: it has a value for each event. */
export const PARTS = {
  events: ['name', 'timestamp', 'attributes'],
  links: ['traceId', 'spanId', 'traceState', 'attributes'],
  exemplars: ['timestamp', 'value', 'traceId', 'spanId', 'attributes'],
  quantiles: ['quantile', 'value'],
} as const

type Read<Input> = (record: Input, encoding: Encoding) => unknown

/** The fields that are read from the record itself, and as a whole. */
type Own<Field> = Exclude<Field, SharedField | `${string}.${string}`>

const ofSpan: Readonly<Record<Own<SpanField>, Read<SpanLike>>> = {
  name: (span) => span.name,
  kind: (span) => SPAN_KINDS.get(span.kind) ?? 'UNSPECIFIED',
  traceId: (span) => contextOf(span).traceId,
  spanId: (span) => contextOf(span).spanId,
  parentSpanId: parentId,
  traceState: (span) => traceStateText(contextOf(span)),
  timestamp: (span) => span.startTime,
  endTimestamp: (span) => span.endTime,
  duration: durationOf,
  status: (span) => STATUS_CODES.get(span.status?.code) ?? 'UNSET',
  statusMessage: (span) => span.status?.message,
  attributes: (span, encoding) => spanAttributes(span, encoding),
  events: (span, encoding) =>
    eventsOf(span, encoding).map((event) => ({
      name: event.name,
      timestamp: event.time,
      attributes: itemAttributes(event),
    })),
  links: (span, encoding) =>
    linksOf(span, encoding).map((link) => ({
      traceId: link.context?.traceId,
      spanId: link.context?.spanId,
      traceState: traceStateText(link.context),
      attributes: itemAttributes(link),
    })),
}

const ofLogRecord: Readonly<Record<Own<LogField>, Read<LogRecordLike>>> = {
  timestamp: timeOf,
  observedTimestamp: (record) => record.hrTimeObserved,
  severityNumber: (record) => record.severityNumber,
  severityText: (record) => record.severityText,
  body: bodyOf,
  eventName: (record) => record.eventName,
  traceId: (record) => spanOf(record).traceId,
  spanId: (record) => spanOf(record).spanId,
  traceFlags: flagsOf,
  attributes: (record) => itemAttributes(record),
}

const ofPoint: Readonly<Record<Own<PointField>, Read<MetricPointLike>>> = {
  name: ({ metric }) => metric.name,
  description: ({ metric }) => metric.description,
  unit: ({ metric }) => metric.unit,
  type: ({ metric }) => metric.type,
  temporality: ({ metric }) => metric.temporality,
  isMonotonic: ({ metric }) => metric.isMonotonic,
  timestamp: (point) => point.time,
  startTimestamp: (point) => point.startTime,
  value: (point) => point.value,
  count: (point) => point.count,
  sum: (point) => point.sum,
  min: (point) => point.min,
  max: (point) => point.max,
  bounds: (point) => point.bounds,
  bucketCounts: (point) => point.bucketCounts,
  flags: (point) => point.flags,
  attributes: (point) => itemAttributes(point),
  exemplars: (point, encoding) =>
    exemplarsOf(point, encoding).map((exemplar) => ({
      timestamp: exemplar.time,
      value: exemplar.value,
      traceId: exemplar.traceId,
      spanId: exemplar.spanId,
      attributes: itemAttributes(exemplar),
    })),
  quantiles: quantilesOf,
}

type Fields = Readonly<Record<string, Read<never>>>

const FIELDS: Readonly<Record<Signal, Fields>> = {
  traces: ofSpan,
  logs: ofLogRecord,
  metrics: ofPoint,
}

/** The fields that are trace or span ids: as texts they are written in lower case, and empty if they are zero. */
export const ID_FIELDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId'])

/** The fields that are points in time, or lengths of time: those that have a unit in a column of numbers. */
export const TIME_FIELDS: ReadonlySet<string> = new Set([
  'timestamp',
  'endTimestamp',
  'observedTimestamp',
  'startTimestamp',
  'duration',
])

/** Reads a field of a record. Throws a TypeError that names those there are. */
export function fieldReader(field: string, signal: Signal | undefined): Read<unknown> {
  const signals = signal ? [signal] : (Object.keys(FIELDS) as Signal[])
  const having = signals.filter((one) => Object.hasOwn(FIELDS[one], field))
  const [first, ...others] = having
  if (first === undefined) {
    const known = new Set(signals.flatMap((one) => Object.keys(FIELDS[one])))
    const whose = signal ? ` of ${signal}` : ''
    throw new TypeError(
      `there is no field ${field}${whose}; there are ${[...known].join(', ')}, resourceAttributes, scopeAttributes`,
    )
  }
  if (others.length === 0) return readerIn(first, field)
  const readers = new Map(having.map((one) => [one, readerIn(one, field)]))
  return (record, encoding) => readers.get(signalOf(record))?.(record, encoding)
}

function readerIn(signal: Signal, field: string): Read<unknown> {
  return FIELDS[signal][field] as Read<unknown>
}

/** Tells the signal by what only its records have. */
function signalOf(record: unknown): Signal {
  const { metric, spanContext } = Object(record) as { metric?: unknown; spanContext?: unknown }
  if (metric !== undefined) return 'metrics'
  return typeof spanContext === 'function' ? 'traces' : 'logs'
}
