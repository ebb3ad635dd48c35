import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { expect, onTestFinished, test } from 'vitest'
import { type Random, randomOf, SEED } from '../faults/seed.js'
import { eventually, LONG } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { SIGNALS } from '../kit/signals.js'
import { countsById, deduplicatedBlocks, rowsIn } from '../kit/stored-ids.js'
import { BODIES } from './hostile/bodies.js'
import { GRPC_BYTES } from './hostile/grpc-bytes.js'
import { GRPC_CALLS } from './hostile/grpc-calls.js'
import { HTTP_BYTES } from './hostile/http-bytes.js'
import { JSON_BODIES } from './hostile/json.js'
import type { Kind, Kinds, Target } from './hostile/kinds.js'
import { openCalls } from './post.js'
import { startReceiver } from './receiver-process.js'
import { startSteadyClients } from './steady-clients.js'

const MiB = 1024 * 1024
const KINDS: Kinds = { ...BODIES, ...JSON_BODIES, ...HTTP_BYTES, ...GRPC_CALLS, ...GRPC_BYTES }
const SHARE = LONG ? 10 : 0.2
const MIN_TIMES = 8
const AT_ONCE = 64
/** Nobody is left without an answer so long. */
const SILENCE_MS = 30_000
const DATABASE = 'hostile'
const LIMITS = { bodyBytes: 16 * MiB, bytesInProgress: 64 * MiB, requestTimeoutMs: 5000 }
/** Beyond what it needs when it is idle: all requests in progress, each twice while it is put together, and its rows. */
const MOST_GROWTH = 4 * LIMITS.bytesInProgress
/** Of CPU. JSON.parse() takes so long for the longest body. */
const LONGEST_MS = 1500

test(`hostile requests of ${Object.keys(KINDS).length} kinds cost no row of other clients, and neither stop the receiver nor fill its memory`, async () => {
  const server = await startClickHouse()
  onTestFinished(() => server.kill())
  const receiver = await startReceiver({
    // So that hostile rows and good ones share batches.
    acknowledge: 'accepted',
    exporter: { endpoint: server.url, database: DATABASE },
    limits: LIMITS,
  })
  onTestFinished(() => receiver.kill())
  const { httpPort, grpcPort } = receiver
  const random = randomOf(SEED)
  const good = startSteadyClients({
    run: 'feed0001',
    httpPort,
    grpcPort,
    random,
    everyMs: LONG ? 50 : 200,
  })
  onTestFinished(() => good.stop())
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  onTestFinished(() => agent.destroy())
  const calls = openCalls(grpcPort)
  onTestFinished(() => calls.close())
  const target: Target = {
    ...{ random, httpPort, grpcPort, agent, calls },
    maxBodyBytes: LIMITS.bodyBytes,
  }
  await eventually(() => expect(good.ids.metrics.length).toBeGreaterThan(0))
  const before = await receiver.figures()

  const attacks = random.shuffled(
    Object.entries(KINDS).flatMap(([name, kind]) =>
      numbersOf(kind, random).map((nth) => ({ name, kind, nth })),
    ),
  )
  const wrong = new Map<string, number>()
  const startedAt = performance.now()
  const sendInTurn = async () => {
    for (let next = attacks.pop(); next; next = attacks.pop()) {
      const outcome = await outcomeOf(next.kind, target, next.nth)
      if (next.kind.right.test(outcome)) continue
      const key = `${next.name}: ${outcome}`
      wrong.set(key, (wrong.get(key) ?? 0) + 1)
    }
  }
  const count = attacks.length
  await Promise.all(Array.from({ length: AT_ONCE }, sendInTurn))
  const tookMs = performance.now() - startedAt
  await good.stop()
  const after = await receiver.figures()
  const { stats } = await eventually(async () => {
    const { stats } = await receiver.figures()
    for (const { exporter } of Object.values(stats.signals))
      expect(exporter.destinations['primary']?.waiting).toBe(0)
    return { stats }
  })

  figure('hostile requests', {
    requests: count,
    kinds: Object.keys(KINDS).length,
    seconds: tookMs / 1000,
    'MiB of memory before': before.rss / MiB,
    'MiB after': after.rss / MiB,
    'MiB at most': after.peakRss / MiB,
    'longest work at a time, ms of CPU': after.longestMs,
    'requests of steady clients': good.requests,
    'longest wait of a steady client, ms': good.longestMs,
  })
  expect(Object.fromEntries(wrong)).toEqual({})
  expect(count).toBeGreaterThanOrEqual(LONG ? 100_000 : 2000)
  expect(receiver.isRunning).toBe(true)
  expect({ mistakes: after.mistakes, isPolluted: after.isPolluted }).toEqual({
    mistakes: [],
    isPolluted: false,
  })
  expect(after.peakRss - before.rss).toBeLessThan(MOST_GROWTH)
  expect(after.longestMs).toBeLessThan(LONGEST_MS)
  expect(good.refusals).toEqual([])
  expect(good.requests).toBeGreaterThan(LONG ? 100 : 20)
  // Each good row once, and no row but those that were acknowledged.
  for (const of of SIGNALS) {
    const stored = await countsById(server, DATABASE, of)
    const ours = [...stored].filter(([id]) => id.startsWith('feed0001'))
    expect(new Map(ours)).toEqual(new Map(good.ids[of.signal].map((id) => [id, 1])))
    const { records, rejected, exporter } = stats.signals[of.signal]
    expect(exporter.destinations['primary']).toMatchObject({ dropped: {}, errors: 0 })
    const missing = records - rejected - (await rowsIn(server, DATABASE, of))
    expect(missing).toBeGreaterThanOrEqual(0)
    // Spans have ids, so two equal batches of them are taken for one that was sent twice. Only hostile requests make such.
    const most = of.signal === 'traces' ? await deduplicatedBlocks(server) : 0
    expect(missing).toBeLessThanOrEqual(most)
  }
}, 600_000)

/** Some kinds choose what they send by its number. */
function numbersOf({ times }: Kind, random: Random): number[] {
  const all = Array.from({ length: times * Math.max(1, SHARE) }, (_, nth) => nth)
  return random.shuffled(all).slice(0, Math.max(MIN_TIMES, Math.round(times * SHARE)))
}

async function outcomeOf(kind: Kind, target: Target, nth: number): Promise<string> {
  try {
    const silence = sleep(SILENCE_MS, 'silence', { ref: false })
    return await Promise.race([kind.send(target, nth), silence])
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
