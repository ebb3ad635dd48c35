import { expect, onTestFinished, test } from 'vitest'
import { LEASE } from '../../packages/exporter-clickhouse/src/spool/lease-file.js'
import { openSpool, type Spool } from '../../packages/exporter-clickhouse/src/spool/spool.js'
import type { Stored } from '../../packages/exporter-clickhouse/src/spool/stored.js'
import {
  batchOf,
  insertsFor,
  textOf,
} from '../../packages/exporter-clickhouse/test/spool/spool-kit.js'
import { eventually, LONG } from '../kit/patience.js'
import { DiskFaults, FaultyFs } from './faulty-fs.js'
import { faultsOf } from './figures.js'
import { MemoryDisk, type Remains } from './memory-disk.js'
import { randomOf, SEED } from './seed.js'

// None of these folders exists before the spool makes it.
const DIRECTORY = '/var/lib/app/spool'
const NAMES = ['a', 'b']
const count = faultsOf('a process that ends or stands still, after whatever step')
const LEASE_MS = 60_000

interface Opened {
  readonly spool: Spool
  readonly recovered: Stored[]
  readonly troubles: string[]
  readonly corrupt: Stored[]
}

function open(files: FaultyFs, leaseMs: number = LEASE_MS): Opened {
  const recovered: Stored[] = []
  const troubles: string[] = []
  const corrupt: Stored[] = []
  const spool = openSpool(
    { directory: DIRECTORY, maxBytes: 1e9, fsync: 'always', leaseMs },
    NAMES,
    {
      recovered: (stored) => recovered.push(stored),
      corrupt: (stored) => corrupt.push(stored),
      troubled: (error) => troubles.push(error.message),
      recoveredFromTrouble: () => {},
      unreadable: () => {},
      readable: () => {},
      foreign: () => {},
      newer: () => {},
      deletedAside: () => {},
    },
    files.fs,
  )
  return { spool, recovered, troubles, corrupt }
}

/** A disk whose clock can be moved forward, so that a lease looks old. */
function newDisk() {
  let now = Date.now()
  const disk = new MemoryDisk(() => now)
  const anHourGoesBy = () => {
    now += 3_600_000
  }
  return { disk, anHourGoesBy }
}

/** The work of a process. Each finished step is in `done`. */
async function work(spool: Spool, done: string[]): Promise<void> {
  const put = async (text: string) => {
    const stored = await spool.put(batchOf(text), insertsFor(...NAMES))
    expect(stored.size).toBe(NAMES.length)
    done.push(text)
    return [...stored.values()]
  }
  await put('first')
  const [second] = await put('second')
  await put('third')
  if (second) spool.remove(second) // delivered to `a`
  done.push('removed')
  await put('fourth')
}
const PUT = ['first', 'second', 'third', 'fourth']
const STEPS = PUT.length + 1
const isNotDelivered = (text: string) => text !== 'second'

/** Runs the work until so many calls to the disk were made. Resolves with the steps finished by then. */
async function killedAfter(calls: number, disk: MemoryDisk): Promise<string[]> {
  let left = calls
  let die = () => {}
  const died = new Promise<void>((resolve) => {
    die = resolve
  })
  const files: FaultyFs = new FaultyFs(disk, new DiskFaults(), async () => {
    await new Promise((resolve) => setImmediate(resolve))
    if (left-- > 0) return
    files.kill()
    die()
  })
  const done: string[] = []
  await Promise.race([died, work(open(files).spool, done)])
  files.kill()
  return done
}

/** The records that the next process finds for each destination. */
async function foundOn(disk: MemoryDisk): Promise<Record<string, string[]>> {
  const heir = open(new FaultyFs(disk))
  const records = () =>
    disk.files('/').filter(({ path }) => path.endsWith('.batch') && !path.includes('/corrupt/'))
      .length
  const isOpen = () => disk.files('/').some(({ path }) => path.endsWith('owner.lease'))
  await eventually(() => expect([isOpen(), heir.recovered.length]).toEqual([true, records()]))
  const texts: Record<string, string[]> = Object.fromEntries(NAMES.map((name) => [name, []]))
  for (const stored of heir.recovered)
    texts[stored.destination]?.push((await textOf(heir.spool, stored)) ?? 'corrupt')
  expect(heir.troubles).toEqual([])
  await heir.spool.close()
  return texts
}

const ends: (readonly [end: string, remains: Remains | undefined])[] = [
  ['is killed', undefined],
  ['loses power and all that was not synced', 'none'],
  ['loses power and any of what was not synced', 'some'],
  ...(LONG ? [['loses power and the last of what was not synced', 'prefix'] as const] : []),
]

test.each(ends)(
  'a process that %s, after any step: the stored records are there, and whole',
  async (how, remains) => {
    const random = randomOf(SEED)
    let done: string[] = []
    for (let calls = 0; done.length < STEPS; calls++) {
      const { disk, anHourGoesBy } = newDisk()
      done = await killedAfter(calls, disk)
      if (remains) disk.losePower(random, remains)
      count(how)
      anHourGoesBy()
      const { a = [], b = [] } = await foundOn(disk)
      const put = done.filter((step) => step !== 'removed')
      const where = `after ${calls} calls, seed ${SEED}`
      expect(b, where).toEqual(expect.arrayContaining(put))
      expect(a, where).toEqual(
        expect.arrayContaining(
          put.filter((text) => text !== 'second' || !done.includes('removed')),
        ),
      )
      // Only records that were not acknowledged may be there twice or in part.
      expect(new Set(b).size, where).toBe(b.length)
      if (!remains) expect([...a, ...b], where).not.toContain('corrupt')
    }
  },
)

/** Does the work of the heir of a process that stood still: takes over every directory, and removes the empty ones. */
function takeAllOver(disk: MemoryDisk): void {
  for (const [name, home] of [...(disk.find(DIRECTORY)?.names ?? [])]) {
    if (name === 'corrupt' || name === 'adopted') continue
    const path = `${DIRECTORY}/${name}`
    if ([...home.names.keys()].some((inside) => inside !== LEASE)) {
      for (const mark of ['adopted', `adopted/${name}`])
        if (!disk.find(`${DIRECTORY}/${mark}`)) disk.makeFolder(`${DIRECTORY}/${mark}`, 0o700)
      disk.rename(path, `${DIRECTORY}/o-${crypto.randomUUID()}`)
    } else {
      if (home.names.has(LEASE)) disk.unlink(`${path}/${LEASE}`)
      disk.removeFolder(path)
    }
  }
}

const takeovers: [when: string, again: readonly number[]][] = [['and twice again', [5, 30]]]
if (LONG) takeovers.push(['once', []], ['and again soon afterwards', [12]])

test.each(takeovers)(
  'a process whose directories are taken over while it stands still, after any step, %s: it goes on, reports no disk error, and no batch is lost',
  async (_, again) => {
    let wasInTime = true
    for (let calls = 0; wasInTime; calls++) {
      const { disk, anHourGoesBy } = newDisk()
      // A dead process has left records, so that this one takes over as well.
      const before = open(new FaultyFs(disk))
      await before.spool.put(batchOf('inherited'), insertsFor(...NAMES))
      await before.spool.close()
      anHourGoesBy()
      wasInTime = false
      let left = calls
      const files: FaultyFs = new FaultyFs(disk, new DiskFaults(), async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (left-- !== 0 && !again.includes(-left)) return
        wasInTime = true
        takeAllOver(disk)
        count('stands still, and is taken over')
      })
      const { spool, troubles, recovered, corrupt } = open(files)
      const done: string[] = []
      await work(spool, done)
      for (const stored of recovered) await spool.load(stored)
      const where = `after ${calls} calls`
      expect({ troubles, corrupt, done: done.length }, where).toEqual({
        troubles: [],
        corrupt: [],
        done: STEPS,
      })
      await spool.close()
      anHourGoesBy()
      const { a = [], b = [] } = await foundOn(disk)
      // A record being written at that moment may be there twice, as the same bytes with the same token.
      expect([...new Set(b)].sort(), where).toEqual([...PUT, 'inherited'].sort())
      expect(a, where).toEqual(expect.arrayContaining([...PUT.filter(isNotDelivered), 'inherited']))
      for (const texts of [a, b])
        expect(texts.length, where).toBeLessThanOrEqual(PUT.length + 2 + again.length)
    }
  },
)

test('a spool that was taken over while its owner stood still accepts the next records, and reports no disk error', async () => {
  const { disk } = newDisk()
  let isTakenOver = false
  const files = new FaultyFs(disk, new DiskFaults(), async (what) => {
    await new Promise((resolve) => setImmediate(resolve))
    const home = disk.find(DIRECTORY)?.names.keys().next().value
    // In the middle of its periodic check, after it has renewed its leases.
    if (isTakenOver || what !== `opendir ${DIRECTORY}` || !home?.startsWith('o-')) return
    isTakenOver = true
    disk.rename(`${DIRECTORY}/${home}`, `${DIRECTORY}/o-${crypto.randomUUID()}`)
  })
  const { spool, troubles } = open(files, 100)
  onTestFinished(() => spool.close())
  await eventually(() => expect(isTakenOver).toBe(true))
  const stored = await spool.put(batchOf('next'), insertsFor('a'))
  expect({ troubles, size: stored.size }).toEqual({ troubles: [], size: 1 })
})
