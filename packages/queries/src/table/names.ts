import type { LogField } from './log-table.js'
import type { Field } from './span-table.js'

/** The names of each field's column, in lower case and without underscores; the first that a table has is taken. */
export const COLUMN_NAMES: Readonly<Record<Field, readonly string[]>> = {
  traceId: ['traceid'],
  spanId: ['spanid'],
  parentSpanId: ['parentspanid', 'parentid'],
  traceState: ['tracestate'],
  name: ['spanname', 'name', 'operationname', 'operation'],
  kind: ['spankind', 'kind'],
  timestamp: ['timestamp', 'starttime', 'startedat', 'starttimeunixnano', 'timestampns', 'start'],
  durationNs: [
    'durationns',
    'durationnano',
    'durationnanos',
    'duration',
    'durationus',
    'durationmicros',
    'durationms',
  ],
  service: ['servicename', 'service'],
  status: ['statuscode', 'status', 'statuscodestring'],
  statusMessage: ['statusmessage', 'statusdescription'],
  attributes: ['spanattributes', 'attributes', 'tags', 'attributesstring'],
  resource: ['resourceattributes', 'resource', 'resourcetags', 'resourcesstring'],
  scopeName: ['scopename', 'instrumentationscopename', 'instrumentationscope'],
  scopeVersion: ['scopeversion', 'instrumentationscopeversion'],
  eventTimes: ['events.timestamp', 'events.time'],
  eventNames: ['events.name'],
  eventAttributes: ['events.attributes'],
  linkTraceIds: ['links.traceid'],
  linkSpanIds: ['links.spanid'],
  linkTraceStates: ['links.tracestate'],
  linkAttributes: ['links.attributes'],
}

/** The same for the columns of a log. */
export const LOG_COLUMN_NAMES: Readonly<Record<LogField, readonly string[]>> = {
  traceId: ['traceid'],
  spanId: ['spanid'],
  timestamp: ['timestamp', 'time', 'ts', 'eventtime', 'timeunixnano', 'timestampns'],
  severityNumber: ['severitynumber'],
  severityText: ['severitytext', 'severity', 'level', 'loglevel', 'levelname'],
  body: ['body', 'message', 'msg', 'logmessage'],
  eventName: ['eventname'],
  service: ['servicename', 'service'],
  attributes: ['logattributes', 'attributes', 'attributesstring', 'tags', 'fields'],
  resource: ['resourceattributes', 'resource', 'resourcetags', 'resourcesstring'],
  scopeName: [
    'scopename',
    'instrumentationscopename',
    'instrumentationscope',
    'logger',
    'loggername',
  ],
  scopeVersion: ['scopeversion', 'instrumentationscopeversion'],
}

/** A name as the lists above have it: `SpanName`, `span_name` and `spanName` are one. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}
