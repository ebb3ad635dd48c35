import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { inTimeRange } from '../search/time-range.js'
import { isError, spansOf } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { peerOf } from './peers.js'
import { type Query, queryOf } from './query.js'
import type { EdgeRow } from './rows.js'

/** A parent may have begun so long before the range, and a child so long after it. */
const MARGIN_US = 3_600_000_000
export const MAX_EDGES = 2000

/**
 * Who calls whom. A call between services is a span whose parent, in the same trace, belongs to another service. A span of the kind client or
 * producer without such a child is a call to the database, the messaging system or the address that its attributes name.
 *
 * The search's conditions are those of the called span (of the client's span, if there is no other), but `services` may be on either
 * side. A row that is stored twice counts twice.
 */
export function edgesQuery(table: SpanTable, search: Search): Query<EdgeRow> {
  const { fields } = table
  const { services = [], ...others } = search
  const condition = conditions(table, others)
  const { fromUs, toUs } = search
  const parents = inTimeRange(
    table,
    { fromUs: fromUs === undefined ? undefined : fromUs - MARGIN_US, toUs },
    'parent_',
  )
  // A child that is not searched for still shows that its parent's call went to a service.
  const children = inTimeRange(
    table,
    { fromUs, toUs: toUs === undefined ? undefined : toUs + MARGIN_US },
    'child_',
  )
  const peer = peerOf(table)
  // A number of eight bytes for both ids: the server keeps one for every span in memory.
  const key = (spanId: string) => `cityHash64(${fields.traceId}, ${spanId})`
  const names = services.map((_, index) => `{side_${index}:String}`).join(', ')
  const sides = services.length === 0 ? '1' : `(caller IN (${names}) OR call.1 IN (${names}))`
  const sql = `
SELECT
  caller,
  call.1 AS callee,
  call.2 AS callee_kind,
  toFloat64(count()) AS calls,
  toFloat64(countIf(call.4)) AS errors,
  quantile(0.5)(call.3) AS p50_ns,
  quantile(0.95)(call.3) AS p95_ns
FROM (
  SELECT
    caller,
    groupArrayIf((callee, callee_kind, duration_ns, is_error, is_searched), callee_kind = 'service') AS to_services,
    groupArrayIf((callee, callee_kind, duration_ns, is_error, is_searched), callee_kind != 'service') AS to_peers
  FROM (
    SELECT
      key,
      parent.service AS caller,
      child.service AS callee,
      'service' AS callee_kind,
      duration_ns,
      is_error,
      is_searched
    FROM (
      SELECT
        ${key(fields.parentSpanId)} AS key,
        ${fields.service} AS service,
        ${fields.durationNs} AS duration_ns,
        ${isError(table)} AS is_error,
        toUInt8(${condition.sql}) AS is_searched
      FROM ${spansOf(table)}
      WHERE ${children.sql}
        AND ${fields.parentSpanId} != ''
    ) AS child
    GLOBAL ANY LEFT JOIN (
      SELECT ${key(fields.spanId)} AS key, ${fields.service} AS service, 1 AS is_there
      FROM ${spansOf(table)}
      WHERE ${parents.sql}
    ) AS parent USING (key)
    WHERE is_there = 1 AND parent.service != child.service
    UNION ALL
    SELECT
      ${key(fields.spanId)} AS key,
      ${fields.service} AS caller,
      ${peer.name} AS callee,
      ${peer.kind} AS callee_kind,
      ${fields.durationNs} AS duration_ns,
      ${isError(table)} AS is_error,
      toUInt8(1) AS is_searched
    FROM ${spansOf(table)}
    WHERE ${condition.sql}
      AND ${fields.kind} IN ('client', 'producer')
      AND ${peer.name} != ''
  )
  GROUP BY key, caller
)
ARRAY JOIN if(empty(to_services), to_peers, to_services) AS call
WHERE call.5 AND ${sides}
GROUP BY caller, callee, callee_kind
ORDER BY calls DESC, caller, callee, callee_kind
LIMIT ${MAX_EDGES}`
  const sideParameters = Object.fromEntries(services.map((name, index) => [`side_${index}`, name]))
  return queryOf(
    'edges',
    sql,
    condition.parameters,
    parents.parameters,
    children.parameters,
    sideParameters,
  )
}
