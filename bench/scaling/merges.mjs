// A model of one partition of a MergeTree table: INSERTs add parts, merges unite them. It is simple: parts have rows and nothing else,
// and a merge takes neighbours of similar size, the more of them the better, as ClickHouse's own choice does.

// From so many parts on ClickHouse makes each INSERT wait (parts_to_delay_insert); at 3,000 it refuses them (parts_to_throw_insert).
const DELAYED_FROM = 1000
const MOST_AT_ONCE = 100 // max_parts_to_merge_at_once
const POOL = 16 // half of the 32 merges that a server runs at once (background_pool_size × concurrency ratio): other tables merge too

// Opening a part costs about as much as merging this many rows: 5 MiB of rows that take 100 bytes each.
const FIXED_ROWS = 50_000
const STEP = 0.1 // seconds
// A merge is worth its work if all parts together are this many times as large as the largest, and fewer times if parts pile up. Every part
// counts as larger than it is, so small ones are merged as soon as there are five, whatever their sizes.
const BASE = 5
const LOWER_BASE = 2
const CROWDED = 300

/**
 * What becomes of a partition. `insertsPerSecond` INSERTs of `rowsPerInsert` rows each; `cores` are left for merges; a merge costs
 * `perMerge` and `perRow` seconds of CPU. Returns the most parts there were, how often each row was merged, and the seconds until the
 * server delays an INSERT (undefined if it never does; the simulation ends there).
 */
export function simulatePartition({
  insertsPerSecond,
  rowsPerInsert,
  cores,
  perMerge,
  perRow,
  seconds = 600,
}) {
  const parts = [] // in the order of the INSERTs: { rows, isMerging }
  let merges = [] // { parts, left: seconds of work }
  let due = 0
  let inserted = 0
  let merged = 0
  let most = 0
  for (let step = 0; step < Math.round(seconds / STEP); step++) {
    for (due += insertsPerSecond * STEP; due >= 1; due--) {
      parts.push({ rows: rowsPerInsert, isMerging: false })
      inserted += rowsPerInsert
    }
    most = Math.max(most, parts.length)
    if (most >= DELAYED_FROM)
      return { most, amplification: merged / inserted, delayedAfter: step * STEP }
    const share = Math.min(1, cores / merges.length) * STEP
    for (const merge of merges) merge.left -= share
    for (const { parts: done, left } of merges) {
      if (left > 0) continue
      const rows = rowsOf(done)
      merged += rows
      parts.splice(parts.indexOf(done[0]), done.length, { rows, isMerging: false })
    }
    merges = merges.filter(({ left }) => left > 0)
    while (merges.length < POOL) {
      const chosen = bestRange(parts)
      if (!chosen) break
      for (const part of chosen) part.isMerging = true
      merges.push({ parts: chosen, left: perMerge + rowsOf(chosen) * perRow })
    }
  }
  return { most, amplification: merged / inserted, delayedAfter: undefined }
}

function rowsOf(parts) {
  return parts.reduce((sum, { rows }) => sum + rows, 0)
}

/** The neighbours whose merge takes away the most parts for its work; undefined if none is worth it. */
function bestRange(parts) {
  const base = parts.length > CROWDED ? LOWER_BASE : BASE
  let best
  let bestCost = Number.POSITIVE_INFINITY
  for (let from = 0; from < parts.length; from++) {
    let rows = 0
    let largest = 0
    for (let to = from; to < parts.length && to - from < MOST_AT_ONCE; to++) {
      const part = parts[to]
      if (part.isMerging) break
      rows += part.rows
      largest = Math.max(largest, part.rows)
      const count = to - from + 1
      const work = rows + FIXED_ROWS * count
      if (count < 2 || work < base * (largest + FIXED_ROWS)) continue
      const cost = work / (count - 1.9)
      if (cost < bestCost) {
        bestCost = cost
        best = [from, to + 1]
      }
    }
  }
  return best && parts.slice(...best)
}
