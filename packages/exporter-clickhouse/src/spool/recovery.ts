import { join } from 'node:path'
import { DRAFT, entriesOf, ignoring, isGone, type SpoolFs } from './disk.js'
import type { Lease, Leases } from './lease.js'
import { LEASE } from './lease-file.js'
import { pathOf } from './ledger.js'
import { parseRecordName, partName, type RecordName } from './record.js'
import type { Stored } from './stored.js'

interface RecoveryEvents {
  /** Rows without an owner, for a destination that is not configured. */
  foreign(destination: string, rows: number): void
  /** A directory that was taken over could not be listed completely. */
  failed(error: unknown): void
  /** A part that must not be sent could not be deleted yet. */
  undeleted(part: Stored): void
}

/** Takes over the batches of owners that died. It reads only names, no records. */
export interface Recovery {
  /** Takes over directories and returns their batches, the oldest first. */
  find(): Promise<Stored[]>
  /** Gives an adopted directory up if none of our batches is in it any more. */
  tidy(lease: Lease): Promise<void>
  /** Disowns a record of a newer version, so that a process of that version can take its directory over. */
  leave(stored: Stored): void
}

export function newRecovery(
  { fs, leases }: { fs: SpoolFs; leases: Leases },
  ours: ReadonlySet<string>,
  events: RecoveryEvents,
): Recovery {
  const reported = new Set<string>()
  /** By destination and name, which stay the same when the owner changes. */
  const left = new Set<string>()
  const keyOf = (destination: string, name: string) => `${destination}/${name}`

  /** Whether one of our folders has records, and all of them are left to a newer version. */
  const isLeft = async (destination: string, path: string): Promise<boolean> => {
    if (left.size === 0) return false
    let hasRecords = false
    for await (const { name } of entriesOf(fs, path)) {
      if (!left.has(keyOf(destination, name))) return false
      hasRecords = true
    }
    return hasRecords
  }

  /**
   * A directory is wanted if it contains batches for our destinations, or nothing at all. A directory with batches only for other
   * destinations is left to a process that knows those.
   */
  const isWanted = async (path: string): Promise<boolean> => {
    let empty = true
    let wanted = false
    for await (const { name, isFolder, path: inside } of entriesOf(fs, path)) {
      if (name !== LEASE) empty = false
      if (!isFolder) continue
      if (!ours.has(name)) await reportForeign(path, name)
      else if (!(await isLeft(name, inside))) wanted = true
    }
    return empty || wanted
  }

  const reportForeign = async (path: string, destination: string): Promise<void> => {
    const { ino } = await fs.lstat(join(path, destination)) // stays the same when the owner changes
    const key = `${ino}/${destination}`
    if (reported.has(key)) return
    reported.add(key)
    let rows = 0
    for await (const record of recordsOf(fs, join(path, destination))) rows += record.rows
    if (rows > 0) events.foreign(destination, rows)
  }

  const takeOver = async (lease: Lease): Promise<Stored[]> => {
    const found: Stored[] = []
    try {
      for await (const { name: destination, path, isFolder } of entriesOf(fs, lease.path)) {
        if (!isFolder || !ours.has(destination)) continue
        lease.folders.add(destination)
        await removeDrafts(fs, path)
        for await (const record of recordsOf(fs, path))
          if (!left.has(keyOf(destination, record.name)))
            found.push({ ...record, destination, lease })
      }
    } catch (error) {
      // If it is gone, we were suspended, and another process has taken it over from us.
      if (!isGone(error)) events.failed(error)
      await leases.release(lease) // so that it is found again
      return []
    }
    lease.records = found.length
    if (found.length === 0) await tidy(lease)
    return found
  }

  /** Parts are sent only when the whole batch is gone from disk. If the whole batch is still there, its parts were never sent, and are deleted. */
  const withoutParts = async (found: readonly Stored[]): Promise<Stored[]> => {
    const wholes = new Set(found.map((one) => `${one.destination}/${partName(one)}`))
    const kept: Stored[] = []
    for (const one of found) {
      if (!wholes.has(`${one.destination}/${one.of}`)) kept.push(one)
      else
        await fs.unlink(pathOf(one)).then(
          () => void one.lease.records--,
          () => events.undeleted(one),
        )
    }
    return kept
  }

  const tidy = async (lease: Lease): Promise<void> => {
    if (leases.isOwn(lease)) return
    try {
      for (const name of lease.folders) await ignoring(fs.rmdir(join(lease.path, name)))
      // If unknown files are in our folders, keep the directory: after a release it would only be taken over again.
      for await (const { name, path } of entriesOf(fs, lease.path))
        if (ours.has(name) && !(await isLeft(name, path))) return
      await leases.release(lease)
    } catch {
      // The directory is gone.
    }
  }

  return {
    tidy,
    leave: ({ destination, name }) => void left.add(keyOf(destination, name)),
    async find() {
      const found: Stored[] = []
      for (const lease of await leases.adopt(isWanted))
        for (const stored of await takeOver(lease)) found.push(stored)
      return (await withoutParts(found)).sort((a, b) => a.stamp - b.stamp)
    },
  }
}

async function* recordsOf(
  fs: SpoolFs,
  folder: string,
): AsyncGenerator<RecordName & { name: string }> {
  for await (const { name, isFile } of entriesOf(fs, folder)) {
    const record = isFile ? parseRecordName(name) : undefined
    if (record) yield { ...record, name }
  }
}

/** Removes what an interrupted write left behind. Nobody was told that it is on disk. */
async function removeDrafts(fs: SpoolFs, folder: string): Promise<void> {
  for await (const { name, path, isFile } of entriesOf(fs, folder))
    if (isFile && name.endsWith(DRAFT)) await ignoring(fs.unlink(path))
}
