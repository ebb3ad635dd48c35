import type { CompressedBatch } from '../batching/batch.js'
import type { Insert } from '../clickhouse/insert.js'
import type { SpoolFs } from './disk.js'
import type { Leases } from './lease.js'
import { folderOf, type Ledger } from './ledger.js'
import { readRecord } from './reader.js'
import type { Recovery } from './recovery.js'
import type { Removal } from './removal.js'
import type { Stored } from './stored.js'

export interface LoadEvents {
  /** A batch that was to be loaded cannot be read. It was moved aside. */
  corrupt(stored: Stored): void
  /** A newer version wrote these, all of one destination and directory. They stay there for that version, and this process disowns them. */
  newer(stored: readonly Stored[]): void
}

export interface Loaded {
  readonly batch: CompressedBatch
  readonly insert: Insert
}

/** Undefined if the batch has left. An error if the disk does not give it now: it stays where it is. */
export type Load = (stored: Stored) => Promise<Loaded | Error | undefined>

/** Loads batches from disk, and decides what to do with records that cannot be read. `closing`: the spool is closed. */
export function newLoader(
  {
    fs,
    leases,
    ledger,
    recovery,
    removal,
    setAside,
  }: {
    fs: SpoolFs
    leases: Leases
    ledger: Ledger
    recovery: Recovery
    removal: Removal<Stored>
    setAside: (stored: Stored) => Promise<boolean>
  },
  events: LoadEvents,
  closing: AbortSignal,
): Load {
  const leavings = new Map<string, Promise<void>>()

  const read = (stored: Stored) =>
    readRecord(fs, stored, () => closing.aborted || !ledger.has(stored), closing)

  /** Finds all records of a newer version in a folder at once, so that one log line reports them. */
  const leaveNewer = (folder: string): Promise<void> => {
    const leaving =
      leavings.get(folder) ??
      (async () => {
        const found: Stored[] = []
        for (const stored of ledger.inFolder(folder))
          if ((await read(stored)).status === 'newer') found.push(stored)
        const left = found.filter(ledger.forget)
        left.forEach(recovery.leave)
        if (left.length > 0) events.newer(left)
        for (const { lease } of left) ledger.left(lease)
      })().finally(() => leavings.delete(folder))
    leavings.set(folder, leaving)
    return leaving
  }

  return async (stored) => {
    for (;;) {
      const record = await read(stored)
      if (record.status === 'read') return record
      if (record.status === 'abandoned') return undefined
      if (record.status === 'failed') return record.error
      if (record.status === 'gone') {
        const whereabouts = await leases.find(stored.lease).catch((error: Error) => error)
        if (whereabouts instanceof Error) return whereabouts
        if (!ledger.forget(stored)) return undefined
        ledger.left(stored.lease)
        // A process adopts a whole directory. If the directory is still here, somebody deleted the record.
        if (whereabouts !== 'adopted') events.corrupt(stored)
        return undefined
      }
      if (record.status === 'newer') {
        await leaveNewer(folderOf(stored))
        continue
      }
      const aside = await setAside(stored)
      // If the record cannot even be moved, the disk is broken and not the record.
      if (record.status === 'unreadable' && !aside) return record.error
      if (!ledger.forget(stored)) return undefined
      if (aside) ledger.left(stored.lease)
      else removal.add(stored)
      events.corrupt(stored)
      return undefined
    }
  }
}
