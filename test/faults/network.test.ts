import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { allWell } from '../kit/oracle.js'
import { flushed, onThisMachine, RECOVERED_MS, until } from '../kit/patience.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { tally } from '../kit/stored-ids.js'
import { type Direction, type Line, startTcpProxy } from '../kit/tcp-proxy.js'
import { Exports, exporterTo } from './exports.js'
import { faultsOf, figures } from './figures.js'
import { judgeTable } from './real-table.js'

let server: ClickHouseServer
let lines = 0
const count = faultsOf('bad lines')
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

/** An exporter behind its own line, whose table exists. */
async function behindALine(options: { timeoutMs?: number } = {}) {
  const proxy = await startTcpProxy(server.httpPort)
  onTestFinished(() => proxy.close())
  const database = `line${lines++}`
  const exporter = exporterTo({
    endpoint: proxy.url,
    database,
    retry: { initialDelayMs: 10 },
    ...options,
  })
  const exports = new Exports(exporter)
  await exports.export(1)
  await until(() => statsOf(exporter).deduplication === 'effective')
  const verdict = () => judgeTable(exports.oracle, 'primary', server, database)
  return { proxy, exporter, exports, verdict, database }
}

describe('a line', () => {
  test('of 300 ms in each direction costs time and nothing else', async () => {
    const { proxy, exporter, exports, verdict } = await behindALine()
    for (const direction of ['requests', 'replies'] as const)
      proxy.shape(direction, { latencyMs: 300 })
    const before = statsOf(exporter).requests
    count('300 ms there and back')
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 10 }, () => exports.export(50, { resource: 0 })))
    await flushed(exporter)
    expect(performance.now() - startedAt).toBeGreaterThan(500)
    expect(statsOf(exporter)).toMatchObject({ errors: 0, requests: before + 10 })
    expect(await verdict()).toEqual(allWell(501))
  })

  test('too slow for a batch within its deadline delivers the batch in a few attempts', async () => {
    const timeoutMs = 700
    const { proxy, exporter, exports, verdict } = await behindALine({ timeoutMs })
    // 64 KiB that do not compress: twice as long as the deadline.
    proxy.shape('requests', { bytesPerSecond: 48 * 1024 })
    count('too thin for its deadline')
    const before = statsOf(exporter).requests
    void exports.export(32, { bytes: 2700, resource: 0 })
    await until(() => statsOf(exporter).waiting === 0)
    const requests = statsOf(exporter).requests - before
    expect(requests).toBeGreaterThan(1)
    expect(requests).toBeLessThanOrEqual(4)
    expect(await verdict()).toEqual(allWell(33))
    figures('a batch on a line too thin for its deadline', { requests, timeoutMs })
  })

  test('that passes one byte at a time, in both directions, is read to the end', async () => {
    const { proxy, exporter, exports, verdict } = await behindALine()
    await proxy.become('trickle')
    count('every byte alone')
    proxy.shape('requests', { bytesPerSecond: 4000 })
    void exports.export(3)
    await proxy.become('none')
    await until(() => statsOf(exporter).waiting === 0)
    expect(await verdict()).toEqual(allWell(4))
  })

  type Lines = Partial<Record<Direction, Line>>
  const holes: Readonly<Record<string, Lines>> = {
    'that swallows replies': { replies: { blackHole: true } },
    'that swallows requests': { requests: { blackHole: true } },
    'that swallows everything': { requests: { blackHole: true }, replies: { blackHole: true } },
  }

  /** Resolves with the milliseconds from the end of the hole to the first delivery. */
  async function throughAHole(lines: Lines): Promise<number> {
    const { proxy, exporter, exports, verdict } = await behindALine({ timeoutMs: 2000 })
    for (const direction of ['requests', 'replies'] as const)
      proxy.shape(direction, lines[direction] ?? {})
    for (let n = 0; n < 10; n++) await exports.export(10)
    await sleep(3500)
    const { delivered } = statsOf(exporter)
    await proxy.heal()
    const healedAt = performance.now()
    await until(() => statsOf(exporter).delivered > delivered)
    const firstRowsMs = performance.now() - healedAt
    await flushed(exporter)
    expect(await verdict()).toEqual(allWell(exports.made))
    expect(statsOf(exporter)).toMatchObject({ dropped: {}, possibleDuplicates: 0 })
    return firstRowsMs
  }

  test('that swallows requests, replies or both for some seconds loses and doubles nothing, and delivers within 5 s afterwards', async () => {
    for (const name of Object.keys(holes)) count(name)
    const times = await Promise.all(Object.values(holes).map(throughAHole))
    const named = Object.keys(holes).map((name, n) => [`ms after a line ${name}`, times[n] ?? -1])
    figures('a line with holes', Object.fromEntries(named))
    expect(Math.max(...times)).toBeLessThan(onThisMachine(RECOVERED_MS))
  })
})

test('a server that is up for 100 ms and down for 100 ms gets everything, with few requests to spare', async () => {
  const proxy = await startTcpProxy(server.httpPort)
  onTestFinished(() => proxy.close())
  const processor = new ClickHouseSpanProcessor({
    endpoint: proxy.url,
    database: 'flapping',
    batch: { maxRows: 100 },
    retry: { initialDelayMs: 20, maxDelayMs: 100 },
  })
  onTestFinished(() => processor.shutdown())
  let isFlapping = true
  const flapping = (async () => {
    for (let turn = 0; isFlapping; turn++) {
      await proxy.become(turn % 2 === 0 ? 'refuse' : 'none')
      if (turn % 2 === 0) count('down for 100 ms')
      await sleep(100)
    }
  })()
  for (let n = 0; n < 40; n++) {
    for (const span of shopSpans(100)) processor.onEnd(span)
    await sleep(50)
  }
  isFlapping = false
  await flapping
  await proxy.become('none')
  await flushed(processor)
  const { requests, errors, dropped } = statsOf(processor)
  figures('a server that flaps', { batches: 40, requests, errors })
  expect(dropped).toEqual({})
  expect(await tally(server, 'flapping', 4000)).toEqual({ rows: 4000, lost: 0, duplicated: 0 })
  expect(errors).toBeGreaterThan(0)
})
