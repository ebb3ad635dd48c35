import { rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { deduplicationKnown, statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { clock } from '../../src/common/clock.js'
import type { Options } from '../../src/config/options.js'
import { parseRecordName, recordName } from '../../src/spool/record.js'
import { filesIn } from '../spool/spool-kit.js'

const HOUR_MS = 3_600_000
const REPLICATED = "ReplicatedMergeTree('/t/{uuid}', '{replica}') ORDER BY a"
const OF_SERVER = 'FROM system.replicated_merge_tree_settings'

const json = (...values: string[]): Behaviour => ({ status: 200, body: JSON.stringify(values) })

/** A server with a replicated table. `ofServer`: what it says about the settings that a table does not have itself. */
async function replicatedServer({
  full = REPLICATED,
  ofServer = json('10000', '3600'),
}: {
  full?: string
  ofServer?: Behaviour
} = {}) {
  const state = { insert: 'ok' as Behaviour, ofServer }
  const server = await scriptedServer({
    each({ isInsert, statement }) {
      if (isInsert) return state.insert
      if (statement.includes(OF_SERVER)) return state.ofServer
      return statement.includes('engine_full') ? json('ReplicatedMergeTree', full) : 'ok'
    },
  })
  return { server, state }
}

/** From now on this much later, for whatever asks the clock. Timers run as always. */
function later(ms: number): void {
  const now = clock.now
  clock.now = () => now() + ms
  onTestFinished(() => {
    clock.now = now
  })
}

/** The possible duplicates after a batch of which the answer was lost came again so much later. */
async function afterLostAnswer(
  ms: number,
  { server, state }: Awaited<ReturnType<typeof replicatedServer>>,
) {
  const exporter = exporterTo({ endpoint: server.url })
  await exported(exporter, spans(1))
  await deduplicationKnown(exporter)
  const before = server.inserts.length
  state.insert = 'lose the answer'
  void exported(exporter, spans(5, 'lost'))
  await until(() => server.inserts.length > before)
  later(ms)
  state.insert = 'ok'
  await until(() => statsOf(exporter).waiting === 0)
  expect(statsOf(exporter)).toMatchObject({ delivered: 6, dropped: {} })
  return statsOf(exporter)
}

const OWN = `${REPLICATED} SETTINGS non_replicated_deduplication_window = 0, replicated_deduplication_window = 500, replicated_deduplication_window_seconds = 60`

test.each<[string, Parameters<typeof replicatedServer>[0], number, number]>([
  ['within the hour of the server', {}, HOUR_MS - 60_000, 0],
  ['after the hour of the server', {}, HOUR_MS, 5],
  ['within the week of the server', { ofServer: json('100', '604800') }, 48 * HOUR_MS, 0],
  ['within the minute of the table', { full: OWN }, 20_000, 0],
  ['after the minute of the table', { full: OWN }, 60_000, 5],
  [
    'within an hour at a server that does not tell',
    { ofServer: { status: 403, code: 497 } },
    HOUR_MS - 60_000,
    0,
  ],
  [
    'after an hour at a server that does not tell',
    { ofServer: { status: 403, code: 497 } },
    HOUR_MS,
    5,
  ],
  [
    'after an hour at a server that does not know the settings',
    { ofServer: json('', '') },
    HOUR_MS,
    5,
  ],
])('a batch that comes again %s counts as it should', async (_, how, ms, possibleDuplicates) => {
  const stats = await afterLostAnswer(ms, await replicatedServer(how))
  expect(stats).toMatchObject({ deduplication: 'effective', possibleDuplicates })
})

test('a replicated table that is set to remember nothing deduplicates nothing', async () => {
  const ofServer = json('0', '3600')
  const stats = await afterLostAnswer(0, await replicatedServer({ ofServer }))
  expect(stats).toMatchObject({ deduplication: 'ineffective', possibleDuplicates: 5 })
})

test('as long as the server does not answer, the deduplication is unknown, and it is asked again', async () => {
  const { server, state } = await replicatedServer({ ofServer: { status: 503 } })
  const exporter = exporterTo({ endpoint: server.url })
  await exported(exporter, spans(1))
  await until(() => server.requests.some(({ statement }) => statement.includes(OF_SERVER)))
  expect(statsOf(exporter).deduplication).toBe('unknown')
  state.ofServer = json('10000', '3600')
  await eventually(async () => {
    await exported(exporter, spans(1))
    expect(statsOf(exporter).deduplication).toBe('effective')
  })
})

/** Leaves a batch in a spool that was written so long ago. */
async function left(directory: string, agoMs: number, options: Options): Promise<void> {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const before = exporterTo({ endpoint, spool: { directory }, ...options })
  await exported(before, spans(3))
  await before.shutdown()
  for (const path of await filesIn(directory)) {
    const record = parseRecordName(basename(path))
    if (!record) continue
    const name = recordName({ ...record, stamp: record.stamp - agoMs * 1000 })
    await rename(path, join(dirname(path), name))
  }
}

test.each([
  ['an hour ago', HOUR_MS, 3],
  ['half an hour ago', HOUR_MS / 2, 0],
  ['in the future, before the clock was set', -HOUR_MS, 0],
])(
  'a batch that an earlier process left on disk %s may have been sent then',
  async (_, agoMs, possibleDuplicates) => {
    const directory = temporaryDirectory()
    await left(directory, agoMs, {})
    const { server } = await replicatedServer()
    const exporter = exporterTo({ endpoint: server.url, spool: { directory } })
    await until(() => statsOf(exporter).delivered === 3)
    await deduplicationKnown(exporter)
    expect(statsOf(exporter)).toMatchObject({ deduplication: 'effective', possibleDuplicates })
  },
)
