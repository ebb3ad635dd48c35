import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { kill } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { allWell, Oracle } from '../kit/oracle.js'
import { flushed, LONG, onThisMachine, RECOVERED_MS, until } from '../kit/patience.js'
import { ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { SIGNALS, TRACES, titled } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { Child, type ChildPlan } from './child.js'
import { Exports, exporterTo, newRun } from './exports.js'
import { faultsOf, figures } from './figures.js'
import { createTable, judgeTable } from './real-table.js'

const LEASE_MS = 400
const count = faultsOf('processes that stand still')

let server: ClickHouseServer
let databases = 0
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

async function newDatabase(): Promise<string> {
  const database = `process${databases++}`
  await createTable(server, database)
  return database
}

async function childOf(plan: ChildPlan): Promise<Child> {
  const child = new Child(plan)
  onTestFinished(() => child.kill())
  return child.started()
}

test('a process that stands still for longer than its lease: its heir delivers, the process goes on, and each row is there once', async () => {
  const database = await newDatabase()
  const directory = temporaryDirectory()
  const run = newRun()
  const down = await new ScriptedClickHouse().listen()
  await down.refuse()
  const spooled = (endpoint: string): Options => ({
    endpoint,
    database,
    timeoutMs: 2000,
    flushTimeoutMs: 200,
    shutdownTimeoutMs: 2000,
    spool: { directory, leaseMs: LEASE_MS },
  })
  // While the server is down, everything stays on disk.
  const sleeper = await childOf({ options: spooled(down.url), run, first: 0 })
  await until(() => sleeper.acknowledged.size >= 200)
  sleeper.stop()
  count('a process, for longer than its lease')
  const heir = exporterTo(spooled(server.url))
  await until(() => statsOf(heir).delivered >= 200)
  sleeper.resume()
  const before = sleeper.acknowledged.size
  await until(() => sleeper.acknowledged.size >= before + 100)
  const report = await sleeper.tell('stop')
  await until(() => statsOf(heir).delivered >= sleeper.acknowledged.size)

  const oracle = new Oracle(run)
  oracle.accept('primary', sleeper.made)
  expect(await judgeTable(oracle, 'primary', server, database)).toEqual(allWell(sleeper.made.size))
  expect(sleeper.bugs).toEqual([])
  // The sleeper no longer counts the rows that the heir took over: each row is counted once.
  const own = report?.stats.destinations['primary']
  expect(statsOf(heir).accepted + (own?.accepted ?? 0) - (own?.waiting ?? 0)).toBe(
    sleeper.made.size,
  )
})

test('a server that stands still, and then goes on: each row is there once', async () => {
  const database = await newDatabase()
  const exporter = exporterTo({ endpoint: server.url, database, timeoutMs: 1500 })
  const exports = new Exports(exporter)
  await exports.export(5)
  kill(server.pid, 'SIGSTOP')
  count('the server')
  try {
    for (let n = 0; n < 5; n++) await exports.export(5)
    await until(() => statsOf(exporter).errors > 0)
    await sleep(1000)
  } finally {
    kill(server.pid, 'SIGCONT')
  }
  const returnedAt = performance.now()
  await until(() => statsOf(exporter).delivered > 5)
  const firstRowsMs = performance.now() - returnedAt
  await flushed(exporter)
  expect(await judgeTable(exports.oracle, 'primary', server, database)).toEqual(allWell(30))
  expect(statsOf(exporter)).toMatchObject({ dropped: {}, possibleDuplicates: 0 })
  expect(firstRowsMs).toBeLessThan(onThisMachine(RECOVERED_MS))
  figures('a server that stood still', { 'ms to first rows': firstRowsMs })
})

test('an event loop that stands still while the server closes idle connections costs no failed attempt', async () => {
  const IDLE_MS = 100
  const front = createServer({ keepAliveTimeout: IDLE_MS }, (req, res) => {
    req.resume().on('end', () => res.end())
  }).listen(0, '127.0.0.1')
  await once(front, 'listening')
  onTestFinished(() => void front.close())
  const { port } = front.address() as AddressInfo
  const child = await childOf({
    options: { endpoint: `http://127.0.0.1:${port}`, batch: { maxDelayMs: 10 } },
    run: newRun(),
    first: 0,
    everyMs: 30,
  })
  for (let stalls = 0; stalls < (LONG ? 100 : 5); stalls++) {
    await child.tell('stall', 3 * IDLE_MS)
    count('an event loop, while the server closes idle connections')
    const { size } = child.acknowledged
    await until(() => child.acknowledged.size > size)
  }
  const report = await child.tell('stop')
  expect(report?.stats.destinations['primary']).toMatchObject({ errors: 0, dropped: {} })
  expect(child.acknowledged).toEqual(child.made)
})

// The queue is the same for all signals.
test.each(titled(LONG ? SIGNALS : [TRACES]))(
  'a heap of 64 MiB, two dead destinations and 50,000 %s a second: it lives, drops and counts',
  async (_, of) => {
    const down = await new ScriptedClickHouse().listen()
    await down.refuse()
    const silent = await new ScriptedClickHouse(undefined, ({ gone }) => gone).listen()
    onTestFinished(() => silent.close())
    const child = await childOf({
      heapMiB: 64,
      signal: of.signal,
      recordsPerSecond: 50_000,
      options: {
        destinations: [
          { name: 'down', endpoint: down.url },
          { name: 'silent', endpoint: silent.url },
        ],
        queue: { maxBytes: 8 * 1024 * 1024 },
        flushTimeoutMs: 500,
        shutdownTimeoutMs: 500,
      },
      run: newRun(),
      first: 0,
    })
    const isFull = async () => {
      const now = await child.tell('stats')
      return Object.values(now?.stats.destinations ?? {}).every((one) => one.dropped.queue_full)
    }
    await until(async () => (await isFull()) || child.hasEnded)
    await sleep(LONG ? 60_000 : 1500)
    const report = await child.tell('stop')
    expect(child.said).toBe('')
    expect(child.stderr.match(/SPANHOUSE_NO_ROWS_TAKEN/g)).toHaveLength(2) // one a destination
    expect(await child.ended()).toBe(0)
    if (!report) throw new Error('it said nothing')
    const { made, stats, peakBytes } = report
    for (const [name, one] of Object.entries(stats.destinations)) {
      const dropped = Object.values(one.dropped).reduce((sum, rows) => sum + rows, 0)
      expect({ name, accepted: one.accepted, waiting: one.waiting }).toEqual({
        name,
        accepted: made,
        waiting: 0,
      })
      expect(dropped).toBe(made)
      expect(one.dropped.queue_full).toBeGreaterThan(0)
    }
    expect(peakBytes / 2 ** 20).toBeLessThan(96)
    figures(`50,000 ${of.title} a second and two dead destinations in a heap of 64 MiB`, {
      made,
      'MiB of heap and buffers at most': peakBytes / 2 ** 20,
    })
  },
)
