import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseSpanExporter, ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchSpanProcessor, TracerProvider } from '#sdk'
import { flushed, LONG, RECOVERED_MS, until } from '../kit/patience.js'
import { type Fault, startProxy } from '../kit/proxy.js'
import { figure } from '../kit/results.js'
import { load } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { rowsIn, tally } from '../kit/traces-table.js'

const OUTAGE_MS = LONG ? 30_000 : 6000

// Concurrently: each test mostly waits.
describe.concurrent('an outage', () => {
  let standing: ClickHouseServer
  beforeAll(async () => {
    standing = await startClickHouse()
  })
  afterAll(() => standing?.stop())

  test('of a killed server under 1000 spans a second, in memory only, loses and doubles nothing', async ({
    onTestFinished,
  }) => {
    const dataDir = temporaryDirectory(onTestFinished)
    const before = await startClickHouse({ dataDir })
    const { httpPort, tcpPort } = before
    const processor = new ClickHouseSpanProcessor({ endpoint: before.url, database: 'outage' })
    const spans = load(processor, 1000)
    await until(async () => (await rowsIn(before, 'outage')) > 0)

    await before.kill()
    const spansBefore = spans.made
    await sleep(OUTAGE_MS)
    const heldBytes = statsOf(processor).waitingBytes
    const after = await startClickHouse({ dataDir, httpPort, tcpPort })
    const returnedAt = performance.now()
    const kept = await rowsIn(after, 'outage')
    await until(async () => (await rowsIn(after, 'outage')) > kept)
    const firstRowsMs = performance.now() - returnedAt
    const spansMeanwhile = spans.made - spansBefore
    await until(() => statsOf(processor).waiting < 2000)
    const drainedMs = performance.now() - returnedAt
    const made = spans.stop()
    await flushed(processor)

    const { rows, lost, duplicated } = await tally(after, 'outage', made)
    const { dropped, retries } = statsOf(processor)
    figure('outage of a killed server', {
      'seconds of outage': OUTAGE_MS / 1000,
      'spans made': made,
      'of them meanwhile': spansMeanwhile,
      rows,
      lost,
      duplicated,
      retries,
      'KiB held': heldBytes / 1024,
      'ms from return to first rows': firstRowsMs,
      'ms from return to drained': drainedMs,
    })
    expect({ rows, lost, duplicated, dropped }).toEqual({
      rows: made,
      lost: 0,
      duplicated: 0,
      dropped: {},
    })
    expect(firstRowsMs).toBeLessThan(RECOVERED_MS)
    await processor.shutdown()
    await after.stop()
  })

  const long: [Fault & string, number][] = [
    ['hang', 8000],
    ['hang', 5000],
    ['hang', 9500],
    ['hang', 10_300],
    ['hang', 14_000],
    ['refuse', 30_000],
  ]
  const kinds: [Fault & string, number][] = [
    ['refuse', 8000],
    ['black hole', 13_000],
    ['hang', 11_000],
    ...(LONG ? long : []),
  ]
  test.for(kinds)(
    '(%s, %i ms) ends with first rows within 5 s of the return, and the backlog drains while new rows flow',
    async ([fault, outageMs]) => {
      const database = `back_${fault.replace(' ', '_')}_${outageMs}`
      const proxy = await startProxy(standing.httpPort)
      const processor = new ClickHouseSpanProcessor({ endpoint: proxy.url, database })
      const spans = load(processor, 500)
      await until(() => statsOf(processor).delivered > 0)

      await proxy.become(fault)
      await sleep(outageMs)
      const kept = await rowsIn(standing, database)
      await proxy.become('none')
      const returnedAt = performance.now()
      await until(async () => (await rowsIn(standing, database)) > kept)
      const firstRowsMs = performance.now() - returnedAt
      await until(() => statsOf(processor).waiting < 1000)
      const drainedMs = performance.now() - returnedAt
      const made = spans.stop()
      await flushed(processor)

      const { rows, lost, duplicated } = await tally(standing, database, made)
      figure(`recovery after ${fault}`, {
        'seconds of outage': outageMs / 1000,
        'ms from return to first rows': firstRowsMs,
        'ms from return to drained': drainedMs,
        rows,
        lost,
        duplicated,
      })
      await processor.shutdown()
      await proxy.close()
      expect({ rows, lost, duplicated }).toEqual({ rows: made, lost: 0, duplicated: 0 })
      expect(firstRowsMs).toBeLessThan(RECOVERED_MS)
    },
  )

  test('of one destination that begins to hang, under a BatchSpanProcessor whose queue holds five seconds: the healthy one lacks nothing', async () => {
    const proxy = await startProxy(standing.httpPort)
    const exporter = new ClickHouseSpanExporter({
      shutdownTimeoutMs: 1,
      destinations: [
        { name: 'healthy', endpoint: standing.url, database: 'beside' },
        { name: 'sick', endpoint: proxy.url, database: 'beside_sick' },
      ],
    })
    const provider = new TracerProvider({
      spanProcessors: [
        // An export() that waited for the whole deadline, ten seconds, would overflow it; one that waits a second is far from that.
        batchSpanProcessor(exporter, { scheduledDelayMillis: 500, maxQueueSize: 1000 }),
      ],
    })
    const tracer = provider.getTracer('shop')
    const spans = load({ onEnd: () => tracer.startSpan('GET /').end() }, 200)
    await until(() => statsOf(exporter, 'sick').delivered > 0)
    await proxy.become('hang')
    await sleep(8000)
    const made = spans.stop()
    await provider.forceFlush()
    await until(() => statsOf(exporter, 'healthy').waiting === 0)
    const { rows, lost, duplicated } = await tally(standing, 'beside', made)
    figure('a BatchSpanProcessor beside a destination that begins to hang', {
      made,
      rows,
      lost,
      duplicated,
    })
    await provider.shutdown()
    await proxy.close()
    expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 })
  })
})
