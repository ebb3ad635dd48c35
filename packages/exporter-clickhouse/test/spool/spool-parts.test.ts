import { expect, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import {
  batchOf,
  faultyFs,
  filesIn,
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

test('when the batch has been replaced its parts are found', async () => {
  const directory = temporaryDirectory()
  const { spool, whole, parts } = await divided(directory)
  await spool.replaced(whole)
  expect(await filesIn(directory)).toEqual(parts.map(pathOf))
  expect(spool.bytesOf('primary')).toBe(parts.reduce((sum, { bytes }) => sum + bytes, 0))
  await spool.close()
  expect(await foundIn(directory)).toEqual(['first half', 'second half'])
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
