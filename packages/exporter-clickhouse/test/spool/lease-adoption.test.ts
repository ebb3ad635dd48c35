import * as realFs from 'node:fs/promises'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { SpoolFs } from '../../src/spool/disk.js'
import { LEASE } from '../../src/spool/lease-file.js'
import { backdateLeases, IMPATIENT_MS, putOne, spools } from './spool-kit.js'

const { open } = spools()

test('a directory that is taken over never looks abandoned again: its lease is new before its name is', async () => {
  const directory = temporaryDirectory()
  await putOne(open(directory).spool, 'rows')
  await backdateLeases(directory)
  const agesMs: number[] = []
  const fs: SpoolFs = {
    ...realFs,
    async rename(from, to) {
      if (basename(String(from)).startsWith('o-'))
        agesMs.push(Date.now() - (await stat(join(String(from), LEASE))).mtimeMs)
      return realFs.rename(from, to)
    },
  }
  const { seen } = open(directory, { fs, leaseMs: IMPATIENT_MS })
  await eventually(() => expect(seen.recovered).toHaveLength(1))
  expect(agesMs).toHaveLength(1)
  expect(agesMs[0]).toBeLessThan(60_000)
})
