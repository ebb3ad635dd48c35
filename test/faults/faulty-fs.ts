import { constants } from 'node:fs'
import type * as nodeFs from 'node:fs/promises'
import { fault, type Inode, type MemoryDisk } from './memory-disk.js'

/** The functions of a file system that the exporter uses for its spool and its dead letters. */
export type ExporterFs = Pick<
  typeof nodeFs,
  | 'appendFile'
  | 'link'
  | 'lstat'
  | 'mkdir'
  | 'open'
  | 'opendir'
  | 'rename'
  | 'rmdir'
  | 'stat'
  | 'unlink'
>

export type Call =
  | Exclude<keyof ExporterFs, 'appendFile' | 'stat'>
  | 'write'
  | 'read'
  | 'datasync'
  | 'sync'
  | 'close'

const { O_ACCMODE, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_TRUNC, O_WRONLY } = {
  O_ACCMODE: 3,
  ...constants,
}
const FLAGS: Readonly<Record<string, number>> = {
  r: O_RDONLY,
  wx: O_WRONLY | O_CREAT | O_EXCL,
  a: O_WRONLY | O_CREAT | O_APPEND,
}

/** The faults of calls to a disk, for every process that uses it. */
export class DiskFaults {
  /** No call to `write` takes more bytes at once. */
  shortWrites: number = Number.POSITIVE_INFINITY
  /** Calls so far. */
  calls = 0
  /** Calls that failed on purpose, by call and code. */
  readonly injected = new Map<string, number>()
  readonly #failing = new Map<Call, { code: string; path: RegExp; times: number }>()

  /** Makes a call fail, the given number of times or until `mend()`. */
  fail(call: Call, code: string, { path = /./, times = Number.POSITIVE_INFINITY } = {}): void {
    this.#failing.set(call, { code, path, times })
  }

  mend(): void {
    this.#failing.clear()
    this.shortWrites = Number.POSITIVE_INFINITY
  }

  get any(): boolean {
    return this.#failing.size > 0
  }

  check(call: Call, path: string): void {
    this.calls++
    const failing = this.#failing.get(call)
    if (!failing?.path.test(path) || failing.times-- <= 0) return
    const name = `${call} ${failing.code}`
    this.injected.set(name, (this.injected.get(name) ?? 0) + 1)
    throw fault(failing.code, `${call} ${path}`)
  }
}

/**
 * A disk in memory as one process sees it through `node:fs/promises`. When the process is killed its calls
 * never return, whether they were carried out or not.
 */
export class FaultyFs {
  readonly #disk: MemoryDisk
  readonly #faults: DiskFaults
  readonly #turn: (what: string) => Promise<unknown>
  #killed = false

  /** `turn`: when a call may go on, before and after it is carried out. */
  constructor(
    disk: MemoryDisk,
    faults: DiskFaults = new DiskFaults(),
    turn: (what: string) => Promise<unknown> = nextTurn,
  ) {
    this.#disk = disk
    this.#faults = faults
    this.#turn = turn
  }

  kill(): void {
    this.#killed = true
  }

  readonly fs: ExporterFs = {
    link: ((from: string, to: string) =>
      this.#call('link', to, () => this.#disk.link(from, to))) as never,
    lstat: ((path: string) =>
      this.#call('lstat', path, () => statOf(this.#disk.get(path)))) as never,
    stat: ((path: string) =>
      this.#call('lstat', path, () => statOf(this.#disk.get(path)))) as never,
    mkdir: ((path: string, { recursive = false, mode = 0o777 } = {}) =>
      this.#call('mkdir', path, () => this.#makeFolder(path, recursive, mode))) as never,
    rename: ((from: string, to: string) =>
      this.#call('rename', to, () => this.#disk.rename(from, to))) as never,
    rmdir: ((path: string) =>
      this.#call('rmdir', path, () => this.#disk.removeFolder(path))) as never,
    unlink: ((path: string) => this.#call('unlink', path, () => this.#disk.unlink(path))) as never,
    opendir: ((path: string) => this.#call('opendir', path, () => this.#entries(path))) as never,
    open: ((path: string, flags: string | number = 'r', mode = 0o666) =>
      this.#open(path, flags, mode)) as never,
    appendFile: (async (path: string, text: string, { mode = 0o666 } = {}) => {
      const file = await this.#open(path, 'a', mode)
      const bytes = Buffer.from(text)
      try {
        for (let at = 0; at < bytes.length; )
          at += (await file.write(bytes, at, bytes.length - at)).bytesWritten
      } finally {
        await file.close()
      }
    }) as never,
  }

  /** One system call: before it and after it the process may be killed. */
  async #call<T>(call: Call, path: string, work: () => T): Promise<T> {
    await this.#untilTurn(`${call} ${path}`)
    try {
      this.#faults.check(call, path)
      return work()
    } finally {
      await this.#untilTurn(`${call} done`)
    }
  }

  async #untilTurn(what: string): Promise<void> {
    await this.#turn(what)
    if (this.#killed) await new Promise(() => {})
  }

  /** If it is recursive, returns the first folder that it made. */
  #makeFolder(path: string, recursive: boolean, mode: number): string | undefined {
    if (!recursive) {
      this.#disk.makeFolder(path, mode)
      return undefined
    }
    const names = path.split('/').filter((name) => name !== '')
    let first: string | undefined
    for (let depth = 1; depth <= names.length; depth++) {
      const folder = `/${names.slice(0, depth).join('/')}`
      const there = this.#disk.find(folder)
      if (there && !there.isFolder) throw fault(depth < names.length ? 'ENOTDIR' : 'EEXIST', path)
      if (there) continue
      this.#disk.makeFolder(folder, mode)
      first ??= folder
    }
    return first
  }

  #entries(path: string) {
    const folder = this.#disk.get(path)
    if (!folder.isFolder) throw fault('ENOTDIR', path)
    const entries = [...folder.names].map(([name, { isFolder }]) => ({
      name,
      isFile: () => !isFolder,
      isDirectory: () => isFolder,
    }))
    return { read: async () => entries.shift() ?? null, close: async () => {} }
  }

  async #open(path: string, flags: string | number, mode: number) {
    const bits = typeof flags === 'number' ? flags : (FLAGS[flags] ?? 0)
    const inode = await this.#call('open', path, () => this.#inodeFor(path, bits, mode))
    let position = 0
    return {
      write: (buffer: Buffer, at: number, length: number) =>
        this.#call('write', path, () => {
          const bytes = buffer.subarray(at, at + Math.min(length, this.#faults.shortWrites))
          const where = bits & O_APPEND ? inode.bytes.length : position
          const bytesWritten = this.#disk.write(inode, bytes, where)
          position = where + bytesWritten
          return { bytesWritten, buffer }
        }),
      read: (buffer: Buffer, at: number, length: number, from: number) =>
        this.#call('read', path, () => {
          if (inode.isFolder) throw fault('EISDIR', path)
          const bytesRead = inode.bytes.copy(buffer, at, from, from + length)
          return { bytesRead, buffer }
        }),
      stat: () => this.#call('lstat', path, () => statOf(inode)),
      datasync: () => this.#call('datasync', path, () => this.#disk.sync(inode)),
      sync: () => this.#call('sync', path, () => this.#disk.sync(inode)),
      close: () => this.#call('close', path, () => {}),
    }
  }

  #inodeFor(path: string, bits: number, mode: number): Inode {
    const there = this.#disk.find(path)
    if (there && bits & O_CREAT && bits & O_EXCL) throw fault('EEXIST', path)
    if (there?.isFolder && (bits & O_ACCMODE) !== O_RDONLY) throw fault('EISDIR', path)
    if (!there && !(bits & O_CREAT)) throw fault('ENOENT', path)
    const inode = there ?? this.#disk.makeFile(path, mode)
    if (bits & O_TRUNC) this.#disk.truncate(inode)
    return inode
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function statOf(inode: Inode) {
  return {
    ino: inode.ino,
    size: inode.bytes.length,
    mode: inode.mode,
    mtimeMs: inode.mtimeMs,
    isFile: () => !inode.isFolder,
    isDirectory: () => inode.isFolder,
  }
}
