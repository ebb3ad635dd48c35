import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatLogs, otelLogs } from '@spanhouse/transform'

/** A line as a test writes it, independent of any table. */
export interface Line {
  readonly timeUs: number
  readonly traceId: string
  readonly spanId: string
  readonly severity: number
  readonly severityText: string
  readonly service: string
  readonly body: string
  readonly eventName?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly resource?: Readonly<Record<string, string>>
}

const MAP = 'Map(LowCardinality(String), String)'
const COLLECTOR = `TraceId String, SpanId String, TraceFlags UInt8, SeverityText LowCardinality(String), SeverityNumber UInt8,
  ServiceName LowCardinality(String), Body String, ResourceSchemaUrl LowCardinality(String), ResourceAttributes ${MAP},
  ScopeSchemaUrl LowCardinality(String), ScopeName String, ScopeVersion LowCardinality(String), ScopeAttributes ${MAP},
  LogAttributes ${MAP}, EventName String, INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1`

/** Those of the Collector before, and one that somebody else might have made. */
const OTHERS = {
  old_logs: `(Timestamp DateTime64(9), TimestampTime DateTime DEFAULT toDateTime(Timestamp), ${COLLECTOR}) ENGINE = MergeTree
    PARTITION BY toDate(TimestampTime) PRIMARY KEY (ServiceName, TimestampTime) ORDER BY (ServiceName, TimestampTime, Timestamp)`,
  own_logs: `(
    traceId FixedString(32), SPAN_ID Nullable(String), time DateTime64(6, 'Asia/Tokyo'), level Nullable(String), service Nullable(String),
    message String, fields String, body_us UInt8, body Array(String), severity_text UInt8
  ) ENGINE = MergeTree ORDER BY time`,
} as const

const OURS = { logs: flatLogs, otel_logs: otelLogs } as const

export type LogTableName = keyof typeof OURS | keyof typeof OTHERS

export async function createLogTable(
  server: ClickHouseServer,
  database: string,
  name: LogTableName,
): Promise<void> {
  const statements =
    name in OURS
      ? OURS[name as keyof typeof OURS].ddl({ database })
      : [
          `CREATE DATABASE IF NOT EXISTS ${database}`,
          `CREATE TABLE ${database}.${name} ${OTHERS[name as keyof typeof OTHERS]}`,
        ]
  for (const statement of statements) await server.query(statement)
}

export async function insertLines(
  server: ClickHouseServer,
  database: string,
  name: LogTableName,
  lines: readonly Line[],
): Promise<void> {
  const rows = lines.map((line) => JSON.stringify(ROW[name](line))).join('\n')
  await server.query(`INSERT INTO ${database}.${name} FORMAT JSONEachRow\n${rows}`)
}

/** Seconds with six decimals, as every DateTime64 reads them. */
const seconds = (us: number) => `${Math.floor(us / 1e6)}.${String(us % 1e6).padStart(6, '0')}`

const flatRow = (line: Line) => ({
  timestamp: seconds(line.timeUs),
  observed_timestamp: seconds(line.timeUs + 5),
  severity_number: line.severity,
  severity_text: line.severityText,
  body: line.body,
  event_name: line.eventName ?? '',
  trace_id: line.traceId,
  span_id: line.spanId,
  service_name: line.service,
  attributes: line.attributes ?? {},
  resource_attributes: { 'service.name': line.service, ...line.resource },
  scope_name: 'test',
  scope_version: '1.0.0',
})

const otelRow = (line: Line) => ({
  Timestamp: seconds(line.timeUs),
  TraceId: line.traceId,
  SpanId: line.spanId,
  SeverityText: line.severityText,
  SeverityNumber: line.severity,
  ServiceName: line.service,
  Body: line.body,
  ResourceAttributes: { 'service.name': line.service, ...line.resource },
  ScopeName: 'test',
  ScopeVersion: '1.0.0',
  LogAttributes: line.attributes ?? {},
  EventName: line.eventName ?? '',
})

const ownRow = (line: Line) => ({
  traceId: line.traceId,
  SPAN_ID: line.spanId === '' ? null : line.spanId,
  time: seconds(line.timeUs),
  level: line.severityText === '' ? null : line.severityText,
  service: line.service,
  message: line.body,
  fields: JSON.stringify(line.attributes ?? {}),
})

const ROW: Readonly<Record<LogTableName, (line: Line) => object>> = {
  logs: flatRow,
  otel_logs: otelRow,
  old_logs: otelRow,
  own_logs: ownRow,
}
