// What INSERTs and merges cost a real server, in seconds of its CPU: the figures that the model of a fleet stands on.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { referenceSpans } from '../records/reference.mjs'

const TICKS_A_SECOND = 100 // of /proc, on every Linux that Node.js runs on
const SMALL = 10
const LARGE = 2000
const INSERTS = 300 // fewer than the parts that would delay the next INSERT
const TABLE = 'telemetry.traces'

/**
 * Resolves with the costs, in seconds of CPU. Linux only. Takes about two minutes. The local server writes a part for each INSERT with
 * `asyncInsert`, too: that cost is the most that it can be.
 */
export async function measureCosts(progress = () => {}) {
  const server = await startClickHouse()
  try {
    const perInsert = async (rows, asyncInsert) => {
      progress(`INSERTs of ${rows} rows${asyncInsert ? ' as asyncInsert sends them' : ''}`)
      return await costOfInserts(server, rows, asyncInsert)
    }
    const sync = line(await perInsert(SMALL, false), await perInsert(LARGE, false))
    const collected = line(await perInsert(SMALL, true), await perInsert(LARGE, true))
    progress('merges')
    const merges = await costOfMerges(server)
    return {
      perInsert: sync.fixed,
      perRow: sync.perRow,
      perAsyncInsert: collected.fixed,
      perAsyncRow: collected.perRow,
      ...merges,
    }
  } finally {
    await server.stop()
  }
}

/** The parts of a real partition, at most, that gets so many INSERTs a second; for comparison with the model. */
export async function partsAtRate(insertsPerSecond, rowsPerInsert, seconds) {
  const server = await startClickHouse()
  const exporter = exporterFor(server, false)
  try {
    const spans = referenceSpans(rowsPerInsert * 50)
    await exported(exporter, spans.slice(0, rowsPerInsert))
    let most = 0
    let made = 0
    const pending = new Set()
    const startedAt = performance.now()
    for (let now = 0; now < seconds; now = (performance.now() - startedAt) / 1000) {
      for (; made < now * insertsPerSecond; made++) {
        const from = (made % 50) * rowsPerInsert
        const one = exported(exporter, spans.slice(from, from + rowsPerInsert))
        pending.add(one)
        void one.finally(() => pending.delete(one))
      }
      most = Math.max(most, await activeParts(server))
      await sleep(200)
    }
    await Promise.all(pending)
    return {
      most,
      end: await activeParts(server),
      inserts: exporter.stats().destinations.primary.requests,
    }
  } finally {
    await exporter.shutdown()
    await server.stop()
  }
}

async function costOfInserts(server, rows, asyncInsert) {
  const exporter = exporterFor(server, asyncInsert)
  const spans = referenceSpans(rows * 20)
  const insert = (n) => exported(exporter, spans.slice((n % 20) * rows, ((n % 20) + 1) * rows))
  const many = (count) => inTurns(count, 4, insert)
  try {
    await many(40)
    await server.query('SYSTEM STOP MERGES')
    await server.query(`TRUNCATE TABLE ${TABLE}`)
    const before = cpuOf(server.pid)
    await many(INSERTS)
    return { rows, seconds: (cpuOf(server.pid) - before) / INSERTS }
  } finally {
    await exporter.shutdown()
    await server.query('SYSTEM START MERGES')
  }
}

/** Two merges of a hundred parts each, of small parts and of large ones. */
async function costOfMerges(server) {
  const parts = 100
  const exporter = exporterFor(server, false)
  const measured = []
  try {
    for (const rows of [SMALL, LARGE]) {
      await server.query('SYSTEM STOP MERGES')
      await server.query(`TRUNCATE TABLE ${TABLE}`)
      const spans = referenceSpans(rows * 20)
      await inTurns(parts, 4, (n) =>
        exported(exporter, spans.slice((n % 20) * rows, ((n % 20) + 1) * rows)),
      )
      await server.query('SYSTEM START MERGES')
      const before = cpuOf(server.pid)
      await server.query(`OPTIMIZE TABLE ${TABLE} FINAL`)
      measured.push({ rows: rows * parts, seconds: cpuOf(server.pid) - before })
    }
  } finally {
    await exporter.shutdown()
  }
  const { fixed, perRow } = line(...measured)
  return { perMerge: fixed, perMergedRow: perRow }
}

/** The straight line through two measurements. */
function line(small, large) {
  const perRow = Math.max(0, (large.seconds - small.seconds) / (large.rows - small.rows))
  return { perRow, fixed: Math.max(0, small.seconds - perRow * small.rows) }
}

function exporterFor({ url }, asyncInsert) {
  return new ClickHouseSpanExporter({ endpoint: url, asyncInsert })
}

function exported(exporter, spans) {
  return new Promise((resolve, reject) =>
    exporter.export(spans, ({ code, error }) => (code === 0 ? resolve() : reject(error))),
  )
}

async function inTurns(count, atOnce, run) {
  let next = 0
  const worker = async () => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function activeParts(server) {
  return Number(
    await server.query(
      `SELECT count() FROM system.parts WHERE active AND database || '.' || table = '${TABLE}'`,
    ),
  )
}

/** The seconds of CPU that a process has used so far. */
function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
}
