import { mkdir, open as openFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { recordName } from '../../src/spool/record.js'
import {
  batchOf,
  filesIn,
  insertsFor,
  pathOf,
  putOne,
  spools,
  textOf,
  textsOf,
} from './spool-kit.js'

const { open } = spools()

const TOO_LARGE_TO_KEEP = 0

/** Damages one batch of three on disk; the others must not notice. */
async function damage(
  how: (path: string, record: Buffer) => Promise<void>,
  keptAside = 1,
): Promise<void> {
  const directory = temporaryDirectory()
  const before = open(directory)
  const stored = []
  for (const text of ['first', 'second', 'third'])
    stored.push(await putOne(before.spool, text, 'primary', 3))
  const path = stored[1] ? pathOf(stored[1]) : ''
  await how(path, await readFile(path))
  await before.spool.close()

  const { spool, seen } = open(directory)
  await eventually(() => expect(seen.recovered).toHaveLength(3))
  expect(await textsOf(spool, seen.recovered)).toEqual(['first', undefined, 'third'])
  expect(seen.corrupt).toEqual([['primary', 3]])
  expect(spool.bytesOf('primary')).toBe((stored[0]?.bytes ?? 0) + (stored[2]?.bytes ?? 0))
  expect((await filesIn(directory)).filter((file) => file.includes('/corrupt/'))).toHaveLength(
    keptAside,
  )
  await spool.close()
}

describe('costs the batch it hits and no other:', () => {
  test('an empty file', () => damage((path) => truncate(path, 0)))
  test('a file of zeros', () => damage((path, { length }) => writeFile(path, Buffer.alloc(length))))
  test('a tail of zeros', () =>
    damage((path, record) => writeFile(path, Buffer.from(record).fill(0, record.length >> 1))))
  test('a tail of garbage', () =>
    damage((path, record) => writeFile(path, Buffer.concat([record, Buffer.from('garbage')]))))
  test('somebody else’s file', () =>
    damage((path) => writeFile(path, '{"some":"json"}\n'.repeat(99))))
  test('a record twice over', () =>
    damage((path, record) => writeFile(path, Buffer.concat([record, record]))))
  test('lengths of 0xffffffff', () =>
    damage((path, record) => writeFile(path, Buffer.from(record).fill(0xff, 8, 16))))
  test('lengths of 0', () =>
    damage((path, record) => writeFile(path, Buffer.from(record).fill(0, 8, 16))))
  test('a version from the future', () =>
    damage((path, record) => writeFile(path, Buffer.from(record).fill(9, 7, 8))))
  test('a hole of a terabyte', () => damage((path) => truncate(path, 2 ** 40), TOO_LARGE_TO_KEEP))
})

test('a name that claims more than any batch has is not believed, be the file as long or not', async () => {
  const directory = temporaryDirectory()
  const folder = join(directory, `o-${crypto.randomUUID()}`, 'primary')
  await mkdir(folder, { recursive: true })
  const claims = [9_999_999_999, 2_000_000_000, 1_000_000_000]
  for (const [stamp, bytes] of claims.entries())
    await writeFile(join(folder, recordName({ stamp, rows: 1, bytes })), 'short')
  await truncate(
    join(folder, recordName({ stamp: 1, rows: 1, bytes: 2_000_000_000 })),
    2_000_000_000,
  )
  const { spool, seen } = open(directory)
  await eventually(() => expect(seen.recovered).toHaveLength(3))
  const before = process.memoryUsage().arrayBuffers
  expect(await textsOf(spool, seen.recovered)).toEqual([undefined, undefined, undefined])
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
})

test('cut at any byte, or with any byte altered, a batch is lost and counted, and its neighbour is not', async () => {
  const { spool, seen } = open(temporaryDirectory())
  const neighbour = await putOne(spool, 'neighbour')
  const { bytes } = await putOne(spool, 'rows')
  for (let at = 0; at < bytes; at++) {
    const cut = await putOne(spool, 'rows')
    await truncate(pathOf(cut), at)
    expect(await spool.load(cut)).toBeUndefined()

    const altered = await putOne(spool, 'rows')
    const file = await openFile(pathOf(altered), 'r+')
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at)
    await file.write(Buffer.from([buffer.readUInt8() ^ (1 << (at % 8))]), 0, 1, at)
    await file.close()
    expect(await spool.load(altered)).toBeUndefined()
  }
  expect(seen.corrupt).toHaveLength(2 * bytes)
  expect(await textOf(spool, neighbour)).toBe('neighbour')
  expect(seen.troubles).toEqual([])
})

test('what is set aside is bounded, the oldest goes first', async () => {
  const directory = temporaryDirectory()
  const { spool, seen } = open(directory)
  const stored = []
  for (let i = 0; i < 103; i++) stored.push(await putOne(spool, `rows ${i}`))
  for (const one of stored) {
    await truncate(pathOf(one), 20)
    await spool.load(one)
  }
  expect(seen.corrupt).toHaveLength(103)
  expect(seen.deletedAside).toBe(3)
  const kept = await filesIn(directory)
  expect(kept.map((path) => path.split('/').at(-1))).toEqual(
    stored.slice(3).map(({ name }) => `${name}.primary`),
  )
})

test('a file too large to be kept aside is not kept', async () => {
  const directory = temporaryDirectory()
  const { spool, seen } = open(directory)
  const stored = await putOne(spool, 'rows')
  await truncate(pathOf(stored), 100 * 1024 * 1024)
  await spool.load(stored)
  expect(seen.corrupt).toEqual([['primary', 1]])
  expect(await filesIn(directory)).toEqual([])
})

test('a shared batch that is damaged is counted by each destination that lacks it', async () => {
  const { spool, seen } = open(temporaryDirectory(), { destinations: ['a', 'b'] })
  const [a, b] = [...(await spool.put(batchOf('shared', 5), insertsFor('a', 'b'))).values()]
  if (!a || !b) throw new Error('not on disk')
  await truncate(pathOf(a), 30)
  expect(await textsOf(spool, [a, b])).toEqual([undefined, undefined])
  expect(seen.corrupt).toEqual([
    ['a', 5],
    ['b', 5],
  ])
})
