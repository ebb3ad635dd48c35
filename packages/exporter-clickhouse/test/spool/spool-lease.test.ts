import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { LEASE } from '../../src/spool/lease-file.js'
import { backdateLeases, IMPATIENT_MS, putOne, spools } from './spool-kit.js'

const { open } = spools()

test('a spool renews the leases of all that it holds, also of what it has taken over', async () => {
  const directory = temporaryDirectory()
  await putOne(open(directory).spool, 'inherited')
  await backdateLeases(directory)
  const heir = open(directory, { leaseMs: IMPATIENT_MS })
  const own = await putOne(heir.spool, 'own')
  await eventually(() => expect(heir.seen.recovered).toHaveLength(1))
  for (const { lease } of [own, ...heir.seen.recovered]) {
    const renewedAt = async () => (await stat(join(lease.path, LEASE))).mtimeMs
    for (let times = 0; times < 3; times++) {
      const before = await renewedAt()
      await eventually(async () => expect(await renewedAt()).toBeGreaterThan(before))
    }
  }
})
