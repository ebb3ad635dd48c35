import { join } from 'node:path'
import { LEASE } from './lease.js'
import { DRAFT, entriesOf, ignoring, type SpoolFs } from './spool-disk.js'
import { parseRecordName, type RecordName } from './spool-record.js'

export interface Found extends RecordName {
  readonly destination: string
  readonly name: string
}

/**
 * Looks into a directory without an owner. It is wanted if it holds batches of ours, or nothing at
 * all. One with batches of other destinations alone is left to the process that knows those.
 */
export async function survey(
  fs: SpoolFs,
  home: string,
  ours: ReadonlySet<string>,
): Promise<{ wanted: boolean; foreign: string[] }> {
  const folders: string[] = []
  let empty = true
  for await (const { name, isFolder } of entriesOf(fs, home)) {
    if (name !== LEASE) empty = false
    if (isFolder) folders.push(name)
  }
  const foreign = folders.filter((name) => !ours.has(name))
  return { wanted: empty || foreign.length < folders.length, foreign }
}

/** The records of one destination in a directory; only their names are read. */
export async function* recordsOf(
  fs: SpoolFs,
  home: string,
  destination: string,
): AsyncGenerator<Found> {
  for await (const { name, isFile } of entriesOf(fs, join(home, destination))) {
    const record = isFile ? parseRecordName(name) : undefined
    if (record) yield { ...record, destination, name }
  }
}

/** What is left of a put that was cut short. Nobody was told that it is on disk. */
export async function removeDrafts(fs: SpoolFs, home: string, destination: string): Promise<void> {
  for await (const { name, path, isFile } of entriesOf(fs, join(home, destination)))
    if (isFile && name.endsWith(DRAFT)) await ignoring(fs.unlink(path))
}
