// The demo's question: does each server hold every span made, exactly once?
import { OF_THIS_RUN, select } from './clickhouse.mjs'
import { eventually } from './deadline.mjs'
import { count } from './table.mjs'

/** The spans of this run in one server, or undefined while it is down. */
export async function rowsIn(server, runId) {
  try {
    const [{ rows }] = await select(server, `SELECT count() AS rows ${OF_THIS_RUN}`, { run: runId })
    return Number(rows)
  } catch (error) {
    // No database (81) or table (60) yet: the exporter makes them with its first batch.
    return [60, 81].includes(error.code) ? 0 : undefined
  }
}

export async function audit(server, runId, made, signal) {
  const { name } = server
  // In a cluster the replica asked may show rows a moment later than the one that took them.
  await eventually(5000, signal, async () => (await rowsIn(server, runId)) >= made)
  try {
    const sql = `SELECT count() AS rows, uniqExact(trace_id, span_id) AS ids ${OF_THIS_RUN}`
    const [answer] = await select(server, sql, { run: runId })
    const [rows, ids] = [Number(answer.rows), Number(answer.ids)]
    return { name, made, rows, ids, lost: made - ids, duplicated: rows - ids }
  } catch (error) {
    return { name, made, problem: error.cause?.message ?? error.message }
  }
}

/** A sentence for each problem; none if every server holds every span exactly once. */
export function shortcomings(audits, destinations) {
  return audits.flatMap(({ name, made, rows, ids, lost, duplicated, problem }) => {
    const { waiting, dropped } = destinations[name]
    const drops = Object.entries(dropped).map(([reason, spans]) => `${count(spans)} ${reason}`)
    return [
      problem && `${name} could not be asked: ${problem}`,
      made === 0 && `${name}: no span was made.`,
      lost > 0 && `${name} lacks ${count(lost)} of ${count(made)} spans.`,
      lost < 0 && `${name} holds ${count(ids)} spans, but only ${count(made)} were made.`,
      duplicated > 0 && `${name} holds ${count(rows)} rows for ${count(ids)} spans.`,
      waiting > 0 && `${name}: ${count(waiting)} rows still wait in the exporters.`,
      drops.length > 0 && `${name}: rows were dropped by the exporters (${drops.join(', ')}).`,
    ].filter(Boolean)
  })
}
