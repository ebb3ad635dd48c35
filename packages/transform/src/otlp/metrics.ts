import type { ExemplarLike, ExponentialBucketsLike, MetricPointLike } from '../metric/point.js'
import type { MetricLike, MetricType } from '../values/metric.js'
import { readDouble, readInt, readKeyValues, type Seen } from './any-value.js'
import { type Envelope, type Origin, readNanos, recordsIn } from './envelope.js'
import { countField, field, listField, objectsField, textField } from './field.js'
import { idField, SPAN_ID, TRACE_ID } from './id.js'

/** Each type under the key of its data in a metric. */
const TYPES: readonly (readonly [key: string, type: MetricType])[] = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential_histogram'],
  ['summary', 'summary'],
]

const ENVELOPE: Envelope = {
  groups: 'resourceMetrics',
  scopes: 'scopeMetrics',
  records: 'metrics',
  marks: TYPES.map(([key]) => key),
}

const TEMPORALITIES = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
]

/**
 * The data points of parsed OTLP/JSON: an ExportMetricsServiceRequest, or one metric, which may contain its `resource` and `scope`.
 * Anything else gives no points; a field of a wrong type counts as absent. Never throws.
 * Points of one metric share one metric object, those of one resource one resource object.
 */
export function metricsFromOtlpJson(json: unknown): MetricPointLike[] {
  return recordsIn(json, ENVELOPE, readMetric).flat()
}

function readMetric(
  json: unknown,
  { resource, instrumentationScope, seen }: Origin,
): MetricPointLike[] {
  const [key = '', type = 'gauge'] = TYPES.find(([name]) => field(json, name) !== undefined) ?? []
  const data = field(json, key)
  const metric: MetricLike = {
    name: textField(json, 'name'),
    description: textField(json, 'description'),
    unit: textField(json, 'unit'),
    type,
    temporality: readTemporality(field(data, 'aggregationTemporality')),
    isMonotonic: field(data, 'isMonotonic') === true,
  }
  return objectsField(data, 'dataPoints').map((point) => ({
    metric,
    startTime: readNanos(point, 'startTimeUnixNano'),
    time: readNanos(point, 'timeUnixNano'),
    attributes: readKeyValues(point, 'attributes', seen),
    flags: countField(point, 'flags'),
    value: readValue(point),
    count: intField(point, 'count'),
    sum: doubleField(point, 'sum'),
    min: doubleField(point, 'min'),
    max: doubleField(point, 'max'),
    bounds: listField(point, 'explicitBounds').map(toDouble),
    bucketCounts: listField(point, 'bucketCounts').map(toInt),
    scale: intField(point, 'scale') as number,
    zeroCount: intField(point, 'zeroCount'),
    positive: readBuckets(field(point, 'positive')),
    negative: readBuckets(field(point, 'negative')),
    quantiles: objectsField(point, 'quantileValues').map((at) => ({
      quantile: doubleField(at, 'quantile') ?? 0,
      value: doubleField(at, 'value') ?? 0,
    })),
    exemplars: objectsField(point, 'exemplars').map((exemplar) => readExemplar(exemplar, seen)),
    resource,
    instrumentationScope,
  }))
}

function readExemplar(json: unknown, seen: Seen): ExemplarLike {
  return {
    time: readNanos(json, 'timeUnixNano'),
    value: readValue(json),
    traceId: idField(json, 'traceId', TRACE_ID),
    spanId: idField(json, 'spanId', SPAN_ID),
    attributes: readKeyValues(json, 'filteredAttributes', seen),
  }
}

function readBuckets(json: unknown): ExponentialBucketsLike {
  return {
    offset: intField(json, 'offset') as number,
    bucketCounts: listField(json, 'bucketCounts').map(toInt),
  }
}

function readTemporality(json: unknown): MetricLike['temporality'] {
  const number = typeof json === 'string' ? TEMPORALITIES.indexOf(json) : json
  return number === 1 || number === 2 ? number : 0
}

function readValue(json: unknown): number | bigint | undefined {
  return doubleField(json, 'asDouble') ?? intField(json, 'asInt')
}

function doubleField(json: unknown, key: string): number | undefined {
  return toDouble(field(json, key))
}

function intField(json: unknown, key: string): number | bigint | undefined {
  return toInt(field(json, key))
}

// What is no number stays as it is, and is counted when it is written.

function toDouble(json: unknown): number {
  return (typeof json === 'string' ? readDouble(json) : json) as number
}

function toInt(json: unknown): number | bigint {
  return readInt(json) as number | bigint
}
