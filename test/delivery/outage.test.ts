import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseSpanExporter } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchSpanProcessor, TracerProvider } from '#sdk'
import { openCollector, type RecordCollector } from '../kit/entry-points.mjs'
import { freePorts } from '../kit/free-port.js'
import { flushed, LONG, onThisMachine, RECOVERED_MS, until } from '../kit/patience.js'
import { type Fault, startProxy } from '../kit/proxy.js'
import { figure } from '../kit/results.js'
import {
  load,
  SIGNALS_AND_TABLES,
  type SignalUnderTest,
  signalFigure,
  TRACES,
} from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn, tally } from '../kit/stored-ids.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

const OUTAGE_MS = LONG ? 30_000 : 6000
/** Of each signal. */
const ROWS_A_SECOND = LONG ? 1000 : 200

// Concurrently: each test mostly waits.
describe.concurrent('an outage', () => {
  let standing: ClickHouseServer
  beforeAll(async () => {
    standing = await startClickHouse()
  })
  afterAll(() => standing?.stop())

  test(`of a killed server under ${ROWS_A_SECOND} rows of each signal a second, in memory only, loses and doubles nothing`, async ({
    onTestFinished,
  }) => {
    const dataDir = temporaryDirectory(onTestFinished)
    const before = await startClickHouse({ dataDir, ...(await freePorts()) })
    const { httpPort, tcpPort } = before
    const loads = loadsTo(before.url, 'outage', ROWS_A_SECOND)
    await all(loads, async ({ of }) => until(async () => (await rowsIn(before, 'outage', of)) > 0))

    await before.kill()
    for (const one of loads) one.madeBefore = one.rows.made
    await sleep(OUTAGE_MS)
    const held = loads.map(({ collector }) => statsOf(collector).waitingBytes)
    const after = await startClickHouse({ dataDir, httpPort, tcpPort })
    const returnedAt = performance.now()
    await all(loads, (one) => keptBy(one, after, 'outage'))
    const meanwhile = loads.map(({ rows, madeBefore }) => rows.made - madeBefore)
    const recoveries = await all(loads, (one) => recovery(one, returnedAt, after, 'outage'))

    for (const [n, { of, made, firstRowsMs, drainedMs, ...table }] of recoveries.entries()) {
      const { dropped, retries } = statsOf(of.collector)
      signalFigure('outage of a killed server', of.of, {
        'seconds of outage': OUTAGE_MS / 1000,
        made,
        'of them meanwhile': meanwhile[n],
        ...table,
        retries,
        'KiB held': (held[n] ?? 0) / 1024,
        'ms from return to first rows': firstRowsMs,
        'ms from return to drained': drainedMs,
      })
      expect({ ...table, dropped }).toEqual({ rows: made, lost: 0, duplicated: 0, dropped: {} })
      expect(firstRowsMs).toBeLessThan(onThisMachine(RECOVERED_MS))
    }
    await all(loads, ({ collector }) => collector.shutdown())
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
  // One kind with all signals shows that they recover alike.
  const signalsOf = (fault: Fault) => (LONG || fault === 'hang' ? SIGNALS_AND_TABLES : [TRACES])
  test.for(kinds)(
    '(%s, %i ms) ends with first rows of each signal within 5 s of the return, and the backlog drains while new rows flow',
    async ([fault, outageMs]) => {
      const database = `back_${fault.replace(' ', '_')}_${outageMs}`
      const proxy = await startProxy(standing.httpPort)
      const loads = loadsTo(proxy.url, database, ROWS_A_SECOND / 2, signalsOf(fault))
      await all(loads, ({ collector }) => until(() => statsOf(collector).delivered > 0))

      await proxy.become(fault)
      await sleep(outageMs)
      await all(loads, (one) => keptBy(one, standing, database))
      await proxy.become('none')
      const returnedAt = performance.now()
      const recoveries = await all(loads, (one) => recovery(one, returnedAt, standing, database))

      for (const { of, made, firstRowsMs, drainedMs, ...table } of recoveries) {
        signalFigure(`recovery after ${fault}`, of.of, {
          'seconds of outage': outageMs / 1000,
          'ms from return to first rows': firstRowsMs,
          'ms from return to drained': drainedMs,
          ...table,
        })
        expect(table).toEqual({ rows: made, lost: 0, duplicated: 0 })
        expect(firstRowsMs).toBeLessThan(onThisMachine(RECOVERED_MS))
      }
      await all(loads, ({ collector }) => collector.shutdown())
      await proxy.close()
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
    const spans = load({ add: () => tracer.startSpan('GET /').end() }, TRACES, 200)
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

interface Load {
  readonly of: SignalUnderTest
  readonly collector: RecordCollector
  readonly rows: ReturnType<typeof load>
  madeBefore: number
  /** Rows that the server has from before, and those that it has acknowledged by then. */
  kept: number
  delivered: number
}

/** These signals at once, to one server that they share. */
function loadsTo(
  endpoint: string,
  database: string,
  rowsPerSecond: number,
  signals: readonly SignalUnderTest[] = SIGNALS_AND_TABLES,
): Load[] {
  return signals.map((of) => {
    const options = { endpoint, database, schema: of.family }
    const collector = openCollector(of.signal, options)
    return {
      of,
      collector,
      rows: load(collector, of, rowsPerSecond),
      madeBefore: 0,
      kept: 0,
      delivered: 0,
    }
  })
}

function all<One, Result>(
  ones: readonly One[],
  work: (one: One) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(ones.map(work))
}

async function keptBy(one: Load, server: ClickHouseServer, database: string): Promise<void> {
  one.delivered = statsOf(one.collector).delivered
  one.kept = await rowsIn(server, database, one.of)
}

/** From the return of a server until a signal has all of its rows there. */
async function recovery(of: Load, returnedAt: number, server: ClickHouseServer, database: string) {
  const since = () => performance.now() - returnedAt
  const backlog = statsOf(of.collector).accepted
  await until(() => statsOf(of.collector).delivered > of.delivered) // asks the server less often
  await until(async () => (await rowsIn(server, database, of.of)) > of.kept)
  const firstRowsMs = since()
  await until(() => statsOf(of.collector).delivered >= backlog)
  const drainedMs = since()
  const made = of.rows.stop()
  await flushed(of.collector)
  return { of, made, firstRowsMs, drainedMs, ...(await tally(server, database, made, of.of)) }
}
