import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { all } from '../search/sql.js'
import { spansOf } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { indented } from './layout.js'
import { type Query, queryOf } from './query.js'
import type { KeyRow, ValueRow } from './rows.js'

// Suggestions for the search box. This many spans show what there is, and the numbers count these spans only.
const SAMPLE = 200_000
const MAX_KEYS = 1000
const MAX_SUGGESTIONS = 200
/** Nobody chooses a longer one from a list. */
const MAX_BYTES = 500

/** The keys of attributes, the most frequent first, among 200,000 of the spans found. */
export function keysQuery(
  table: SpanTable,
  search: Search,
  { limit = MAX_KEYS }: { readonly limit?: number } = {},
): Query<KeyRow> {
  const { attributes, resource } = table.fields
  const condition = conditions(table, search)
  const sql = `
SELECT
  pair.1 AS key,
  pair.2 AS place,
  toFloat64(count()) AS spans
FROM (
  SELECT
    mapKeys(${attributes}) AS span_keys,
    mapKeys(${resource}) AS resource_keys
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
  LIMIT ${SAMPLE}
)
ARRAY JOIN arrayConcat(
  arrayMap(key -> (toString(key), 'span'), arrayDistinct(span_keys)),
  arrayMap(key -> (toString(key), 'resource'), arrayDistinct(resource_keys))) AS pair
WHERE length(pair.1) <= ${MAX_BYTES}
GROUP BY pair.1, pair.2
ORDER BY spans DESC, key, place
LIMIT ${limit}`
  return queryOf('keys', sql, condition.parameters)
}

export interface ValuesOptions {
  readonly key: string
  readonly place: 'span' | 'resource'
  /** In any case. */
  readonly prefix?: string | undefined
  /** Default: 200. */
  readonly limit?: number
}

/** The values of an attribute, the most frequent first, among 200,000 of the spans that have it. */
export function valuesQuery(
  table: SpanTable,
  search: Search,
  { key, place, prefix = '', limit }: ValuesOptions,
): Query<ValueRow> {
  const map = place === 'span' ? table.fields.attributes : table.fields.resource
  const value = `toString(${map}[{values_of:String}])`
  const has = { sql: `mapContains(${map}, {values_of:String})`, parameters: { values_of: key } }
  return suggestions('values', table, search, { value, prefix, has, limit })
}

/** The names of spans, the most frequent first, among 200,000 of the spans found. */
export function operationNamesQuery(
  table: SpanTable,
  search: Search,
  { prefix = '', limit }: Omit<ValuesOptions, 'key' | 'place'> = {},
): Query<ValueRow> {
  return suggestions('operation-names', table, search, {
    value: table.fields.name,
    prefix,
    limit,
  })
}

interface Suggested {
  readonly value: string
  readonly prefix: string
  readonly has?: Parameters<typeof all>[0][number]
  readonly limit: number | undefined
}

function suggestions(
  name: string,
  table: SpanTable,
  search: Search,
  { value, prefix, has, limit = MAX_SUGGESTIONS }: Suggested,
): Query<ValueRow> {
  const begins = {
    sql: `positionCaseInsensitiveUTF8(${value}, {prefix:String}) = 1`,
    parameters: { prefix },
  }
  const short = { sql: `length(${value}) <= ${MAX_BYTES}`, parameters: {} }
  const condition = all([conditions(table, search), has, prefix === '' ? undefined : begins, short])
  const sql = `
SELECT
  value,
  toFloat64(count()) AS spans
FROM (
  SELECT ${value} AS value
  FROM ${spansOf(table)}
  WHERE ${indented(condition, 2)}
  LIMIT ${SAMPLE}
)
GROUP BY value
ORDER BY spans DESC, value
LIMIT ${limit}`
  return queryOf(name, sql, condition.parameters)
}
