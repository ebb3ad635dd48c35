// From a fleet of processes to the work of one server: how many INSERTs a second, of how many rows, and what they cost.
import { simulatePartition } from './merges.mjs'

/**
 * What the server collects by itself with `asyncInsert` goes into a part at most so often while INSERTs never cease: once in 200 ms, its
 * async_insert_busy_timeout_max_ms. Not measured: the local server collects nothing (test/delivery/written-rows.test.ts).
 */
const ASYNC_PARTS_PER_SECOND = 1000 / 200
/** Half of the cores are left for queries and for the peaks of a day. */
const USABLE = 0.5

/**
 * The load of each shard. `batch` as the exporter's option: a batch is sealed at rows or at age, whichever comes first. `costs` are in
 * seconds of CPU: `perInsert`, `perRow`, `perAsyncInsert`, `perAsyncRow`, `perMerge`, `perMergedRow`.
 */
export function loadOf({ processes, rowsPerSecond, batch, shards, cores, asyncInsert }, costs) {
  const rowsPerInsert = Math.max(
    1,
    Math.min(batch.maxRows, rowsPerSecond * (batch.maxDelayMs / 1000)),
  )
  const insertsPerSecond = (processes * rowsPerSecond) / rowsPerInsert / shards
  const rows = insertsPerSecond * rowsPerInsert
  const partsPerSecond = asyncInsert
    ? Math.min(insertsPerSecond, ASYNC_PARTS_PER_SECOND)
    : insertsPerSecond
  const [perInsert, perRow] = asyncInsert
    ? [costs.perAsyncInsert, costs.perAsyncRow]
    : [costs.perInsert, costs.perRow]
  const inserting = insertsPerSecond * perInsert + rows * perRow
  const load = { rowsPerInsert, insertsPerSecond, partsPerSecond, rows }
  if (inserting >= cores * USABLE) return { ...load, coresUsed: inserting }
  const partition = simulatePartition({
    insertsPerSecond: partsPerSecond,
    rowsPerInsert: rows / partsPerSecond,
    cores: cores * USABLE - inserting,
    perMerge: costs.perMerge,
    perRow: costs.perMergedRow,
  })
  const merging = rows * partition.amplification * costs.perMergedRow
  return { ...load, coresUsed: inserting + merging, ...partition }
}

/** Why a shard cannot take such a load; undefined if it can. */
export function limitOf({ coresUsed, delayedAfter }, { cores }) {
  if (coresUsed >= cores * USABLE) return 'CPU'
  return delayedAfter === undefined ? undefined : 'parts'
}

const STEP_UP = 1.15
const MOST_SHARDS = 2000

/** The fewest shards that take the load, to within 15 %, and the load of each; undefined if there would be more than 2,000. */
export function shardsFor(fleet, costs) {
  for (let shards = 1; shards <= MOST_SHARDS; shards = Math.ceil(shards * STEP_UP + 0.001)) {
    const load = loadOf({ ...fleet, shards }, costs)
    if (limitOf(load, fleet) === undefined) return { shards, ...load }
  }
  return undefined
}
