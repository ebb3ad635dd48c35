import type { ServerResponse } from 'node:http'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { type Behaviour, scriptedServer } from '../../../test/kit/scripted-server.js'
import { makeSpan } from '../../transform/test/spans.js'
import type { Options } from '../src/config/options.js'
import { ClickHouseSpanExporter, type ExportResult } from '../src/traces/span-exporter.js'
import { followGlobalClock } from './global-clock.js'
import { faultyFs, filesIn, spools, until } from './spool-kit.js'

// The disk of every spool in this file.
const disk = vi.hoisted(() => ({ fs: undefined as unknown }))
vi.mock(import('../src/spool/disk.js'), async (original) => {
  const module = await original()
  const realFs = new Proxy(module.realFs, {
    get: (real, call) => Reflect.get((disk.fs as object | undefined) ?? real, call),
  })
  return { ...module, realFs }
})

followGlobalClock()
const { directory: newDirectory } = spools()
const AWAY: Behaviour = { status: 502 }

afterEach(() => {
  vi.useRealTimers()
  disk.fs = undefined
})

function exporter(options: Options) {
  const made = new ClickHouseSpanExporter({ shutdownTimeoutMs: 20, ...options })
  onTestFinished(() => made.shutdown())
  const only = () => made.stats().destinations['primary']
  const exported = (rows: number) =>
    new Promise<ExportResult>((resolve) =>
      made.export(
        Array.from({ length: rows }, () => makeSpan()),
        resolve,
      ),
    )
  return { made, only, exported }
}

/** An exporter whose disk hangs until the rows were acknowledged all the same. */
async function acknowledgedInMemory(options: Options, rows: number) {
  const { fs, hang } = faultyFs()
  disk.fs = fs
  const one = exporter(options)
  await one.exported(1) // its directory is made
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const goOn = hang('write')
  const answer = one.exported(rows)
  let isAnswered = false
  void answer.then(() => {
    isAnswered = true
  })
  while (!isAnswered) await vi.advanceTimersByTimeAsync(500)
  vi.useRealTimers()
  expect(await answer).toEqual({ code: 0 })
  return { ...one, goOn }
}

test('what a disk that hung has taken after all stays there for the next process', async () => {
  const directory = await newDirectory()
  const away = await scriptedServer(AWAY)
  const { made, only, goOn } = await acknowledgedInMemory(
    { endpoint: away.url, spool: { directory } },
    7,
  )
  expect(only()).toMatchObject({ accepted: 8, waiting: 8, unspooled: 7, dropped: {} })
  goOn()
  await until(() => expect(only()?.unspooled).toBe(0))
  expect(await filesIn(directory)).toHaveLength(2)
  await made.shutdown()
  expect(only()).toMatchObject({ waiting: 8, dropped: {} })

  const server = await scriptedServer()
  const next = exporter({ endpoint: server.url, spool: { directory } })
  await until(() => expect(next.only()?.delivered).toBe(8))
})

test('what was delivered before a disk that hung has taken it is removed from there', async () => {
  const directory = await newDirectory()
  const server = await scriptedServer()
  const { only, goOn } = await acknowledgedInMemory(
    { endpoint: server.url, spool: { directory } },
    7,
  )
  await until(() => expect(only()).toMatchObject({ delivered: 8, unspooled: 0 }))
  goOn()
  await until(() => expect(only()?.spooledBytes).toBe(0))
  await until(async () => expect(await filesIn(directory)).toEqual([]))
})

test('what was divided meanwhile stays on disk until the last part of it is delivered', async () => {
  const directory = await newDirectory()
  const held: (() => void)[] = []
  const server = await scriptedServer({
    each: ({ rows }) => {
      if (rows.length > 4) return { status: 413 }
      return rows.length > 1 ? (_, response) => held.push(() => response.end()) : 'ok'
    },
  })
  const { only, goOn } = await acknowledgedInMemory(
    { endpoint: server.url, spool: { directory } },
    8,
  )
  await until(() => expect(held).toHaveLength(2))
  goOn()
  await until(async () => expect(await filesIn(directory)).toHaveLength(1))
  held[0]?.()
  await until(() => expect(only()?.delivered).toBe(5))
  expect(await filesIn(directory)).toHaveLength(1)
  held[1]?.()
  await until(async () => expect(await filesIn(directory)).toEqual([]))
  expect(only()).toMatchObject({ delivered: 9, waiting: 0, spooledBytes: 0 })
})

test('what a disk that hung may still take is sent as it would be there, and not with others', async () => {
  const { fs, hang } = faultyFs()
  disk.fs = fs
  const held: ServerResponse[] = []
  let isOpen = false
  const server = await scriptedServer((_, response) => {
    if (isOpen) response.end()
    else held.push(response)
  })
  const { made, only } = exporter({
    endpoint: server.url,
    spool: { directory: await newDirectory() },
  })
  const exported = (name: string) =>
    new Promise((resolve) => made.export([makeSpan({ name })], resolve))
  await Promise.all(['a', 'b', 'c', 'd'].map(exported))
  await server.received(4) // as many as may be under way
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  const goOn = hang('write')
  let answers = 0
  const names = ['late 1', 'late 2', 'e', 'f']
  for (const name of names) void exported(name).then(() => answers++)
  while (answers < names.length) await vi.advanceTimersByTimeAsync(500)
  vi.useRealTimers()
  expect(only()).toMatchObject({ waiting: 8, unspooled: 4 })
  isOpen = true
  for (const response of held) response.end()
  await made.forceFlush()
  const sent = server.inserts.slice(4).map(({ rows }) => rows.map((row) => row['span_name']))
  expect(sent).toContainEqual(['late 1'])
  expect(sent).toContainEqual(['late 2'])
  goOn()
  await until(() => expect(only()?.spooledBytes).toBe(0))
})

test('a full disk: export() succeeds, and stats() and one line say that the rows are in memory only', async () => {
  const { fs, fail } = faultyFs()
  disk.fs = fs
  fail('write', 'ENOSPC')
  const away = await scriptedServer(AWAY)
  const { only, exported } = exporter({
    endpoint: away.url,
    spool: { directory: await newDirectory() },
  })
  const lines: string[] = []
  const say = (...words: unknown[]) => void lines.push(words.join(' '))
  diag.setLogger(
    { error: say, warn: say, info: say, debug() {}, verbose() {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  onTestFinished(() => diag.disable())
  for (let n = 0; n < 3; n++) expect(await exported(5)).toEqual({ code: 0 })
  const about = lines.filter((line) => line.includes('spool'))
  expect(about).toEqual([expect.stringMatching(/takes nothing: ENOSPC.* in memory only/)])
  expect(only()).toMatchObject({ waiting: 15, unspooled: 15, spooledBytes: 0 })
})
