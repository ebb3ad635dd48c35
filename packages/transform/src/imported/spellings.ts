import type { FieldNames, Signal } from '../declared/fields.js'

/** What a column is filled with, as a definition says it. */
export type Meaning =
  | { readonly field: string }
  | { readonly resource: string | readonly string[] }
  | { readonly scope: string }
  | { readonly attribute: string | readonly string[] }

type Spellings<Name extends string = string> = Readonly<Partial<Record<Name, string>>>

// For each field the names of columns that mean it, separated by spaces. A name is in lower case and without separators: `traceid` is `TraceId`
// and `trace_id`. A part of a list follows the name of its list.

const ITEMS = {
  'events.name': 'eventsname',
  'events.timestamp': 'eventstimestamp eventstime',
  'events.attributes': 'eventsattributes',
  'links.traceId': 'linkstraceid',
  'links.spanId': 'linksspanid',
  'links.traceState': 'linkstracestate',
  'links.attributes': 'linksattributes',
  'exemplars.timestamp': 'exemplarstimestamp exemplarstime exemplarstimeunix',
  'exemplars.value': 'exemplarsvalue',
  'exemplars.traceId': 'exemplarstraceid',
  'exemplars.spanId': 'exemplarsspanid',
  'exemplars.attributes': 'exemplarsattributes exemplarsfilteredattributes',
  'quantiles.quantile': 'quantilesquantile valueatquantilesquantile',
  'quantiles.value': 'quantilesvalue valueatquantilesvalue',
} as const

const EVERYWHERE: Spellings = {
  resourceAttributes: 'resourceattributes resource resourcetags',
  scopeAttributes: 'scopeattributes',
}

const DAY = 'date day eventdate startdate partitiondate'

const OF_SPANS: Spellings<FieldNames['traces']> = {
  name: 'spanname name operationname operation',
  kind: 'spankind kind',
  traceId: 'traceid',
  spanId: 'spanid',
  parentSpanId: 'parentspanid parentid',
  traceState: 'tracestate',
  timestamp: `timestamp time ts starttime starttimestamp startts startedat start ${DAY}`,
  endTimestamp: 'endtime endtimestamp endts endedat end',
  duration: 'duration elapsed latency took',
  status: 'statuscode status',
  statusMessage: 'statusmessage statusdescription',
  attributes: 'attributes spanattributes attrs tags',
  events: 'events',
  links: 'links',
}

const OF_LOGS: Spellings<FieldNames['logs']> = {
  timestamp: `timestamp time ts eventtime ${DAY}`,
  observedTimestamp: 'observedtimestamp observedtime',
  severityNumber: 'severitynumber severity level',
  severityText: 'severitytext severity level loglevel levelname',
  body: 'body message msg logmessage',
  eventName: 'eventname',
  traceId: 'traceid',
  spanId: 'spanid',
  traceFlags: 'traceflags',
  attributes: 'attributes logattributes attrs tags fields',
}

const OF_POINTS: Spellings<FieldNames['metrics']> = {
  name: 'metricname name',
  description: 'description metricdescription',
  unit: 'unit metricunit',
  type: 'metrictype type',
  temporality: 'temporality aggregationtemporality',
  isMonotonic: 'ismonotonic',
  timestamp: `timestamp time ts ${DAY}`,
  startTimestamp: 'starttimestamp starttime',
  value: 'value metricvalue',
  count: 'count',
  sum: 'sum',
  min: 'min',
  max: 'max',
  bounds: 'bounds explicitbounds',
  bucketCounts: 'bucketcounts',
  flags: 'flags',
  attributes: 'attributes metricattributes attrs tags labels',
  exemplars: 'exemplars',
  quantiles: 'quantiles valueatquantiles',
}

const FIELDS: Readonly<Record<Signal, Spellings>> = {
  traces: { ...OF_SPANS, ...EVERYWHERE, ...ITEMS },
  logs: { ...OF_LOGS, ...EVERYWHERE },
  metrics: { ...OF_POINTS, ...EVERYWHERE, ...ITEMS },
}

/** Today's key, and the one before it. */
export const ENVIRONMENT: readonly string[] = [
  'deployment.environment.name',
  'deployment.environment',
]

const OTHERS: Readonly<Record<string, Meaning>> = {
  service: { resource: 'service.name' },
  environment: { resource: ENVIRONMENT },
  env: { resource: ENVIRONMENT },
  hostname: { resource: 'host.name' },
  projectname: { resource: 'project.name' },
  scope: { scope: 'name' },
  scopename: { scope: 'name' },
  scopeversion: { scope: 'version' },
  scopeschemaurl: { scope: 'schemaUrl' },
  instrumentationscope: { scope: 'name' },
  instrumentationscopename: { scope: 'name' },
  instrumentationscopeversion: { scope: 'version' },
  otelscopename: { scope: 'name' },
  otelscopeversion: { scope: 'version' },
  libraryname: { scope: 'name' },
  libraryversion: { scope: 'version' },
}

const OF_LOGGERS = ['logger', 'loggername']

/** What a name may mean, best first: `severity` is a text in one table and a number in another. */
export function meaningsOf(words: readonly string[], signal: Signal): readonly Meaning[] {
  const name = words.join('')
  const fields = Object.entries(FIELDS[signal])
    .filter(([, names]) => names?.split(' ').includes(name))
    .map(([field]): Meaning => ({ field }))
  const isLogger = signal === 'logs' && OF_LOGGERS.includes(name)
  const other: Meaning | undefined = isLogger ? { scope: 'name' } : own(OTHERS, name)
  return other ? [...fields, other] : fields
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

// Names of columns that only records of one signal can fill.
const TELLING: Readonly<Record<Signal, string>> = {
  traces:
    'spanname operationname parentspanid parentid spankind endtime endtimestamp endedat end duration elapsed latency took statusmessage statusdescription tracestate spanattributes links linkstraceid linksspanid',
  logs: 'body message msg logmessage severity severitytext severitynumber level loglevel levelname observedtimestamp traceflags logattributes',
  metrics:
    'metricname metrictype metricvalue metricunit metricdescription value sum bounds explicitbounds bucketcounts temporality aggregationtemporality ismonotonic exemplars exemplarsvalue quantiles valueatquantilesvalue',
}

/** Whether a column of this name tells that the table is for a signal. */
export function isTelling(words: readonly string[], signal: Signal): boolean {
  return TELLING[signal].split(' ').includes(words.join(''))
}
