import * as realFs from 'node:fs/promises'
import { mkdir, readdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { type Leases, openLeases } from '../../src/spool/lease.js'
import { freeFinder, LEASE, renewLease } from '../../src/spool/lease-file.js'
import { followGlobalClock } from '../global-clock.js'
import { homesIn } from './spool-kit.js'

followGlobalClock()

const everything = async () => true
const opened: Leases[] = []

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map((leases) => leases.releaseAll()))
})

function leasesIn(directory: string): Leases {
  const leases = openLeases({ directory, leaseMs: 1000, sync: false }, realFs)
  opened.push(leases)
  return leases
}

async function age(home: string, ms: number): Promise<void> {
  const then = (Date.now() - ms) / 1000
  await utimes(join(home, LEASE), then, then)
}

test('an owner has one directory, with a lease in it from the first moment it can be seen', async () => {
  const directory = temporaryDirectory()
  const leases = leasesIn(directory)
  const [one, other] = await Promise.all([leases.own(), leases.own()])
  expect(one).toBe(other)
  expect(leases.isOwn(one)).toBe(true)
  expect(await readdir(one.path)).toEqual([LEASE])
  expect((await readdir(directory)).length).toBe(1)
})

test('renewing sets the time of every directory that is held', async () => {
  const directory = temporaryDirectory()
  const dead = await leasesIn(directory).own()
  await age(dead.path, 5000)
  const leases = leasesIn(directory)
  const held = [await leases.own(), ...(await leases.adopt(everything))]
  expect(held).toHaveLength(2)
  const AGED_MS = 3_600_000
  for (const lease of held) await age(lease.path, AGED_MS)
  await leases.renew()
  for (const { path } of held)
    expect(Date.now() - (await stat(join(path, LEASE))).mtimeMs).toBeLessThan(AGED_MS)
})

test('a directory is adopted under a new name, by one of many', async () => {
  const directory = temporaryDirectory()
  const dead = await leasesIn(directory).own()
  const rivals = Array.from({ length: 8 }, () => leasesIn(directory))
  await Promise.all(rivals.map((leases) => leases.own()))
  await age(dead.path, 5000)
  const adopted = (await Promise.all(rivals.map((leases) => leases.adopt(everything)))).flat()
  expect(adopted).toHaveLength(1)
  expect(adopted[0]?.path).not.toBe(dead.path)
  expect((await Promise.all(rivals.map((leases) => leases.adopt(everything)))).flat()).toEqual([])
  expect(await homesIn(directory)).toHaveLength(9)
})

test('what is not wanted stays where it is', async () => {
  const directory = temporaryDirectory()
  const dead = await leasesIn(directory).own()
  await age(dead.path, 5000)
  const leases = leasesIn(directory)
  expect(await leases.adopt(async () => false)).toEqual([])
  expect(
    await leases.adopt(async () => {
      throw new Error('cannot be read')
    }),
  ).toEqual([])
  expect(await readdir(dead.path)).toEqual([LEASE])
})

test('an owner whose directory is gone notices when it renews, and makes another', async () => {
  const directory = temporaryDirectory()
  const paused = leasesIn(directory)
  const before = await paused.own()
  await age(before.path, 5000)
  const [adopted] = await leasesIn(directory).adopt(everything)
  await paused.renew()
  expect(paused.isOwn(before)).toBe(false)
  const after = await paused.own()
  expect(after.path).not.toBe(before.path)
  await paused.releaseAll()
  expect(await readdir(adopted?.path ?? '')).toEqual([LEASE])
})

test('released means free at once, and gone if there is nothing in it', async () => {
  const directory = temporaryDirectory()
  const [empty, full] = [leasesIn(directory), leasesIn(directory)]
  await empty.own()
  await mkdir(join((await full.own()).path, 'primary'))
  await Promise.all([empty.releaseAll(), full.releaseAll()])
  expect(await homesIn(directory)).toHaveLength(1)
  expect(await leasesIn(directory).adopt(everything)).toHaveLength(1)
})

describe('a lease is', () => {
  const HOUR = 3_600_000
  /** Looks several times, while both clocks go on, at a lease that was renewed before the first look. */
  async function looks(ageMs: number, ...laterMs: number[]): Promise<boolean[]> {
    vi.useFakeTimers({ toFake: ['performance'] })
    const home = join(temporaryDirectory(), 'o-1')
    await mkdir(home)
    const renewedAt = await renewLease(realFs, home)
    const findFree = freeFinder(realFs, 1000)
    const found = [await findFree([home], renewedAt + ageMs)]
    let passed = 0
    for (const ms of laterMs) {
      vi.advanceTimersByTime(ms - passed)
      passed = ms
      found.push(await findFree([home], renewedAt + ageMs + ms))
    }
    return found.map((homes) => homes.length === 1)
  }

  test('alive when it is young, dead when it has grown old', async () => {
    expect(await looks(200, 333, 666, 999)).toEqual([false, false, false, true])
  })
  test('dead at the first look if it is old by then', async () => {
    expect(await looks(1001)).toEqual([true])
  })
  test('dead in the end if its time lies in the future and stays there', async () => {
    expect(await looks(-HOUR, 333, 666, 999, 1333)).toEqual([false, false, false, false, true])
  })
  test('dead when it is not there', async () => {
    const home = join(temporaryDirectory(), 'o-1')
    await mkdir(home)
    expect(await freeFinder(realFs, 1000)([home], Date.now())).toEqual([home])
  })

  test.each([HOUR, -HOUR])(
    'alive if it is renewed, when the clock is set by %d ms',
    async (jump) => {
      vi.useFakeTimers({ toFake: ['performance'] })
      const home = join(temporaryDirectory(), 'o-1')
      await mkdir(home)
      const findFree = freeFinder(realFs, 1000)
      const start = await renewLease(realFs, home)
      expect(await findFree([home], start)).toEqual([])
      vi.advanceTimersByTime(333)
      await age(home, Date.now() - start - 333) // renewed
      expect(await findFree([home], start + 333)).toEqual([])
      for (let turn = 2; turn < 9; turn++) {
        // The clock is set right after the lease was renewed, and the next renewal knows it.
        vi.advanceTimersByTime(333)
        expect(await findFree([home], start + jump + turn * 333)).toEqual([])
        await age(home, Date.now() - start - jump - turn * 333)
      }
    },
  )
})
