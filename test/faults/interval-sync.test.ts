import { expect, test } from 'vitest'
import { openSpool } from '../../packages/exporter-clickhouse/src/spool/spool.js'
import type { Stored } from '../../packages/exporter-clickhouse/src/spool/stored.js'
import {
  batchOf,
  insertsFor,
  textsOf,
} from '../../packages/exporter-clickhouse/test/spool/spool-kit.js'
import { eventually } from '../kit/patience.js'
import { DiskFaults, FaultyFs } from './faulty-fs.js'
import { MemoryDisk } from './memory-disk.js'
import { randomOf, SEED } from './seed.js'

function open(files: FaultyFs) {
  const recovered: Stored[] = []
  const spool = openSpool(
    { directory: '/var/lib/app/spool', maxBytes: 1e9, fsync: 'interval', leaseMs: 60_000 },
    ['a'],
    {
      recovered: (stored) => recovered.push(stored),
      corrupt: () => {},
      troubled: () => {},
      recoveredFromTrouble: () => {},
      unreadable: () => {},
      readable: () => {},
      foreign: () => {},
      newer: () => {},
      deletedAside: () => {},
    },
    files.fs,
  )
  return { spool, recovered }
}

async function foundAfterLossOfPower(disk: MemoryDisk): Promise<(string | undefined)[]> {
  disk.losePower(randomOf(SEED), 'none')
  const heir = open(new FaultyFs(disk))
  await eventually(() => expect(heir.recovered).not.toEqual([]))
  const texts = await textsOf(heir.spool, heir.recovered)
  await heir.spool.close()
  return texts
}

test('a record on a disk that is synced at intervals survives a loss of power a moment later', async () => {
  let now = Date.now()
  const disk = new MemoryDisk(() => now)
  let turns = 0 // two a call: before it is carried out, and after
  const files = new FaultyFs(disk, new DiskFaults(), async (what) => {
    if (/^sync/.test(what)) turns++
  })
  const { spool } = open(files)
  await spool.put(batchOf('rows'), insertsFor('a'))
  const before = turns
  await eventually(() => expect(turns).toBe(before + 2))
  files.kill()
  now += 3_600_000
  expect(await foundAfterLossOfPower(disk)).toEqual(['rows'])
})

test('a record put a moment before the spool was closed survives a loss of power, too', async () => {
  let now = Date.now()
  const disk = new MemoryDisk(() => now)
  const { spool } = open(new FaultyFs(disk))
  await spool.put(batchOf('rows'), insertsFor('a'))
  await spool.close()
  now += 3_600_000
  expect(await foundAfterLossOfPower(disk)).toEqual(['rows'])
})
