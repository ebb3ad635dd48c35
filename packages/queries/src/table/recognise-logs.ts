import {
  body,
  map,
  type Reading,
  seconds,
  severityNumber,
  spanId,
  text,
  time,
  traceId,
} from './expressions.js'
import type { LogField, LogTable } from './log-table.js'
import { LOG_COLUMN_NAMES } from './names.js'
import { hasColumns, readColumn } from './read-column.js'
import { recogniseSpanTable } from './recognise.js'
import type { ServerColumn } from './span-table.js'

const READINGS: Readonly<Record<LogField, Reading>> = {
  traceId,
  spanId,
  timestamp: time,
  severityNumber,
  severityText: text,
  body,
  eventName: text,
  service: text,
  attributes: map,
  resource: map,
  scopeName: text,
  scopeVersion: text,
}

const FIELDS = Object.keys(READINGS) as LogField[]
const NEEDED: readonly LogField[] = ['traceId', 'timestamp', 'body']
const NO_MAP = "CAST(map(), 'Map(String, String)')"

const CONSTANTS: Readonly<Partial<Record<LogField, string>>> = {
  severityNumber: 'toUInt8(0)',
  attributes: NO_MAP,
  resource: NO_MAP,
}

/**
 * How lines of logs are read from a table that has these columns; undefined if it has none for the trace's id, the time or the text, or if
 * its rows are spans. A column is known by its name in any spelling (`TraceId`, `trace_id`), if its type fits.
 */
export function recogniseLogTable(
  { database, table }: { readonly database: string; readonly table: string },
  columns: readonly ServerColumn[],
): LogTable | undefined {
  const found = new Map(
    FIELDS.flatMap((field) => {
      const expression = readColumn('log', LOG_COLUMN_NAMES[field], READINGS[field], columns)
      return expression === undefined ? [] : [[field, expression]]
    }),
  )
  if (!NEEDED.every((field) => found.has(field)) || hasSpans(columns)) return undefined
  const fields = Object.fromEntries(
    FIELDS.map((field) => [field, found.get(field) ?? CONSTANTS[field] ?? "''"]),
  ) as Record<LogField, string>
  if (!found.has('service') && found.has('resource'))
    fields.service = `${fields.resource}['service.name']`
  return {
    database,
    table,
    family: familyOf(columns),
    fields,
    missing: FIELDS.filter((field) => !found.has(field)),
    seconds: readColumn('log', ['timestamptime'], seconds, columns),
  }
}

/** A table of spans may have a column `message`, but only spans have a duration. */
function hasSpans(columns: readonly ServerColumn[]): boolean {
  const spans = recogniseSpanTable({ database: '', table: '' }, columns)
  return spans !== undefined && !spans.missing.includes('durationNs')
}

/** The columns that tell the two families from other tables. */
const FAMILIES = {
  flat: [
    'timestamp',
    'severity_number',
    'severity_text',
    'body',
    'trace_id',
    'span_id',
    'service_name',
    'attributes',
    'resource_attributes',
  ],
  otel: [
    'Timestamp',
    'TraceId',
    'SpanId',
    'SeverityText',
    'SeverityNumber',
    'ServiceName',
    'Body',
    'ResourceAttributes',
    'LogAttributes',
  ],
} as const

function familyOf(columns: readonly ServerColumn[]): LogTable['family'] {
  if (hasColumns(columns, FAMILIES.flat)) return 'flat'
  return hasColumns(columns, FAMILIES.otel) ? 'otel' : 'own'
}
