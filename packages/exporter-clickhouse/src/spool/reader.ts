import type { CompressedBatch } from '../batching/batch.js'
import type { Insert } from '../clickhouse/insert.js'
import { pause } from '../common/clock.js'
import { codeOf, isGone, readWhole, type SpoolFs } from './disk.js'
import { pathOf } from './ledger.js'
import { decodeRecord, isOfNewerVersion, MAX_RECORD_BYTES } from './record.js'
import type { Stored } from './stored.js'

export type Read =
  | { readonly status: 'read'; readonly batch: CompressedBatch; readonly insert: Insert }
  | { readonly status: 'gone' }
  | { readonly status: 'corrupt' }
  /** It looks intact, but this version does not understand it. */
  | { readonly status: 'newer' }
  /** The disk cannot read this record. Perhaps it cannot read any. */
  | { readonly status: 'unreadable'; readonly error: Error }
  /** It cannot be read now, for a reason that says nothing about the record. */
  | { readonly status: 'failed'; readonly error: Error }
  | { readonly status: 'abandoned' }

const READ_AGAIN_MS = 250
const MAX_READ_ERRORS = 3
// The errors if a link, a folder or a device has the name of a record.
const NO_FILE = new Set(['ELOOP', 'EMLINK', 'EISDIR', 'ENXIO'])

/** Reads a record. If that fails for now (for example because of too many open files), it waits and tries again, but not for ever. */
export async function readRecord(
  fs: SpoolFs,
  stored: Stored,
  abandoned: () => boolean,
  signal: AbortSignal,
): Promise<Read> {
  for (let errors = 0, badReads = 0; !abandoned(); ) {
    try {
      if (stored.bytes > MAX_RECORD_BYTES) return { status: 'corrupt' }
      const record = await readWhole(fs, pathOf(stored), stored.bytes)
      const loaded = record && decodeRecord(record, stored.destination)
      if (loaded?.batch.rows === stored.rows) return { status: 'read', ...loaded }
      return { status: record && !loaded && isOfNewerVersion(record) ? 'newer' : 'corrupt' }
    } catch (error) {
      if (isGone(error)) return { status: 'gone' }
      if (NO_FILE.has(codeOf(error))) return { status: 'corrupt' }
      const failure = error instanceof Error ? error : new Error(String(error))
      if (codeOf(error) === 'EIO' && ++badReads >= MAX_READ_ERRORS)
        return { status: 'unreadable', error: failure }
      if (++errors >= MAX_READ_ERRORS) return { status: 'failed', error: failure }
    }
    await pause(READ_AGAIN_MS, signal)
  }
  return { status: 'abandoned' }
}
