// The demo's question: does each server hold everything that was made, exactly once?
import { ofThisRun, select } from './clickhouse.mjs'
import { eventually } from './deadline.mjs'
import { SIGNALS } from './shop.mjs'
import { count } from './table.mjs'

// What tells one row from another.
const IDS = {
  traces: 'trace_id, span_id',
  logs: "attributes['log.record.uid']",
  metrics: "resource_attributes['process.pid'], scope_name, metric_name, attributes, timestamp",
}

/** The rows of a signal of this run in one server, or undefined while it is down. */
export async function rowsIn(server, runId, signal) {
  try {
    const sql = `SELECT count() AS rows ${ofThisRun(signal)}`
    const [{ rows }] = await select(server, sql, { run: runId })
    return Number(rows)
  } catch (error) {
    // No database (81) or table (60) yet: the exporter makes them with its first batch.
    return [60, 81].includes(error.code) ? 0 : undefined
  }
}

/** One audit for each server and signal. */
export function auditAll(servers, runId, figures, abort) {
  return Promise.all(
    servers.flatMap((server) =>
      Object.keys(SIGNALS).map((signal) =>
        audit(server, runId, { signal, made: figures[signal].made }, abort),
      ),
    ),
  )
}

async function audit(server, runId, { signal, made }, abort) {
  const { name } = server
  // In a cluster the replica asked may show rows a moment later than the one that took them.
  await eventually(5000, abort, async () => (await rowsIn(server, runId, signal)) >= made)
  try {
    const sql = `SELECT count() AS rows, uniqExact(${IDS[signal]}) AS ids ${ofThisRun(signal)}`
    const [answer] = await select(server, sql, { run: runId })
    const [rows, ids] = [Number(answer.rows), Number(answer.ids)]
    return { name, signal, made, rows, ids, lost: made - ids, duplicated: rows - ids }
  } catch (error) {
    return { name, signal, made, problem: error.cause?.message ?? error.message }
  }
}

/** A sentence for each problem; none if every server holds everything exactly once. */
export function shortcomings(audits, figures) {
  return audits.flatMap(({ name, signal, made, rows, ids, lost, duplicated, problem }) => {
    const { waiting, dropped } = figures[signal].destinations[name]
    const drops = Object.entries(dropped).map(([reason, number]) => `${count(number)} ${reason}`)
    const [one, many] = [SIGNALS[signal], `${SIGNALS[signal]}s`]
    return [
      problem && `${name} could not be asked about ${many}: ${problem}`,
      made === 0 && `${name}: no ${one} was made.`,
      lost > 0 && `${name} lacks ${count(lost)} of ${count(made)} ${many}.`,
      lost < 0 && `${name} holds ${count(ids)} ${many}, but only ${count(made)} were made.`,
      duplicated > 0 && `${name} holds ${count(rows)} rows for ${count(ids)} ${many}.`,
      waiting > 0 && `${name}: ${count(waiting)} rows of ${many} still wait in the exporters.`,
      drops.length > 0 &&
        `${name}: rows of ${many} were dropped by the exporters (${drops.join(', ')}).`,
    ].filter(Boolean)
  })
}
