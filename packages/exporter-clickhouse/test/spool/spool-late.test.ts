import type { ServerResponse } from 'node:http'
import { DiagLogLevel } from '@opentelemetry/api'
import { afterEach, expect, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Options } from '../../src/config/options.js'
import { followGlobalClock } from '../global-clock.js'
import { disk } from './replaced-disk.js'
import { faultyFs, filesIn } from './spool-kit.js'

vi.mock(import('../../src/common/own-files.js'), async (original) => {
  const { replaceable } = await import('./replaced-disk.js')
  return replaceable(await original())
})

followGlobalClock()
const AWAY: Behaviour = { status: 502 }

afterEach(() => {
  vi.useRealTimers()
})

/** An exporter whose disk hangs until the rows were acknowledged all the same. */
async function acknowledgedInMemory(options: Options, rows: number) {
  const { fs, hang } = faultyFs()
  disk.fs = fs
  const one = exporterTo(options)
  await exported(one, spans(1)) // its directory is made
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const goOn = hang('write')
  const answer = exported(one, spans(rows))
  let isAnswered = false
  void answer.then(() => {
    isAnswered = true
  })
  while (!isAnswered) await vi.advanceTimersByTimeAsync(500)
  vi.useRealTimers()
  expect(await answer).toEqual({ code: 0 })
  return { to: one, goOn }
}

test('what a disk that hung has taken after all stays there for the next process', async () => {
  const directory = temporaryDirectory()
  const away = await scriptedServer(AWAY)
  const { to, goOn } = await acknowledgedInMemory({ endpoint: away.url, spool: { directory } }, 7)
  expect(statsOf(to)).toMatchObject({ accepted: 8, waiting: 8, unspooled: 7, dropped: {} })
  goOn()
  await eventually(() => expect(statsOf(to).unspooled).toBe(0))
  expect(await filesIn(directory)).toHaveLength(2)
  await to.shutdown()
  expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {} })

  const server = await scriptedServer()
  const next = exporterTo({ endpoint: server.url, spool: { directory } })
  await eventually(() => expect(statsOf(next).delivered).toBe(8))
})

test('what was delivered before a disk that hung has taken it is removed from there', async () => {
  const directory = temporaryDirectory()
  const server = await scriptedServer()
  const { to, goOn } = await acknowledgedInMemory({ endpoint: server.url, spool: { directory } }, 7)
  await eventually(() => expect(statsOf(to)).toMatchObject({ delivered: 8, unspooled: 0 }))
  goOn()
  await eventually(() => expect(statsOf(to).spooledBytes).toBe(0))
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
})

test('what was divided meanwhile stays on disk until the last part of it is delivered', async () => {
  const directory = temporaryDirectory()
  const held: (() => void)[] = []
  const server = await scriptedServer({
    each: ({ rows }) => {
      if (rows.length > 4) return { status: 413 }
      return rows.length > 1 ? (_, response) => held.push(() => response.end()) : 'ok'
    },
  })
  const { to, goOn } = await acknowledgedInMemory({ endpoint: server.url, spool: { directory } }, 8)
  await eventually(() => expect(held).toHaveLength(2))
  goOn()
  await eventually(async () => expect(await filesIn(directory)).toHaveLength(1))
  held[0]?.()
  await eventually(() => expect(statsOf(to).delivered).toBe(5))
  expect(await filesIn(directory)).toHaveLength(1)
  held[1]?.()
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
  expect(statsOf(to)).toMatchObject({ delivered: 9, waiting: 0, spooledBytes: 0 })
})

test('what was divided before a disk that hung has taken it is left to the next process', async () => {
  const directory = temporaryDirectory()
  const server = await scriptedServer({
    each: ({ rows }) => (rows.length > 4 ? { status: 413 } : rows.length > 1 ? AWAY : 'ok'),
  })
  const { to, goOn } = await acknowledgedInMemory({ endpoint: server.url, spool: { directory } }, 8)
  await eventually(() => expect(server.inserts.some(({ rows }) => rows.length === 4)).toBe(true))
  goOn()
  await eventually(() => expect(statsOf(to).unspooled).toBe(0))
  await to.shutdown()
  expect(statsOf(to)).toMatchObject({ delivered: 1, waiting: 8, dropped: {} })
  expect(await filesIn(directory)).toHaveLength(1)
})

test('what a disk that hung may still take is sent as it would be there, and not with others', async () => {
  const { fs, calls, hang } = faultyFs()
  disk.fs = fs
  const held: ServerResponse[] = []
  let isOpen = false
  const server = await scriptedServer((_, response) => {
    if (isOpen) response.end()
    else held.push(response)
  })
  const to = exporterTo({
    endpoint: server.url,
    spool: { directory: temporaryDirectory() },
  })
  const exported = (name: string) =>
    new Promise((resolve) => to.export([makeSpan({ name })], resolve))
  await Promise.all(['a', 'b', 'c', 'd'].map(exported))
  await server.received(4) // as many as may be under way
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const goOn = hang('write')
  let answers = 0
  const names = ['late 1', 'late 2', 'e', 'f']
  const before = calls.get('write') ?? 0
  for (const name of names) void exported(name).then(() => answers++)
  // Two writes hang. Before that no time passes, however long the batches take to be compressed.
  while ((calls.get('write') ?? 0) < before + 2) await new Promise(setImmediate)
  while (answers < names.length) await vi.advanceTimersByTimeAsync(500)
  vi.useRealTimers()
  expect(statsOf(to)).toMatchObject({ waiting: 8, unspooled: 4 })
  isOpen = true
  for (const response of held) response.end()
  await to.forceFlush()
  const sent = server.inserts.slice(4).map(({ rows }) => rows.map((row) => row['span_name']))
  expect(sent).toContainEqual(['late 1'])
  expect(sent).toContainEqual(['late 2'])
  goOn()
  await eventually(() => expect(statsOf(to).spooledBytes).toBe(0))
})

test('a full disk: export() succeeds, and stats() and one line say that the rows are in memory only', async () => {
  const { fs, fail } = faultyFs()
  disk.fs = fs
  fail('write', 'ENOSPC')
  const away = await scriptedServer(AWAY)
  const to = exporterTo({
    endpoint: away.url,
    spool: { directory: temporaryDirectory() },
  })
  const lines = diagLines(DiagLogLevel.WARN)
  for (let n = 0; n < 3; n++) expect(await exported(to, spans(5))).toEqual({ code: 0 })
  const about = lines.filter((line) => line.includes('spool'))
  expect(about).toEqual([expect.stringMatching(/takes nothing: ENOSPC.* in memory only/)])
  expect(statsOf(to)).toMatchObject({ waiting: 15, unspooled: 15, spooledBytes: 0 })
})
