import { itemAttributes } from '../attributes/item.js'
import { readAttributes, sortedByKey } from '../attributes/source.js'
import type { LogRecordLike } from '../log/log-record.js'
import { bodyOf, flagsOf, spanOf, timeOf } from '../log/values.js'
import { preset } from '../table/preset.js'
import type { Table } from '../table/table.js'
import { hexId } from '../types/hex-id.js'
import type { OtelLogsRow } from './rows.js'

const text = { type: 'String', codec: 'ZSTD(1)' }
const id = { ...text, kind: hexId }
const label = { type: 'LowCardinality(String)', codec: 'ZSTD(1)' }
const map = { type: 'Map(LowCardinality(String), String)', codec: 'ZSTD(1)' }

// Resource attributes that have a column of their own, which the server fills.
const MATERIALIZED = [
  'k8s.cluster.name',
  'k8s.container.name',
  'k8s.deployment.name',
  'k8s.namespace.name',
  'k8s.node.name',
  'k8s.pod.name',
  'k8s.pod.uid',
  'deployment.environment.name',
]

/**
 * The log table of the OpenTelemetry Collector's ClickHouse exporter, column for column: `default.otel_logs`. It is created as the
 * Collector creates it on servers before 26.2, which all servers accept; rows go into its earlier tables and ClickStack's too.
 */
export const otelLogs = preset<LogRecordLike>({
  name: 'otel_logs',
  comment: 'spanhouse: otel logs, version 1',
  columns: [
    { name: 'Timestamp', type: 'DateTime64(9)', codec: 'Delta(8), ZSTD(1)', value: timeOf },
    { name: 'TraceId', ...id, value: (record) => spanOf(record).traceId },
    { name: 'SpanId', ...id, value: (record) => spanOf(record).spanId },
    { name: 'TraceFlags', type: 'UInt8', value: flagsOf },
    { name: 'SeverityText', ...label, value: ({ severityText }) => severityText },
    { name: 'SeverityNumber', type: 'UInt8', value: ({ severityNumber }) => severityNumber },
    {
      name: 'ServiceName',
      ...label,
      from: 'resource',
      value: ({ attributes }) => attributes?.['service.name'],
    },
    { name: 'Body', ...text, value: bodyOf },
    {
      name: 'ResourceSchemaUrl',
      ...label,
      from: 'resource',
      value: ({ schemaUrl }) => schemaUrl,
    },
    {
      name: 'ResourceAttributes',
      ...map,
      from: 'resource',
      value: ({ attributes }, encoding) => sortedByKey(readAttributes(attributes, encoding)),
    },
    { name: 'ScopeSchemaUrl', ...label, from: 'scope', value: ({ schemaUrl }) => schemaUrl },
    { name: 'ScopeName', ...text, from: 'scope', value: ({ name }) => name },
    { name: 'ScopeVersion', ...label, from: 'scope', value: ({ version }) => version },
    {
      name: 'ScopeAttributes',
      ...map,
      from: 'scope',
      value: ({ attributes }, encoding) => sortedByKey(readAttributes(attributes, encoding)),
    },
    { name: 'LogAttributes', ...map, value: (record) => itemAttributes(record, true) },
    { name: 'EventName', ...text, value: ({ eventName }) => eventName },
  ],
  materialized: MATERIALIZED.map((key) => ({
    name: `__otel_materialized_${key}`,
    ...label,
    expression: `ResourceAttributes['${key}']`,
  })),
  indexes: [
    'idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1',
    'idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_scope_attr_key mapKeys(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_scope_attr_value mapValues(ScopeAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_log_attr_key mapKeys(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_log_attr_value mapValues(LogAttributes) TYPE bloom_filter(0.01) GRANULARITY 1',
    'idx_lower_body lower(Body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 8',
  ],
  partitionBy: 'toDate(Timestamp)',
  // Many records belong to no trace.
  shardingKey: "cityHash64(if(TraceId = '', toString(Timestamp), TraceId))",
  orderBy: '(toStartOfFiveMinutes(Timestamp), ServiceName, Timestamp)',
  // toDateTime() of a time after 2106 wraps round to the past, and the row would be deleted at once.
  ttl: "toDateTime(least(Timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC')))",
}) as Table<LogRecordLike, OtelLogsRow>
