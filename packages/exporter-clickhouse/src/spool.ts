import { join } from 'node:path'
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { PressedBatch } from './batch.js'
import type { Insert } from './insert.js'
import { type Home, LEASE, openLeases } from './lease.js'
import { corruptFolder } from './spool-corrupt.js'
import {
  codeOf,
  entriesOf,
  ignoring,
  isGone,
  makeFolder,
  readWhole,
  realFs,
  removeFile,
  type SpoolFs,
  syncFile,
  syncFolder,
  writeWhole,
} from './spool-disk.js'
import { decodeRecord, encodeRecord, recordName } from './spool-record.js'
import { type Found, recordsOf, removeDrafts, survey } from './spool-recovery.js'
import { newRemoval } from './spool-removal.js'
import { newTrouble } from './spool-trouble.js'

export interface SpoolConfig {
  readonly directory: string
  /** Of each destination; it is the caller who keeps to it, with `bytesOf()`. */
  readonly maxBytes: number
  /** `always`: before `put()` resolves. `interval`: within a second. */
  readonly fsync: 'always' | 'interval' | 'never'
  /** After so long without a sign of life an owner's batches are taken over. */
  readonly leaseMs: number
}

/** A batch on disk that one destination still lacks. */
export interface Stored {
  readonly destination: string
  readonly rows: number
  readonly bytes: number
  /** In microseconds since 1970: when it was written. */
  readonly stamp: number
  readonly home: Home
  readonly name: string
}

/** Never called before `openSpool()` has returned. */
export interface SpoolEvents {
  /** A batch of an earlier process, or of one that died; the oldest come first. */
  recovered(stored: Stored): void
  /** A batch given to `load()` cannot be read and was moved aside. */
  corrupt(destination: string, rows: number): void
  /** Nothing can be put on disk, said once. */
  troubled(error: Error): void
  recoveredFromTrouble(): void
  /** Rows without an owner, for a destination that is not configured: they stay where they are. */
  foreign(destination: string, rows: number): void
}

export interface Spool {
  /** Never rejects. One entry a destination, or an empty map: it is not on disk. */
  put(
    batch: PressedBatch,
    inserts: ReadonlyMap<string, Insert>,
  ): Promise<ReadonlyMap<string, Stored>>
  /** Never rejects. Undefined: corrupt, gone (another process took it over), removed or closed meanwhile. */
  load(stored: Stored): Promise<{ batch: PressedBatch; insert: Insert } | undefined>
  /** In the background; a remove that failed is tried again later. */
  remove(stored: Stored): void
  /** On disk for a destination, counted as if unshared. */
  bytesOf(destination: string): number
  /** Ends what is under way and gives the directory up, with what waits in it. Later calls get the first one's promise. */
  close(): Promise<void>
}

const NOTHING: ReadonlyMap<string, Stored> = new Map()
// The application needs the threads of the pool too.
const MAX_WRITES = 2
// An export() waits for the disk. A disk that hangs must not hang the application.
const PUT_DEADLINE_MS = 5000
const SYNC_EVERY_MS = 1000
const READ_AGAIN_MS = 250
const MAX_READ_ERRORS = 3
const RECOVERED_AT_ONCE = 200
// What opening a link, a folder or a device in the place of a record comes to.
const NO_FILE = new Set(['ELOOP', 'EMLINK', 'EISDIR', 'ENXIO'])

export function openSpool(
  { directory, fsync, leaseMs }: SpoolConfig,
  destinations: readonly string[],
  events: SpoolEvents,
  fs: SpoolFs = realFs,
): Spool {
  const ours = new Set(destinations)
  const syncsAlways = fsync === 'always'
  const leases = openLeases({ directory, leaseMs, sync: syncsAlways }, fs)
  const moveToCorrupt = corruptFolder(fs, directory)
  const trouble = newTrouble(events)
  const removal = newRemoval(removeNow, track)
  const inTurn = limit(MAX_WRITES)

  /** On disk, as far as we know, and not removed. */
  const live = new Set<Stored>()
  const bytes = new Map<string, number>()
  const unsynced = new Set<Stored>()
  const reportedForeign = new Set<string>()
  const underWay = new Set<Promise<unknown>>()
  const closing = new AbortController()
  let writes = 0
  let lastStamp = 0
  let looking = false
  let nextTick: NodeJS.Timeout | undefined
  let nextSync: NodeJS.Timeout | undefined
  let closed: Promise<void> | undefined

  track(tick())

  return { put, load, remove, bytesOf: (destination) => bytes.get(destination) ?? 0, close }

  async function put(batch: PressedBatch, inserts: ReadonlyMap<string, Insert>) {
    if (closed || inserts.size === 0) return NOTHING
    const admitted = trouble.admit(writes)
    if (admitted === 'no') return NOTHING
    writes++
    const writing = inTurn(async () => {
      const failedMeanwhile = trouble.reported && admitted !== 'probe'
      return failedMeanwhile ? NOTHING : write(batch, inserts)
    }).finally(() => {
      writes--
    })
    track(writing)
    return inTime(writing)
  }

  async function inTime(writing: Promise<ReadonlyMap<string, Stored>>) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, PUT_DEADLINE_MS).unref()
    })
    const stored = await Promise.race([writing, late])
    clearTimeout(timer)
    if (stored) return stored
    trouble.began(new Error(`the disk did not answer within ${PUT_DEADLINE_MS} ms`))
    // The caller keeps it in memory from now on.
    void writing.then((late) => late.forEach(remove))
    return NOTHING
  }

  async function write(batch: PressedBatch, inserts: ReadonlyMap<string, Insert>) {
    try {
      const record = encodeRecord(batch, inserts)
      const stored = await store(record, batch.rows, [...inserts.keys()])
      trouble.over()
      return stored
    } catch (error) {
      trouble.began(asError(error))
      return NOTHING
    }
  }

  async function store(record: Buffer, rows: number, names: readonly string[]) {
    const home = await leases.own()
    try {
      return await storeIn(home, record, rows, names)
    } catch (error) {
      if (!isGone(error)) throw error
      // We slept for too long and another process took it over, or somebody removed it.
      if (await exists(home.path)) home.folders.clear()
      else leases.lost(home)
      return storeIn(await leases.own(), record, rows, names)
    }
  }

  async function storeIn(home: Home, record: Buffer, rows: number, names: readonly string[]) {
    lastStamp = Math.max(lastStamp + 1, Date.now() * 1000)
    const found = { stamp: lastStamp, rows, bytes: record.length }
    const name = recordName(found)
    const made: Stored[] = []
    try {
      for (const destination of names) {
        const stored = { ...found, destination, name, home }
        await makeFolderOf(stored)
        if (!made[0] || !(await linked(made[0], stored)))
          await writeWhole(fs, pathOf(stored), record, syncsAlways)
        home.records++
        made.push(stored)
      }
      if (syncsAlways) for (const stored of made) await syncFolder(fs, folderOf(stored))
    } catch (error) {
      made.forEach(removal.add)
      throw error
    }
    made.forEach(keep)
    if (fsync === 'interval') syncSoon(made)
    return new Map(made.map((stored) => [stored.destination, stored]))
  }

  async function makeFolderOf({ home, destination }: Stored): Promise<void> {
    if (home.folders.has(destination)) return
    await makeFolder(fs, join(home.path, destination))
    if (syncsAlways) await syncFolder(fs, home.path)
    home.folders.add(destination)
  }

  /** Some file systems know no hard links, or not so many. */
  async function linked(from: Stored, to: Stored): Promise<boolean> {
    return fs.link(pathOf(from), pathOf(to)).then(
      () => true,
      () => false,
    )
  }

  async function load(stored: Stored) {
    for (let readErrors = 0; live.has(stored) && !closed; ) {
      try {
        const record = await readWhole(fs, pathOf(stored))
        const loaded = record && decodeRecord(record, stored.destination)
        if (loaded?.batch.rows === stored.rows) return loaded
        return await discard(stored)
      } catch (error) {
        const code = codeOf(error)
        if (isGone(error)) return forgetGone(stored)
        if (NO_FILE.has(code)) return discard(stored)
        if (code === 'EIO') readErrors++
        // If not even its name can be changed it is the disk that is broken, not the record.
        if (readErrors >= MAX_READ_ERRORS && (await movedAside(stored))) return
      }
      await ignoring(pause(READ_AGAIN_MS, undefined, { ref: false, signal: closing.signal }))
    }
    return
  }

  async function discard(stored: Stored): Promise<undefined> {
    if (!(await movedAside(stored)) && forget(stored)) {
      removal.add(stored)
      events.corrupt(stored.destination, stored.rows)
    }
  }

  async function movedAside(stored: Stored): Promise<boolean> {
    try {
      await moveToCorrupt({ ...stored, path: pathOf(stored) })
    } catch {
      return false
    }
    if (forget(stored)) {
      hasLeft(stored.home)
      events.corrupt(stored.destination, stored.rows)
    }
    return true
  }

  function remove(stored: Stored): void {
    if (forget(stored)) removal.add(stored)
  }

  async function removeNow(stored: Stored): Promise<void> {
    await removeFile(fs, pathOf(stored))
    hasLeft(stored.home)
  }

  function keep(stored: Stored): void {
    live.add(stored)
    bytes.set(stored.destination, (bytes.get(stored.destination) ?? 0) + stored.bytes)
  }

  function forget(stored: Stored): boolean {
    if (!live.delete(stored)) return false
    unsynced.delete(stored)
    bytes.set(stored.destination, (bytes.get(stored.destination) ?? 0) - stored.bytes)
    return true
  }

  function forgetGone(stored: Stored): undefined {
    if (forget(stored)) hasLeft(stored.home)
  }

  function hasLeft(home: Home): void {
    home.records--
    if (home.records === 0 && !leases.isOwn(home)) track(tidy(home))
  }

  /** Ends the adoption of a directory in which nothing of ours is left. */
  async function tidy(home: Home): Promise<void> {
    try {
      for (const name of destinations) await ignoring(fs.rmdir(join(home.path, name)))
      for await (const { name } of entriesOf(fs, home.path))
        if (name !== LEASE && ours.has(name)) return // strange files: others would find them again and again
      await leases.release(home)
    } catch {
      // Gone, or of no use to anybody.
    }
  }

  /** Renews the leases, looks for what has lost its owner, and comes again. */
  async function tick(): Promise<void> {
    await Promise.resolve() // nothing is reported before `openSpool()` has returned
    if (!looking) track(look())
    await leases.renew()
    removal.retry()
    if (!closed) nextTick = setTimeout(() => track(tick()), leaseMs / 3).unref()
  }

  async function look(): Promise<void> {
    looking = true
    try {
      const found: Stored[] = []
      for (const home of await leases.adopt(isWanted)) found.push(...(await takeOver(home)))
      found.sort((a, b) => a.stamp - b.stamp)
      for (const [index, stored] of found.entries()) {
        if (index % RECOVERED_AT_ONCE === 0) await nextTurn()
        if (closed) break
        events.recovered(stored)
      }
    } catch (error) {
      trouble.began(asError(error))
    } finally {
      looking = false
    }
  }

  async function isWanted(path: string): Promise<boolean> {
    const { wanted, foreign } = await survey(fs, path, ours)
    for (const destination of foreign) {
      const { ino } = await fs.lstat(join(path, destination)) // outlives a change of the owner
      const key = `${ino}/${destination}`
      if (reportedForeign.has(key)) continue
      reportedForeign.add(key)
      let rows = 0
      for await (const record of recordsOf(fs, path, destination)) rows += record.rows
      if (rows > 0) events.foreign(destination, rows)
    }
    return wanted
  }

  async function takeOver(home: Home): Promise<Stored[]> {
    const found: Found[] = []
    try {
      for await (const { name, isFolder } of entriesOf(fs, home.path)) {
        if (!isFolder || !ours.has(name)) continue
        await removeDrafts(fs, home.path, name)
        for await (const record of recordsOf(fs, home.path, name)) found.push(record)
      }
    } catch (error) {
      trouble.began(asError(error))
      await leases.release(home) // to be found again
      return []
    }
    home.records = found.length
    if (found.length === 0) await tidy(home)
    const stored = found.map((record) => ({ ...record, home }))
    stored.forEach(keep)
    return stored
  }

  function syncSoon(written: readonly Stored[]): void {
    for (const stored of written) unsynced.add(stored)
    nextSync ??= setTimeout(() => track(syncNow()), SYNC_EVERY_MS).unref()
  }

  async function syncNow(): Promise<void> {
    const folders = new Set<string>()
    try {
      for (const stored of unsynced) {
        unsynced.delete(stored)
        await syncFile(fs, pathOf(stored)).catch(unlessGone)
        folders.add(folderOf(stored))
      }
      for (const folder of folders) await syncFolder(fs, folder).catch(unlessGone)
    } catch (error) {
      trouble.began(asError(error))
    }
    nextSync = undefined
    if (unsynced.size > 0 && !closed) syncSoon([])
  }

  function close(): Promise<void> {
    closed ??= (async () => {
      clearTimeout(nextTick)
      clearTimeout(nextSync)
      closing.abort()
      await idle()
      removal.retry()
      if (unsynced.size > 0) await syncNow()
      await idle()
      const { home: _, ...rest } = { home: await ownIfAny(), ...{} }
      await leases.releaseAll()
      return rest as never
    })()
    return closed
  }

  async function exists(path: string): Promise<boolean> {
    return fs.lstat(path).then(
      () => true,
      () => false,
    )
  }

  function track(work: Promise<unknown>): void {
    const ended = work
      .catch((error) => trouble.began(asError(error)))
      .finally(() => underWay.delete(ended))
    underWay.add(ended)
  }

  async function idle(): Promise<void> {
    while (underWay.size > 0) await Promise.all(underWay)
  }
}
