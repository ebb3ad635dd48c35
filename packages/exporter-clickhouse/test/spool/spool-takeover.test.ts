import { mkdir, readdir, rm, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { followGlobalClock } from '../global-clock.js'
import {
  backdateLeases,
  batchOf,
  faultyFs,
  filesIn,
  homesIn,
  IMPATIENT_MS,
  insertsFor,
  putOne,
  spools,
} from './spool-kit.js'

followGlobalClock()
const { open } = spools()
const AWAY: Behaviour = { status: 502 }
const LEASE_MS = 60_000
afterEach(() => void vi.useRealTimers())

/** As after SIGSTOP for so long that its leases have grown old. */
function standStill(): void {
  vi.useFakeTimers({ toFake: ['performance'] })
  vi.advanceTimersByTime(LEASE_MS)
}

test('a record whose directory was deleted is counted, although the spool itself is there', async () => {
  const { spool, seen } = open(temporaryDirectory())
  const stored = await putOne(spool, 'rows', 'primary', 20)
  await rm(stored.lease.path, { recursive: true })
  expect(await spool.load(stored)).toBeUndefined()
  expect(seen.corrupt).toEqual([['primary', 20]])
})

test('a record that another process has taken over is not counted here, also when that one is done with it', async () => {
  const directory = temporaryDirectory()
  const paused = open(directory)
  const [delivered, waiting] = [await putOne(paused.spool, 'a'), await putOne(paused.spool, 'b')]
  await backdateLeases(directory)
  const heir = open(directory, { leaseMs: IMPATIENT_MS })
  await eventually(() => expect(heir.seen.recovered).toHaveLength(2))
  heir.seen.recovered.slice(0, 1).forEach(heir.spool.remove)
  await eventually(async () => expect(await filesIn(directory)).toHaveLength(1))
  expect(await paused.spool.load(delivered)).toBeUndefined()
  heir.seen.recovered.slice(1).forEach(heir.spool.remove)
  await eventually(async () => expect(await homesIn(directory)).toHaveLength(1))
  expect(await paused.spool.load(waiting)).toBeUndefined()
  expect(paused.seen.corrupt).toEqual([])
})

test('rows that were taken over while the process stood still are delivered and counted by one process alone', async () => {
  const spool = { directory: temporaryDirectory(), leaseMs: LEASE_MS }
  const away = await scriptedServer(AWAY)
  // Nothing is under way when it stops.
  const retry = { initialDelayMs: 2000 }
  const stopped = exporterTo({ endpoint: away.url, spool, retry })
  for (let n = 0; n < 3; n++) await exported(stopped, spans(10))
  await backdateLeases(spool.directory)
  const server = await scriptedServer()
  const heir = exporterTo({ endpoint: server.url, spool: { ...spool, leaseMs: IMPATIENT_MS } })
  await eventually(() => expect(statsOf(heir).delivered).toBe(30))

  standStill()
  away.follow('ok')
  await exported(stopped, spans(7))
  await stopped.forceFlush()
  expect(statsOf(stopped)).toMatchObject({ accepted: 7, delivered: 7, dropped: {}, waiting: 0 })
  expect(statsOf(heir)).toMatchObject({ accepted: 30, delivered: 30, dropped: {}, waiting: 0 })
  expect(away.inserts.at(-1)?.rows).toHaveLength(7)
})

test('a full disk is asked who has a batch all the same, as it can be read', async () => {
  const directory = temporaryDirectory()
  const { fs, fail } = faultyFs()
  const stopped = open(directory, { fs })
  const stored = await putOne(stopped.spool, 'rows')
  fail('open', 'ENOSPC', /draft$/)
  expect(await stopped.spool.put(batchOf('more'), insertsFor('primary'))).toEqual(new Map())
  expect(stopped.seen.troubles).toEqual(['ENOSPC'])
  await backdateLeases(directory)
  const heir = open(directory, { leaseMs: IMPATIENT_MS })
  await eventually(() => expect(heir.seen.recovered).toHaveLength(1))
  standStill()
  expect(await stopped.spool.check(stored)).toBe('adopted')
})

test('a disk that did not answer is not asked who has a batch: nobody waits for it again', async () => {
  const { fs, calls, hang } = faultyFs()
  const { spool, seen } = open(temporaryDirectory(), { fs })
  const stored = await putOne(spool, 'rows')
  standStill()
  const goOn = hang('lstat')
  onTestFinished(goOn)
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  vi.advanceTimersByTime(LEASE_MS)
  const first = spool.check(stored)
  while (seen.troubles.length === 0) await vi.advanceTimersByTimeAsync(500)
  expect(await first).toBe('here')
  const before = calls.get('lstat')
  expect(await spool.check(stored)).toBe('here')
  expect(calls.get('lstat')).toBe(before)
})

test('rows whose directory was deleted while the process stood still are delivered from memory', async () => {
  const spool = { directory: temporaryDirectory(), leaseMs: LEASE_MS }
  const server = await scriptedServer(AWAY)
  const to = exporterTo({ endpoint: server.url, spool })
  await exported(to, spans(10))
  for (const home of await homesIn(spool.directory))
    await rm(join(spool.directory, home), { recursive: true })
  standStill()
  await eventually(() =>
    expect(statsOf(to)).toMatchObject({ waiting: 10, unspooled: 10, spooledBytes: 0 }),
  )
  server.follow('ok')
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ accepted: 10, delivered: 10, dropped: {}, waiting: 0 })
})

test('the marks of those that were taken over are removed after an hour', async () => {
  const directory = temporaryDirectory()
  const marks = join(directory, 'adopted')
  await mkdir(join(marks, 'o-old'), { recursive: true })
  const twoHoursAgo = Date.now() / 1000 - 7200
  await utimes(join(marks, 'o-old'), twoHoursAgo, twoHoursAgo)
  const before = open(directory)
  const stored = await putOne(before.spool, 'rows')
  await before.spool.close()
  const { seen } = open(directory)
  await eventually(() => expect(seen.recovered).toHaveLength(1))
  await eventually(async () => expect(await readdir(marks)).toEqual([basename(stored.lease.path)]))
  expect(dirname(stored.lease.path)).toBe(directory)
})
