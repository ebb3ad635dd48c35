import { constants } from 'node:fs'
import { basename, join } from 'node:path'
import { clock } from '../common/clock.js'
import { codeOf, type SpoolFs } from './disk.js'

// No destination's name has a dot in it.
export const LEASE = 'owner.lease'
const { O_CREAT, O_NOFOLLOW = 0, O_TRUNC, O_WRONLY } = constants

/** Says that we are alive. Returns the time it is now, by the clock of the file system. */
export async function renewLease(fs: SpoolFs, home: string): Promise<number> {
  // Truncating sets the time by that clock, a file server's too, and needs no space on a full disk.
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
  const file = await fs.open(join(home, LEASE), flags, 0o600)
  try {
    return (await file.stat()).mtimeMs
  } finally {
    await file.close()
  }
}

/** Finds directories without an owner: those with an old lease, and those with none. */
export function freeFinder(
  fs: SpoolFs,
  leaseMs: number,
): (homes: readonly string[], nowMs: number) => Promise<string[]> {
  let seen = new Map<string, { time: number; since: number }>()
  let opening = true

  // A clock that was set makes living owners look dead until they renew, and dead ones alive for
  // long: after the first look a lease must also be seen not to change.
  const isDead = (ageMs: number, unchangedMs: number) =>
    ageMs > leaseMs
      ? opening || unchangedMs >= leaseMs / 2
      : ageMs < -leaseMs && unchangedMs >= leaseMs

  return async (homes, nowMs) => {
    const free: string[] = []
    const current: typeof seen = new Map()
    for (const home of homes) {
      const time = await leaseTime(fs, home)
      const before = seen.get(home)
      const since = before && before.time === time ? before.since : clock.now()
      if (time !== undefined) current.set(home, { time, since })
      if (time === undefined || isDead(nowMs - time, clock.now() - since)) free.push(home)
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
