import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { all } from '../search/sql.js'
import { inTimeRange } from '../search/time-range.js'
import { spansOf, startUs } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { briefColumns } from './brief.js'
import { type Query, queryOf } from './query.js'
import type { SpanBrief } from './rows.js'

/** Spans, newest first. A row that is stored twice comes twice. */
export function spansQuery(
  table: SpanTable,
  search: Search,
  { limit = 100 }: { readonly limit?: number | undefined } = {},
): Query<SpanBrief> {
  const { timestamp, traceId, spanId } = table.fields
  const { sql: condition, parameters } = conditions(table, search)
  const sql = `
SELECT
  ${briefColumns(table).join(',\n  ')}
FROM ${spansOf(table)}
WHERE ${condition}
ORDER BY ${timestamp} DESC, ${traceId}, ${spanId}
LIMIT {limit:UInt64}`
  return queryOf('spans', sql, parameters, { limit })
}

export interface NewSpansOptions {
  /** The newest end of a span that was seen. */
  readonly sinceEndUs: number
  /** How long after its end a span may arrive. Default 10,000. */
  readonly latenessMs?: number | undefined
  readonly search?: Search | undefined
  /** Default 1000: the newest ones. */
  readonly limit?: number | undefined
}

/** A span that took longer is not seen: its start is too long ago. */
const LONGEST_US = 3_600_000_000

/**
 * Spans that ended since, the newest end first, for whoever asks again and again. Those of the last `latenessMs` come every time, because
 * spans do not arrive in the order of their ends: the caller leaves out the ids that it has had.
 */
export function newSpansQuery(
  table: SpanTable,
  { sinceEndUs, latenessMs = 10_000, search = {}, limit = 1000 }: NewSpansOptions,
): Query<SpanBrief> {
  const { durationNs, traceId, spanId } = table.fields
  const endUs = `${startUs(table)} + intDiv(${durationNs}, 1000)`
  const since = Math.floor(sinceEndUs - latenessMs * 1000)
  const condition = all([
    inTimeRange(table, { fromUs: since - LONGEST_US }, 'since_'),
    { sql: `${endUs} >= {since_end_us:Int64}`, parameters: { since_end_us: since } },
    conditions(table, search),
  ])
  const sql = `
SELECT
  ${briefColumns(table).join(',\n  ')}
FROM ${spansOf(table)}
WHERE ${condition.sql}
ORDER BY ${endUs} DESC, ${traceId}, ${spanId}
LIMIT {limit:UInt64}`
  return queryOf('new-spans', sql, condition.parameters, { limit })
}
