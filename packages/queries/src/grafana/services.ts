import { edgesQuery } from '../ask/edges.js'
import { type OperationsOptions, operationsQuery } from '../ask/operations.js'
import { servicesQuery } from '../ask/services.js'
import { grafanaSql, orAnyService, RANGE, SERVICE } from './chosen.js'
import { type Family, TABLES } from './tables.js'
import { within } from './within.js'

const FIGURES = `  rate,
  if(count = 0, 0, errors / count) AS errors,
  p50_ns AS p50,
  p95_ns AS p95,
  p99_ns AS p99`

/** A row for each service. */
export function servicesTable(family: Family): string {
  const asked = grafanaSql(servicesQuery(TABLES[family].spans, RANGE))
  return `SELECT
  service,
  requests,
${FIGURES.replaceAll('count', 'requests')},
  spans,
  fromUnixTimestamp64Micro(toInt64(last_us)) AS last
FROM (
  ${within(asked)}
)
ORDER BY requests DESC, service`
}

/** A row for each operation of the chosen service, or of all. */
export function operationsTable(family: Family, { sort, limit }: OperationsOptions): string {
  const search = { ...RANGE, services: [SERVICE] }
  const asked = orAnyService(
    grafanaSql(operationsQuery(TABLES[family].spans, search, { sort, limit })),
  )
  return `SELECT
  service,
  name AS operation,
  kind,
  count,
${FIGURES},
  max_ns AS max,
  total_ns AS total
FROM (
  ${within(asked)}
)`
}

/** Whom the chosen service calls, and who calls it. */
export function callsTable(family: Family): string {
  const asked = grafanaSql(edgesQuery(TABLES[family].spans, { ...RANGE, services: [SERVICE] }))
  return `SELECT
  caller,
  callee AS called,
  callee_kind AS kind,
  calls,
  errors / calls AS errors,
  p50_ns AS p50,
  p95_ns AS p95
FROM (
  ${within(asked)}
)`
}
