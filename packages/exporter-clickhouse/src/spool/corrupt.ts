import { join } from 'node:path'
import { entriesOf, ignoring, makeFolder, removeFile, type SpoolFs } from './disk.js'
import { pathOf } from './ledger.js'
import type { Stored } from './stored.js'

const MAX_FILES = 100
const MAX_BYTES = 64 * 1024 * 1024

/** Keeps unreadable records for inspection, up to a limit. Beyond it the oldest ones are deleted, and `deleted` is called with their number. */
export function corruptFolder(fs: SpoolFs, directory: string, deleted: (files: number) => void) {
  const folder = join(directory, 'corrupt')

  const trim = async (): Promise<void> => {
    const files: { name: string; path: string; bytes: number }[] = []
    for await (const { name, path, isFolder } of entriesOf(fs, folder))
      if (!isFolder) files.push({ name, path, bytes: (await fs.lstat(path)).size })
    files.sort((a, b) => (a.name < b.name ? 1 : -1)) // a name begins with the time when it was written
    let bytes = 0
    let gone = 0
    for (const [index, file] of files.entries()) {
      bytes += file.bytes
      if (index < MAX_FILES && bytes <= MAX_BYTES) continue
      await removeFile(fs, file.path)
      gone++
    }
    if (gone > 0) deleted(gone)
  }

  /** Moves the record aside. False if it could not be moved. */
  return async (stored: Stored): Promise<boolean> => {
    try {
      await makeFolder(fs, folder)
      await fs.rename(pathOf(stored), join(folder, `${stored.name}.${stored.destination}`))
    } catch {
      return false
    }
    await ignoring(trim()) // another process may be doing the same
    return true
  }
}
