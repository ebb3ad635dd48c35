import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { isError, spansOf, startUs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { rangeSeconds } from './figures.js'
import { indented } from './layout.js'
import { type Query, queryOf } from './query.js'
import type { OperationRow } from './rows.js'

export interface OperationsOptions {
  /** Default 1000. */
  readonly limit?: number | undefined
  /** Largest first. Default: `total`, the time of all spans together. */
  readonly sort?: 'total' | 'count' | 'errors' | 'p50' | 'p95' | 'p99' | 'max' | undefined
}

/** The operations: spans of the same service, name and kind. A row that is stored twice counts twice. */
export function operationsQuery(
  table: SpanTable,
  search: Search,
  { limit = 1000, sort = 'total' }: OperationsOptions = {},
): Query<OperationRow> {
  const { service, name, kind, durationNs } = table.fields
  const condition = conditions(table, search)
  const seconds = rangeSeconds(search)
  const order = sort === 'count' || sort === 'errors' ? sort : `${sort}_ns`
  const sql = `
SELECT
  service,
  name,
  kind,
  toFloat64(spans) AS count,
  toFloat64(failed) AS errors,
  spans / ${seconds.sql} AS rate,
  percentiles[1] AS p50_ns,
  percentiles[2] AS p95_ns,
  percentiles[3] AS p99_ns,
  toFloat64(longest) AS max_ns,
  total_ns
FROM (
  SELECT
    ${service} AS service,
    ${name} AS name,
    ${kind} AS kind,
    count() AS spans,
    countIf(${isError(table)}) AS failed,
    quantiles(0.5, 0.95, 0.99)(${durationNs}) AS percentiles,
    max(${durationNs}) AS longest,
    sum(toFloat64(${durationNs})) AS total_ns,
    min(${startUs(table)}) AS first_us,
    max(${startUs(table)}) AS last_us
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
  GROUP BY ${service}, ${name}, ${kind}
)
ORDER BY ${order} DESC, service, name, kind
LIMIT {limit:UInt64}`
  return queryOf('operations', sql, condition.parameters, seconds.parameters, { limit })
}
