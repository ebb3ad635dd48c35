import type { FileHandle } from 'node:fs/promises'
import * as realFs from 'node:fs/promises'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { SpoolFs } from '../../src/spool/disk.js'
import { putOne, spools, textOf } from './spool-kit.js'

const { open } = spools()

/** A file system that gives a few bytes at a time, as one behind a network may. */
const readsByPieces: SpoolFs = {
  ...realFs,
  async open(...args) {
    const file = await realFs.open(...args)
    const read = file.read.bind(file) as (...of: unknown[]) => unknown
    file.read = ((buffer: Buffer, at: number, length: number, position: number) =>
      read(buffer, at, Math.min(length, 7), position)) as unknown as FileHandle['read']
    return file
  },
}

test('a record that is read in pieces is whole', async () => {
  const { spool, seen } = open(temporaryDirectory(), { fs: readsByPieces })
  const stored = await putOne(spool, 'rows '.repeat(100))
  expect(await textOf(spool, stored)).toBe('rows '.repeat(100))
  expect(seen.corrupt).toEqual([])
})

test('a record that the disk fails to read twice is read the third time', async () => {
  let failures = 2
  const fs: SpoolFs = {
    ...realFs,
    async open(...args) {
      if (String(args[0]).endsWith('.batch') && failures-- > 0)
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      return realFs.open(...args)
    },
  }
  const { spool, seen } = open(temporaryDirectory(), { fs })
  const stored = await putOne(spool, 'rows')
  expect(await textOf(spool, stored)).toBe('rows')
  expect(seen.corrupt).toEqual([])
})
