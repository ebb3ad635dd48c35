import { Agent } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { randomOf, SEED } from '../faults/seed.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { wireOf } from '../kit/http-wire.js'
import { eventually, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { post } from './post.js'
import { startReceiver } from './receiver-process.js'
import { startSteadyClients } from './steady-clients.js'

const MiB = 1024 * 1024
const QUEUE_BYTES = MiB
const LIMITS = { bodyBytes: MiB, bytesInProgress: 4 * MiB }

test('a flood that ClickHouse cannot take slows its clients, fills no memory and loses nothing, and the counts add up', async () => {
  const backend = new MemoryClickHouse()
  const server = await new ScriptedClickHouse(backend).listen()
  onTestFinished(() => server.close())
  let isStuck = true
  const held: (() => void)[] = []
  server.behaviour = async (exchange) => {
    await exchange.whole()
    if (isStuck) await new Promise<void>((resolve) => held.push(resolve))
    await exchange.send(wireOf(await exchange.commit()))
  }
  const receiver = await startReceiver({
    exporter: { endpoint: server.url, queue: { maxBytes: QUEUE_BYTES }, timeoutMs: 300_000 },
    limits: LIMITS,
    holdMs: 500,
  })
  onTestFinished(() => receiver.kill())
  const { httpPort, grpcPort } = receiver
  const before = await receiver.figures()
  const floods = [1, 2, 3, 4].map((n) =>
    startSteadyClients({
      run: `feed000${n}`,
      ...{ httpPort, grpcPort },
      random: randomOf(SEED + n),
      everyMs: 0,
      mostRecords: 400,
    }),
  )
  const sum = (of: (flood: (typeof floods)[number]) => number) =>
    floods.reduce((all, flood) => all + of(flood), 0)

  await until(() => sum(({ repeats }) => repeats) > 100)
  const full = await receiver.figures()
  for (const { exporter } of Object.values(full.stats.signals))
    expect(exporter.destinations['primary']?.waitingBytes).toBeLessThanOrEqual(QUEUE_BYTES)
  expect(full.stats.bytesInProgress).toBeLessThanOrEqual(LIMITS.bytesInProgress)

  isStuck = false
  for (const go of held) go()
  await Promise.all(floods.map((flood) => flood.stop()))
  const end = await eventually(async () => {
    const figures = await receiver.figures()
    for (const { exporter } of Object.values(figures.stats.signals))
      expect(exporter.destinations['primary']?.waiting).toBe(0)
    return figures
  })

  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const sent = floods.flatMap(({ ids }) => ids[signal])
    const { rows } = backend.table(`telemetry.${signal}`)
    const { records, exporter } = end.stats.signals[signal]
    expect({ records, rows: rows.length }).toEqual({ records: sent.length, rows: sent.length })
    expect(exporter.destinations['primary']).toMatchObject({
      ...{ accepted: sent.length, delivered: sent.length, dropped: {}, waiting: 0 },
    })
  }
  const spanIds = backend.table('telemetry.traces').rows.map(({ span_id }) => span_id)
  expect(new Set(spanIds)).toEqual(new Set(floods.flatMap(({ ids }) => ids.traces)))
  expect(floods.flatMap(({ refusals }) => refusals)).toEqual([])
  const agent = new Agent()
  const { body } = await post({ port: httpPort, path: '/metrics', agent }, '', {}, 'GET')
  const delivered = end.stats.signals.traces.exporter.destinations['primary']?.delivered
  expect(body.toString()).toContain(
    `spanhouse_receiver_delivered_rows_total{signal="traces",destination="primary"} ${delivered}\n`,
  )
  figure('a flood of requests', {
    requests: sum(({ requests }) => requests),
    'answers that said "again"': sum(({ repeats }) => repeats),
    rows: sum(({ ids }) => Object.values(ids).flat().length),
    'MiB of memory before': before.rss / MiB,
    'MiB at most': Math.max(full.peakRss, end.peakRss) / MiB,
  })
  const most = before.rss + 6 * (LIMITS.bytesInProgress + 3 * QUEUE_BYTES) + 64 * MiB
  expect(Math.max(full.peakRss, end.peakRss)).toBeLessThan(most)
})
