import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { clock } from '../common/clock.js'
import { entriesOf, ignoring, isGone, isThere, type SpoolFs, syncFolder } from './disk.js'
import { releaseAtExit } from './lease-exit.js'
import { freeFinder, LEASE, renewLease } from './lease-file.js'

/** A directory in the spool that is ours for as long as we renew the lease in it. */
export interface Home {
  readonly path: string
  /** Folders of ours in it. */
  readonly folders: Set<string>
  /** How many records of ours are in it. */
  records: number
  /** When its lease was last renewed for certain, on the monotonic clock. */
  renewedAt: number
}

/** `adopted`: another process has taken it over. `gone`: it was deleted or moved away. */
export type Whereabouts = 'here' | 'adopted' | 'gone'

/**
 * Who owns which directory in the spool. Not by process id: containers share volumes, not process
 * tables. An owner renews the time of a file; a process that finds it old, or finds none, takes the directory
 * over by renaming it, which only one can. Before that it leaves a mark with the old name. An owner that was only suspended
 * and misses its directory learns from the mark that it was adopted; without a mark it was deleted.
 */
export interface Leases {
  /** Where new records go; made when it is first asked for, and again after it was lost. */
  own(): Promise<Home>
  isOwn(home: Home): boolean
  /** Whether its lease is so recent that nobody can have taken it over. */
  isFresh(home: Home): boolean
  /** Rejects if the disk cannot say. */
  find(home: Home): Promise<Whereabouts>
  /** It is not there any more, or somebody else's by now. */
  lost(home: Home): void
  /** Renews every lease. */
  renew(): Promise<void>
  /** Takes over the directories without an owner that are `wanted`. */
  adopt(wanted: (path: string) => Promise<boolean>): Promise<Home[]>
  /** From now on anybody may adopt it; removes it if it is empty. */
  release(home: Home): Promise<void>
  releaseAll(): Promise<void>
}

const HOME = /^(?:o|new)-[0-9a-f-]{36}$/
const MARKS = 'adopted'
// An owner that stood still for longer finds no mark and counts its rows as lost.
const KEEP_MARKS_MS = 3_600_000

export function openLeases(
  { directory, leaseMs, sync }: { directory: string; leaseMs: number; sync: boolean },
  fs: SpoolFs,
): Leases {
  const held = new Map<string, Home>()
  const findFree = freeFinder(fs, leaseMs)
  const leaveExit = releaseAtExit(() => [...held.keys()].map((path) => join(path, LEASE)))
  let own: Promise<Home> | undefined
  let ownPath: string | undefined

  const hold = (path: string): Home => {
    const home = { path, folders: new Set<string>(), records: 0, renewedAt: clock.now() }
    held.set(path, home)
    return home
  }

  const lost = (home: Home): void => {
    held.delete(home.path)
    if (home.path !== ownPath) return
    own = undefined
    ownPath = undefined
  }

  const release = async (home: Home): Promise<void> => {
    lost(home)
    for (const name of home.folders) await ignoring(fs.rmdir(join(home.path, name)))
    await ignoring(fs.unlink(join(home.path, LEASE)))
    await ignoring(fs.rmdir(home.path))
  }

  const make = async (): Promise<Home> => {
    const home = hold(await makeHome(fs, directory, sync))
    try {
      if (sync) await syncFolder(fs, directory)
    } catch (error) {
      await release(home)
      throw error
    }
    ownPath = home.path
    return home
  }

  const renew = async (home: Home): Promise<void> => {
    const now = clock.now()
    await renewLease(fs, home.path)
    home.renewedAt = now
  }

  const markOf = (path: string) => join(directory, MARKS, basename(path))

  const mark = (path: string): Promise<void> =>
    ignoring(fs.mkdir(markOf(path), { recursive: true, mode: 0o700 }))

  const removeOldMarks = async (now: number): Promise<void> => {
    for await (const { path } of entriesOf(fs, join(directory, MARKS)))
      if (now - (await fs.lstat(path)).mtimeMs > KEEP_MARKS_MS) await fs.rmdir(path)
  }

  const ownHome = (): Promise<Home> => {
    own ??= make().catch((error) => {
      own = undefined
      throw error
    })
    return own
  }

  return {
    own: ownHome,
    isOwn: (home) => home.path === ownPath,
    isFresh: (home) => held.has(home.path) && clock.now() - home.renewedAt < leaseMs / 2,
    async find(home) {
      if (await isThere(fs, home.path)) return 'here'
      lost(home)
      return (await isThere(fs, markOf(home.path))) ? 'adopted' : 'gone'
    },
    lost,
    release,
    async renew() {
      for (const home of held.values())
        await renew(home).catch((error) => {
          if (isGone(error)) lost(home)
        })
    },
    async adopt(wanted) {
      const { path: here } = await ownHome()
      const others: string[] = []
      for await (const { name, path, isFolder } of entriesOf(fs, directory))
        if (isFolder && HOME.test(name) && !held.has(path)) others.push(path)
      const adopted: Home[] = []
      const now = await renewLease(fs, here).catch((error) => {
        // We stood still for too long, and it was taken over: that is no trouble of the disk's.
        if (!isGone(error)) throw error
        const home = held.get(here)
        if (home) lost(home)
        return undefined
      })
      if (now === undefined) return adopted
      for (const path of await findFree(others, now))
        try {
          if (!(await wanted(path))) continue
          // Renewed before it is renamed: under its new name it must not look abandoned.
          await renewLease(fs, path)
          await mark(path)
          const to = newPath(directory)
          await fs.rename(path, to)
          adopted.push(hold(to))
        } catch {
          // Another was first, or it cannot be had now: it is looked at again the next time.
        }
      if (adopted.length > 0) await ignoring(removeOldMarks(now))
      return adopted
    },
    async releaseAll() {
      for (const home of held.values()) await release(home)
      leaveExit()
    },
  }
}

function newPath(directory: string): string {
  return join(directory, `o-${randomUUID()}`)
}

// Whoever stands still for longer than a lease, again and again, has other troubles.
export const MAX_TAKEN_OVER = 5

async function makeHome(fs: SpoolFs, directory: string, sync: boolean): Promise<string> {
  for (let tries = 1; ; tries++)
    try {
      return await makeHomeOnce(fs, directory, sync)
    } catch (error) {
      // We stood still, and somebody took the draft for what a dead process had begun.
      if (!isGone(error) || tries === MAX_TAKEN_OVER) throw error
    }
}

async function makeHomeOnce(fs: SpoolFs, directory: string, sync: boolean): Promise<string> {
  const first = await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  // Names are safe when the folder that holds them is synced: so far up as folders were made.
  if (first !== undefined && sync)
    for (let made = directory; ; made = dirname(made)) {
      await syncFolder(fs, dirname(made))
      if (made === first || made === dirname(made)) break
    }
  // Under another name until its lease is in it: without one it would look released.
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
