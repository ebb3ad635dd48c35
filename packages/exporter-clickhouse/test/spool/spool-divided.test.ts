import { afterEach, expect, test, vi } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  namesIn,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { Options } from '../../src/config/options.js'
import { followGlobalClock } from '../global-clock.js'
import { disk } from './replaced-disk.js'
import { backdateLeases, faultyFs, filesIn, IMPATIENT_MS } from './spool-kit.js'

vi.mock(import('../../src/common/own-files.js'), async (original) => {
  const { replaceable } = await import('./replaced-disk.js')
  return replaceable(await original())
})

followGlobalClock()
const AWAY: Behaviour = { status: 502 }
const LEASE_MS = 60_000

afterEach(() => void vi.useRealTimers())

/** An exporter with a batch of eight on disk, which the server wants in halves: then the disk is full, so the halves are in memory only. */
async function halvedOnFullDisk(
  answerToHalf: (half: Received) => Behaviour,
  options: Partial<Options> = {},
) {
  const directory = temporaryDirectory()
  const { fs, fail, mend } = faultyFs()
  disk.fs = fs
  const server = await scriptedServer({
    each(request) {
      if (request.rows.length < 8) return request.isInsert ? answerToHalf(request) : 'ok'
      fail('open', 'ENOSPC', /draft$/)
      return { status: 413 }
    },
  })
  const to = exporterTo({
    endpoint: server.url,
    spool: { directory, leaseMs: LEASE_MS },
    ...options,
  })
  await exported(to, spans(8))
  await eventually(() =>
    expect(server.inserts.filter(({ rows }) => rows.length === 4).length).toBeGreaterThan(0),
  )
  return { to, directory, server, mend }
}

async function nextProcess(directory: string, leaseMs = LEASE_MS) {
  const server = await scriptedServer()
  return { server, to: exporterTo({ endpoint: server.url, spool: { directory, leaseMs } }) }
}

const EVERY_SPAN = spans(8).map(({ name }) => name)

test('rows whose whole batch is on disk are left to the next process, although a full disk has not taken its parts', async () => {
  const { to, directory, mend } = await halvedOnFullDisk(() => AWAY)
  expect(statsOf(to)).toMatchObject({ waiting: 8, unspooled: 0 })
  await to.shutdown()
  expect(statsOf(to)).toMatchObject({ accepted: 8, delivered: 0, dropped: {}, waiting: 8 })
  expect(await filesIn(directory)).toHaveLength(1)

  mend()
  const next = await nextProcess(directory)
  await eventually(() => expect(statsOf(next.to).delivered).toBe(8))
  expect(namesIn(next.server).toSorted()).toEqual(EVERY_SPAN)
})

test('parts that were delivered before are sent again with the whole batch, and count as possible duplicates', async () => {
  const isFirst = ({ rows }: Received) => rows.some((row) => row['span_name'] === 'span 1')
  const { to, directory, mend } = await halvedOnFullDisk((half) => (isFirst(half) ? 'ok' : AWAY))
  await eventually(() => expect(statsOf(to).delivered).toBe(4))
  expect(statsOf(to)).toMatchObject({ waiting: 4, unspooled: 0, possibleDuplicates: 0 })
  await to.shutdown()
  expect(statsOf(to)).toMatchObject({
    accepted: 8,
    delivered: 4,
    dropped: {},
    waiting: 4,
    possibleDuplicates: 4,
  })

  mend()
  const next = await nextProcess(directory)
  await eventually(() => expect(statsOf(next.to)).toMatchObject({ accepted: 8, delivered: 8 }))
})

test('when every part is delivered the whole batch leaves the disk, and nothing is a possible duplicate', async () => {
  const { to, directory } = await halvedOnFullDisk(() => 'ok')
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
  await to.shutdown()
  expect(statsOf(to)).toMatchObject({ delivered: 8, waiting: 0, possibleDuplicates: 0 })
})

test('parts in memory are left to the process that has taken over the whole batch meanwhile', async () => {
  // Nothing is under way when it stops.
  const options = { retry: { initialDelayMs: 2000 } }
  const { to, directory, server, mend } = await halvedOnFullDisk(() => AWAY, options)
  await backdateLeases(directory)
  mend()
  const heir = await nextProcess(directory, IMPATIENT_MS)
  await eventually(() => expect(statsOf(heir.to).delivered).toBe(8))

  vi.useFakeTimers({ toFake: ['performance'] })
  vi.advanceTimersByTime(LEASE_MS)
  server.follow('ok')
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ accepted: 0, delivered: 0, dropped: {}, waiting: 0 })
  expect(server.rows).toEqual([])
})
