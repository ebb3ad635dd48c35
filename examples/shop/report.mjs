// Everything is read back from ClickHouse by SQL, except "spans made" and what the shop's customers experienced.
import { failures, latencies } from './answers.mjs'
import { OF_THIS_RUN, select } from './clickhouse.mjs'
import { count, milliseconds, table } from './table.mjs'
import { paint, say, width, wrap } from './terminal.mjs'
import { waterfall } from './waterfall.mjs'

const SLOWEST = `
  SELECT service_name, span_name, count() AS spans, countIf(status_code = 'ERROR') AS errors,
    quantilesExact(0.95, 0.5)(duration_ms) AS ms
  ${OF_THIS_RUN}
  GROUP BY service_name, span_name ORDER BY ms[1] DESC LIMIT 10`

// The most interesting trace: through all services, from the time of the outage, with errors, long.
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

const inner = width - 2

export async function printReport({ visits, audits, servers, runId, outage }) {
  section('How long the shop took to answer', latencyTable(visits, outage))
  say()
  for (const line of failureLines(visits)) say(`  ${line}`)
  section('Spans', auditTable(audits))
  // The last server is the one that was down, so its rows are the better proof.
  const server = servers.findLast((_, i) => audits[i].rows > 0)
  if (!server) return
  section(
    `Slowest operations, by p95 (read from ${server.name})`,
    await slowestOperations(server, runId),
  )
  const trace = await pickTrace(server, runId, outage)
  const when = trace.isFromOutage ? `, made while ${outage.name} was down` : ''
  section(`One trace, read from ${server.name}${when}`, [
    `trace_id ${trace.id}`,
    '',
    ...waterfall(trace.spans, inner),
  ])
}

function latencyTable(visits, outage) {
  const parts = latencies(visits, outage)
  return table(
    [outage?.name ?? 'ClickHouse', 'requests', 'median', 'p95'],
    parts.map(({ state, requests, median, p95 }) => [
      state,
      requests,
      ...[median, p95].map((ms) => (ms === undefined ? '–' : milliseconds(ms))),
    ]),
    inner,
  )
}

/** The answers that were errors. Most are simulated, and the reader must not blame the exporter for them. */
function failureLines(visits) {
  const listed = (all) => all.map(([what, times]) => `${count(times)} × ${what}`).join(', ')
  const [simulated, others] = [failures(visits, true), failures(visits, false)]
  return [
    ...wrap(
      `Errors that the shop simulates, whatever happens to its spans: ${listed(simulated) || 'none'}.`,
      inner,
    ),
    ...wrap(`Other errors: ${listed(others) || 'none'}.`, inner),
  ]
}

function section(heading, lines) {
  say()
  for (const line of wrap(heading, width)) say(paint('bold', line))
  say()
  for (const line of lines) say(`  ${line}`.trimEnd())
}

function auditTable(audits) {
  return table(
    ['server', 'spans made', 'rows', 'distinct', 'lost', 'duplicated'],
    audits.map(({ name, made, rows = '–', ids = '–', lost = '–', duplicated = '–' }) => [
      name,
      made,
      rows,
      ids,
      lost,
      duplicated,
    ]),
    inner,
  )
}

async function slowestOperations(server, runId) {
  const operations = await select(server, SLOWEST, { run: runId })
  return table(
    ['service', 'operation', 'p95', 'median', 'count', 'errors'],
    operations.map(({ service_name, span_name, spans, errors, ms }) => [
      service_name,
      span_name,
      ...ms.map(milliseconds),
      Number(spans),
      Number(errors),
    ]),
    inner,
  )
}

async function pickTrace(server, runId, { from, to } = { from: 0, to: 0 }) {
  const [{ trace_id: id, since }] = await select(server, INTERESTING, { run: runId, from, to })
  const spans = await select(server, SPANS, { run: runId, trace: id })
  return { id, spans, isFromOutage: from <= Number(since) && Number(since) <= to }
}
