import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  Batch,
  type CompressedBatch,
} from '../../packages/exporter-clickhouse/src/batching/batch.js'
import { LEASE } from '../../packages/exporter-clickhouse/src/spool/lease-file.js'
import { openSpool, type Spool } from '../../packages/exporter-clickhouse/src/spool/spool.js'
import type { Stored } from '../../packages/exporter-clickhouse/src/spool/stored.js'
import { insertsFor } from '../../packages/exporter-clickhouse/test/spool/spool-kit.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { LONG, until } from '../kit/patience.js'
import { ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { Exports, exporterTo } from './exports.js'
import { FaultyFs } from './faulty-fs.js'
import { faultsOf, figures } from './figures.js'
import { MemoryDisk } from './memory-disk.js'
import { mount } from './mounts.js'
import { randomOf, SEED } from './seed.js'

vi.mock('node:fs/promises', async (real) => {
  const { withMounts } = await import('./mounts.js')
  return withMounts(await real())
})

const count = faultsOf('damaged spools')
const DIRECTORY = '/spool'
/** Each batch with its rows and the destinations that still need it. */
const BATCHES: readonly (readonly [rows: number, destinations: readonly string[]])[] = [
  [1, ['a', 'b']],
  [7, ['a', 'b']],
  [3, ['b']],
  [2, ['a']],
]
const NAMES = ['a', 'b']

/** A file of the spool, as its process left it. */
interface Record {
  readonly path: string
  readonly bytes: Buffer
  readonly rows: number
  /** The file has other names, for other destinations: damage to it affects them as well. */
  readonly names: readonly string[]
}

interface Folder {
  readonly files: readonly { readonly path: string; readonly bytes: Buffer }[]
  readonly records: readonly Record[]
}

function compressedBatch(rows: number): CompressedBatch {
  const lines = Array.from({ length: rows }, (_, n) => JSON.stringify({ n, name: `row ${n}` }))
  const raw = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const body = gzipSync(raw)
  const digest = createHash('sha256').update(body).digest('hex')
  return Batch.restore({ rows, rawBytes: raw.length, codec: 'gzip' }, { digest, body }) as never
}

interface Opened {
  readonly spool: Spool
  readonly recovered: Stored[]
  readonly corrupt: Stored[]
  readonly troubles: Error[]
}

function open(disk: MemoryDisk): Opened {
  const found = { recovered: [] as Stored[], corrupt: [] as Stored[], troubles: [] as Error[] }
  const spool = openSpool(
    { directory: DIRECTORY, maxBytes: 1e9, fsync: 'never', leaseMs: 60_000 },
    NAMES,
    {
      recovered: (stored) => found.recovered.push(stored),
      corrupt: (stored) => found.corrupt.push(stored),
      troubled: (error) => found.troubles.push(error),
      recoveredFromTrouble: () => {},
      unreadable: () => {},
      readable: () => {},
      foreign: () => {},
      newer: () => {},
      deletedAside: () => {},
    },
    new FaultyFs(disk, undefined, () => Promise.resolve()).fs,
  )
  return { spool, ...found }
}

/** The files that a process leaves if it ends before anything is delivered. */
async function wholeFolder(): Promise<Folder> {
  const disk = new MemoryDisk()
  const { spool } = open(disk)
  for (const [rows, destinations] of BATCHES)
    await spool.put(compressedBatch(rows), insertsFor(...destinations))
  await spool.close()
  const files = disk.files(DIRECTORY).map(({ path, inode }) => ({ path, inode }))
  const records = new Map(files.map(({ path, inode }) => [inode, path]))
  return {
    files: files.map(({ path, inode }) => ({ path, bytes: inode.bytes })),
    records: [...records].map(([inode, path]) => ({
      path,
      bytes: inode.bytes,
      rows: Number(path.split('-').at(-2)),
      names: files.filter((file) => file.inode === inode).map((file) => file.path),
    })),
  }
}

const bare = (path: string) => path.split('/').slice(-2).join('/')

/** Puts the folder on a new disk, with one file of it as it is here. */
function diskWith({ files }: Folder, { names }: Record, damaged: Buffer): MemoryDisk {
  const disk = new MemoryDisk()
  for (const { path, bytes } of files) {
    const folders = path.split('/').slice(1, -1)
    for (let depth = 1; depth <= folders.length; depth++) {
      const folder = `/${folders.slice(0, depth).join('/')}`
      if (!disk.find(folder)) disk.makeFolder(folder, 0o700)
    }
    const [first] = names.filter((name) => disk.find(name))
    if (first !== undefined && names.includes(path)) disk.link(first, path)
    else disk.write(disk.makeFile(path, 0o600), names.includes(path) ? damaged : bytes, 0)
  }
  return disk
}

/** Recovers the folder, loads every batch, and finds that only the one file was lost, and how. */
async function recoversAllBut(folder: Folder, record: Record, damaged: Buffer): Promise<void> {
  const disk = diskWith(folder, record, damaged)
  const { spool, recovered, corrupt, troubles } = open(disk)
  const isOpen = () =>
    recovered.length === folder.files.length &&
    disk.files(DIRECTORY).some(({ path }) => path.endsWith(LEASE))
  for (let turns = 0; !isOpen() && turns < 1000; turns++)
    await new Promise((resolve) => setImmediate(resolve))
  const loaded = new Map<string, Buffer>()
  for (const stored of recovered) {
    const read = await spool.load(stored)
    if (read?.batch) loaded.set(`${stored.destination}/${stored.name}`, read.batch.compressed.body)
  }
  await spool.close()

  const others = folder.files.filter(({ path }) => !record.names.includes(path))
  const expected = new Map(others.map(({ path, bytes }) => [bare(path), bytes]))
  expect([...loaded.keys()].sort()).toEqual([...expected.keys()].sort())
  // Every batch that is loaded equals the one that was stored, to the last byte.
  for (const [name, body] of loaded) expect(expected.get(name)?.includes(body)).toBe(true)
  expect(corrupt.map(({ destination, name }) => `${destination}/${name}`).sort()).toEqual(
    record.names.map(bare).sort(),
  )
  for (const { rows } of corrupt) expect(rows).toBe(record.rows)
  expect(troubles).toEqual([])
  const aside = disk.files(`${DIRECTORY}/corrupt`)
  expect(aside).toHaveLength(record.names.length)
  for (const { inode } of aside) expect(inode.bytes.equals(damaged)).toBe(true)
  const left = disk.files(DIRECTORY).filter(({ path }) => path.endsWith('.batch'))
  expect(left.map(({ path }) => bare(path)).sort()).toEqual([...expected.keys()].sort())
}

/** Every way to damage a record, one after the other. */
type Damages = (bytes: Buffer) => Generator<Buffer>

const damages: readonly (readonly [how: string, Damages])[] = [
  [
    'cut at every byte',
    function* (bytes) {
      for (let at = 0; at < bytes.length; at++) yield bytes.subarray(0, at)
    },
  ],
  [
    LONG ? 'with every single bit flipped' : 'with a bit of every byte flipped',
    function* (bytes) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const at = bit >> 3
        // A different bit in each byte, so that all eight are tried.
        if (!LONG && (bit & 7) !== at % 8) continue
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7))
        yield flipped
      }
    },
  ],
  [
    'with zeros from every byte on, as in a file whose length was written before its bytes',
    function* (bytes) {
      // The last byte may well be zero by itself.
      for (let at = 0; at < bytes.length; at++) {
        const zeros = Buffer.from(bytes).fill(0, at)
        if (!zeros.equals(bytes)) yield zeros
      }
    },
  ],
  [
    'with every byte missing, or there twice',
    function* (bytes) {
      for (let at = 0; at < bytes.length; at++) {
        yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])
        yield Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)])
      }
    },
  ],
]

test.each(damages)(
  'a record of a small spool %s: only it is lost, counted and kept aside, and no altered record is loaded',
  async (how, damaged) => {
    const folder = await wholeFolder()
    expect(folder.records).toHaveLength(BATCHES.length)
    let folders = 0
    // One with two names, and one with one.
    const damagedOnes = folder.records.filter((_, n) => LONG || n === 0 || n === 3)
    for (const record of damagedOnes)
      for (const bytes of damaged(record.bytes)) {
        await recoversAllBut(folder, record, bytes)
        folders++
      }
    count(`a record ${how}`, folders)
  },
)

test('a record is not mistaken for another record under its name', async () => {
  const folder = await wholeFolder()
  const [first, second] = folder.records
  if (!first || !second) throw new Error('no records')
  await recoversAllBut(folder, first, second.bytes)
})

const EVERY = LONG ? 5 : 101

test('an exporter that starts on a damaged spool delivers all whole records once, and counts the rest as spool_corrupt', async () => {
  const random = randomOf(SEED)
  const memory = new MemoryClickHouse()
  const server = await new ScriptedClickHouse(memory).listen()
  onTestFinished(() => server.close())
  const down = await new ScriptedClickHouse().listen()
  await down.refuse()
  const BATCH_ROWS = [4, 1, 6]
  let runs = 0
  let lost = 0
  for (let at = 0, length = 1; at < length; at += EVERY) {
    const disk = new MemoryDisk()
    disk.makeFolder('/mount', 0o700)
    const spooled = (endpoint: string) => ({
      endpoint,
      database: `run${runs}`,
      flushTimeoutMs: 20,
      spool: {
        directory: `${mount(`disk-${runs}-${crypto.randomUUID()}`, new FaultyFs(disk).fs)}/mount`,
        leaseMs: 60_000,
      },
    })
    const before = exporterTo(spooled(down.url))
    const exports = new Exports(before)
    const batches: number[][] = []
    for (const rows of BATCH_ROWS) batches.push(await exports.export(rows, { resource: 0 }))
    await before.shutdown()
    const records = disk.files('/mount').filter(({ path }) => path.endsWith('.batch'))
    expect(records).toHaveLength(BATCH_ROWS.length)
    length = Math.max(...records.map(({ inode }) => inode.bytes.length))
    const which = random.between(0, records.length - 1)
    const { inode, path } = records[which] as (typeof records)[number]
    const where = at % inode.bytes.length
    const rows = Number(path.split('-').at(-2))
    if (random.chance(0.5)) disk.truncate(inode, where)
    else
      disk.write(inode, Buffer.of((inode.bytes[where] ?? 0) ^ (1 << random.between(0, 7))), where)

    const after = exporterTo(spooled(server.url))
    await until(() => statsOf(after).accepted === 11 && statsOf(after).waiting === 0)
    expect(statsOf(after)).toMatchObject({
      delivered: exports.made - rows,
      dropped: { spool_corrupt: rows },
    })
    const hit = batches.find((numbers) => numbers.length === rows) ?? []
    exports.oracle.excuse('primary', hit)
    const table = memory.table(`run${runs}.traces`)
    expect(exports.oracle.judge('primary', table.rows)).toMatchObject({
      rows: exports.made - rows,
      missing: 0,
      doubled: 0,
      altered: 0,
      foreign: 0,
    })
    await after.shutdown()
    expect(disk.files('/mount').map(({ path }) => path.split('/')[2])).toEqual(['corrupt'])
    runs++
    lost += rows
  }
  figures('an exporter on a damaged spool', { spools: runs, 'rows lost, and counted': lost })
})
