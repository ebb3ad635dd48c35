import {
  duration,
  kind,
  knownStatus,
  map,
  maps,
  type Reading,
  spanId,
  status,
  text,
  texts,
  time,
  times,
  traceId,
} from './expressions.js'
import { COLUMN_NAMES } from './names.js'
import { hasColumns, readColumn } from './read-column.js'
import type { Field, ServerColumn, SpanTable } from './span-table.js'

const READINGS: Readonly<Record<Field, Reading>> = {
  traceId,
  spanId,
  parentSpanId: spanId,
  traceState: text,
  name: text,
  kind,
  timestamp: time,
  durationNs: duration,
  service: text,
  status,
  statusMessage: text,
  attributes: map,
  resource: map,
  scopeName: text,
  scopeVersion: text,
  eventTimes: times,
  eventNames: texts,
  eventAttributes: maps,
  linkTraceIds: texts,
  linkSpanIds: texts,
  linkTraceStates: texts,
  linkAttributes: maps,
}

const FIELDS = Object.keys(READINGS) as Field[]
const NEEDED: readonly Field[] = ['traceId', 'spanId', 'name', 'timestamp']
const NO_MAP = "CAST(map(), 'Map(String, String)')"
const NO_TEXTS = "CAST([], 'Array(String)')"
const NO_MAPS = "CAST([], 'Array(Map(String, String))')"

const CONSTANTS: Readonly<Partial<Record<Field, string>>> = {
  durationNs: 'toUInt64(0)',
  status: "'unset'",
  attributes: NO_MAP,
  resource: NO_MAP,
  eventTimes: "CAST([], 'Array(DateTime64(9))')",
  eventNames: NO_TEXTS,
  eventAttributes: NO_MAPS,
  linkTraceIds: NO_TEXTS,
  linkSpanIds: NO_TEXTS,
  linkTraceStates: NO_TEXTS,
  linkAttributes: NO_MAPS,
}

/** The lists of one item's parts: the first decides how many items there are. */
const LISTS: readonly (readonly Field[])[] = [
  ['eventTimes', 'eventNames', 'eventAttributes'],
  ['linkTraceIds', 'linkSpanIds', 'linkTraceStates', 'linkAttributes'],
]

/**
 * How spans are read from a table that has these columns; undefined if it has none for the ids of trace and span, the name or the time.
 * A column is known by its name in any spelling (`SpanName`, `span_name`), if its type fits.
 */
export function recogniseSpanTable(
  { database, table }: { readonly database: string; readonly table: string },
  columns: readonly ServerColumn[],
): SpanTable | undefined {
  const found = new Map(
    FIELDS.flatMap((field) => {
      const expression = readColumn('span', COLUMN_NAMES[field], READINGS[field], columns)
      return expression === undefined ? [] : [[field, expression]]
    }),
  )
  if (!NEEDED.every((field) => found.has(field))) return undefined
  const missing = FIELDS.filter((field) => !found.has(field))
  const fields = Object.fromEntries(
    FIELDS.map((field) => [field, found.get(field) ?? CONSTANTS[field] ?? "''"]),
  ) as Record<Field, string>
  if (!found.has('service') && found.has('resource'))
    fields.service = `${fields.resource}['service.name']`
  const family = familyOf(columns)
  if (family === 'own') for (const list of LISTS) evenOut(fields, list, found)
  else
    fields.status = readColumn('span', COLUMN_NAMES.status, knownStatus, columns) ?? fields.status
  return { database, table, family, fields, missing }
}

/** The parts of one list must have the same length, or the query fails; a table that is not ours need not keep to it. */
function evenOut(
  fields: Record<Field, string>,
  [first, ...others]: readonly Field[],
  found: ReadonlyMap<Field, string>,
): void {
  if (first === undefined) return
  const length = `length(${fields[first]})`
  for (const field of others) {
    const empty = /Attributes$/.test(field) ? NO_MAP : "''"
    const value = found.get(field)
    fields[field] =
      value === undefined
        ? `arrayWithConstant(${length}, ${empty})`
        : `arrayResize(${value}, ${length}, ${empty})`
  }
}

/** The columns that tell the two families from other tables. */
const FAMILIES = {
  flat: [
    'trace_id',
    'span_id',
    'parent_span_id',
    'span_name',
    'span_kind',
    'timestamp',
    'duration_ns',
    'service_name',
    'status_code',
    'attributes',
    'resource_attributes',
    'events.timestamp',
    'links.trace_id',
  ],
  otel: [
    'TraceId',
    'SpanId',
    'ParentSpanId',
    'SpanName',
    'SpanKind',
    'Timestamp',
    'Duration',
    'ServiceName',
    'StatusCode',
    'SpanAttributes',
    'ResourceAttributes',
    'Events.Timestamp',
    'Links.TraceId',
  ],
} as const

function familyOf(columns: readonly ServerColumn[]): SpanTable['family'] {
  if (hasColumns(columns, FAMILIES.flat)) return 'flat'
  return hasColumns(columns, FAMILIES.otel) ? 'otel' : 'own'
}
