import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { all } from '../search/sql.js'
import { isError, spansOf, startUs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { counted } from './figures.js'
import { indented } from './layout.js'
import { type Query, queryOf } from './query.js'
import type { HeatRow, RateRow } from './rows.js'

export interface Buckets {
  /** Of one step, in microseconds. Steps begin at multiples of it since 1970. */
  readonly bucketUs: number
}

const bucketOf = (table: SpanTable) =>
  `toFloat64(floor(${startUs(table)} / {bucket_us:Int64}) * {bucket_us:Int64})`

const whole = ({ bucketUs }: Buckets) => ({ bucket_us: Math.max(1, Math.round(bucketUs)) })

/** Far more steps than a screen has columns. */
const MAX_STEPS = 20_000

/**
 * Requests, errors and durations over time; steps without any are left out. If the search says more than which services, statuses, durations
 * and times, every span that is found counts as a request. A row that is stored twice counts twice.
 */
export function ratesQuery(table: SpanTable, search: Search, buckets: Buckets): Query<RateRow> {
  const condition = all([conditions(table, search), counted(table, search)])
  const sql = `
SELECT
  bucket_us,
  toFloat64(count()) AS requests,
  toFloat64(countIf(is_error)) AS errors,
  quantile(0.5)(duration_ns) AS p50_ns,
  quantile(0.95)(duration_ns) AS p95_ns,
  quantile(0.99)(duration_ns) AS p99_ns
FROM (
  SELECT
    ${bucketOf(table)} AS bucket_us,
    ${isError(table)} AS is_error,
    ${table.fields.durationNs} AS duration_ns
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
)
GROUP BY bucket_us
ORDER BY bucket_us
LIMIT ${MAX_STEPS}`
  return queryOf('rates', sql, condition.parameters, whole(buckets))
}

/** How many spans of `ratesQuery` took how long, over time. */
export function heatQuery(table: SpanTable, search: Search, buckets: Buckets): Query<HeatRow> {
  const condition = all([conditions(table, search), counted(table, search)])
  const sql = `
SELECT
  bucket_us,
  band,
  toFloat64(count()) AS count,
  toFloat64(countIf(is_error)) AS errors
FROM (
  SELECT
    ${bucketOf(table)} AS bucket_us,
    toInt32(floor(log10(greatest(${table.fields.durationNs}, 1)) * 8)) AS band,
    ${isError(table)} AS is_error
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
)
GROUP BY bucket_us, band
ORDER BY bucket_us, band
LIMIT ${MAX_STEPS * 10}`
  return queryOf('heat', sql, condition.parameters, whole(buckets))
}
