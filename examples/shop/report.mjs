// Everything is read back from ClickHouse by SQL, except the numbers of what was made and what the shop's customers experienced.
import {
  levelOf,
  logsOfTraceQuery,
  operationsQuery,
  traceQuery,
  tracesQuery,
} from '@spanhouse/queries'
import { failures, latencies } from './answers.mjs'
import { ask, tablesOf } from './clickhouse.mjs'
import { SIGNALS } from './shop.mjs'
import { count, milliseconds, table } from './table.mjs'
import { paint, say, width, wrap } from './terminal.mjs'
import { waterfall } from './waterfall.mjs'

const DAY_US = 86_400e6

/** The search for the spans of this run. The limit of one day keeps it cheap on a large table. */
function ofThisRun(runId) {
  return {
    fromUs: Date.now() * 1000 - DAY_US,
    attributes: [{ key: 'demo.run_id', op: '=', value: runId }],
  }
}

const inner = width - 2

export async function printReport({ visits, audits, servers, runId, outage }) {
  section('How long the shop took to answer', latencyTable(visits, outage))
  say()
  for (const line of failureLines(visits)) say(`  ${line}`)
  section('What each server holds', auditTable(audits))
  // The last server is the one that was down, so its rows are the better proof.
  const hasSpans = ({ name }) =>
    audits.some((audit) => audit.name === name && audit.signal === 'traces' && audit.rows > 0)
  const server = servers.findLast(hasSpans)
  if (!server) return
  const { spans, logs } = await tablesOf(server)
  section(
    `Slowest operations, by p95 (read from ${server.name})`,
    await slowestOperations(server, spans, runId),
  )
  const trace = await pickTrace(server, spans, runId, outage)
  const when = trace.isFromOutage ? `, made while ${outage.name} was down` : ''
  section(`One trace, read from ${server.name}${when}`, [
    `trace_id ${trace.id}`,
    '',
    ...waterfall(trace.spans, inner),
  ])
  if (logs) section('Its log lines', logLines(await ask(server, logsOfTraceQuery(logs, trace.id))))
}

function logLines(lines) {
  if (lines.length === 0) return ['none']
  return lines.flatMap((line) =>
    wrap(`${levelOf(line)} ${line.service}: ${line.body}`, inner, '· '),
  )
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
    ['server', 'of', 'made', 'rows', 'lost', 'duplicated'],
    audits.map(({ name, signal, made, rows = '–', lost = '–', duplicated = '–' }) => [
      name,
      `${SIGNALS[signal]}s`,
      made,
      rows,
      lost,
      duplicated,
    ]),
    inner,
  )
}

async function slowestOperations(server, spans, runId) {
  const operations = await ask(
    server,
    operationsQuery(spans, ofThisRun(runId), { limit: 10, sort: 'p95' }),
  )
  return table(
    ['service', 'operation', 'p95', 'median', 'count', 'errors'],
    operations.map(({ service, name, p95_ns, p50_ns, count: times, errors }) => [
      service,
      name,
      ...[p95_ns, p50_ns].map((ns) => milliseconds(ns / 1e6)),
      times,
      errors,
    ]),
    inner,
  )
}

/** The most interesting trace: through all services, from the time of the outage, with errors, long. */
async function pickTrace(server, spans, runId, { from, to } = { from: 0, to: 0 }) {
  const traces = await ask(server, tracesQuery(spans, ofThisRun(runId), { limit: 10_000 }))
  const isFromOutage = ({ start_us: us }) => from * 1000 <= us && us <= to * 1000
  const merits = (trace) => [
    trace.services.length,
    Number(isFromOutage(trace)),
    Number(trace.errors > 0),
    trace.spans,
  ]
  const [best] = traces.filter(({ has_root: hasRoot }) => hasRoot).sort(byMost(merits))
  const { trace_id: id, start_us: aroundUs } = best
  const rows = await ask(server, traceQuery(spans, id, { aroundUs }))
  return { id, spans: rows, isFromOutage: isFromOutage(best) }
}

/** Compares by the first of several numbers that differs, the largest first. */
function byMost(numbersOf) {
  return (a, b) => {
    const [ours, theirs] = [numbersOf(a), numbersOf(b)]
    const i = ours.findIndex((number, index) => number !== theirs[index])
    return i < 0 ? 0 : theirs[i] - ours[i]
  }
}
