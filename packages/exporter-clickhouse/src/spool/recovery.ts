import { join } from 'node:path'
import { DRAFT, entriesOf, ignoring, isGone, type SpoolFs } from './disk.js'
import type { Home, Leases } from './lease.js'
import { LEASE } from './lease-file.js'
import { pathOf } from './ledger.js'
import { parseRecordName, partName, type RecordName } from './record.js'
import type { Stored } from './stored.js'

interface RecoveryEvents {
  foreign(destination: string, rows: number): void
  /** What was found in a directory could not all be listed. */
  failed(error: unknown): void
}

/** Takes over what dead owners left. Only names are read. */
export interface Recovery {
  /** The batches of the directories newly taken over, the oldest first. */
  find(): Promise<Stored[]>
  /** Ends an adoption when nothing of ours is left in the directory. */
  tidy(home: Home): Promise<void>
  /** Disowns it from now on: a newer version that finds its directory takes it over. */
  leave(stored: Stored): void
}

export function newRecovery(
  { fs, leases }: { fs: SpoolFs; leases: Leases },
  ours: ReadonlySet<string>,
  events: RecoveryEvents,
): Recovery {
  const reported = new Set<string>()
  /** Keyed by destination and name, which stay the same when the owner changes. */
  const left = new Set<string>()
  const keyOf = (destination: string, name: string) => `${destination}/${name}`

  /** Whether a folder of ours has records, and all of them are left to a newer version. */
  const isLeft = async (destination: string, path: string): Promise<boolean> => {
    if (left.size === 0) return false
    let some = false
    for await (const { name } of entriesOf(fs, path)) {
      if (!left.has(keyOf(destination, name))) return false
      some = true
    }
    return some
  }

  /**
   * A directory is wanted if it holds batches of ours, or nothing at all. One with batches of other
   * destinations alone is left to a process that knows those.
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
    const { ino } = await fs.lstat(join(path, destination)) // it outlives a change of owners
    const key = `${ino}/${destination}`
    if (reported.has(key)) return
    reported.add(key)
    let rows = 0
    for await (const record of recordsOf(fs, join(path, destination))) rows += record.rows
    if (rows > 0) events.foreign(destination, rows)
  }

  const takeOver = async (home: Home): Promise<Stored[]> => {
    const found: Stored[] = []
    try {
      for await (const { name: destination, path, isFolder } of entriesOf(fs, home.path)) {
        if (!isFolder || !ours.has(destination)) continue
        home.folders.add(destination)
        await removeDrafts(fs, path)
        for await (const record of recordsOf(fs, path))
          if (!left.has(keyOf(destination, record.name)))
            found.push({ ...record, destination, home })
      }
    } catch (error) {
      // If it is gone we stood still, and another process has taken it over in its turn.
      if (!isGone(error)) events.failed(error)
      await leases.release(home) // to be found again
      return []
    }
    home.records = found.length
    if (found.length === 0) await tidy(home)
    return found
  }

  /** Parts are sent when what they are of is gone: where that is still there, they never were. */
  const withoutParts = async (found: readonly Stored[]): Promise<Stored[]> => {
    const wholes = new Set(found.map((one) => `${one.destination}/${partName(one)}`))
    const kept: Stored[] = []
    for (const one of found) {
      if (!wholes.has(`${one.destination}/${one.of}`)) kept.push(one)
      else await ignoring(fs.unlink(pathOf(one)).then(() => void one.home.records--))
    }
    return kept
  }

  const tidy = async (home: Home): Promise<void> => {
    if (leases.isOwn(home)) return
    try {
      for (const name of home.folders) await ignoring(fs.rmdir(join(home.path, name)))
      // Strange files are in it: given up, it would only be taken over again.
      for await (const { name, path } of entriesOf(fs, home.path))
        if (ours.has(name) && !(await isLeft(name, path))) return
      await leases.release(home)
    } catch {
      // It is gone.
    }
  }

  return {
    tidy,
    leave: ({ destination, name }) => void left.add(keyOf(destination, name)),
    async find() {
      const found: Stored[] = []
      for (const home of await leases.adopt(isWanted))
        for (const stored of await takeOver(home)) found.push(stored)
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

/** What is left of a put that was cut short. Nobody was told that it is on disk. */
async function removeDrafts(fs: SpoolFs, folder: string): Promise<void> {
  for await (const { name, path, isFile } of entriesOf(fs, folder))
    if (isFile && name.endsWith(DRAFT)) await ignoring(fs.unlink(path))
}
