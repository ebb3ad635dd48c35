import type { LogRecordLike } from '../log/log-record.js'
import { readAnyValue, readKeyValues } from './any-value.js'
import { type Envelope, type Origin, readNanos, recordsIn } from './envelope.js'
import { countField, field, textField } from './field.js'
import { idField, SPAN_ID, TRACE_ID } from './id.js'

const ENVELOPE: Envelope = {
  groups: 'resourceLogs',
  scopes: 'scopeLogs',
  records: 'logRecords',
  marks: [
    'timeUnixNano',
    'observedTimeUnixNano',
    'severityNumber',
    'severityText',
    'body',
    'eventName',
  ],
}

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

/**
 * The log records of parsed OTLP/JSON: an ExportLogsServiceRequest, or one record, which may contain its `resource` and `scope`.
 * Anything else gives no records; a field of a wrong type counts as absent. Never throws. Ids may be hex or base64.
 */
export function logsFromOtlpJson(json: unknown): LogRecordLike[] {
  return recordsIn(json, ENVELOPE, readRecord)
}

function readRecord(
  json: unknown,
  { resource, instrumentationScope, seen }: Origin,
): LogRecordLike {
  return {
    hrTime: readNanos(json, 'timeUnixNano'),
    hrTimeObserved: readNanos(json, 'observedTimeUnixNano'),
    spanContext: {
      traceId: idField(json, 'traceId', TRACE_ID),
      spanId: idField(json, 'spanId', SPAN_ID),
      traceFlags: countField(json, 'flags'),
    },
    severityNumber: readSeverity(field(json, 'severityNumber')),
    severityText: textField(json, 'severityText'),
    body: field(json, 'body') === undefined ? undefined : readAnyValue(field(json, 'body'), seen),
    eventName: textField(json, 'eventName'),
    attributes: readKeyValues(json, 'attributes', seen),
    resource,
    instrumentationScope,
    droppedAttributesCount: countField(json, 'droppedAttributesCount'),
  }
}

/** As a number, or as the name in OTLP: SEVERITY_NUMBER_INFO is 9, SEVERITY_NUMBER_INFO2 is 10. */
function readSeverity(severity: unknown): number {
  if (typeof severity !== 'string') return typeof severity === 'number' ? severity : 0
  const [, level = '', step = '1'] = /^SEVERITY_NUMBER_([A-Z]+)([234])?$/.exec(severity) ?? []
  const index = LEVELS.indexOf(level)
  return index < 0 ? 0 : 4 * index + Number(step)
}
