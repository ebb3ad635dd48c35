import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { eventually, until } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { Spool } from '../../src/spool/spool.js'
import type { Stored } from '../../src/spool/stored.js'
import { followGlobalClock } from '../global-clock.js'
import {
  backdateLeases,
  batchOf,
  faultyFs,
  filesIn,
  homesIn,
  insertsFor,
  pathOf,
  putOne,
  spools,
  textOf,
  textsOf,
} from './spool-kit.js'

followGlobalClock()

const { open } = spools()
afterEach(() => vi.useRealTimers())

const put = (spool: Spool, text: string, ...destinations: string[]) =>
  spool.put(batchOf(text), insertsFor(...(destinations.length > 0 ? destinations : ['primary'])))

/** The clock that says when a failing disk may be tried again. */
function secondsGoBy(): () => void {
  vi.useFakeTimers({ toFake: ['performance'] })
  return () => vi.advanceTimersByTime(1000)
}

describe.each([
  ['a full disk that takes a part', 'write', 'ENOSPC', 'never'],
  ['a full disk that has no room for a name', 'open', 'ENOSPC', 'never'],
  ['a disk that fails on write', 'write', 'EIO', 'never'],
  ['a disk that fails on close', 'close', 'EIO', 'never'],
  ['a disk that fails on datasync', 'datasync', 'EIO', 'always'],
  ['a disk that fails to sync the folder', 'sync', 'EIO', 'always'],
  ['a disk that fails on rename', 'rename', 'EIO', 'never'],
  ['a read-only file system', 'open', 'EROFS', 'never'],
  ['too many open files', 'open', 'EMFILE', 'never'],
] as const)('%s', (_, call, code, fsync) => {
  test('costs nothing but its own batch a place in memory, is said once, and is over by itself', async () => {
    const oneSecond = secondsGoBy()
    const directory = temporaryDirectory()
    const { fs, fail, shortWrites, mend, calls } = faultyFs()
    const { spool, seen } = open(directory, { fs, fsync, destinations: ['a', 'b'] })
    const before = [...(await put(spool, 'before', 'a', 'b')).values()]
    if (call === 'write') shortWrites(7)
    fail(call, code, /draft$|[ab]$/)

    expect((await put(spool, 'refused', 'a', 'b')).size).toBe(0)
    const tried = calls.get('open')
    expect((await put(spool, 'not even tried', 'a', 'b')).size).toBe(0)
    expect(calls.get('open')).toBe(tried)
    oneSecond()
    expect((await put(spool, 'refused again', 'a', 'b')).size).toBe(0)
    expect(seen.troubles).toEqual([code])
    expect(spool.bytesOf('a')).toBe(before[0]?.bytes)
    await eventually(async () => expect(await filesIn(directory)).toHaveLength(2))

    mend()
    oneSecond()
    const after = [...(await put(spool, 'after', 'a', 'b')).values()]
    expect(seen).toMatchObject({ troubles: [code], recoveries: 1 })
    expect(await textsOf(spool, [...before, ...after])).toEqual([
      'before',
      'before',
      'after',
      'after',
    ])
  })
})

test('a file whose datasync failed is not trusted, even if it says afterwards that all is well', async () => {
  const directory = temporaryDirectory()
  const { fs, fail, mend } = faultyFs()
  const { spool } = open(directory, { fs, fsync: 'always' })
  fail('datasync', 'EIO')
  expect((await put(spool, 'doubtful')).size).toBe(0)
  mend()
  await spool.close()
  const next = open(directory)
  await putOne(next.spool, 'a sign that it is open')
  expect(await filesIn(directory)).toHaveLength(1)
  expect(next.seen.recovered).toEqual([])
})

test('a batch that cannot be had for one destination is on disk for none', async () => {
  const directory = temporaryDirectory()
  const { fs, fail, mend } = faultyFs()
  const { spool } = open(directory, { fs, destinations: ['a', 'b'] })
  fail('link', 'EIO')
  fail('open', 'ENOSPC', /b.[^/]*draft$/)
  expect((await put(spool, 'half', 'a', 'b')).size).toBe(0)
  mend()
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
  expect([spool.bytesOf('a'), spool.bytesOf('b')]).toEqual([0, 0])
})

test('a directory that cannot be made is tried again until it can', async () => {
  const directory = temporaryDirectory()
  const inTheWay = join(directory, 'spool')
  await writeFile(inTheWay, 'not a directory')
  const oneSecond = secondsGoBy()
  const { spool, seen } = open(inTheWay)
  expect((await put(spool, 'nowhere')).size).toBe(0)
  expect(seen.troubles).toHaveLength(1)
  await rm(inTheWay)
  oneSecond()
  expect(await textOf(spool, await putOne(spool, 'there'))).toBe('there')
  expect(seen.recoveries).toBe(1)
})

test('a directory that cannot be made leaves nothing behind', async () => {
  const directory = temporaryDirectory()
  const { fs, fail, mend } = faultyFs()
  fail('open', 'ENOSPC')
  const { spool, seen } = open(directory, { fs, leaseMs: 60 })
  await eventually(() => expect(seen.troubles).toEqual(['ENOSPC']))
  expect((await put(spool, 'nowhere')).size).toBe(0)
  mend()
  await eventually(async () => expect(await homesIn(directory)).toHaveLength(1))
  await spool.close()
  expect(await filesIn(directory)).toEqual([])
})

test('a directory that is removed at run time is made again', async () => {
  const directory = join(temporaryDirectory(), 'spool')
  const { spool, seen } = open(directory)
  const lost = await putOne(spool, 'lost')
  await rm(directory, { recursive: true })
  const kept = await putOne(spool, 'kept')
  expect(await textsOf(spool, [lost, kept])).toEqual([undefined, 'kept'])
  expect(seen).toMatchObject({ corrupt: [['primary', 1]], troubles: [] })
  expect(spool.bytesOf('primary')).toBe(kept.bytes)
})

test('a folder that is removed at run time costs what was in it, not its neighbours', async () => {
  const directory = temporaryDirectory()
  const { spool } = open(directory, { destinations: ['a', 'b'] })
  const [a, b] = [await putOne(spool, 'in a', 'a'), await putOne(spool, 'in b', 'b')]
  await rm(join(a.lease.path, 'a'), { recursive: true })
  const again = await putOne(spool, 'in a again', 'a')
  expect(again.lease.path).toBe(b.lease.path)
  expect(await textsOf(spool, [a, b, again])).toEqual([undefined, 'in b', 'in a again'])
})

test('a directory that is moved away is missed, and welcome when it is back', async () => {
  const oneSecond = secondsGoBy()
  const directory = join(temporaryDirectory(), 'spool')
  const { spool, seen } = open(directory)
  const stored = await putOne(spool, 'on a volume')
  await rename(directory, `${directory}-unmounted`)
  await writeFile(directory, 'nothing is mounted here')
  expect((await put(spool, 'in memory')).size).toBe(0)
  expect(seen.troubles).toHaveLength(1)
  await rm(directory)
  await rename(`${directory}-unmounted`, directory)
  oneSecond()
  const back = await putOne(spool, 'back')
  expect(await textsOf(spool, [stored, back])).toEqual(['on a volume', 'back'])
  expect(seen.recoveries).toBe(1)

  // Its owner gave it up when it was gone: it is found like a dead one's.
  await backdateLeases(directory)
  const heir = open(directory)
  await eventually(() => expect(heir.seen.recovered.map(({ name }) => name)).toContain(stored.name))
})

test('a disk that hangs is given up after five seconds, and a batch that gets there late is removed where nobody asks for it', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const directory = temporaryDirectory()
  const { fs, hang } = faultyFs()
  const { spool, seen } = open(directory, { fs })
  await putOne(spool, 'before')
  const goOn = hang('write')
  const waiting = Promise.all(Array.from({ length: 10 }, (_, i) => put(spool, `hung ${i}`)))
  await vi.advanceTimersByTimeAsync(5000)
  expect((await waiting).map((stored) => stored.size)).toEqual(Array(10).fill(0))
  expect(seen.troubles).toEqual(['the disk did not answer within 5000 ms'])
  await vi.advanceTimersByTimeAsync(5000)
  expect((await put(spool, 'not tried behind them')).size).toBe(0)
  goOn()
  vi.useRealTimers()
  await eventually(async () => expect(await filesIn(directory)).toHaveLength(1))
  expect(seen.troubles).toHaveLength(1)
})

test('a batch that gets on disk late is for its caller to keep; what was not begun in time is not written', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const directory = temporaryDirectory()
  const { fs, hang } = faultyFs()
  const { spool } = open(directory, { fs })
  const goOn = hang('open')
  const coming: Promise<ReadonlyMap<string, Stored>>[] = []
  const late = (one: Promise<ReadonlyMap<string, Stored>>) => coming.push(one)
  const puts = Array.from({ length: 10 }, (_, n) =>
    spool.put(batchOf(`hung ${n}`), insertsFor('primary'), { late }),
  )
  await vi.advanceTimersByTimeAsync(5000)
  expect((await Promise.all(puts)).map(({ size }) => size)).toEqual(Array(10).fill(0))
  goOn()
  vi.useRealTimers()
  const stored = (await Promise.all(coming)).flatMap((one) => [...one.values()])
  expect((await textsOf(spool, stored)).sort()).toEqual(['hung 0', 'hung 1'])
  expect((await filesIn(directory)).sort()).toEqual(stored.map(pathOf).sort())
})

test('no more than two writes are under way at a time', async () => {
  const { fs, hang, calls } = faultyFs()
  const { spool } = open(temporaryDirectory(), { fs })
  await putOne(spool, 'before')
  const goOn = hang('write')
  const puts = Array.from({ length: 50 }, (_, i) => put(spool, `batch ${i}`))
  await eventually(() => expect(calls.get('write')).toBe(3))
  await new Promise((resolve) => setImmediate(resolve))
  expect(calls.get('write')).toBe(3)
  goOn()
  expect((await Promise.all(puts)).every((stored) => stored.size === 1)).toBe(true)
})

test('a read that hangs is given up after five seconds, is not begun twice, and its batch comes when the disk does; no other read hangs beside it', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const { fs, hang, calls } = faultyFs()
  const { spool, seen } = open(temporaryDirectory(), { fs, leaseMs: 600_000 }) // nothing else is opened
  const names = ['a', 'b', 'c', 'd', 'e']
  const stored: Stored[] = []
  for (const name of names) stored.push(await putOne(spool, name))
  const before = calls.get('open') ?? 0
  const opened = () => (calls.get('open') ?? 0) - before
  const goOn = hang('open', /batch$/)
  const loading = Promise.all(stored.map((one) => spool.load(one)))
  await vi.advanceTimersByTimeAsync(5000)
  const answers = await loading
  const later = answers.map((answer) => (answer?.batch ? undefined : answer?.later))
  expect(later).toEqual(names.map(() => expect.any(Promise)))
  expect(opened()).toBe(1)
  expect(seen.unreadable).toEqual(['the disk did not answer within 5000 ms'])

  await vi.advanceTimersByTimeAsync(15_000)
  for (const one of stored) {
    expect(spool.mayLoad(one)).toBe(false)
    expect(await spool.load(one)).toHaveProperty('later')
  }
  expect(opened()).toBe(1)
  expect(spool.bytesOf('primary')).toBeGreaterThan(0)

  goOn()
  vi.useRealTimers()
  const late = (await Promise.all(later)).map((one) => one?.batch.compressed.body.toString())
  expect(late).toEqual(['a', undefined, undefined, undefined, undefined])
  expect(seen).toMatchObject({ unreadable: [expect.anything()], readable: 1, corrupt: [] })
  expect(await textsOf(spool, stored)).toEqual(names)
})

test('close() does not wait for a read that hangs', async () => {
  const { fs, hang } = faultyFs()
  const { spool, seen } = open(temporaryDirectory(), { fs })
  const stored = await putOne(spool, 'hangs')
  const goOn = hang('open', /batch$/)
  const loading = spool.load(stored)
  await spool.close()
  goOn()
  expect(await loading).toMatchObject({ batch: { rows: 1 } })
  expect(seen).toMatchObject({ unreadable: [], readable: 0, corrupt: [] })
})

test('what cannot be removed now is removed later', async () => {
  const directory = temporaryDirectory()
  const { fs, fail, mend, calls } = faultyFs()
  const { spool } = open(directory, { fs, leaseMs: 60 })
  const stored = await putOne(spool, 'delivered')
  fail('unlink', 'EIO')
  spool.remove(stored)
  await eventually(() => expect(calls.get('unlink')).toBeGreaterThan(1))
  expect(await filesIn(directory)).toHaveLength(1)
  mend()
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
})

test('a batch that cannot be opened for want of descriptors is loaded when there are some', async () => {
  const { fs, fail, mend, calls } = faultyFs()
  const { spool, seen } = open(temporaryDirectory(), { fs })
  const stored = await putOne(spool, 'patient')
  fail('open', 'EMFILE', /batch$/)
  const before = calls.get('open') ?? 0
  expect(await spool.load(stored)).toHaveProperty('later')
  expect(calls.get('open')).toBeGreaterThan(before + 1)
  mend()
  await until(() => spool.mayLoad(stored))
  expect(await textOf(spool, stored)).toBe('patient')
  expect(seen).toMatchObject({ corrupt: [], unreadable: ['EMFILE'], readable: 1 })
})

test('a batch in a bad sector is set aside after a few tries; on a dead disk it is waited for', async () => {
  const { fs, fail, mend, calls } = faultyFs()
  const { spool, seen } = open(temporaryDirectory(), { fs })
  const [bad, waiting] = [await putOne(spool, 'bad sector'), await putOne(spool, 'dead disk')]
  fail('read', 'EIO')
  expect(await spool.load(bad)).toBeUndefined()
  expect(seen.corrupt).toEqual([['primary', 1]])
  fail('rename', 'EIO')
  const renames = calls.get('rename') ?? 0
  expect(await spool.load(waiting)).toHaveProperty('later')
  expect(calls.get('rename')).toBeGreaterThan(renames)
  mend()
  await until(() => spool.mayLoad(waiting))
  expect(await textOf(spool, waiting)).toBe('dead disk')
  expect(seen.corrupt).toHaveLength(1)
})

test('close() ends a load that waits for the disk', async () => {
  const { fs, fail } = faultyFs()
  const { spool, seen } = open(temporaryDirectory(), { fs })
  const stored = await putOne(spool, 'waits')
  fail('open', 'EMFILE', /batch$/)
  const loading = spool.load(stored)
  await spool.close()
  expect(await loading).toBeUndefined()
  expect(seen.corrupt).toEqual([])
})

test('a directory that cannot be listed is given back and taken over when it can', async () => {
  const directory = temporaryDirectory()
  const before = open(directory)
  await putOne(before.spool, 'behind an error')
  await before.spool.close()
  const { fs, fail, mend } = faultyFs()
  fail('opendir', 'EIO', /primary$/)
  const { spool, seen } = open(directory, { fs, leaseMs: 60 })
  await eventually(() => expect(seen.troubles).toEqual(['EIO']))
  mend()
  await eventually(() => expect(seen.recovered).toHaveLength(1))
  expect(await textsOf(spool, seen.recovered)).toEqual(['behind an error'])
})

describe('with fsync', () => {
  test("'always' syncs the file, its folders and what leads there, before put() resolves", async () => {
    const { fs, calls } = faultyFs()
    const { spool } = open(temporaryDirectory(), { fs, fsync: 'always', destinations: ['a', 'b'] })
    await put(spool, 'first', 'a', 'b')
    const folders = ['the spool', 'the owner, for a', 'the owner, for b', 'a', 'b']
    expect([calls.get('datasync'), calls.get('sync')]).toEqual([1, folders.length])
    await put(spool, 'second', 'a', 'b')
    expect([calls.get('datasync'), calls.get('sync')]).toEqual([2, folders.length + 2])
  })

  test("'interval' syncs once a second what is still there, and the rest at the end", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { fs, calls } = faultyFs()
    const { spool } = open(temporaryDirectory(), { fs, fsync: 'interval' })
    const stored: Stored[] = []
    for (let i = 0; i < 5; i++) stored.push(await putOne(spool, `batch ${i}`))
    stored.slice(0, 3).forEach(spool.remove)
    const folders = ['the spool', 'the owner'] // once, when they are made: they lead to the rest
    expect([calls.get('datasync'), calls.get('sync')]).toEqual([undefined, folders.length])
    vi.advanceTimersByTime(1000)
    await eventually(() =>
      expect([calls.get('datasync'), calls.get('sync')]).toEqual([2, folders.length + 1]),
    )
    await putOne(spool, 'one more')
    await spool.close()
    expect([calls.get('datasync'), calls.get('sync')]).toEqual([3, folders.length + 2])
  })

  test("'interval' reports a sync that failed", async () => {
    const { fs, fail } = faultyFs()
    const { spool, seen } = open(temporaryDirectory(), { fs, fsync: 'interval' })
    await putOne(spool, 'doubtful')
    fail('datasync', 'EIO')
    await spool.close()
    expect(seen.troubles).toEqual(['EIO'])
  })

  test("'never' syncs nothing", async () => {
    const { fs, calls } = faultyFs()
    const { spool } = open(temporaryDirectory(), { fs })
    await putOne(spool, 'trusting')
    await spool.close()
    expect([calls.get('datasync'), calls.get('sync')]).toEqual([undefined, undefined])
  })
})

test('a spool in which nothing but trouble is to be had still closes', async () => {
  const directory = temporaryDirectory()
  const { fs, fail } = faultyFs()
  for (const call of ['open', 'mkdir', 'opendir', 'lstat', 'unlink', 'rename', 'rmdir'] as const)
    fail(call, 'EIO')
  const { spool, seen } = open(directory, { fs })
  expect((await put(spool, 'nothing works')).size).toBe(0)
  await spool.close()
  expect(seen.troubles).toEqual(['EIO'])
})

test('an error in a listener costs one batch, not those behind it', async () => {
  const directory = temporaryDirectory()
  const before = open(directory)
  for (const text of ['first', 'second', 'third']) await putOne(before.spool, text)
  await before.spool.close()
  const { spool, seen } = open(directory)
  const push = seen.recovered.push.bind(seen.recovered)
  seen.recovered.push = (stored) => {
    if (seen.recovered.length === 0 && seen.troubles.length === 0) throw new Error('a bug')
    return push(stored)
  }
  await eventually(() => expect(seen.recovered).toHaveLength(2))
  expect(seen.troubles).toEqual(['a bug'])
  expect(await textsOf(spool, seen.recovered)).toEqual(['second', 'third'])
})
