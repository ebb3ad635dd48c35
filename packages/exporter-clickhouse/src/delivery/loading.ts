import { isCompressed } from '../batching/batch.js'
import type { Loaded } from '../spool/loader.js'
import type { Spool } from '../spool/spool.js'
import type { Entry } from './entry.js'
import type { Holdings } from './holdings.js'
import type { Part } from './parts.js'

/** The disk does not give the rows now. */
export interface NotYet {
  /** When to try again. Never rejects. */
  readonly later: Promise<unknown>
}

/** The rows to send and their INSERT, loaded from disk if they are only there. Undefined if they are no longer there: the entry has left. */
export async function loaded(
  entry: Entry,
  holdings: Holdings,
  spool: Spool | undefined,
  closing: AbortSignal,
): Promise<Part | NotYet | undefined> {
  if (entry.batch && entry.record && spool) {
    // Checked before a batch is sent from memory: if another process has taken it over, that process sends it.
    const whereabouts = await spool.check(entry.record)
    if (whereabouts === 'gone') {
      entry.lostRecord() // it is in memory only from now on
      holdings.room.happened()
    }
    if (whereabouts === 'adopted') {
      holdings.handOver(entry)
      return undefined
    }
  }
  if (!entry.batch && entry.stored) {
    const record = await spool?.load(entry.stored)
    if (!record) {
      if (!closing.aborted) holdings.handOver(entry)
      return undefined
    }
    if (!record.batch) {
      const later = record.later.then((late) => {
        if (late && holdings.has(entry)) take(entry, late, holdings)
      })
      return { later }
    }
    take(entry, record, holdings)
  }
  const { batch, insert } = entry
  return batch && insert && isCompressed(batch) ? { batch, insert } : undefined
}

function take(entry: Entry, { batch, insert }: Loaded, { queue }: Holdings): void {
  entry.batch = batch
  entry.insert = insert
  queue.recount(entry)
}
