import { watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { expect, onTestFinished, test } from 'vitest'
import { randomOf, SEED } from '../faults/seed.js'
import { freePort, freePorts } from '../kit/free-port.js'
import { eventually, LONG, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { SIGNALS } from '../kit/signals.js'
import { countsById } from '../kit/stored-ids.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { startReceiver } from './receiver-process.js'
import { type SteadyClients, startSteadyClients } from './steady-clients.js'

const KILLS_EACH = LONG ? 10 : 1
const OUTAGE_MS = LONG ? 30_000 : 3000
const PATIENCE_MS = 120_000

/** The moments at which the receiver is killed. */
const MOMENTS = [
  'at any time',
  'when rows come onto the disk',
  'when an answer has come, which is then lost',
] as const

test('of a receiver that is killed again and again, also while ClickHouse is away, every row that clients send until it is acknowledged is stored once', async () => {
  const directory = temporaryDirectory()
  const spool = join(directory, 'spool')
  let server = await startClickHouse({ dataDir: join(directory, 'data'), ...(await freePorts()) })
  onTestFinished(() => server.kill())
  const [httpPort, grpcPort] = [await freePort(), await freePort()]
  const random = randomOf(SEED)
  const start = () =>
    startReceiver({
      httpPort,
      grpcPort,
      exporter: {
        endpoint: server.url,
        database: 'killed',
        spool: { directory: spool, leaseMs: 500 },
        retry: { initialDelayMs: 20, maxDelayMs: 200 },
      },
    })
  let receiver = await start()
  onTestFinished(() => receiver.kill())
  let onAnswer: (() => void) | undefined
  const clients = startSteadyClients({
    run: 'feed0001',
    httpPort,
    grpcPort,
    random,
    everyMs: LONG ? 10 : 40,
    loses() {
      onAnswer?.()
      return onAnswer !== undefined
    },
  })
  onTestFinished(() => clients.stop())

  const kills: Record<string, number> = {}
  async function killAndRestart(moment: (typeof MOMENTS)[number]): Promise<void> {
    const sentBefore = clients.requests
    await until(() => clients.requests > sentBefore + 5, PATIENCE_MS)
    if (moment === 'at any time') await sleep(random.between(0, 100))
    else if (moment === 'when rows come onto the disk') await nextChangeIn(spool)
    else {
      const answer = new Promise<void>((resolve) => {
        onAnswer = resolve
      })
      await Promise.race([answer, sleep(10_000)])
    }
    await receiver.kill()
    onAnswer = undefined
    kills[moment] = (kills[moment] ?? 0) + 1
    receiver = await start()
  }

  // A short run kills at each of them while ClickHouse is there or while it is away, and at the last one in both.
  for (const moment of random.shuffled(LONG ? MOMENTS : MOMENTS.slice(2)))
    await killAndRestart(moment)
  const { dataDir, tcpPort, httpPort: port } = server
  await server.stop()
  const awayAt = performance.now()
  for (let round = 0; round < KILLS_EACH; round++)
    for (const moment of random.shuffled(LONG ? MOMENTS : MOMENTS.slice(1)))
      await killAndRestart(moment)
  await sleep(Math.max(0, OUTAGE_MS - (performance.now() - awayAt)))
  server = await startClickHouse({ dataDir, tcpPort, httpPort: port })
  await killAndRestart('at any time')
  await clients.stop()

  expect(clients.refusals).toEqual([])
  await storedOnce(server, clients)
  const { mistakes, stats } = await receiver.figures()
  expect(mistakes.filter((line) => line.includes('mistake'))).toEqual([])
  figure('a receiver that is killed again and again', {
    ...kills,
    'seconds without ClickHouse': OUTAGE_MS / 1000,
    requests: clients.requests,
    'of them repeated': clients.repeats,
    rows: Object.values(clients.ids).flat().length,
    'repeats recognised by the last receiver': Object.values(stats.signals).reduce(
      (sum, { repeats }) => sum + repeats,
      0,
    ),
  })
  await receiver.close()
}, 600_000)

/** Resolves when something happens in a directory, or in one of its directories; at the latest after ten seconds. */
async function nextChangeIn(directory: string): Promise<void> {
  const watcher = watch(directory, { recursive: true })
  const change = new Promise<void>((resolve) => watcher.once('change', () => resolve()))
  await Promise.race([change, sleep(10_000)])
  watcher.close()
}

async function storedOnce(server: ClickHouseServer, { ids }: SteadyClients): Promise<void> {
  await eventually(async () => {
    for (const of of SIGNALS) {
      const stored = await countsById(server, 'killed', of)
      const missing = ids[of.signal].filter((id) => !stored.has(id))
      expect(`${missing.length} ${of.title} missing`).toBe(`0 ${of.title} missing`)
    }
  }, PATIENCE_MS)
  for (const of of SIGNALS) {
    const stored = await countsById(server, 'killed', of)
    const doubled = [...stored].filter(([, count]) => count > 1)
    expect(doubled).toEqual([])
    expect(stored.size).toBe(ids[of.signal].length)
  }
}
