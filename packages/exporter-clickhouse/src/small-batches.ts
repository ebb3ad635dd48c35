import type { BatchLimits } from './config.js'
import { type Entry, mayBeOnDisk } from './entry.js'

// About fifty rows: a SimpleSpanProcessor exports one span at a time, and a server takes a few hundred INSERTs a second.
const MAX_SMALL_BYTES = 16 * 1024
// What is united is read and written again on the main thread: a few milliseconds.
const MAX_UNITED_BYTES = 128 * 1024

/**
 * A batch that is due, and other small ones behind it that can go with it in one INSERT. Only what was never attempted may be
 * united: whatever was sent once must be sent again as it was. What is on disk, or may come there
 * yet, stays as it is there: the next process would send it under another token.
 */
export function smallOnes(
  first: Entry,
  queue: Iterable<Entry>,
  { maxRows, maxBytes }: BatchLimits,
): readonly Entry[] {
  if (!isSmall(first)) return [first]
  const together = [first]
  let { rows } = first
  let bytes = bytesOf(first)
  for (const entry of queue) {
    if (entry === first || entry.state !== 'ready' || !isSmall(entry)) continue
    rows += entry.rows
    bytes += bytesOf(entry)
    if (rows > maxRows || bytes > Math.min(maxBytes, MAX_UNITED_BYTES)) break
    together.push(entry)
  }
  return together
}

function isSmall(entry: Entry): boolean {
  const isUntouched = !entry.attempted && !entry.divided && !mayBeOnDisk(entry)
  return isUntouched && entry.batch !== undefined && bytesOf(entry) <= MAX_SMALL_BYTES
}

function bytesOf({ batch }: Entry): number {
  return batch?.rawBytes ?? 0
}
