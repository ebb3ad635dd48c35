import { spansOf } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { type Query, queryOf } from './query.js'
import type { ExtentRow } from './rows.js'

/** How many rows a table has, and from when. The server knows it without reading the rows. An empty table has times of 0. */
export function extentQuery(table: SpanTable): Query<ExtentRow> {
  const { timestamp } = table.fields
  const sql = `
SELECT
  toFloat64(count()) AS spans,
  toFloat64(if(count() = 0, 0, toUnixTimestamp64Micro(min(${timestamp})))) AS first_us,
  toFloat64(if(count() = 0, 0, toUnixTimestamp64Micro(max(${timestamp})))) AS last_us
FROM ${spansOf(table)}`
  return queryOf('extent', sql)
}
