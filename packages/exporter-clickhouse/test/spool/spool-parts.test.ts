import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { Stored } from '../../src/spool/stored.js'
import {
  backdateLease,
  backdateLeases,
  batchOf,
  faultyFs,
  filesIn,
  homesIn,
  insertsFor,
  pathOf,
  putOne,
  spools,
  textsOf,
} from './spool-kit.js'

const { open } = spools()

/** A batch on disk, and its two parts. */
async function divided(directory: string, how: Parameters<typeof open>[1] = {}) {
  const { spool } = open(directory, how)
  const whole = await putOne(spool, 'whole', 'primary', 2)
  const parts = []
  for (const text of ['first half', 'second half'])
    parts.push(...(await spool.put(batchOf(text), insertsFor('primary'), { of: whole })).values())
  return { spool, whole, parts }
}

// Its leases stay as old as a test makes them.
const NEVER_RENEWED_MS = 3_600_000

function isOf(stored: readonly Stored[], home: string): boolean {
  return stored.some(({ lease }) => lease.path.endsWith(home))
}

async function foundIn(directory: string): Promise<(string | undefined)[]> {
  const { spool, seen } = open(directory)
  await eventually(() => expect(seen.recovered.length).toBeGreaterThan(0))
  return textsOf(spool, seen.recovered)
}

test('of a batch and its parts whoever comes next finds the batch alone: the parts were never sent', async () => {
  const directory = temporaryDirectory()
  const { spool, whole } = await divided(directory)
  await spool.close()
  expect(await foundIn(directory)).toEqual(['whole'])
  expect((await filesIn(directory)).map((path) => path.split('/').at(-1))).toEqual([whole.name])
})

test('parts that cannot be deleted are deleted later, and the batch is sent meanwhile', async () => {
  const directory = temporaryDirectory()
  const { spool, whole } = await divided(directory)
  await spool.close()
  const { fs, fail, mend } = faultyFs()
  fail('unlink', 'EIO', /-of-/)
  const next = open(directory, { fs, leaseMs: 90 })
  await eventually(() => expect(next.seen.recovered).toHaveLength(1))
  expect(await textsOf(next.spool, next.seen.recovered)).toEqual(['whole'])
  expect(await filesIn(directory)).toHaveLength(3)
  mend()
  await eventually(async () =>
    expect((await filesIn(directory)).map((path) => path.split('/').at(-1))).toEqual([whole.name]),
  )
})

test('when the batch has been replaced its parts are found', async () => {
  const directory = temporaryDirectory()
  const { spool, whole, parts } = await divided(directory)
  await spool.replaced(whole)
  expect(await filesIn(directory)).toEqual(parts.map(pathOf))
  expect(spool.bytesOf('primary')).toBe(parts.reduce((sum, { bytes }) => sum + bytes, 0))
  await spool.close()
  expect(await foundIn(directory)).toEqual(['first half', 'second half'])
})

test('a batch that was taken over and its parts are found together, although directories grow old one after another', async () => {
  const directory = temporaryDirectory()
  const first = open(directory)
  await putOne(first.spool, 'whole', 'primary', 2)
  await first.spool.close()
  const { spool, seen } = open(directory, { leaseMs: NEVER_RENEWED_MS })
  await eventually(() => expect(seen.recovered).toHaveLength(1))
  for (const text of ['first half', 'second half'])
    await spool.put(batchOf(text), insertsFor('primary'), { of: seen.recovered[0] })

  const heirs: ReturnType<typeof open>[] = []
  const homes = (await homesIn(directory)).toSorted(
    (a, b) => Number(isOf(seen.recovered, a)) - Number(isOf(seen.recovered, b)),
  )
  expect(homes).toHaveLength(2)
  for (const home of homes) {
    await backdateLease(join(directory, home))
    heirs.push(open(directory))
    await eventually(async () => expect(await homesIn(directory)).not.toContain(home))
  }
  const found = () => Promise.all(heirs.map((one) => textsOf(one.spool, one.seen.recovered)))
  await eventually(async () => expect((await found()).flat()).toEqual(['whole']))
})

test('parts of a batch that another process has taken over meanwhile are not written: that one divides it too', async () => {
  const directory = temporaryDirectory()
  const { spool } = open(directory, { leaseMs: NEVER_RENEWED_MS })
  const whole = await putOne(spool, 'whole', 'primary', 2)
  await backdateLeases(directory)
  expect(await foundIn(directory)).toEqual(['whole'])
  const part = await spool.put(batchOf('first half'), insertsFor('primary'), { of: whole })
  expect(part).toEqual(new Map())
  expect(await filesIn(directory)).toHaveLength(1)
  expect(await spool.check(whole)).toBe('adopted')
})

test('parts of a batch whose directory was deleted are written to a new one', async () => {
  const directory = temporaryDirectory()
  const { spool } = open(directory)
  const whole = await putOne(spool, 'whole', 'primary', 2)
  await rm(whole.lease.path, { recursive: true })
  const parts = await spool.put(batchOf('first half'), insertsFor('primary'), { of: whole })
  expect(await textsOf(spool, [...parts.values()])).toEqual(['first half'])
})

test('a part of another destination’s batch is nobody’s', async () => {
  const directory = temporaryDirectory()
  const { spool } = open(directory, { destinations: ['primary', 'other'] })
  const whole = await putOne(spool, 'whole', 'primary')
  await spool.put(batchOf('part'), insertsFor('other'), { of: whole })
  await spool.close()
  const { seen } = open(directory, { destinations: ['primary', 'other'] })
  await eventually(() => expect(seen.recovered).toHaveLength(2))
})

test('a batch is replaced when its name is gone for good: with fsync its folder is synced', async () => {
  const { fs, calls } = faultyFs()
  const { spool, whole } = await divided(temporaryDirectory(), { fs, fsync: 'always' })
  const before = calls.get('sync') ?? 0
  await spool.replaced(whole)
  expect(calls.get('sync')).toBe(before + 1)
})

test('a batch that cannot be removed is replaced all the same, and removed later', async () => {
  const { fs, fail, mend } = faultyFs()
  const directory = temporaryDirectory()
  const { spool, whole, parts } = await divided(directory, { fs, leaseMs: 90 })
  fail('unlink', 'EIO')
  await spool.replaced(whole)
  mend()
  await eventually(async () => expect(await filesIn(directory)).toEqual(parts.map(pathOf)))
})
