import { constants } from 'node:fs'
import { access, opendir, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Why a folder cannot be used; undefined if it can. `exists`: it need not be made. */
export interface FolderState {
  readonly exists: boolean
  readonly problem?: string
}

/** Whether the folder can be written, or made. Nothing is written. */
export async function folderState(path: string): Promise<FolderState> {
  for (let at = path; ; at = dirname(at)) {
    const exists = at === path
    try {
      const found = await stat(at)
      if (!found.isDirectory()) return { exists, problem: `${at} is not a folder` }
      await access(at, constants.R_OK | constants.W_OK | constants.X_OK)
      return { exists }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' && at !== dirname(at)) continue
      if (code === 'ENOTDIR') return { exists, problem: `a part of ${path} is not a folder` }
      return {
        exists,
        problem:
          code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
            ? `this user may not ${exists ? 'write' : 'make'} ${at === path ? path : `${path} in ${at}`} (${code})`
            : `${at}: ${code ?? 'unknown error'}`,
      }
    }
  }
}

// Magic numbers of Linux: NFS, SMB, CIFS, SMB2, FUSE (often a share), 9P, AFS, Ceph.
const NETWORK: Readonly<Record<number, string>> = {
  26985: 'NFS', // 0x6969
  20859: 'SMB', // 0x517b
  4283649346: 'CIFS', // 0xff534d42
  4266872130: 'SMB2', // 0xfe534d42
  16914839: '9P', // 0x01021997
  1397113167: 'AFS', // 0x5346414f
  12805120: 'Ceph', // 0x00c36400
}

export interface Space {
  readonly freeBytes: number
  /** The name of the network file system, if it is one. */
  readonly network: string | undefined
}

/** Of the folder, or of the nearest one above it that exists. Undefined if the system does not say. */
export async function spaceOf(path: string): Promise<Space | undefined> {
  for (let at = path; ; at = dirname(at))
    try {
      const { bavail, bsize, type } = await statfs(at)
      return { freeBytes: bavail * bsize, network: NETWORK[type >>> 0] }
    } catch {
      if (at === dirname(at)) return undefined
    }
}

export interface Entry {
  readonly name: string
  readonly path: string
  readonly isFile: boolean
  readonly isFolder: boolean
}

/** What is in a folder; nothing if it is gone. If it cannot be read for another reason, `onClosed` gets its code. */
export async function* entriesOf(
  path: string,
  onClosed: (code: string) => void = () => {}, // a check before this one says so
): AsyncGenerator<Entry> {
  try {
    for await (const entry of await opendir(path, { bufferSize: 512 }))
      yield {
        name: entry.name,
        path: join(path, entry.name),
        isFile: entry.isFile(),
        isFolder: entry.isDirectory(),
      }
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') onClosed(code)
  }
}
