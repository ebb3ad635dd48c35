import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { clock } from '../common/clock.js'
import { entriesOf, ignoring, isGone, isThere, type SpoolFs, syncFolder } from './disk.js'
import { releaseAtExit } from './lease-exit.js'
import { freeFinder, LEASE, renewLease } from './lease-file.js'

/** The lease of a directory in the spool. The directory belongs to this process as long as the lease is renewed. */
export interface Lease {
  readonly path: string
  /** The folders of our destinations in the directory. */
  readonly folders: Set<string>
  /** How many of our records are in the directory. */
  records: number
  /** When it was last known to be renewed, on the monotonic clock. */
  renewedAt: number
}

/** `adopted`: another process has taken the directory over. `gone`: it was deleted or moved. */
export type Whereabouts = 'here' | 'adopted' | 'gone'

/**
 * Knows which process owns which directory in the spool. Process ids cannot say it: containers share volumes, but not process tables.
 * An owner renews the time of a file, the lease. A process that finds an old lease, or none, takes the directory over by renaming it;
 * only one process can succeed. Before that it leaves a mark with the old name. An owner that was only suspended and does not find
 * its directory learns from the mark that the directory was adopted. Without a mark it was deleted.
 */
export interface Leases {
  /** The lease of the directory for new records, which is created when it is first needed, and again after it was lost. */
  own(): Promise<Lease>
  isOwn(lease: Lease): boolean
  /** Whether the lease is so recent that no other process can have taken the directory over. */
  isFresh(lease: Lease): boolean
  /** What happened to the directory. Rejects if the disk does not say. */
  find(lease: Lease): Promise<Whereabouts>
  /** The directory does not exist any more, or belongs to another process. */
  lost(lease: Lease): void
  /** Renews all leases. */
  renew(): Promise<void>
  /** Takes over all `wanted` directories that have no owner. */
  adopt(wanted: (path: string) => Promise<boolean>): Promise<Lease[]>
  /** Gives the directory up, so that another process may adopt it. An empty one is removed. */
  release(lease: Lease): Promise<void>
  releaseAll(): Promise<void>
}

const OWNED = /^(?:o|new)-[0-9a-f-]{36}$/
const MARKS = 'adopted'
// An owner that was suspended for longer finds no mark, and counts its rows as lost.
const KEEP_MARKS_MS = 3_600_000

export function openLeases(
  { directory, leaseMs, sync }: { directory: string; leaseMs: number; sync: boolean },
  fs: SpoolFs,
): Leases {
  const held = new Map<string, Lease>()
  const findFree = freeFinder(fs, leaseMs)
  const leaveExit = releaseAtExit(() => [...held.keys()].map((path) => join(path, LEASE)))
  let own: Promise<Lease> | undefined
  let ownPath: string | undefined

  const hold = (path: string): Lease => {
    const lease = { path, folders: new Set<string>(), records: 0, renewedAt: clock.now() }
    held.set(path, lease)
    return lease
  }

  const lost = (lease: Lease): void => {
    held.delete(lease.path)
    if (lease.path !== ownPath) return
    own = undefined
    ownPath = undefined
  }

  const release = async (lease: Lease): Promise<void> => {
    lost(lease)
    for (const name of lease.folders) await ignoring(fs.rmdir(join(lease.path, name)))
    await ignoring(fs.unlink(join(lease.path, LEASE)))
    await ignoring(fs.rmdir(lease.path))
  }

  const make = async (): Promise<Lease> => {
    const lease = hold(await makeDirectory(fs, directory, sync))
    try {
      if (sync) await syncFolder(fs, directory)
    } catch (error) {
      await release(lease)
      throw error
    }
    ownPath = lease.path
    return lease
  }

  const renew = async (lease: Lease): Promise<void> => {
    const now = clock.now()
    await renewLease(fs, lease.path)
    lease.renewedAt = now
  }

  const markOf = (path: string) => join(directory, MARKS, basename(path))

  const mark = (path: string): Promise<void> =>
    ignoring(fs.mkdir(markOf(path), { recursive: true, mode: 0o700 }))

  const removeOldMarks = async (now: number): Promise<void> => {
    for await (const { path } of entriesOf(fs, join(directory, MARKS)))
      if (now - (await fs.lstat(path)).mtimeMs > KEEP_MARKS_MS) await fs.rmdir(path)
  }

  const ownLease = (): Promise<Lease> => {
    own ??= make().catch((error) => {
      own = undefined
      throw error
    })
    return own
  }

  return {
    own: ownLease,
    isOwn: (lease) => lease.path === ownPath,
    isFresh: (lease) => held.has(lease.path) && clock.now() - lease.renewedAt < leaseMs / 2,
    async find(lease) {
      if (await isThere(fs, lease.path)) return 'here'
      lost(lease)
      return (await isThere(fs, markOf(lease.path))) ? 'adopted' : 'gone'
    },
    lost,
    release,
    async renew() {
      for (const lease of held.values())
        await renew(lease).catch((error) => {
          if (isGone(error)) lost(lease)
        })
    },
    async adopt(wanted) {
      const { path: here } = await ownLease()
      const others: string[] = []
      for await (const { name, path, isFolder } of entriesOf(fs, directory))
        if (isFolder && OWNED.test(name) && !held.has(path)) others.push(path)
      const adopted: Lease[] = []
      const now = await renewLease(fs, here).catch((error) => {
        // We were suspended for too long, and another process took our directory over. The disk is not at fault.
        if (!isGone(error)) throw error
        const lease = held.get(here)
        if (lease) lost(lease)
        return undefined
      })
      if (now === undefined) return adopted
      for (const path of await findFree(others, now))
        try {
          if (!(await wanted(path))) continue
          // The lease is renewed before the directory is renamed: under its new name it must not look abandoned.
          await renewLease(fs, path)
          await mark(path)
          const to = newPath(directory)
          await fs.rename(path, to)
          adopted.push(hold(to))
        } catch {
          // Another process was first, or the directory cannot be taken over now. The next look finds it again.
        }
      if (adopted.length > 0) await ignoring(removeOldMarks(now))
      return adopted
    },
    async releaseAll() {
      for (const lease of held.values()) await release(lease)
      leaveExit()
    },
  }
}

function newPath(directory: string): string {
  return join(directory, `o-${randomUUID()}`)
}

// A process that is suspended for longer than a lease this often has other problems.
export const MAX_TAKEN_OVER = 5

async function makeDirectory(fs: SpoolFs, directory: string, sync: boolean): Promise<string> {
  for (let tries = 1; ; tries++)
    try {
      return await makeDirectoryOnce(fs, directory, sync)
    } catch (error) {
      // We were suspended, and another process took the draft for that of a dead process.
      if (!isGone(error) || tries === MAX_TAKEN_OVER) throw error
    }
}

async function makeDirectoryOnce(fs: SpoolFs, directory: string, sync: boolean): Promise<string> {
  const first = await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  // A name is durable when the folder that contains it is synced. So sync the parent of every folder that was made.
  if (first !== undefined && sync)
    for (let made = directory; ; made = dirname(made)) {
      await syncFolder(fs, dirname(made))
      if (made === first || made === dirname(made)) break
    }
  // The directory has another name until the lease is in it: without a lease it would look released.
  const draft = join(directory, `new-${randomUUID()}`)
  const path = newPath(directory)
  try {
    await fs.mkdir(draft, { mode: 0o700 })
    await renewLease(fs, draft)
    await fs.rename(draft, path)
    return path
  } catch (error) {
    await ignoring(fs.unlink(join(draft, LEASE)))
    await ignoring(fs.rmdir(draft))
    throw error
  }
}
