import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { basename, join } from 'node:path'
import { releaseAtExit } from './lease-exit.js'
import { codeOf, entriesOf, ignoring, isGone, type SpoolFs, syncFolder } from './spool-disk.js'

/** A directory in the spool that is ours for as long as we renew the lease in it. */
export interface Home {
  readonly path: string
  /** Folders known to be in it. */
  readonly folders: Set<string>
  /** How many records of ours are in it. */
  records: number
}

/**
 * Who owns which directory in the spool. Not by process id: containers share volumes, not process
 * tables. An owner renews the time of a file; who finds it old, or finds none, takes the directory
 * over by renaming it, which only one can.
 */
export interface Leases {
  /** Where new records go; made when it is first asked for, and again after it was lost. */
  own(): Promise<Home>
  isOwn(home: Home): boolean
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

// No destination's name has a dot in it.
export const LEASE = 'owner.lease'
const HOME = /^(?:o|new)-[0-9a-f-]{36}$/
const { O_CREAT, O_NOFOLLOW = 0, O_TRUNC, O_WRONLY } = constants

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
    const home = { path, folders: new Set<string>(), records: 0 }
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
    await ignoring(fs.unlink(join(home.path, LEASE)))
    await ignoring(fs.rmdir(home.path))
  }

  const make = async (): Promise<Home> => {
    const home = hold(await makeHome(fs, directory))
    try {
      if (sync) await syncFolder(fs, directory)
    } catch (error) {
      await release(home)
      throw error
    }
    ownPath = home.path
    return home
  }

  return {
    own() {
      own ??= make().catch((error) => {
        own = undefined
        throw error
      })
      return own
    },
    isOwn: (home) => home.path === ownPath,
    lost,
    release,
    async renew() {
      for (const home of held.values())
        await renew(fs, home.path).catch((error) => {
          if (isGone(error)) lost(home)
        })
    },
    async adopt(wanted) {
      const { path: here } = await this.own()
      const others: string[] = []
      for await (const { name, path, isFolder } of entriesOf(fs, directory))
        if (isFolder && HOME.test(name) && !held.has(path)) others.push(path)
      const adopted: Home[] = []
      for (const path of await findFree(others, await renew(fs, here)))
        try {
          if (!(await wanted(path))) continue
          // Renewed before it is renamed: under its new name it must not look abandoned.
          await renew(fs, path)
          const to = newPath(directory)
          await fs.rename(path, to)
          adopted.push(hold(to))
        } catch {
          // Another was first, or it cannot be had now: it is looked at again the next time.
        }
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

async function makeHome(fs: SpoolFs, directory: string): Promise<string> {
  await fs.mkdir(directory, { recursive: true, mode: 0o700 })
  // Under another name until its lease is in it: without one it would look released.
  const draft = join(directory, `new-${randomUUID()}`)
  const path = newPath(directory)
  try {
    await fs.mkdir(draft, { mode: 0o700 })
    await renew(fs, draft)
    await fs.rename(draft, path)
    return path
  } catch (error) {
    await ignoring(fs.unlink(join(draft, LEASE)))
    await ignoring(fs.rmdir(draft))
    throw error
  }
}

/** Returns the time it is now, by the clock of the file system. */
async function renew(fs: SpoolFs, home: string): Promise<number> {
  // Truncating sets the time by that clock, a file server's too, and needs no space on a full disk.
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
  const file = await fs.open(join(home, LEASE), flags, 0o600)
  try {
    return (await file.stat()).mtimeMs
  } finally {
    await file.close()
  }
}

function freeFinder(fs: SpoolFs, leaseMs: number) {
  let seen = new Map<string, { time: number; since: number }>()
  let opening = true

  // A clock that was set makes living owners look dead until they renew, and dead ones alive for
  // long: after the first look a lease must also be seen not to change.
  const isDead = (ageMs: number, unchangedMs: number) =>
    ageMs > leaseMs
      ? opening || unchangedMs >= leaseMs / 2
      : ageMs < -leaseMs && unchangedMs >= leaseMs

  return async (homes: readonly string[], nowMs: number): Promise<string[]> => {
    const free: string[] = []
    const current: typeof seen = new Map()
    for (const home of homes) {
      const time = await leaseTime(fs, home)
      const before = seen.get(home)
      const since = before?.time === time ? before.since : performance.now()
      if (time !== undefined) current.set(home, { time, since })
      if (time === undefined || isDead(nowMs - time, performance.now() - since)) free.push(home)
    }
    seen = current
    opening = false
    return free
  }
}

/** Undefined: there is none. NaN: it cannot be known. */
async function leaseTime(fs: SpoolFs, home: string): Promise<number | undefined> {
  // The making of it was cut short: it has no lease, or one as old as itself.
  const isDraft = basename(home).startsWith('new-')
  try {
    return (await fs.lstat(isDraft ? home : join(home, LEASE))).mtimeMs
  } catch (error) {
    return codeOf(error) === 'ENOENT' && !isDraft ? undefined : Number.NaN
  }
}
