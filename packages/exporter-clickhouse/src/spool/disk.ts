import { constants } from 'node:fs'
import type * as nodeFs from 'node:fs/promises'
import { join } from 'node:path'

/** The functions of a file system that the spool uses. */
export type SpoolFs = Pick<
  typeof nodeFs,
  'link' | 'lstat' | 'mkdir' | 'open' | 'opendir' | 'rename' | 'rmdir' | 'unlink'
>

export const DRAFT = '.draft'

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_RDWR } = constants

/** Writes a file that gets its name only when the file system has taken every byte of it. */
export async function writeWhole(
  fs: SpoolFs,
  path: string,
  bytes: Buffer,
  sync: boolean,
): Promise<void> {
  const draft = `${path}${DRAFT}`
  const file = await fs.open(draft, 'wx', 0o600)
  try {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at)
        if (bytesWritten === 0) throw new Error('the disk took no bytes')
        at += bytesWritten
      }
      if (sync) await file.datasync()
    } finally {
      await file.close()
    }
    await fs.rename(draft, path)
  } catch (error) {
    await ignoring(fs.unlink(draft))
    throw error
  }
}

/** Undefined if it is not a file, or not a file of this length. */
export async function readWhole(
  fs: SpoolFs,
  path: string,
  bytes: number,
): Promise<Buffer | undefined> {
  const file = await fs.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stat = await file.stat()
    if (!stat.isFile() || stat.size !== bytes) return
    const content = Buffer.allocUnsafe(bytes)
    for (let at = 0; at < bytes; ) {
      const { bytesRead } = await file.read(content, at, bytes - at, at)
      if (bytesRead === 0) return
      at += bytesRead
    }
    return content
  } finally {
    await file.close()
  }
}

export async function syncFile(fs: SpoolFs, path: string): Promise<void> {
  const file = await fs.open(path, O_RDWR | O_NOFOLLOW)
  try {
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Makes the names in a folder durable. Windows cannot do that. */
export async function syncFolder(fs: SpoolFs, path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await fs.open(path, 'r')
  try {
    await folder.sync()
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes(codeOf(error))) throw error // some file systems cannot do that either
  } finally {
    await folder.close()
  }
}

export async function makeFolder(fs: SpoolFs, path: string): Promise<void> {
  try {
    await fs.mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** The entries of a folder. A hundred thousand of them do not block the event loop. */
export async function* entriesOf(
  fs: SpoolFs,
  path: string,
): AsyncGenerator<{ name: string; path: string; isFile: boolean; isFolder: boolean }> {
  const folder = await fs.opendir(path, { bufferSize: 512 })
  try {
    for (let entry = await folder.read(); entry; entry = await folder.read())
      yield {
        name: entry.name,
        path: join(path, entry.name),
        isFile: entry.isFile(),
        isFolder: entry.isDirectory(),
      }
  } finally {
    await folder.close()
  }
}

export async function removeFile(fs: SpoolFs, path: string): Promise<void> {
  try {
    await fs.unlink(path)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Whether the file exists. Rejects if the disk does not say. */
export async function isThere(fs: SpoolFs, path: string): Promise<boolean> {
  try {
    await fs.lstat(path)
    return true
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error))
}

export function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException | null)?.code ?? '')
}

/** Ignores an error: for work that is only worth a try. */
export async function ignoring(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {})
}
