import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { isOfNewerVersion, parseRecordName } from '#exporter'
import { entriesOf } from './folders.js'

export interface Waiting {
  readonly batches: number
  readonly rows: number
  readonly bytes: number
}

export interface SpoolContents {
  /** By destination. */
  readonly waiting: ReadonlyMap<string, Waiting>
  /** Directories with records whose owner has given no sign of life for the time of a lease. */
  readonly orphans: readonly string[]
  /** Rows in the other directories: their owner has given a sign of life, by destination. */
  readonly held: ReadonlyMap<string, number>
  /** Paths of the records in the orphans, by destination. */
  readonly orphaned: ReadonlyMap<string, readonly string[]>
  /** Paths of all records, by destination. */
  readonly records: ReadonlyMap<string, readonly string[]>
  /** Paths of the records in a format of a newer version. */
  readonly newer: ReadonlySet<string>
  /** Folders that may hold records, but cannot be read. */
  readonly closed: readonly { readonly path: string; readonly code: string }[]
  /** Damaged records that were set aside. */
  readonly corrupt: number
}

const DIRECTORY = /^(?:o|new)-[0-9a-f-]{36}$/
const LEASE = 'owner.lease'
const PREFIX_BYTES = 16
const VERSION_AT = 7
const OUR_FORMAT = 1

/** Reads what the spool holds by the names of its records and the first bytes of each. Changes nothing. */
export async function readSpool(
  directory: string,
  leaseMs: number,
  signal: AbortSignal,
): Promise<SpoolContents> {
  const waiting = new Map<string, Waiting>()
  const held = new Map<string, number>()
  const orphans: string[] = []
  const orphaned = new Map<string, string[]>()
  const records = new Map<string, string[]>()
  const newer = new Set<string>()
  const closed: { path: string; code: string }[] = []
  const inside = (path: string) => entriesOf(path, (code) => void closed.push({ path, code }))
  for await (const owner of inside(directory)) {
    if (!owner.isFolder || !DIRECTORY.test(owner.name)) continue
    const own: [folder: string, path: string, rows: number][] = []
    for await (const folder of inside(owner.path)) {
      if (!folder.isFolder) continue
      for await (const { name, path, isFile } of inside(folder.path)) {
        signal.throwIfAborted()
        const record = isFile ? parseRecordName(name) : undefined
        if (!record) continue
        own.push([folder.name, path, record.rows])
        waiting.set(folder.name, sum(waiting.get(folder.name), record))
        if (await isNewer(path)) newer.add(path)
      }
    }
    for (const [folder, path] of own) add(records, folder, path)
    if (own.length === 0) continue
    if ((await leaseAgeMs(owner.path)) <= leaseMs) {
      for (const [folder, , rows] of own) held.set(folder, (held.get(folder) ?? 0) + rows)
      continue
    }
    orphans.push(owner.name)
    for (const [folder, path] of own) add(orphaned, folder, path)
  }
  const corrupt = await filesIn(join(directory, 'corrupt'))
  return { waiting, held, orphans, orphaned, records, newer, closed, corrupt }
}

function add(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key)
  if (list) list.push(item)
  else lists.set(key, [item])
}

function sum(before: Waiting | undefined, record: { rows: number; bytes: number }): Waiting {
  const { batches, rows, bytes } = before ?? { batches: 0, rows: 0, bytes: 0 }
  return { batches: batches + 1, rows: rows + record.rows, bytes: bytes + record.bytes }
}

/** By the format's number alone, because whole records may be large. */
async function isNewer(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r')
    try {
      const start = Buffer.alloc(PREFIX_BYTES)
      await file.read(start, 0, PREFIX_BYTES, 0)
      return isOfNewerVersion(start) && start.readUInt8(VERSION_AT) > OUR_FORMAT
    } finally {
      await file.close()
    }
  } catch {
    return false // it was delivered meanwhile
  }
}

/** Infinite if nobody holds the directory. */
async function leaseAgeMs(path: string): Promise<number> {
  try {
    return Date.now() - (await lstat(join(path, LEASE))).mtimeMs
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

async function filesIn(path: string): Promise<number> {
  let files = 0
  for await (const { isFile } of entriesOf(path)) if (isFile) files++
  return files
}
