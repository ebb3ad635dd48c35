// All of it is read back from ClickHouse by SQL, but "spans made".
import { OF_THIS_RUN, select } from './clickhouse.mjs'
import { milliseconds, table } from './table.mjs'
import { paint, say, width } from './terminal.mjs'
import { waterfall } from './waterfall.mjs'

const SLOWEST = `
  SELECT service_name, span_name, count() AS spans, countIf(status_code = 'ERROR') AS errors,
    quantilesExact(0.5, 0.95, 0.99)(duration_ms) AS ms
  ${OF_THIS_RUN}
  GROUP BY service_name, span_name ORDER BY ms[2] DESC LIMIT 10`

// The trace most worth a look: through all services, from the time of the outage, with errors, long.
const INTERESTING = `
  SELECT trace_id, count() AS spans, uniqExact(service_name) AS services,
    toUnixTimestamp64Milli(min(timestamp)) AS since
  ${OF_THIS_RUN}
  GROUP BY trace_id HAVING countIf(parent_span_id = '') = 1
  ORDER BY services DESC, since BETWEEN {from:Int64} AND {to:Int64} DESC,
    countIf(status_code = 'ERROR') > 0 DESC, spans DESC LIMIT 1`

const SPANS = `
  SELECT span_id, parent_span_id, service_name, span_name, status_code, status_message, duration_ms,
    (timestamp_ns - min(timestamp_ns) OVER ()) / 1e6 AS start_ms
  ${OF_THIS_RUN} AND trace_id = {trace:String} ORDER BY timestamp_ns`

export async function printReport({ audits, servers, runId, outage }) {
  section('Spans', auditTable(audits))
  // The last server is the one that was down, so what it tells is the better proof.
  const server = servers.findLast((_, i) => audits[i].rows > 0)
  if (!server) return
  section(
    `Slowest operations, by p95 (read from ${server.name})`,
    await slowestOperations(server, runId),
  )
  const trace = await pickTrace(server, runId, outage)
  const when = trace.isFromOutage ? `, made while ${outage.name} was down` : ''
  section(
    `One trace (read from ${server.name}${when}): ${trace.id}`,
    waterfall(trace.spans, width - 2),
  )
}

function section(heading, lines) {
  say(`\n${paint('bold', heading)}\n`)
  for (const line of lines) say(`  ${line}`.trimEnd())
}

function auditTable(audits) {
  return table(
    ['server', 'spans made', 'rows', 'distinct span ids', 'lost', 'duplicated'],
    audits.map(({ name, made, rows = '–', ids = '–', lost = '–', duplicated = '–' }) => [
      name,
      made,
      rows,
      ids,
      lost,
      duplicated,
    ]),
  )
}

async function slowestOperations(server, runId) {
  const operations = await select(server, SLOWEST, { run: runId })
  return table(
    ['service', 'operation', 'count', 'errors', 'p50', 'p95', 'p99'],
    operations.map(({ service_name, span_name, spans, errors, ms }) => [
      service_name,
      span_name,
      Number(spans),
      Number(errors),
      ...ms.map(milliseconds),
    ]),
  )
}

async function pickTrace(server, runId, { from, to } = { from: 0, to: 0 }) {
  const [{ trace_id: id, since }] = await select(server, INTERESTING, { run: runId, from, to })
  const spans = await select(server, SPANS, { run: runId, trace: id })
  return { id, spans, isFromOutage: from <= Number(since) && Number(since) <= to }
}
