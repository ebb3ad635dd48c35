import type { PressedBatch } from '../batching/batch.js'
import type { Insert } from '../clickhouse/insert.js'
import { clock, pause, turn } from '../common/clock.js'
import { valueWithin, within } from '../common/deadline.js'
import { newLimit } from '../common/limit.js'
import { untraced } from '../common/suppress-tracing.js'
import type { SpoolConfig } from '../config/config.js'
import { corruptFolder } from './corrupt.js'
import { realFs, removeFile, type SpoolFs, syncFolder } from './disk.js'
import { openLeases, type Whereabouts } from './lease.js'
import { folderOf, newLedger, pathOf } from './ledger.js'
import { readRecord } from './reader.js'
import { encodeRecord } from './record.js'
import { newRecovery } from './recovery.js'
import { newRemoval } from './removal.js'
import type { Stored } from './stored.js'
import { newIntervalSync } from './sync.js'
import { newTrouble } from './trouble.js'
import { newWriter } from './writer.js'

/** None is called before `openSpool()` has returned. */
export interface SpoolEvents {
  /** A batch of an earlier process, or of one that died; the oldest come first. */
  recovered(stored: Stored): void
  /** A batch that was to be loaded cannot be read; it was moved aside. */
  corrupt(stored: Stored): void
  /** A newer version wrote these, all of one destination and directory: they stay where they are for that version, and this one disowns them. */
  newer(stored: readonly Stored[]): void
  /** `files` of the damaged records that had been moved aside are deleted for good. */
  deletedAside(files: number): void
  /** Nothing can be put on disk; said once. */
  troubled(error: Error): void
  recoveredFromTrouble(): void
  /** Rows without an owner, for a destination that is not configured: they stay where they are. */
  foreign(destination: string, rows: number): void
}

export interface PutOptions {
  /** The batch is a part of this one; a process that finds both on disk forgets the part. */
  readonly of?: Stored | undefined
  /**
   * Called before `put()` resolves, if the disk did not answer in time but may still take the batch. The caller then has to keep
   * or remove what `coming` resolves with; it does not reject. Without this function the batch is removed again.
   */
  readonly late?: (coming: Promise<ReadonlyMap<string, Stored>>) => void
}

/**
 * Batches on disk: a file each, and the file system is the only index. What is delivered is unlinked,
 * so a crash between the two only sends the same bytes with the same token once more.
 *
 *     <directory>/<owner>/owner.lease
 *     <directory>/<owner>/<destination>/<stamp>-<rows>-<bytes>.batch
 *     <directory>/<owner>/<destination>/<stamp>-<rows>-<bytes>-of-<stamp>-<rows>-<bytes>.batch
 *     <directory>/corrupt/
 */
export interface Spool {
  /** Never rejects. One entry for each destination, or an empty map if the batch is not on disk. */
  put(
    batch: PressedBatch,
    inserts: ReadonlyMap<string, Insert>,
    options?: PutOptions,
  ): Promise<ReadonlyMap<string, Stored>>
  /** Never rejects. Undefined: corrupt, gone (another process has taken it over), removed, or the spool is closed. */
  load(stored: Stored): Promise<{ batch: PressedBatch; insert: Insert } | undefined>
  /**
   * Where a batch is that the caller also has in memory. It asks the disk only if the process stood still. Never rejects.
   * `adopted`: another process has it and counts its rows.
   */
  check(stored: Stored): Promise<Whereabouts>
  /** In the background; a remove that failed is tried again later. */
  remove(stored: Stored): void
  /** Removes what its parts stand for now. Never rejects; resolves when it will not come back with the power, or cannot be removed. */
  replaced(stored: Stored): Promise<void>
  /** On disk for a destination, counted as if unshared. */
  bytesOf(destination: string): number
  /** Waits for what is under way and leaves what is on disk to the next process. Later calls return the first one's promise. */
  close(): Promise<void>
}

const NOTHING: ReadonlyMap<string, Stored> = new Map()
// The application needs the threads of the pool too.
const MAX_WRITES = 2
// An export() waits for the disk, and must not hang if the disk does.
const DEADLINE_MS = 5000
const NO_ANSWER = `the disk did not answer within ${DEADLINE_MS} ms`
const LOOK_AGAIN_MS = 250
const RECOVERED_AT_ONCE = 200

export function openSpool(
  { directory, fsync, leaseMs }: SpoolConfig,
  destinations: readonly string[],
  events: SpoolEvents,
  disk: SpoolFs = realFs,
): Spool {
  const fs = untraced(disk)
  const underWay = new Set<Promise<unknown>>()
  const closing = new AbortController()
  const sync = fsync === 'always'
  const trouble = newTrouble(events)
  const syncFolders = fsync !== 'never'
  const leases = openLeases({ directory, leaseMs, sync: syncFolders }, fs)
  const ledger = newLedger((home) => track(recovery.tidy(home)))
  const removal = newRemoval(unlink, track)
  const write = newWriter({ fs, leases, ledger, sync, syncFolders }, removal.add)
  const intervalSync = newIntervalSync(fs, track, trouble.began)
  const setAside = corruptFolder(fs, directory, events.deletedAside)
  const recovery = newRecovery({ fs, leases }, new Set(destinations), {
    foreign: (destination, rows) => events.foreign(destination, rows),
    failed: trouble.began,
  })
  const writes = newLimit(MAX_WRITES)
  const leavings = new Map<string, Promise<void>>()
  let looking = false
  let nextTick: NodeJS.Timeout | undefined
  let closed: Promise<void> | undefined

  track(tick())

  async function put(
    batch: PressedBatch,
    inserts: ReadonlyMap<string, Insert>,
    { of, late = removeAll }: PutOptions = {},
  ) {
    if (closed || inserts.size === 0) return NOTHING
    const admitted = trouble.admit(writes.size)
    if (admitted === 'no') return NOTHING
    let hasBegun = false
    let givenUp = false
    const writing = writes.run(async () => {
      // The disk failed while this write waited for its turn.
      if (givenUp || (trouble.reported && admitted !== 'probe')) return NOTHING
      hasBegun = true
      return store(batch, inserts, of)
    })
    track(writing)
    const stored = await valueWithin(DEADLINE_MS, () => writing, { ref: false })
    if (stored) return stored
    givenUp = true
    trouble.began(new Error(NO_ANSWER))
    if (hasBegun) late(writing)
    return NOTHING
  }

  function removeAll(coming: Promise<ReadonlyMap<string, Stored>>): void {
    track(coming.then((stored) => stored.forEach(remove)))
  }

  async function store(batch: PressedBatch, inserts: ReadonlyMap<string, Insert>, of?: Stored) {
    try {
      const record = encodeRecord(batch, inserts)
      const stored = await write(record, batch.rows, [...inserts.keys()], of)
      if (fsync === 'interval') intervalSync.add(stored)
      trouble.over()
      return new Map(stored.map((one) => [one.destination, one]))
    } catch (error) {
      trouble.began(error)
      return NOTHING
    }
  }

  async function load(stored: Stored): ReturnType<Spool['load']> {
    const abandoned = () => closed !== undefined || !ledger.has(stored)
    for (;;) {
      const read = await readRecord(fs, stored, abandoned, closing.signal)
      if (read.status === 'read') return read
      if (read.status === 'abandoned') return undefined
      if (read.status === 'gone') {
        const whereabouts = await leases.find(stored.home).catch(() => undefined)
        if (!whereabouts) {
          await pause(LOOK_AGAIN_MS, closing.signal)
          continue
        }
        if (!ledger.forget(stored)) return undefined
        ledger.left(stored.home)
        // A process adopts a whole home: if the home is still here, somebody deleted the record.
        if (whereabouts !== 'adopted') events.corrupt(stored)
        return undefined
      }
      if (read.status === 'newer') {
        await leaveNewer(folderOf(stored))
        continue
      }
      const aside = await setAside(stored)
      // If not even its name can be changed it is the disk that is broken, not the record.
      if (read.status === 'unreadable' && !aside) continue
      if (!ledger.forget(stored)) return undefined
      if (aside) ledger.left(stored.home)
      else removal.add(stored)
      events.corrupt(stored)
      return undefined
    }
  }

  /** Finds all records of a newer version in a folder at once, so that one log line reports them. */
  function leaveNewer(folder: string): Promise<void> {
    const leaving =
      leavings.get(folder) ??
      (async () => {
        const found: Stored[] = []
        for (const stored of ledger.inFolder(folder)) {
          const abandoned = () => closed !== undefined || !ledger.has(stored)
          const { status } = await readRecord(fs, stored, abandoned, closing.signal)
          if (status === 'newer') found.push(stored)
        }
        const left = found.filter(ledger.forget)
        left.forEach(recovery.leave)
        if (left.length > 0) events.newer(left)
        for (const { home } of left) ledger.left(home)
      })().finally(() => leavings.delete(folder))
    leavings.set(folder, leaving)
    return leaving
  }

  async function check(stored: Stored): Promise<Whereabouts> {
    if (closed || trouble.reported || leases.isFresh(stored.home)) return 'here'
    const finding = leases.find(stored.home).catch(() => 'here' as const) // as far as we know
    const found = await valueWithin(DEADLINE_MS, () => finding, { ref: false })
    if (!found) {
      trouble.began(new Error(NO_ANSWER)) // later rows do not wait for the disk again
      return 'here'
    }
    if (found !== 'here' && ledger.forget(stored)) {
      intervalSync.forget(stored)
      ledger.left(stored.home)
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
    ledger.left(stored.home)
  }

  /** Renews the leases, looks for what has lost its owner, tries again what failed, and comes again. */
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
        if (index % RECOVERED_AT_ONCE === 0) await turn()
        if (closed) return
        ledger.keep(stored)
        try {
          events.recovered(stored)
        } catch (error) {
          trouble.began(error) // a bug of the listener's costs one batch
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
      await turn() // callers of late batches now say whether to keep or remove them
      removal.retry()
      await intervalSync.finish()
      await idle()
      await leases.releaseAll()
    })()
    return closed
  }

  function track(work: Promise<unknown>): void {
    const ended = work.then(
      () => {
        underWay.delete(ended)
      },
      (error) => {
        underWay.delete(ended)
        trouble.began(error)
      },
    )
    underWay.add(ended)
  }

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay)
  }

  return { put, load, check, remove, replaced, bytesOf: ledger.bytesOf, close }
}
