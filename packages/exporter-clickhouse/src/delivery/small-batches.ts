import { tableOf } from '../clickhouse/insert.js'
import type { BatchLimits } from '../config/config.js'
import type { Entry } from './entry.js'

// About fifty rows. A SimpleSpanProcessor exports one span at a time, and a server takes a few hundred INSERTs a second.
const MAX_SMALL_BYTES = 16 * 1024
// Uniting batches reads and writes their rows again on the main thread: a few milliseconds for this much.
const MAX_UNITED_BYTES = 128 * 1024

/**
 * The batch that is due, and small ones behind it that can go with it in one INSERT. Batches that were attempted are not united,
 * because a retry must send the same bytes. Nor are batches of a parcel: it may be exported again. Nor are batches that are on disk or may still be written there: the next process would
 * send each of them under its own token. Nor are foreign batches: each may have columns of its own.
 */
export function smallOnes(
  first: Entry,
  ready: Iterable<Entry>,
  { maxRows, maxBytes }: BatchLimits,
): readonly Entry[] {
  if (!isSmall(first)) return [first]
  const together = [first]
  let { rows } = first
  let bytes = bytesOf(first)
  for (const entry of ready) {
    if (entry === first || !isSmall(entry)) continue
    if (!isOfSameTable(entry, first)) continue
    rows += entry.rows
    bytes += bytesOf(entry)
    if (rows > maxRows || bytes > Math.min(maxBytes, MAX_UNITED_BYTES)) break
    together.push(entry)
  }
  return together
}

function isSmall(entry: Entry): boolean {
  const isUntouched = !entry.attempted && !entry.divided && !entry.mayBeOnDisk && !entry.course
  if (entry.foreign || !isUntouched) return false
  return entry.batch !== undefined && bytesOf(entry) <= MAX_SMALL_BYTES
}

function isOfSameTable({ insert: one }: Entry, { insert: other }: Entry): boolean {
  return one !== undefined && other !== undefined && tableOf(one) === tableOf(other)
}

function bytesOf({ batch }: Entry): number {
  return batch?.rawBytes ?? 0
}
