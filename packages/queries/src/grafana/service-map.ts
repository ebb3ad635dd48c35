import { edgesQuery } from '../ask/edges.js'
import { servicesQuery } from '../ask/services.js'
import { grafanaSql, RANGE, RANGE_SECONDS } from './chosen.js'
import { type Family, TABLES } from './tables.js'
import { within } from './within.js'

// The two frames of Grafana's node graph. A service and a database may have the same name: ids say what they are.

const STATS = `concat(toString(round(rate, 2)), ' req/s') AS mainstat,
  concat(toString(round(p95_ns / 1e6, 2)), ' ms') AS secondarystat`

/** Services, and whatever they call that sends no spans. */
export function mapNodes(family: Family): string {
  const { spans } = TABLES[family]
  return `SELECT
  concat(kind, ':', name) AS id,
  name AS title,
  kind AS subtitle,
  ${STATS},
  1 - arc__errors AS arc__ok,
  if(calls = 0, 0, errors / calls) AS arc__errors
FROM (
  SELECT
    kind,
    name,
    sum(called) AS calls,
    sum(failed) AS errors,
    calls / ${RANGE_SECONDS} AS rate,
    max(p95) AS p95_ns
  FROM (
    SELECT 'service' AS kind, service AS name, requests AS called, errors AS failed, p95_ns AS p95
    FROM (
      ${within(within(within(grafanaSql(servicesQuery(spans, RANGE)))))}
    )
    UNION ALL
    SELECT node.1, node.2, node.3, node.4, node.5
    FROM (
      ${within(within(within(grafanaSql(edgesQuery(spans, RANGE)))))}
    )
    ARRAY JOIN [
      ('service', caller, 0., 0., 0.),
      (callee_kind, callee, if(callee_kind = 'service', 0., calls), if(callee_kind = 'service', 0., errors), if(callee_kind = 'service', 0., p95_ns))
    ] AS node
  )
  GROUP BY kind, name
)
ORDER BY calls DESC, id`
}

/** Calls from one to another. */
export function mapEdges(family: Family): string {
  return `SELECT
  concat(source, ' > ', target) AS id,
  concat('service:', caller) AS source,
  concat(callee_kind, ':', callee) AS target,
  ${STATS},
  if(errors = 0, '', 'red') AS color,
  errors / calls AS detail__errors
FROM (
  SELECT *, calls / ${RANGE_SECONDS} AS rate
  FROM (
    ${within(within(grafanaSql(edgesQuery(TABLES[family].spans, RANGE))))}
  )
)
ORDER BY calls DESC, id`
}
