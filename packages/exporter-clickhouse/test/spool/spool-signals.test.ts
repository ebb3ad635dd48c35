import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { spans } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import { type ScriptedServer, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { pipelineOf, SIGNALS, type SignalName, signalOf } from '../delivery/signals-kit.js'
import { filesIn, homesIn } from './spool-kit.js'

const FOLDERS = { traces: 'primary', logs: 'primary.logs', metrics: 'primary.metrics' }
const ROWS = { traces: 2, logs: 3, metrics: 4 }

/** A spool with the rows of these signals, which no process owns any more. */
async function leftBy(signals: readonly SignalName[], name?: string): Promise<string> {
  const directory = temporaryDirectory()
  const nobody = name
    ? { destinations: [{ name, endpoint: 'http://127.0.0.1:1' }] }
    : { endpoint: 'http://127.0.0.1:1' }
  for (const signal of signals) {
    const to = pipelineOf(signal, { ...nobody, spool: { directory } })
    await to.export(spans(ROWS[signal], signal))
    const { unspooled, spooledBytes, waiting } = statsOf(to)
    expect({ unspooled, waiting }).toEqual({ unspooled: 0, waiting: ROWS[signal] })
    expect(spooledBytes).toBeGreaterThan(0)
    await to.shutdown()
  }
  return directory
}

/** The folders of destinations in each directory of an owner. */
async function foldersIn(directory: string): Promise<string[][]> {
  const homes = await homesIn(directory)
  return Promise.all(homes.map(async (home) => (await readdir(join(directory, home))).sort()))
}

const signalsIn = ({ inserts }: ScriptedServer) => new Set(inserts.map(signalOf))

test.each(SIGNALS)(
  '%s are kept in a folder of their own, and recovered from it',
  async (signal) => {
    const directory = await leftBy([signal])
    expect(await foldersIn(directory)).toEqual([[FOLDERS[signal]]])
    const server = await scriptedServer()
    const to = pipelineOf(signal, { endpoint: server.url, spool: { directory } })
    await eventually(() => expect(statsOf(to).delivered).toBe(ROWS[signal]))
    expect(signalsIn(server)).toEqual(new Set([signal]))
    await to.shutdown()
    await eventually(async () => expect(await homesIn(directory)).toEqual([]))
  },
)

test('a signal takes over only its own rows, and says nothing of those of others', async () => {
  const directory = await leftBy(SIGNALS)
  const lines = diagLines()
  const server = await scriptedServer()
  const options = { endpoint: server.url, spool: { directory, leaseMs: 1000 } }
  const logs = pipelineOf('logs', options)
  await eventually(() => expect(statsOf(logs)).toMatchObject({ delivered: 3, spooledBytes: 0 }))
  expect(signalsIn(server)).toEqual(new Set(['logs']))
  await eventually(async () => expect(await filesIn(directory)).toHaveLength(2))
  const others = [pipelineOf('traces', options), pipelineOf('metrics', options)]
  await eventually(() => expect(server.rows).toHaveLength(9))
  // The server has the rows a little earlier than the exporters know it. A shutdown in between leaves them on disk.
  await eventually(async () => expect(await filesIn(directory)).toHaveLength(0))
  await Promise.all([logs, ...others].map((to) => to.shutdown()))
  await eventually(async () => expect(await homesIn(directory)).toEqual([]))
  expect(lines).toEqual([])
})

test('a directory with folders of several signals loses nothing, and is removed in the end', async () => {
  const directory = await leftBy(SIGNALS)
  const [first = '', ...others] = await homesIn(directory)
  for (const other of others)
    for (const folder of await readdir(join(directory, other)))
      await rename(join(directory, other, folder), join(directory, first, folder))
  expect((await foldersIn(directory)).flat().sort()).toEqual(Object.values(FOLDERS))
  const server = await scriptedServer()
  const options = { endpoint: server.url, spool: { directory, leaseMs: 1000 } }
  const to = SIGNALS.map((signal) => pipelineOf(signal, options))
  await eventually(() => expect(server.rows).toHaveLength(9))
  await eventually(async () => expect(await filesIn(directory)).toHaveLength(0))
  await Promise.all(to.map((one) => one.shutdown()))
  await eventually(async () => expect(await homesIn(directory)).toEqual([]))
})

test('rows of its own signal for a destination that is not configured are reported with its name', async () => {
  const directory = await leftBy(['logs'], 'former')
  const lines = diagLines()
  const server = await scriptedServer()
  const options = { endpoint: server.url, spool: { directory, leaseMs: 1000 } }
  pipelineOf('traces', options)
  pipelineOf('logs', options)
  await eventually(() => expect(lines).toHaveLength(1))
  expect(lines[0]).toMatch(
    /primary \(127\.0\.0\.1:\d+, logs\): .* holds 3 rows for "former", which/,
  )
  expect(await filesIn(directory)).toHaveLength(1)
})
