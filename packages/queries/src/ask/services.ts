import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { isError, isRequest, spansOf, startUs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { rangeSeconds } from './figures.js'
import { indented } from './layout.js'
import { type Query, queryOf } from './query.js'
import type { ServiceRow } from './rows.js'

export const MAX_SERVICES = 1000

/**
 * The services, the busiest first. Requests, their errors and durations are those of spans of the kinds server and consumer, and of roots;
 * `spans` are all. A row that is stored twice counts twice.
 */
export function servicesQuery(table: SpanTable, search: Search): Query<ServiceRow> {
  const condition = conditions(table, search)
  const seconds = rangeSeconds(search)
  const sql = `
SELECT
  service,
  toFloat64(requests) AS requests,
  toFloat64(errors) AS errors,
  toFloat64(spans) AS spans,
  requests / ${seconds.sql} AS rate,
  ifNotFinite(percentiles[1], 0) AS p50_ns,
  ifNotFinite(percentiles[2], 0) AS p95_ns,
  ifNotFinite(percentiles[3], 0) AS p99_ns,
  toFloat64(last_us) AS last_us
FROM (
  SELECT
    ${table.fields.service} AS service,
    countIf(${isRequest(table)}) AS requests,
    countIf(${isRequest(table)} AND ${isError(table)}) AS errors,
    count() AS spans,
    quantilesIf(0.5, 0.95, 0.99)(${table.fields.durationNs}, ${isRequest(table)}) AS percentiles,
    min(${startUs(table)}) AS first_us,
    max(${startUs(table)}) AS last_us
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
  GROUP BY ${table.fields.service}
)
ORDER BY requests DESC, service
LIMIT ${MAX_SERVICES}`
  return queryOf('services', sql, condition.parameters, seconds.parameters)
}
