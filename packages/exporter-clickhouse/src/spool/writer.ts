import { join } from 'node:path'
import { clock } from '../common/clock.js'
import { isGone, makeFolder, type SpoolFs, syncFolder, writeWhole } from './disk.js'
import { type Lease, type Leases, MAX_TAKEN_OVER } from './lease.js'
import { folderOf, type Ledger, pathOf } from './ledger.js'
import { partName, recordName } from './record.js'
import type { Stored } from './stored.js'

/**
 * Writes a record once and links it into the folder of every destination. Rejects unless all of them have it. `of`: the batch that it is a
 * part of; if that has left, or another process has taken it over, nothing is written.
 */
export type Writer = (
  record: Buffer,
  rows: number,
  destinations: readonly string[],
  of?: Stored,
) => Promise<Stored[]>

export function newWriter(
  {
    fs,
    leases,
    ledger,
    sync,
    syncFolders,
  }: { fs: SpoolFs; leases: Leases; ledger: Ledger; sync: boolean; syncFolders: boolean },
  undo: (stored: Stored) => void,
): Writer {
  let lastStamp = 0

  const writeIn = async (lease: Lease, ...[record, rows, destinations, of]: Parameters<Writer>) => {
    lastStamp = Math.max(lastStamp + 1, clock.unixMs() * 1000)
    const shape = { stamp: lastStamp, rows, bytes: record.length, of: of && partName(of) }
    const name = recordName(shape)
    const made: Stored[] = []
    try {
      for (const destination of destinations) {
        const stored = { ...shape, destination, name, lease }
        await makeFolderOf(stored)
        const [first] = made
        // Some file systems have no hard links, or allow only a few to a file.
        const linked = first && (await succeeds(fs.link(pathOf(first), pathOf(stored))))
        if (!linked) await writeWhole(fs, pathOf(stored), record, sync)
        ledger.arrived(lease)
        made.push(stored)
      }
      if (sync) for (const stored of made) await syncFolder(fs, folderOf(stored))
    } catch (error) {
      made.forEach(undo)
      throw error
    }
    made.forEach(ledger.keep)
    return made
  }

  const makeFolderOf = async ({ lease, destination }: Stored): Promise<void> => {
    if (lease.folders.has(destination)) return
    await makeFolder(fs, join(lease.path, destination))
    if (syncFolders) await syncFolder(fs, lease.path)
    lease.folders.add(destination)
  }

  const writeSomewhere = async (...what: Parameters<Writer>): Promise<Stored[]> => {
    // A part is written beside its batch: directories are taken over one by one, and who found only the part would send it.
    let home = what[3]?.lease
    for (let tries = 1; ; tries++) {
      const lease = home ?? (await leases.own())
      try {
        return await writeIn(lease, ...what)
      } catch (error) {
        if (!isGone(error) || tries === MAX_TAKEN_OVER) throw error
        // We were suspended for too long and another process took the directory over, or somebody removed it.
        const whereabouts = await leases.find(lease).catch(() => leases.lost(lease))
        if (whereabouts === 'here') lease.folders.clear()
        else if (whereabouts === 'adopted' && home) return []
        else home = undefined
      }
    }
  }

  return async (...what) => {
    const of = what[3]
    if (!of) return writeSomewhere(...what)
    if (!ledger.has(of)) return []
    ledger.arrived(of.lease) // the directory is not given up meanwhile
    try {
      return await writeSomewhere(...what)
    } finally {
      ledger.left(of.lease)
    }
  }
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}
