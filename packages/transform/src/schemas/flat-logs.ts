import { itemAttributes } from '../attributes/item.js'
import type { LogRecordLike } from '../log/log-record.js'
import { bodyOf, flagsOf, spanOf, timeOf } from '../log/values.js'
import { preset } from '../table/preset.js'
import type { Table } from '../table/table.js'
import { hexId } from '../types/hex-id.js'
import { ofResourceAndScope, ofService } from './flat-columns.js'
import type { FlatLogsRow } from './rows.js'

const id = { type: 'String', codec: 'ZSTD(1)', kind: hexId }
const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const time = { type: "DateTime64(9, 'UTC')", codec: 'Delta(8), ZSTD(1)' }
const attributes = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }
const number = { type: 'UInt8', codec: 'ZSTD(1)' }

/** One flat row for each log record: `telemetry.logs`. */
export const flatLogs = preset<LogRecordLike>({
  name: 'logs',
  database: 'telemetry',
  comment: 'spanhouse: flat logs, version 1',
  columns: [
    { name: 'timestamp', ...time, value: timeOf },
    { name: 'observed_timestamp', ...time, value: ({ hrTimeObserved }) => hrTimeObserved },
    { name: 'severity_number', ...number, value: ({ severityNumber }) => severityNumber },
    { name: 'severity_text', ...label, value: ({ severityText }) => severityText },
    // A text as it is, anything else as JSON.
    { name: 'body', type: 'String', codec: 'ZSTD(1)', value: bodyOf },
    { name: 'event_name', ...label, value: ({ eventName }) => eventName },
    { name: 'trace_id', ...id, value: (record) => spanOf(record).traceId },
    { name: 'span_id', ...id, value: (record) => spanOf(record).spanId },
    { name: 'trace_flags', ...number, value: flagsOf },
    ...ofService,
    { name: 'attributes', ...attributes, value: (record) => itemAttributes(record) },
    ...ofResourceAndScope,
  ],
  indexes: [
    // For stretches of time. From a condition on timestamp the server derives none on the first part of the order key, as long as
    // timestamp is a part too: without this index it reads the whole day.
    'idx_timestamp timestamp TYPE minmax GRANULARITY 1',
    // From a trace to its log lines.
    'idx_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1',
    // For words of the body: hasToken(lower(body), 'declined'). A text index is exact, but servers before 26.2 refuse it, and for lines
    // with ids it was larger than the body. With GRANULARITY 8, as the Collector has it, such lines fill the filter and half of them are read.
    'idx_lower_body lower(body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1',
    // For errors: most granules hold none.
    'idx_severity severity_number TYPE minmax GRANULARITY 1',
    // For conditions on an attribute: granules without it are skipped.
    'idx_attribute_key mapKeys(attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_attribute_value mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_resource_attribute_key mapKeys(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_resource_attribute_value mapValues(resource_attributes) TYPE bloom_filter(0.01) GRANULARITY 1',
  ],
  partitionBy: 'toDate(timestamp)',
  // Logs are read by time, of all services or of one: stretches of time before services, so that the last minutes stand together
  // however many services there are. Within five minutes each service stands together, which compresses well.
  // Many records belong to no trace.
  shardingKey: "cityHash64(if(trace_id = '', toString(timestamp), trace_id))",
  orderBy: '(toStartOfFiveMinutes(timestamp), service_name, timestamp)',
  // toDateTime() of a time after 2106 wraps round to the past, and the row would be deleted at once.
  ttl: "toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')))",
}) as Table<LogRecordLike, FlatLogsRow>
