import { conditions } from '../search/conditions.js'
import type { Search } from '../search/search.js'
import { all } from '../search/sql.js'
import { inTimeRange } from '../search/time-range.js'
import { hasParent, isError, spansOf } from '../table/derived.js'
import type { SpanTable } from '../table/span-table.js'
import { indented } from './layout.js'
import { PEER_KIND, PEER_NAME, peerColumns } from './peers.js'
import { type Query, queryOf } from './query.js'
import type { EdgeRow } from './rows.js'

/** How long before the range a parent may have begun, and how long after it a child. */
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
  const { services = [], ...others } = search
  const { fromUs, toUs } = search
  const searched = conditions(table, others)
  // A child that is not searched for still shows that its parent's call went to a service.
  const children = all([
    inTimeRange(table, { fromUs, toUs: toUs && toUs + MARGIN_US }, 'child_'),
    { sql: hasParent(table), parameters: {} },
  ])
  const parents = inTimeRange(table, { fromUs: fromUs && fromUs - MARGIN_US, toUs }, 'parent_')
  const clients = all([
    searched,
    { sql: `${table.fields.kind} IN ('client', 'producer')`, parameters: {} },
  ])
  const sides = eitherSide(services)
  const sql = `
SELECT
  caller,
  call.callee AS callee,
  call.callee_kind AS callee_kind,
  toFloat64(count()) AS calls,
  toFloat64(countIf(call.is_error)) AS errors,
  quantile(0.5)(call.duration_ns) AS p50_ns,
  quantile(0.95)(call.duration_ns) AS p95_ns
FROM (
  SELECT
    caller,
    groupArrayIf(call, call.callee_kind = 'service') AS to_services,
    groupArrayIf(call, call.callee_kind != 'service') AS to_peers
  FROM (
    SELECT key, parent.service AS caller, ${callOf('child.service', "'service'", 'is_searched')} AS call
    FROM (
      ${indented(childrenOf(table, children.sql, indented(searched, 2)), 6)}
    ) AS child
    GLOBAL ANY LEFT JOIN (
      SELECT ${keyOf(table, 'spanId')} AS key, ${table.fields.service} AS service, 1 AS is_there
      FROM ${spansOf(table)}
      WHERE ${indented(parents, 6)}
    ) AS parent USING (key)
    WHERE is_there = 1 AND parent.service != child.service
    UNION ALL
    SELECT key, service AS caller, ${callOf(PEER_NAME, PEER_KIND, 'true')} AS call
    FROM (
      ${indented(clientsOf(table, clients.sql), 6)}
    )
    WHERE call.callee != ''
  )
  GROUP BY key, caller
)
ARRAY JOIN if(empty(to_services), to_peers, to_services) AS call
WHERE ${sides.sql}
GROUP BY caller, callee, callee_kind
ORDER BY calls DESC, caller, callee, callee_kind
LIMIT ${MAX_EDGES}`
  const used = [searched, parents, children, sides]
  return queryOf('edges', sql, ...used.map(({ parameters }) => parameters))
}

const CALL =
  'Tuple(callee String, callee_kind String, duration_ns UInt64, is_error Bool, is_searched Bool)'

const callOf = (callee: string, kind: string, isSearched: string) =>
  `CAST((${callee}, ${kind}, duration_ns, is_error, ${isSearched}), '${CALL}')`

// A number of eight bytes for both ids: the server keeps one for every span in memory.
const keyOf = ({ fields }: SpanTable, id: 'spanId' | 'parentSpanId') =>
  `cityHash64(${fields.traceId}, ${fields[id]})`

function childrenOf(table: SpanTable, condition: string, searched: string) {
  const sql = `SELECT
  ${keyOf(table, 'parentSpanId')} AS key,
  ${table.fields.service} AS service,
  ${table.fields.durationNs} AS duration_ns,
  ${isError(table)} AS is_error,
  (${searched}) AS is_searched
FROM ${spansOf(table)}
WHERE ${condition}`
  return { sql, parameters: {} }
}

function clientsOf(table: SpanTable, condition: string) {
  const sql = `SELECT
  ${keyOf(table, 'spanId')} AS key,
  ${table.fields.service} AS service,
  ${table.fields.durationNs} AS duration_ns,
  ${isError(table)} AS is_error,
  ${peerColumns(table).join(',\n  ')}
FROM ${spansOf(table)}
WHERE ${condition}`
  return { sql, parameters: {} }
}

function eitherSide(services: readonly string[]) {
  const names = services.map((_, index) => `{side_${index}:String}`).join(', ')
  return all([
    { sql: 'call.is_searched', parameters: {} },
    services.length === 0
      ? undefined
      : {
          sql: `(caller IN (${names}) OR call.callee IN (${names}))`,
          parameters: Object.fromEntries(services.map((name, i) => [`side_${i}`, name])),
        },
  ])
}
