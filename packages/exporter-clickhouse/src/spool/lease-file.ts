import { constants } from 'node:fs'
import { basename, join } from 'node:path'
import { clock } from '../common/clock.js'
import { codeOf, type SpoolFs } from './disk.js'

// A name that no folder has: the names of destinations contain no dot, and no signal has this name.
export const LEASE = 'owner.lease'
const { O_CREAT, O_NOFOLLOW = 0, O_TRUNC, O_WRONLY } = constants

/** Shows other processes that we are alive. Returns the current time by the clock of the file system. */
export async function renewLease(fs: SpoolFs, directory: string): Promise<number> {
  // Truncating sets the file's time by that clock, also on a file server, and needs no space on a full disk.
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
  const file = await fs.open(join(directory, LEASE), flags, 0o600)
  try {
    return (await file.stat()).mtimeMs
  } finally {
    await file.close()
  }
}

/** Finds directories without an owner: those with an old lease, and those without a lease. */
export function freeFinder(
  fs: SpoolFs,
  leaseMs: number,
): (directories: readonly string[], nowMs: number) => Promise<string[]> {
  let seen = new Map<string, { time: number; since: number }>()
  let isFirstLook = true

  // If the clock was set, living owners look dead until they renew their lease, and dead ones look alive for long. So after the first
  // look a lease must also have been unchanged for a while.
  const isDead = (ageMs: number, unchangedMs: number) =>
    ageMs > leaseMs
      ? isFirstLook || unchangedMs >= leaseMs / 2
      : ageMs < -leaseMs && unchangedMs >= leaseMs

  return async (directories, nowMs) => {
    const free: string[] = []
    const current: typeof seen = new Map()
    for (const directory of directories) {
      const time = await leaseTime(fs, directory)
      const before = seen.get(directory)
      const since = before && before.time === time ? before.since : clock.now()
      if (time !== undefined) current.set(directory, { time, since })
      if (time === undefined || isDead(nowMs - time, clock.now() - since)) free.push(directory)
    }
    seen = current
    isFirstLook = false
    return free
  }
}

/** When the lease was renewed. Undefined if there is no lease, NaN if that cannot be found out. */
async function leaseTime(fs: SpoolFs, directory: string): Promise<number | undefined> {
  // A process died while it created this directory. It has no lease, or one as old as the directory.
  const isDraft = basename(directory).startsWith('new-')
  try {
    return (await fs.lstat(isDraft ? directory : join(directory, LEASE))).mtimeMs
  } catch (error) {
    return codeOf(error) === 'ENOENT' && !isDraft ? undefined : Number.NaN
  }
}
