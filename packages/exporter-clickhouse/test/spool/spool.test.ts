import { mkdir, readdir, readFile, stat, symlink, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { recordName } from '../../src/spool/record.js'
import {
  backdateLeases,
  batchOf,
  faultyFs,
  filesIn,
  homesIn,
  IMPATIENT_MS,
  insertsFor,
  pathOf,
  putOne,
  spools,
  textOf,
  textsOf,
} from './spool-kit.js'

const { open } = spools()

test('what is put is loaded as it was', async () => {
  const { spool } = open(temporaryDirectory())
  const stored = await putOne(spool, 'some rows', 'primary', 3)
  expect(stored).toMatchObject({ destination: 'primary', rows: 3 })
  const loaded = await spool.load(stored)
  expect(loaded?.batch?.compressed).toEqual(batchOf('some rows').compressed)
  expect(loaded?.insert).toEqual(insertsFor('primary').get('primary'))
})

test('batches that are put in the same millisecond have files of their own', async () => {
  const { spool } = open(temporaryDirectory())
  const texts = Array.from({ length: 50 }, (_, n) => `batch ${n + 10}`)
  const stored = await Promise.all(texts.map((text) => putOne(spool, text)))
  expect(new Set(stored.map(pathOf)).size).toBe(50)
  expect(await textsOf(spool, stored)).toEqual(texts)
})

test('a batch for several destinations is on disk once, until the last has it', async () => {
  const directory = temporaryDirectory()
  const { spool } = open(directory, { destinations: ['a', 'b'] })
  const put = await spool.put(batchOf('shared'), insertsFor('a', 'b'))
  const [a, b] = [...put.values()]
  if (!a || !b) throw new Error('not on disk')
  expect((await stat(pathOf(a))).ino).toBe((await stat(pathOf(b))).ino)

  spool.remove(a)
  await eventually(async () => expect(await filesIn(directory)).toEqual([pathOf(b)]))
  expect((await stat(pathOf(b))).nlink).toBe(1)
  expect(await textOf(spool, a)).toBeUndefined()
  expect(await textOf(spool, b)).toBe('shared')
  expect((await spool.load(b))?.insert).toEqual(insertsFor('b').get('b'))
})

test('a file system without hard links gets copies', async () => {
  const { fs, fail } = faultyFs()
  fail('link', 'EPERM')
  const { spool, seen } = open(temporaryDirectory(), { destinations: ['a', 'b'], fs })
  const [a, b] = [...(await spool.put(batchOf('copied'), insertsFor('a', 'b'))).values()]
  if (!a || !b) throw new Error('not on disk')
  expect((await stat(pathOf(b))).nlink).toBe(1)
  spool.remove(a)
  expect(await textOf(spool, b)).toBe('copied')
  expect(seen.troubles).toEqual([])
})

test('bytes are counted for each destination as if unshared, and given back at once', async () => {
  const { spool } = open(temporaryDirectory(), { destinations: ['a', 'b'] })
  expect(spool.bytesOf('a')).toBe(0)
  const [a, b] = [...(await spool.put(batchOf('12345'), insertsFor('a', 'b'))).values()]
  if (!a || !b) throw new Error('not on disk')
  expect(a.bytes).toBe((await stat(pathOf(a))).size)
  expect([spool.bytesOf('a'), spool.bytesOf('b')]).toEqual([a.bytes, b.bytes])
  spool.remove(a)
  spool.remove(a)
  expect([spool.bytesOf('a'), spool.bytesOf('b')]).toEqual([0, b.bytes])
})

test('nobody but the owner may read what is in it', async () => {
  const directory = join(temporaryDirectory(), 'new', 'spool')
  const umask = process.umask(0)
  try {
    const { spool } = open(directory)
    const stored = await putOne(spool, 'private')
    const mode = async (path: string) => (await stat(path)).mode & 0o777
    expect(await mode(pathOf(stored))).toBe(0o600)
    expect(await mode(join(stored.lease.path, 'owner.lease'))).toBe(0o600)
    for (const folder of [dirname(pathOf(stored)), stored.lease.path, directory])
      expect(await mode(folder)).toBe(0o700)
  } finally {
    process.umask(umask)
  }
})

test('a record holds the rows, how they are inserted, and nothing else', async () => {
  const { spool } = open(temporaryDirectory())
  const record = await readFile(pathOf(await putOne(spool, 'rows')))
  const head = JSON.parse(record.subarray(16, 16 + record.readUInt32LE(8)).toString())
  expect(Object.keys(head).sort()).toEqual(['codec', 'digest', 'inserts', 'rawBytes', 'rows'])
  expect(head.inserts).toEqual(Object.fromEntries(insertsFor('primary')))
  expect(record.subarray(16 + record.readUInt32LE(8), -4).toString()).toBe('rows')
})

test('a clean close hands everything over at once, and leaves nothing of what was delivered', async () => {
  const directory = temporaryDirectory()
  const first = open(directory)
  const delivered = await putOne(first.spool, 'delivered')
  await putOne(first.spool, 'waiting')
  first.spool.remove(delivered)
  await first.spool.close()

  const second = open(directory)
  await eventually(() => expect(second.seen.recovered).toHaveLength(1))
  expect(await textsOf(second.spool, second.seen.recovered)).toEqual(['waiting'])
  expect(second.spool.bytesOf('primary')).toBe(second.seen.recovered[0]?.bytes)
  second.seen.recovered.forEach(second.spool.remove)
  await second.spool.close()
  expect(await homesIn(directory)).toEqual([])
})

test('after close() it takes and gives nothing, and remove() still removes', async () => {
  const directory = temporaryDirectory()
  const { spool } = open(directory)
  const stored = await putOne(spool, 'late')
  await Promise.all([spool.close(), spool.close()])
  expect((await spool.put(batchOf('more'), insertsFor('primary'))).size).toBe(0)
  expect(await spool.load(stored)).toBeUndefined()
  spool.remove(stored)
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
})

test('a live owner is left alone', async () => {
  const directory = temporaryDirectory()
  const owner = open(directory)
  const stored = await putOne(owner.spool, 'mine')
  const released = open(directory)
  await putOne(released.spool, 'free')
  await released.spool.close()
  const other = open(directory)
  await eventually(() => expect(other.seen.recovered).toHaveLength(1))
  expect(await textsOf(other.spool, other.seen.recovered)).toEqual(['free'])
  expect(await textOf(owner.spool, stored)).toBe('mine')
})

test('a dead owner is adopted by a process that runs already', async () => {
  const directory = temporaryDirectory()
  const heir = open(directory, { leaseMs: 60 })
  await putOne(heir.spool, 'its own')
  const dead = open(directory)
  await putOne(dead.spool, 'left behind')
  await eventually(() => expect(heir.seen.recovered).toHaveLength(1))
  expect(await textsOf(heir.spool, heir.seen.recovered)).toEqual(['left behind'])
})

test('batches come back the oldest first, whoever wrote them', async () => {
  const directory = temporaryDirectory()
  const writers = [open(directory), open(directory), open(directory)]
  const texts = Array.from({ length: 30 }, (_, i) => `batch ${i}`)
  for (const [i, text] of texts.entries()) {
    const { spool } = writers[i % 3] ?? open(directory)
    const { stamp } = await putOne(spool, text)
    await eventually(() => expect(Date.now() * 1000).toBeGreaterThan(stamp))
  }
  await Promise.all(writers.map(({ spool }) => spool.close()))
  const next = open(directory)
  await eventually(() => expect(next.seen.recovered).toHaveLength(30))
  expect(await textsOf(next.spool, next.seen.recovered)).toEqual(texts)
})

test('2,000 batches are recovered in order without holding the loop up', async () => {
  const directory = temporaryDirectory()
  const folder = join(directory, `o-${crypto.randomUUID()}`, 'primary')
  await mkdir(folder, { recursive: true })
  const stamps = Array.from({ length: 2000 }, (_, i) => 1_700_000_000_000_000 + ((i * 7919) % 2000))
  await Promise.all(
    stamps.map((stamp) => writeFile(join(folder, recordName({ stamp, rows: 2, bytes: 100 })), '')),
  )
  let turns = 0
  const counting = setInterval(() => turns++, 1)
  const { spool, seen } = open(directory)
  await eventually(() => expect(seen.recovered).toHaveLength(2000))
  clearInterval(counting)
  expect(turns).toBeGreaterThan(2)
  expect(seen.recovered.map(({ stamp }) => stamp)).toEqual(stamps.sort((a, b) => a - b))
  expect(spool.bytesOf('primary')).toBe(200_000)
})

test('batches of a destination that is not configured are kept, reported once, and found again', async () => {
  const directory = temporaryDirectory()
  const before = open(directory, { destinations: ['old', 'kept'] })
  await putOne(before.spool, 'for old', 'old', 7)
  await putOne(before.spool, 'for old too', 'old', 5)
  await putOne(before.spool, 'for kept', 'kept')
  await before.spool.close()

  const without = open(directory, { destinations: ['kept'], leaseMs: 60 })
  await eventually(() => expect(without.seen.recovered).toHaveLength(1))
  expect(without.seen.foreign).toEqual([['old', 12]])
  without.seen.recovered.forEach(without.spool.remove)

  // While that process still runs, one that knows the destination gets what is left.
  const again = open(directory, { destinations: ['old'], leaseMs: 60 })
  await eventually(() => expect(again.seen.recovered).toHaveLength(2))
  expect(await textsOf(again.spool, again.seen.recovered)).toEqual(['for old', 'for old too'])
  expect(without.seen.foreign).toEqual([['old', 12]])
})

test('strange things in the directory are left alone and harm nobody', async () => {
  const directory = temporaryDirectory()
  const before = open(directory)
  const stored = await putOne(before.spool, 'good')
  const folder = dirname(pathOf(stored))
  const secret = join(directory, 'secret')
  await writeFile(secret, 'not for ClickHouse')
  await symlink(secret, join(folder, recordName({ stamp: 1, rows: 1, bytes: 18 })))
  await mkdir(join(folder, recordName({ stamp: 2, rows: 1, bytes: 1 })))
  await writeFile(join(folder, 'notes.txt'), 'hello')
  await writeFile(`${pathOf(stored)}.draft`, 'cut short')
  await symlink(stored.lease.path, join(directory, `o-${crypto.randomUUID()}`))
  await mkdir(join(directory, 'unrelated', 'primary'), { recursive: true })
  await before.spool.close()

  const { spool, seen } = open(directory)
  await eventually(() => expect(seen.recovered).toHaveLength(1))
  expect(await textsOf(spool, seen.recovered)).toEqual(['good'])
  seen.recovered.forEach(spool.remove)
  await spool.close()
  const names = (await filesIn(directory)).map((path) => path.split('/').at(-1))
  expect(names).toContain('notes.txt')
  expect(names.filter((name) => name?.endsWith('.draft'))).toEqual([])
  expect(seen).toMatchObject({ corrupt: [], troubles: [], foreign: [] })
})

test('a spool behind a symbolic link works', async () => {
  const directory = temporaryDirectory()
  await mkdir(join(directory, 'real'))
  await symlink(join(directory, 'real'), join(directory, 'link'))
  const { spool } = open(join(directory, 'link'))
  expect(await textOf(spool, await putOne(spool, 'linked'))).toBe('linked')
})

test('a symbolic link that took the place of a batch is not followed', async () => {
  const directory = temporaryDirectory()
  const { spool, seen } = open(directory)
  const stored = await putOne(spool, 'swapped', 'primary', 4)
  const aside = join(directory, 'same-record')
  await writeFile(aside, await readFile(pathOf(stored)))
  await unlink(pathOf(stored))
  await symlink(aside, pathOf(stored))
  expect(await spool.load(stored)).toBeUndefined()
  expect(seen.corrupt).toEqual([['primary', 4]])
})

async function entriesIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name !== 'adopted')
}

test('a directory that a killed process had just begun is cleared away when it is old', async () => {
  const directory = temporaryDirectory()
  await mkdir(join(directory, `new-${crypto.randomUUID()}`))
  await mkdir(join(directory, `o-${crypto.randomUUID()}`, 'primary'), { recursive: true })
  const { spool } = open(directory, { leaseMs: 30 })
  await eventually(async () => expect((await entriesIn(directory)).length).toBe(1))
  await spool.close()
  expect(await entriesIn(directory)).toEqual([])
})

test('an owner whose directory was taken over goes on in a new one', async () => {
  const directory = temporaryDirectory()
  const paused = open(directory)
  const stored = await putOne(paused.spool, 'before')
  await backdateLeases(directory)
  const heir = open(directory, { leaseMs: IMPATIENT_MS })
  await eventually(() => expect(heir.seen.recovered).toHaveLength(1))

  expect(await paused.spool.load(stored)).toBeUndefined()
  expect(paused.spool.bytesOf('primary')).toBe(0)
  const after = await putOne(paused.spool, 'after')
  expect(after.lease.path).not.toBe(stored.lease.path)
  expect(await textOf(paused.spool, after)).toBe('after')
  expect(await textsOf(heir.spool, heir.seen.recovered)).toEqual(['before'])
  expect(paused.seen).toMatchObject({ corrupt: [], troubles: [] })
})
