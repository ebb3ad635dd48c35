import { queryOf } from '../ask/query.js'
import { oneOf } from '../search/conditions.js'
import { isError, isRequest, spansOf } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { grafanaSql, inRange, orAnyService, RANGE_SECONDS, SERVICE } from './chosen.js'
import { type Family, TABLES } from './tables.js'

// Requests are what they are on the page: spans of the kinds server and consumer, and roots. A row that is stored twice counts twice.

/** More lines than this cannot be told apart: the busiest are shown. */
const MAX_LINES = 20

const MEASURES = {
  rate: (_: SpanTable) => 'count() / $__interval_s',
  errors: (table: SpanTable) => `countIf(${isError(table)}) / count()`,
  p95: ({ fields }: SpanTable) => `quantile(0.95)(${fields.durationNs})`,
} as const

/** A line for each service, or for each operation of the chosen service. */
export function requestsOverTime(
  family: Family,
  measure: keyof typeof MEASURES,
  by: 'service' | 'operation',
): string {
  const { spans } = TABLES[family]
  const line = by === 'service' ? spans.fields.service : spans.fields.name
  const condition = `${inRange(spans.fields.timestamp)}
  AND ${isRequest(spans)}${by === 'operation' ? `\n  AND ${ofService(spans)}` : ''}`
  return grafanaSql(
    queryOf(
      'requests',
      `SELECT
  $__timeInterval(${spans.fields.timestamp}) AS time,
  ${line} AS ${by},
  ${MEASURES[measure](spans)} AS value
FROM ${spansOf(spans)}
WHERE ${condition}
  AND ${line} IN (
    SELECT ${line}
    FROM ${spansOf(spans)}
    WHERE ${condition.replaceAll('\n', '\n    ')}
    GROUP BY ${line}
    ORDER BY count() DESC
    LIMIT ${MAX_LINES}
  )
GROUP BY time, ${by}
ORDER BY time, ${by}`,
      OF_SERVICE,
    ),
  )
}

/** Half of the requests of the chosen service, 95 % and 99 % of them took at most this long. */
export function serviceDurations(family: Family): string {
  const { spans } = TABLES[family]
  const { durationNs, timestamp } = spans.fields
  return grafanaSql(
    queryOf(
      'durations',
      `SELECT
  $__timeInterval(${timestamp}) AS time,
  quantile(0.5)(${durationNs}) AS p50,
  quantile(0.95)(${durationNs}) AS p95,
  quantile(0.99)(${durationNs}) AS p99
FROM ${spansOf(spans)}
WHERE ${inRange(timestamp)}
  AND ${isRequest(spans)}
  AND ${ofService(spans)}
GROUP BY time
ORDER BY time`,
      OF_SERVICE,
    ),
  )
}

/** One row for the range, of all services or of the chosen one. */
export function requestTotals(family: Family, of: 'all' | 'service'): string {
  const { spans } = TABLES[family]
  const { durationNs, timestamp, service } = spans.fields
  return grafanaSql(
    queryOf(
      'totals',
      `SELECT
  count() / ${RANGE_SECONDS} AS rate,
  if(count() = 0, 0, ${MEASURES.errors(spans)}) AS errors,
  ifNotFinite(quantile(0.95)(${durationNs}), 0) AS p95${of === 'all' ? `,\n  uniqExact(${service}) AS services` : ''}
FROM ${spansOf(spans)}
WHERE ${inRange(timestamp)}
  AND ${isRequest(spans)}${of === 'service' ? `\n  AND ${ofService(spans)}` : ''}`,
      OF_SERVICE,
    ),
  )
}

/** Spans that are errors, a second, of all services or of the chosen one. */
export function errorsOverTime(family: Family): string {
  const { spans } = TABLES[family]
  const { timestamp, service } = spans.fields
  return orAnyService(
    grafanaSql(
      queryOf(
        'errors',
        `SELECT
  $__timeInterval(${timestamp}) AS time,
  ${service} AS service,
  count() / $__interval_s AS value
FROM ${spansOf(spans)}
WHERE ${inRange(timestamp)}
  AND ${isError(spans)}
  AND ${ofService(spans)}
GROUP BY time, service
ORDER BY time, service`,
        OF_SERVICE,
      ),
    ),
  )
}

/** The services of the range, the busiest first, for the variable `service`. */
export function servicesOfRange(family: Family): string {
  const { spans } = TABLES[family]
  return grafanaSql(
    queryOf(
      'services',
      `SELECT ${spans.fields.service} AS service
FROM ${spansOf(spans)}
WHERE ${inRange(spans.fields.timestamp)}
GROUP BY service
ORDER BY count() DESC, service
LIMIT 1000`,
    ),
  )
}

const OF_SERVICE = { service_0: SERVICE }
const ofService = ({ fields }: SpanTable): string => oneOf(fields.service, [SERVICE]).sql
