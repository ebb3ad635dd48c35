import { queryOf } from '../ask/query.js'
import { spansQuery } from '../ask/spans.js'
import { traceQuery } from '../ask/trace.js'
import { tracesQuery } from '../ask/traces.js'
import { oneOf } from '../search/conditions.js'
import { isError, spansOf } from '../table/derived.js'
import { grafanaSql, inRange, orAnyService, RANGE, SERVICE, TRACE } from './chosen.js'
import { type Family, TABLES } from './tables.js'
import { within } from './within.js'

const FIELDS = 'Array(Map(String, String))'
const fieldsOf = (map: string) =>
  `CAST(arrayMap(key -> map('key', toString(key), 'value', ${map}[key]), mapKeys(${map})), '${FIELDS}')`

/** The chosen trace as Grafana's panel for traces wants it: times and durations are milliseconds. */
export function traceFrame(family: Family): string {
  const asked = grafanaSql(traceQuery(TABLES[family].spans, TRACE))
  return `SELECT
  trace_id AS traceID,
  span_id AS spanID,
  parent_span_id AS parentSpanID,
  service AS serviceName,
  name AS operationName,
  start_us / 1000 AS startTime,
  duration_ns / 1e6 AS duration,
  kind,
  multiIf(status = 'error', 2, status = 'ok', 1, 0) AS statusCode,
  status_message AS statusMessage,
  scope_name AS instrumentationLibraryName,
  scope_version AS instrumentationLibraryVersion,
  trace_state AS traceState,
  ${fieldsOf('attributes')} AS tags,
  ${fieldsOf('resource')} AS serviceTags,
  arrayMap(event -> (event.name, toString(toInt64(startTime + (event.offset_ns - offset_ns) / 1e6)), ${fieldsOf('event.attributes')})::Tuple(name String, timestamp String, fields ${FIELDS}), events) AS logs,
  arrayMap(link -> (link.trace_id, link.span_id, ${fieldsOf('link.attributes')})::Tuple(traceID String, spanID String, tags ${FIELDS}), links) AS references
FROM (
  ${within(asked)}
)`
}

/** The spans of the chosen trace as a table. */
export function traceTable(family: Family): string {
  const asked = grafanaSql(traceQuery(TABLES[family].spans, TRACE))
  return `SELECT
  offset_ns AS offset,
  duration_ns AS duration,
  service,
  name AS operation,
  kind,
  status,
  status_message AS message,
  span_id,
  parent_span_id,
  attributes
FROM (
  ${within(asked)}
)`
}

/** Traces with a span of the chosen service, or of any. */
export function tracesTable(family: Family, sort: 'newest' | 'slowest'): string {
  const search = { ...RANGE, services: [SERVICE] }
  const asked = orAnyService(
    grafanaSql(tracesQuery(TABLES[family].spans, search, { sort, limit: 50 })),
  )
  return `SELECT
  trace_id,
  fromUnixTimestamp64Micro(toInt64(start_us)) AS start,
  root_service AS service,
  root_name AS operation,
  duration_ns AS duration,
  spans,
  errors
FROM (
  ${within(asked)}
)`
}

/** The newest spans that are errors, of the chosen service or of any. */
export function errorSpans(family: Family): string {
  const search = { ...RANGE, services: [SERVICE], status: 'error' as const }
  const asked = orAnyService(grafanaSql(spansQuery(TABLES[family].spans, search)))
  return `SELECT
  fromUnixTimestamp64Micro(toInt64(start_us)) AS start,
  service,
  name AS operation,
  kind,
  status_message AS message,
  duration_ns AS duration,
  trace_id
FROM (
  ${within(asked)}
)`
}

/** What went wrong, the most frequent first: by service, operation, and the message of the status or else of the exception. */
export function errorMessages(family: Family): string {
  const { spans } = TABLES[family]
  const { service, name, timestamp, traceId, statusMessage, eventNames, eventAttributes } =
    spans.fields
  const exception = `${eventAttributes}[indexOf(${eventNames}, 'exception')]`
  return orAnyService(
    grafanaSql(
      queryOf(
        'messages',
        `SELECT
  ${service} AS service,
  ${name} AS operation,
  if(${statusMessage} != '', ${statusMessage}, ${exception}['exception.message']) AS message,
  count() AS errors,
  max(${timestamp}) AS last,
  argMax(${traceId}, ${timestamp}) AS trace_id
FROM ${spansOf(spans)}
WHERE ${inRange(timestamp)}
  AND ${isError(spans)}
  AND ${oneOf(service, [SERVICE]).sql}
GROUP BY service, operation, message
ORDER BY errors DESC, last DESC
LIMIT 100`,
        oneOf(service, [SERVICE]).parameters,
      ),
    ),
  )
}
