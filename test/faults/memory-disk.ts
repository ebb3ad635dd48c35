import type { Random } from './seed.js'

/** A file with its bytes, or a folder with its names. */
export interface Inode {
  readonly ino: number
  readonly isFolder: boolean
  mtimeMs: number
  mode: number
  /** Of a file: the bytes that every process sees, and those that are safe on the disk. */
  bytes: Buffer
  synced: Buffer
  isDirty: boolean
  /** Of a folder, likewise. */
  readonly names: Map<string, Inode>
  readonly syncedNames: Map<string, Inode>
}

type Edit = readonly [folder: Inode, name: string, inode: Inode | undefined]

/** What a loss of power leaves of changes that were not synced. */
export type Remains =
  /** Nothing. */
  | 'none'
  /** The first of them, in order, as in a journal. */
  | 'prefix'
  /** Any of them. */
  | 'some'

const SECTOR = 512

/**
 * A disk in memory that knows what it has really stored: bytes and names are safe once they are synced, and not
 * before. Its names are those of POSIX, and so are its errors.
 */
export class MemoryDisk {
  /** The number of bytes that it has room for. */
  capacity: number = Number.POSITIVE_INFINITY
  /** It claims to have synced and has not. */
  lies = false
  /** The number of syncs that were requested. */
  syncs = 0
  powerLosses = 0
  /** Files that lost bytes by a loss of power, and still have a name. */
  torn = 0
  readonly #clock: () => number
  #inodes = 0
  readonly root: Inode
  /** Changes of names that are not safe yet, in order; those of one entry happen together. */
  #unsafe: Edit[][] = []

  constructor(clock: () => number = Date.now) {
    this.#clock = clock
    this.root = this.#inode(true, 0o700)
  }

  get usedBytes(): number {
    const files = new Set<Inode>()
    let used = 0
    for (const inode of this.#under(this.root))
      if (!inode.isFolder && !files.has(inode)) {
        files.add(inode)
        used += inode.bytes.length
      }
    return used
  }

  /** Every file below a path, with hard links as often as they have names. */
  files(path: string): { path: string; inode: Inode }[] {
    const folder = this.find(path)
    return [...(folder?.names ?? [])].flatMap(([name, inode]) =>
      inode.isFolder ? this.files(`${path}/${name}`) : [{ path: `${path}/${name}`, inode }],
    )
  }

  find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.root
    for (const name of namesIn(path)) {
      if (inode && !inode.isFolder) throw fault('ENOTDIR', path)
      inode = inode?.names.get(name)
    }
    return inode
  }

  get(path: string): Inode {
    const inode = this.find(path)
    if (!inode) throw fault('ENOENT', path)
    return inode
  }

  makeFolder(path: string, mode: number): void {
    const [folder, name] = this.#parent(path)
    if (folder.names.has(name)) throw fault('EEXIST', path)
    this.#change([[folder, name, this.#inode(true, mode)]])
  }

  makeFile(path: string, mode: number): Inode {
    const [folder, name] = this.#parent(path)
    if (folder.names.has(name)) throw fault('EEXIST', path)
    const inode = this.#inode(false, mode)
    this.#change([[folder, name, inode]])
    return inode
  }

  link(from: string, to: string): void {
    const inode = this.get(from)
    const [folder, name] = this.#parent(to)
    if (folder.names.has(name)) throw fault('EEXIST', to)
    if (inode.isFolder) throw fault('EPERM', from)
    this.#change([[folder, name, inode]])
  }

  rename(from: string, to: string): void {
    const [oldFolder, oldName] = this.#parent(from)
    const [newFolder, newName] = this.#parent(to)
    const inode = this.get(from)
    const there = newFolder.names.get(newName)
    if (there === inode) return
    if (inode.isFolder && `${to}/`.startsWith(`${from}/`)) throw fault('EINVAL', to)
    if (`${from}/`.startsWith(`${to}/`)) throw fault('ENOTEMPTY', to) // as on Linux: this is checked before the source
    if (there?.isFolder && !inode.isFolder) throw fault('EISDIR', to)
    if (there && !there.isFolder && inode.isFolder) throw fault('ENOTDIR', to)
    if (there?.isFolder && there.names.size > 0) throw fault('ENOTEMPTY', to)
    this.#change([
      [oldFolder, oldName, undefined],
      [newFolder, newName, inode],
    ])
  }

  unlink(path: string): void {
    const inode = this.get(path)
    if (inode.isFolder) throw fault('EISDIR', path)
    const [folder, name] = this.#parent(path)
    this.#change([[folder, name, undefined]])
  }

  removeFolder(path: string): void {
    const inode = this.get(path)
    if (!inode.isFolder) throw fault('ENOTDIR', path)
    if (inode.names.size > 0) throw fault('ENOTEMPTY', path)
    const [folder, name] = this.#parent(path)
    this.#change([[folder, name, undefined]])
  }

  /** Takes as many of the bytes as there is room for, and returns their number. */
  write(inode: Inode, bytes: Buffer, at: number): number {
    const growth = Math.max(at + bytes.length - inode.bytes.length, 0)
    const room = Math.max(this.capacity - this.usedBytes, 0)
    const taken = bytes.length - Math.max(growth - room, 0)
    if (taken <= 0 && bytes.length > 0) throw fault('ENOSPC', 'a write')
    const end = Math.max(at + taken, inode.bytes.length)
    const next = Buffer.alloc(end)
    inode.bytes.copy(next)
    bytes.copy(next, at, 0, taken)
    this.#setBytes(inode, next)
    return taken
  }

  truncate(inode: Inode, length = 0): void {
    this.#setBytes(inode, inode.bytes.subarray(0, length))
  }

  sync(inode: Inode): void {
    this.syncs++
    if (this.lies) return
    if (!inode.isFolder) {
      inode.synced = inode.bytes
      inode.isDirty = false
      return
    }
    const touches = (edits: Edit[]) => edits.some(([folder]) => folder === inode)
    for (const edits of this.#unsafe.filter(touches)) this.#settle(edits)
    this.#unsafe = this.#unsafe.filter((edits) => !touches(edits))
  }

  /** Everything that was not synced is lost, torn, or kept by luck. */
  losePower(random: Random, remains: Remains = random.pick(['none', 'prefix', 'some'])): void {
    this.powerLosses++
    const lucky = random.between(0, this.#unsafe.length)
    for (const [index, edits] of this.#unsafe.entries())
      if ((remains === 'prefix' && index < lucky) || (remains === 'some' && random.chance(0.5)))
        this.#settle(edits)
    this.#unsafe = []
    this.#restore(this.root)
    for (const inode of new Set(this.#under(this.root))) {
      if (inode.isFolder || !inode.isDirty) continue
      const { bytes } = inode
      inode.bytes = remains === 'none' ? inode.synced : torn(inode, random)
      if (!inode.bytes.equals(bytes)) this.torn++
      inode.synced = inode.bytes
      inode.isDirty = false
    }
  }

  #restore(folder: Inode): void {
    folder.names.clear()
    for (const [name, inode] of folder.syncedNames) {
      folder.names.set(name, inode)
      if (inode.isFolder) this.#restore(inode)
    }
  }

  #setBytes(inode: Inode, bytes: Buffer): void {
    inode.bytes = bytes
    inode.isDirty = true
    inode.mtimeMs = this.#clock()
  }

  #change(edits: Edit[]): void {
    for (const [folder, name, inode] of edits) {
      if (inode) folder.names.set(name, inode)
      else folder.names.delete(name)
      folder.mtimeMs = this.#clock()
    }
    this.#unsafe.push(edits)
  }

  #settle(edits: Edit[]): void {
    for (const [folder, name, inode] of edits)
      if (inode) folder.syncedNames.set(name, inode)
      else folder.syncedNames.delete(name)
  }

  #parent(path: string): [folder: Inode, name: string] {
    const names = namesIn(path)
    const name = names.pop()
    if (name === undefined) throw fault('EEXIST', path)
    const folder = this.get(names.join('/'))
    if (!folder.isFolder) throw fault('ENOTDIR', path)
    return [folder, name]
  }

  *#under(folder: Inode): Generator<Inode> {
    for (const inode of folder.names.values()) {
      yield inode
      if (inode.isFolder) yield* this.#under(inode)
    }
  }

  #inode(isFolder: boolean, mode: number): Inode {
    const nothing = Buffer.alloc(0)
    return {
      ino: ++this.#inodes,
      isFolder,
      mode,
      mtimeMs: this.#clock(),
      bytes: nothing,
      synced: nothing,
      isDirty: false,
      names: new Map(),
      syncedNames: new Map(),
    }
  }
}

/** Some sectors are new, some are old, and the length is the new or the old one. */
function torn({ bytes, synced }: Inode, random: Random): Buffer {
  const length = random.pick([bytes.length, synced.length, random.between(0, bytes.length)])
  const result = Buffer.alloc(length)
  for (let at = 0; at < length; at += SECTOR) {
    const from = random.chance(0.5) ? bytes : synced
    result.set(from.subarray(at, Math.min(at + SECTOR, length)), at)
  }
  return result
}

function namesIn(path: string): string[] {
  return path.split('/').filter((name) => name !== '')
}

export function fault(code: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${what}`), { code })
}
