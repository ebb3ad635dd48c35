import type { CompressedBatch } from '../batching/batch.js'
import type { Insert } from '../clickhouse/insert.js'
import { clock, turn } from '../common/clock.js'
import { valueWithin, within } from '../common/deadline.js'
import { newLimit } from '../common/limit.js'
import { ownFiles } from '../common/own-files.js'
import type { SpoolConfig } from '../config/config.js'
import { newBackground } from './background.js'
import { corruptFolder } from './corrupt.js'
import { removeFile, type SpoolFs, syncFolder } from './disk.js'
import { newDiskState } from './disk-state.js'
import { openLeases, type Whereabouts } from './lease.js'
import { folderOf, newLedger, pathOf } from './ledger.js'
import { type LoadEvents, newLoader } from './loader.js'
import { DEADLINE_MS } from './no-answer.js'
import { newReads, type ReadEvents, type Reads } from './reads.js'
import { encodeRecord } from './record.js'
import { newRecovery } from './recovery.js'
import { newRemoval } from './removal.js'
import type { Stored } from './stored.js'
import { newIntervalSync } from './sync.js'
import { newWriter } from './writer.js'

/** None of these is called before `openSpool()` has returned. */
export interface SpoolEvents extends LoadEvents, ReadEvents {
  /** A batch of an earlier process, or of one that died meanwhile. The oldest come first. */
  recovered(stored: Stored): void
  /** Damaged records that had been moved aside were deleted for good; `files`: how many. */
  deletedAside(files: number): void
  /** Nothing can be written to disk. Called once until `recoveredFromTrouble()`. */
  troubled(error: Error): void
  recoveredFromTrouble(): void
  /** Rows without an owner, for a destination that is none of ours. They stay on disk. */
  foreign(destination: string, rows: number): void
}

export interface PutOptions {
  /** The batch is a part of this one. A process that finds both on disk deletes the part. */
  readonly of?: Stored | undefined
  /**
   * Called before `put()` resolves if the disk did not answer in time but may still write the batch. The caller then has to keep or
   * remove what `coming` resolves with. `coming` does not reject. Without this function the batch is removed again.
   */
  readonly late?: (coming: Promise<ReadonlyMap<string, Stored>>) => void
}

/**
 * Batches on disk: one file each, and the file system is the only index. A delivered batch is unlinked. After a crash between
 * delivery and unlink, the same bytes are sent once more with the same token.
 *
 *     <directory>/<owner>/owner.lease
 *     <directory>/<owner>/<destination>/<stamp>-<rows>-<bytes>.batch
 *     <directory>/<owner>/<destination>/<stamp>-<rows>-<bytes>-of-<stamp>-<rows>-<bytes>.batch
 *     <directory>/corrupt/
 *
 * `<destination>` is its name, with the signal as suffix if it is not traces (`nameOnDisk`).
 */
export interface Spool {
  /** Never rejects. Resolves with one entry for each destination, or with an empty map if the batch is not on disk. */
  put(
    batch: CompressedBatch,
    inserts: ReadonlyMap<string, Insert>,
    options?: PutOptions,
  ): Promise<ReadonlyMap<string, Stored>>
  /** Undefined if the batch is corrupt, was taken over by another process, was removed, or the spool is closed. */
  readonly load: Reads['load']
  readonly mayRead: Reads['mayRead']
  readonly mayLoad: Reads['mayLoad']
  /**
   * Where a batch is that the caller also has in memory. The disk is asked only if the process was suspended, and not while it does not answer. Never rejects.
   * `adopted`: another process has the batch and counts its rows.
   */
  check(stored: Stored): Promise<Whereabouts>
  /** Removes it in the background. If that fails, it is tried again later. */
  remove(stored: Stored): void
  /** Removes a batch that its parts have replaced. Never rejects. Resolves when the batch cannot reappear after a power failure, or cannot be removed. */
  replaced(stored: Stored): Promise<void>
  /** The bytes on disk for a destination, counted as if no other shared them. */
  bytesOf(destination: string): number
  /** Waits for work in progress and leaves the batches on disk to the next process. Later calls return the promise of the first. */
  close(): Promise<void>
}

const NOTHING: ReadonlyMap<string, Stored> = new Map()
// More would only wait for the disk, and each has a record in memory.
const MAX_WRITES = 2
const RECOVERED_PER_TURN = 200

export function openSpool(
  { directory, fsync, leaseMs }: SpoolConfig,
  destinations: readonly string[],
  events: SpoolEvents,
  fs: SpoolFs = ownFiles(directory),
): Spool {
  const closing = new AbortController()
  const sync = fsync === 'always'
  const syncFolders = fsync !== 'never'
  const diskState = newDiskState(events)
  const { track, idle } = newBackground(diskState.failed)
  const leases = openLeases({ directory, leaseMs, sync: syncFolders }, fs)
  const ledger = newLedger((lease) => track(recovery.tidy(lease)))
  const removal = newRemoval(unlink, track)
  const write = newWriter({ fs, leases, ledger, sync, syncFolders }, removal.add)
  const intervalSync = newIntervalSync(fs, track, diskState.failed)
  const setAside = corruptFolder(fs, directory, events.deletedAside)
  const recovery = newRecovery({ fs, leases }, new Set(destinations), {
    foreign: (destination, rows) => events.foreign(destination, rows),
    failed: diskState.failed,
    undeleted: removal.add,
  })
  const writes = newLimit(MAX_WRITES)
  const read = newLoader(
    { fs, leases, ledger, recovery, removal, setAside },
    events,
    closing.signal,
  )
  const { load, mayRead, mayLoad } = newReads(read, ledger.has, events, closing.signal)
  let looking = false
  let nextTick: NodeJS.Timeout | undefined
  let closed: Promise<void> | undefined

  track(tick())

  async function put(
    batch: CompressedBatch,
    inserts: ReadonlyMap<string, Insert>,
    { of, late = removeAll }: PutOptions = {},
  ) {
    if (closed || inserts.size === 0) return NOTHING
    const admitted = diskState.admit(writes.size)
    if (admitted === 'no') return NOTHING
    let hasBegun = false
    let givenUp = false
    const writing = writes.run(async () => {
      // The disk failed while this write waited for its turn.
      if (givenUp || (diskState.isFailing && admitted !== 'probe')) return NOTHING
      hasBegun = true
      return store(batch, inserts, of)
    })
    track(writing)
    const stored = await valueWithin(DEADLINE_MS, () => writing, { ref: false })
    if (stored) return stored
    givenUp = true
    diskState.unanswered()
    if (hasBegun) late(writing)
    return NOTHING
  }

  function removeAll(coming: Promise<ReadonlyMap<string, Stored>>): void {
    track(coming.then((stored) => stored.forEach(remove)))
  }

  async function store(batch: CompressedBatch, inserts: ReadonlyMap<string, Insert>, of?: Stored) {
    try {
      const record = encodeRecord(batch, inserts)
      const stored = await write(record, batch.rows, [...inserts.keys()], of)
      if (stored.length === 0) return NOTHING
      if (fsync === 'interval') intervalSync.add(stored)
      diskState.worked()
      return new Map(stored.map((one) => [one.destination, one]))
    } catch (error) {
      diskState.failed(error)
      return NOTHING
    }
  }

  async function check(stored: Stored): Promise<Whereabouts> {
    if (closed || diskState.isSilent || leases.isFresh(stored.lease)) return 'here'
    const finding = leases.find(stored.lease).catch(() => 'here' as const) // for all we know
    const found = await valueWithin(DEADLINE_MS, () => finding, { ref: false })
    if (!found) {
      diskState.unanswered() // so that later rows do not wait for the disk
      return 'here'
    }
    if (found !== 'here' && ledger.forget(stored)) {
      intervalSync.forget(stored)
      ledger.left(stored.lease)
    }
    return found
  }

  function remove(stored: Stored): void {
    if (!ledger.forget(stored)) return
    intervalSync.forget(stored)
    removal.add(stored)
  }

  async function replaced(stored: Stored): Promise<void> {
    if (!ledger.forget(stored)) return
    intervalSync.forget(stored)
    const gone = (async () => {
      await unlink(stored)
      if (syncFolders) await syncFolder(fs, folderOf(stored))
    })().catch(() => removal.add(stored))
    track(gone)
    await within(DEADLINE_MS, () => gone, { ref: false })
  }

  async function unlink(stored: Stored): Promise<void> {
    await removeFile(fs, pathOf(stored))
    ledger.left(stored.lease)
  }

  /** Renews the leases, retries removals, looks for batches without an owner, and schedules itself again. */
  async function tick(): Promise<void> {
    await leases.renew()
    removal.retry()
    if (!looking) track(look())
    if (!closed) nextTick = clock.setTimeout(() => track(tick()), leaseMs / 3).unref()
  }

  async function look(): Promise<void> {
    looking = true
    try {
      for (const [index, stored] of (await recovery.find()).entries()) {
        if (index % RECOVERED_PER_TURN === 0) await turn()
        if (closed) return
        ledger.keep(stored)
        try {
          events.recovered(stored)
        } catch (error) {
          diskState.failed(error) // a bug in the listener costs only this batch
        }
      }
    } finally {
      looking = false
    }
  }

  function close(): Promise<void> {
    closed ??= (async () => {
      clock.clearTimeout(nextTick)
      closing.abort()
      await idle()
      await turn() // callers of late batches now decide whether to keep or remove them
      removal.retry()
      await intervalSync.finish()
      await idle()
      await leases.releaseAll()
    })()
    return closed
  }

  return { put, load, mayRead, mayLoad, check, remove, replaced, bytesOf: ledger.bytesOf, close }
}
