import { createHash } from 'node:crypto'
import { promises as nodeFs } from 'node:fs'
import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { Batch, type CompressedBatch } from '../../src/batching/batch.js'
import type { Insert } from '../../src/clickhouse/insert.js'
import type { SpoolConfig } from '../../src/config/config.js'
import type { SpoolFs } from '../../src/spool/disk.js'
import { LEASE } from '../../src/spool/lease-file.js'
import { pathOf } from '../../src/spool/ledger.js'
import { openSpool, type Spool, type SpoolEvents } from '../../src/spool/spool.js'
import type { Stored } from '../../src/spool/stored.js'

/** A batch whose body is this text; what a record keeps of it follows from it. */
export function batchOf(text: string, rows = 1): CompressedBatch {
  const body = Buffer.from(text)
  const digest = createHash('sha256').update(body).digest('hex')
  const shape = { rows, rawBytes: body.length, codec: 'none' as const }
  return Batch.restore(shape, { digest, body }) as CompressedBatch
}

export function insertsFor(...destinations: string[]): Map<string, Insert> {
  return new Map(
    destinations.map((name) => [
      name,
      { statement: `INSERT INTO ${name}`, settings: { insert_deduplication_token: `v1-${name}` } },
    ]),
  )
}

export interface Seen {
  readonly recovered: Stored[]
  readonly corrupt: [destination: string, rows: number][]
  readonly troubles: string[]
  readonly unreadable: string[]
  readonly foreign: [destination: string, rows: number][]
  readonly newer: (readonly Stored[])[]
  deletedAside: number
  recoveries: number
  readable: number
}

/** Spools on the real disk, closed after each test. */
export function spools() {
  const opened: Spool[] = []
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((spool) => spool.close()))
  })
  return {
    open(
      directory: string,
      {
        destinations = ['primary'],
        fs,
        ...config
      }: Partial<SpoolConfig> & { destinations?: string[]; fs?: SpoolFs } = {},
    ): { spool: Spool; seen: Seen } {
      const seen: Seen = {
        recovered: [],
        corrupt: [],
        troubles: [],
        unreadable: [],
        foreign: [],
        newer: [],
        deletedAside: 0,
        recoveries: 0,
        readable: 0,
      }
      const events: SpoolEvents = {
        recovered: (stored) => seen.recovered.push(stored),
        corrupt: ({ destination, rows }) => seen.corrupt.push([destination, rows]),
        troubled: (error) => seen.troubles.push(codeOrText(error)),
        unreadable: (error) => seen.unreadable.push(codeOrText(error)),
        readable: () => seen.readable++,
        recoveredFromTrouble: () => seen.recoveries++,
        foreign: (...args) => seen.foreign.push(args),
        newer: (stored) => seen.newer.push(stored),
        deletedAside: (files) => {
          seen.deletedAside += files
        },
      }
      const spool = openSpool(
        // A lease that no test is slow enough to lose.
        { directory, maxBytes: 1e9, fsync: 'never', leaseMs: 60_000, ...config },
        destinations,
        events,
        fs,
      )
      opened.push(spool)
      return { spool, seen }
    },
  }
}

function codeOrText(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message
}

/** Puts one batch for one destination that must get to disk. */
export async function putOne(
  spool: Spool,
  text: string,
  destination = 'primary',
  rows = 1,
): Promise<Stored> {
  const stored = (await spool.put(batchOf(text, rows), insertsFor(destination))).get(destination)
  if (!stored) throw new Error(`${text} is not on disk`)
  return stored
}

export async function textOf(spool: Spool, stored: Stored): Promise<string | undefined> {
  return (await spool.load(stored))?.batch?.compressed.body.toString()
}

export async function textsOf(
  spool: Spool,
  stored: readonly Stored[],
): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = []
  for (const one of stored) texts.push(await textOf(spool, one))
  return texts
}

/**
 * `leaseMs` of a spool that takes over from one that lives in the same process. That one may renew its lease right after a test has made it
 * old, and renews it every 20 s: in between it looks dead to this one.
 */
export const IMPATIENT_MS = 300

/** Makes every owner look as if it had died two hours ago. */
export async function backdateLeases(directory: string): Promise<void> {
  for (const home of await homesIn(directory)) await backdateLease(join(directory, home))
}

/** Makes the owner of a directory look as if it had died two hours ago. */
export async function backdateLease(home: string): Promise<void> {
  const twoHoursAgo = Date.now() / 1000 - 7200
  await utimes(join(home, LEASE), twoHoursAgo, twoHoursAgo)
}

export async function homesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('o-'))
}

/** Every file below a directory but the leases. */
export async function filesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => !entry.isDirectory() && entry.name !== LEASE)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

export { pathOf }

type Call = keyof SpoolFs | 'write' | 'read' | 'datasync' | 'sync' | 'close'

/** The real file system, until it is told to fail. */
export function faultyFs(): {
  fs: SpoolFs
  calls: Map<Call, number>
  /** Makes a call fail, every time or for these paths. */
  fail(call: Call, code: string, path?: RegExp): void
  /** Lets a write take only so many bytes at first. */
  shortWrites(bytes: number): void
  /** Makes a call wait, for every path or for these. Returns what lets it go on. */
  hang(call: Call, path?: RegExp): () => void
  mend(): void
} {
  const faults = new Map<Call, { code: string; path: RegExp }>()
  const hanging = new Map<Call, { path: RegExp; until: Promise<void> }>()
  const calls = new Map<Call, number>()
  let atMost = Number.POSITIVE_INFINITY

  const before = async (call: Call, path: string): Promise<void> => {
    calls.set(call, (calls.get(call) ?? 0) + 1)
    const hangs = hanging.get(call)
    if (hangs?.path.test(path)) await hangs.until
    const fault = faults.get(call)
    if (fault?.path.test(path)) throw Object.assign(new Error(fault.code), { code: fault.code })
  }
  type File = Awaited<ReturnType<SpoolFs['open']>>
  const wrap = (file: File, path: string): File =>
    new Proxy(file, {
      get(target, key: keyof File) {
        const member = target[key]
        if (typeof member !== 'function') return member
        return async (...args: never[]) => {
          if (key === 'close') {
            await target.close()
            return before('close', path)
          }
          // A full disk takes what fits, and fails when asked again.
          if (key === 'write' && atMost < Number.POSITIVE_INFINITY) {
            const [buffer, at, length] = args as unknown as [Buffer, number, number]
            if (at === 0) return target.write(buffer, at, Math.min(length, atMost))
          }
          await before(key as Call, path)
          return (member as (...args: never[]) => unknown).apply(target, args)
        }
      },
    })
  const plain = (call: keyof SpoolFs) =>
    (async (path: string, ...rest: unknown[]) => {
      await before(call, path)
      return (nodeFs[call] as (...args: unknown[]) => unknown)(path, ...rest)
    }) as never

  return {
    fs: {
      link: plain('link'),
      lstat: plain('lstat'),
      mkdir: plain('mkdir'),
      opendir: plain('opendir'),
      rename: plain('rename'),
      rmdir: plain('rmdir'),
      unlink: plain('unlink'),
      open: async (path, ...rest) => {
        await before('open', String(path))
        return wrap(await nodeFs.open(path, ...rest), String(path))
      },
    },
    calls,
    fail: (call, code, path = /./) => faults.set(call, { code, path }),
    shortWrites: (bytes) => {
      atMost = bytes
    },
    hang(call, path = /./) {
      let release = () => {}
      const until = new Promise<void>((resolve) => {
        release = resolve
      })
      hanging.set(call, { path, until })
      return () => {
        hanging.delete(call)
        release()
      }
    },
    mend() {
      faults.clear()
      atMost = Number.POSITIVE_INFINITY
    },
  }
}
