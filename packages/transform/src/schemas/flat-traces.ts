import { itemAttributes } from '../attributes/item.js'
import { nested } from '../row/column.js'
import { spanAttributes } from '../span/attributes.js'
import { eventsOf, linksOf } from '../span/lists.js'
import { SPAN_KINDS, STATUS_CODES } from '../span/names.js'
import type { EventLike, LinkLike, SpanLike } from '../span/span.js'
import { contextOf, durationOf, parentId, storedStart, traceStateText } from '../span/values.js'
import { preset } from '../table/preset.js'
import type { Table } from '../table/table.js'
import { hexId } from '../types/hex-id.js'
import { milliseconds } from '../values/time.js'
import { ofResourceAndScope, ofService } from './flat-columns.js'
import type { FlatTracesRow } from './rows.js'

const id = { type: 'String', codec: 'ZSTD(1)', kind: hexId }
const text = { type: 'String', codec: 'ZSTD(1)' }
const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const time = { type: "DateTime64(9, 'UTC')", codec: 'Delta(8), ZSTD(1)' }
const attributes = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }

/** One flat row for each span, easy to read and query by hand: `telemetry.traces`. */
export const flatTraces = preset<SpanLike>({
  name: 'traces',
  identity: ['trace_id', 'span_id'],
  database: 'telemetry',
  comment: 'spanhouse: flat traces, version 1',
  columns: [
    { name: 'trace_id', ...id, value: (span) => contextOf(span).traceId },
    { name: 'span_id', ...id, value: (span) => contextOf(span).spanId },
    { name: 'parent_span_id', ...id, value: parentId },
    { name: 'trace_state', ...text, value: (span) => traceStateText(contextOf(span)) },
    { name: 'span_name', ...label, value: (span) => span.name },
    { name: 'span_kind', ...label, value: (span) => SPAN_KINDS.get(span.kind) ?? 'UNSPECIFIED' },
    { name: 'timestamp', ...time, value: (span) => span.startTime },
    {
      name: 'timestamp_ns',
      type: 'UInt64',
      codec: 'Delta(8), ZSTD(1)',
      value: storedStart,
      derived: { how: 'nanoseconds', of: 'timestamp' },
    },
    {
      name: 'duration_ms',
      type: 'Float64',
      codec: 'ZSTD(1)',
      value: (span) => milliseconds(durationOf(span)),
      derived: { how: 'milliseconds', of: 'duration_ns' },
    },
    { name: 'duration_ns', type: 'UInt64', codec: 'T64, ZSTD(1)', value: durationOf },
    ...ofService,
    {
      name: 'status_code',
      ...label,
      value: (span) => STATUS_CODES.get(span.status?.code) ?? 'UNSET',
    },
    { name: 'status_message', ...text, value: (span) => span.status?.message },
    {
      name: 'attributes',
      ...attributes,
      value: (span, encoding) => spanAttributes(span, encoding),
    },
    ...ofResourceAndScope,
    ...nested<SpanLike, EventLike>('events', eventsOf, [
      { name: 'timestamp', ...time, codec: 'ZSTD(1)', value: (event) => event.time },
      { name: 'name', ...label, value: (event) => event.name },
      { name: 'attributes', ...attributes, value: (event) => itemAttributes(event) },
    ]),
    ...nested<SpanLike, LinkLike>('links', linksOf, [
      { name: 'trace_id', ...id, value: (link) => link.context?.traceId },
      { name: 'span_id', ...id, value: (link) => link.context?.spanId },
      { name: 'trace_state', ...text, value: (link) => traceStateText(link.context) },
      { name: 'attributes', ...attributes, value: (link) => itemAttributes(link) },
    ]),
  ],
  indexes: [
    'idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1',
    'idx_attribute_key mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_attribute_value mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_resource_attribute_key mapKeys(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_resource_attribute_value mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_duration duration_ns TYPE minmax GRANULARITY 1',
  ],
  partitionBy: 'toDate(timestamp)',
  orderBy: '(service_name, span_name, timestamp)',
  // toDateTime() of a time after 2106 wraps round to the past, and the row would be deleted at once.
  ttl: "toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')))",
}) as Table<SpanLike, FlatTracesRow>
