import { itemAttributes } from '../attributes/item.js'
import { readAttributes, sortedByKey } from '../attributes/source.js'
import { nested } from '../row/column.js'
import { spanAttributes } from '../span/attributes.js'
import { eventsOf, linksOf } from '../span/lists.js'
import type { EventLike, LinkLike, SpanLike } from '../span/span.js'
import { contextOf, durationOf, parentId, traceStateText } from '../span/values.js'
import { preset } from '../table/preset.js'
import type { Table } from '../table/table.js'
import { hexId } from '../types/hex-id.js'
import type { OtelTracesRow } from './rows.js'
import { traceIdTimes } from './trace-id-times.js'

const KINDS = new Map<unknown, string>(
  ['Internal', 'Server', 'Client', 'Producer', 'Consumer'].entries(),
)
const STATUSES = new Map<unknown, string>(['Unset', 'Ok', 'Error'].entries())

const text = { type: 'String', codec: 'ZSTD(1)' }
const id = { ...text, kind: hexId }
const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const attributes = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }

/** The table of the OpenTelemetry Collector's ClickHouse exporter, column for column: `default.otel_traces`, with its table of trace times. */
export const otelTraces = preset<SpanLike>({
  name: 'otel_traces',
  comment: 'spanhouse: otel traces, version 1',
  identity: ['TraceId', 'SpanId'],
  columns: [
    {
      name: 'Timestamp',
      type: 'DateTime64(9)',
      codec: 'Delta(8), ZSTD(1)',
      value: (span) => span.startTime,
    },
    { name: 'TraceId', ...id, value: (span) => contextOf(span).traceId },
    { name: 'SpanId', ...id, value: (span) => contextOf(span).spanId },
    { name: 'ParentSpanId', ...id, value: parentId },
    { name: 'TraceState', ...text, value: (span) => traceStateText(contextOf(span)) },
    { name: 'SpanName', ...label, value: (span) => span.name },
    { name: 'SpanKind', ...label, value: (span) => KINDS.get(span.kind) ?? 'Unspecified' },
    {
      name: 'ServiceName',
      ...label,
      from: 'resource',
      value: (resource) => resource.attributes?.['service.name'],
    },
    {
      name: 'ResourceAttributes',
      ...attributes,
      from: 'resource',
      value: (resource, encoding) => sortedByKey(readAttributes(resource.attributes, encoding)),
    },
    { name: 'ScopeName', ...text, from: 'scope', value: (scope) => scope.name },
    { name: 'ScopeVersion', ...text, from: 'scope', value: (scope) => scope.version },
    {
      name: 'SpanAttributes',
      ...attributes,
      value: (span, encoding) => spanAttributes(span, encoding, true),
    },
    { name: 'Duration', type: 'UInt64', codec: 'ZSTD(1)', value: durationOf },
    { name: 'StatusCode', ...label, value: (span) => STATUSES.get(span.status?.code) ?? 'Unset' },
    { name: 'StatusMessage', ...text, value: (span) => span.status?.message },
    ...nested<SpanLike, EventLike>('Events', eventsOf, [
      { name: 'Timestamp', type: 'DateTime64(9)', codec: 'ZSTD(1)', value: (event) => event.time },
      { name: 'Name', ...label, value: (event) => event.name },
      {
        name: 'Attributes',
        ...attributes,
        value: (event) => itemAttributes(event, true),
      },
    ]),
    ...nested<SpanLike, LinkLike>('Links', linksOf, [
      { name: 'TraceId', ...id, value: (link) => link.context?.traceId },
      { name: 'SpanId', ...id, value: (link) => link.context?.spanId },
      { name: 'TraceState', ...text, value: (link) => traceStateText(link.context) },
      {
        name: 'Attributes',
        ...attributes,
        value: (link) => itemAttributes(link, true),
      },
    ]),
  ],
  indexes: [
    'idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1',
    'idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_duration Duration TYPE minmax GRANULARITY 1',
  ],
  partitionBy: 'toDate(Timestamp)',
  orderBy: '(ServiceName, SpanName, toDateTime(Timestamp))',
  // toDateTime() of a time after 2106 wraps round to the past, and the row would be deleted at once.
  ttl: "toDateTime(least(Timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')))",
  companions: traceIdTimes,
}) as Table<SpanLike, OtelTracesRow>
