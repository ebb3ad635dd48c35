import { join } from 'node:path'
import { entriesOf, makeFolder, removeFile, type SpoolFs } from './spool-disk.js'

export const CORRUPT = 'corrupt'
const MAX_FILES = 100
const MAX_BYTES = 64 * 1024 * 1024

/** Keeps records that cannot be read for whoever wants to look at them: so many, the oldest go first. */
export function corruptFolder(fs: SpoolFs, directory: string) {
  const folder = join(directory, CORRUPT)

  const trim = async (): Promise<void> => {
    const files: { name: string; path: string; bytes: number }[] = []
    for await (const { name, path, isFolder } of entriesOf(fs, folder))
      if (!isFolder) files.push({ name, path, bytes: (await fs.lstat(path)).size })
    files.sort((a, b) => (a.name < b.name ? 1 : -1)) // a name begins with the time it was written
    let bytes = 0
    for (const [index, file] of files.entries()) {
      bytes += file.bytes
      if (index >= MAX_FILES || bytes > MAX_BYTES) await removeFile(fs, file.path)
    }
  }

  return async (record: { path: string; name: string; destination: string }): Promise<void> => {
    await makeFolder(fs, folder)
    await fs.rename(record.path, join(folder, `${record.name}.${record.destination}`))
    await trim().catch(() => {}) // another process may be at it
  }
}
