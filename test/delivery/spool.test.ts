import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  ClickHouseSpanExporter,
  type ExportResult,
  type Options,
  type Stats,
} from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { openExporter, type RecordExporter } from '../kit/entry-points.mjs'
import { numbered, type SignalName } from '../kit/numbered-records.mjs'
import { flushed, LONG, onThisMachine, PATIENT_MS, SOON_MS, until } from '../kit/patience.js'
import { type Fault, type FaultyProxy, startProxy } from '../kit/proxy.js'
import { figure } from '../kit/results.js'
import {
  METRICS_BY_TYPE,
  records,
  SIGNALS,
  SIGNALS_AND_TABLES,
  type SignalUnderTest,
  signalFigure,
  TRACES,
  titled,
} from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { countsById, deduplicatedBlocks, tally } from '../kit/stored-ids.js'

const script = fileURLToPath(new URL('spool-child.mjs', import.meta.url))
const LEASE_MS = 300
// The limits of a destination: so many requests at once, each of at most so many rows.
const MOST_UNDER_WAY = 4 * 50

let server: ClickHouseServer
let proxy: FaultyProxy
let directory = ''
let database = ''
let next = 0
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())
beforeEach(async () => {
  proxy = await startProxy(server.httpPort)
  directory = mkdtempSync(join(tmpdir(), 'spanhouse-delivery-'))
  database = `spool${next++}`
})
afterEach(async () => {
  await proxy.close()
  rmSync(directory, { recursive: true, force: true })
})

test('kill -9 at random instants: every acknowledged row of every signal is in the server exactly once', async () => {
  const ROUNDS = LONG ? 50 : 3
  const options = { ...spooled(), endpoint: proxy.url, database, timeoutMs: 200 }
  const faults: Fault[] = ['lose first replies', 'refuse', 'black hole', 'none', 'none']
  const acknowledged = new Acknowledged()
  const startedAt = performance.now()
  for (let round = 0; round < ROUNDS; round++) {
    await proxy.become(faults[round % faults.length] as Fault)
    // Two at a time, in the same directory.
    const both = await Promise.all([killedChild(options), killedChild(options)])
    for (const ids of both) acknowledged.add(ids)
  }
  await proxy.become('none')
  const leftOnDisk = recordsOnDisk().length
  const killedAt = performance.now()
  const heirs = exporters({ ...options, timeoutMs: 10_000 })
  await emptied(heirs)
  const emptiedAt = performance.now()

  for (const of of SIGNALS) {
    const ids = acknowledged.of(of)
    const counts = await countsById(server, database, of)
    const missing = ids.filter((id) => !counts.has(id))
    const twice = [...counts].filter(([, count]) => count > 1)
    const { accepted, delivered, dropped } = statsOf(heirs[of.signal])
    signalFigure('kill -9 with the spool', of, {
      kills: 2 * ROUNDS,
      'rows acknowledged': ids.length,
      'rows stored': counts.size,
      missing: missing.length,
      'stored twice': twice.length,
      'batches of all signals on disk after the last kill': leftOnDisk,
      'blocks deduplicated by the server': await deduplicatedBlocks(server),
      'seconds of kills': (killedAt - startedAt) / 1000,
      'seconds until nothing was left': (emptiedAt - killedAt) / 1000,
    })
    expect({ missing, twice }).toEqual({ missing: [], twice: [] })
    expect(ids.length).toBeGreaterThan(ROUNDS)
    expect({ delivered, dropped }).toEqual({ delivered: accepted, dropped: {} })
  }
  await shutDown(heirs)
  expect(readdirSync(directory).filter((name) => name.startsWith('o-'))).toEqual([])
}, 600_000)

test('stopped for longer than a deadline of the disk, then killed: every acknowledged row is in the server exactly once', async () => {
  const CHILDREN = LONG ? 12 : 2
  await proxy.become('refuse')
  // Longer than they are stopped, so that no process takes their rows before they are killed. A long run has the default of 15 s.
  const spool = { directory, ...(LONG ? {} : { leaseMs: 8000 }) }
  const options = { ...spooled(), spool, endpoint: proxy.url, database }
  const killed = await Promise.all(Array.from({ length: CHILDREN }, () => stoppedChild(options)))
  await proxy.become('none')
  // Their leases are still young.
  const heirs = exporters(options)
  const acknowledged = new Acknowledged()
  for (const ids of killed) acknowledged.add(ids)
  for (const of of SIGNALS)
    await until(() => statsOf(heirs[of.signal]).accepted >= acknowledged.of(of).length)
  await emptied(heirs)
  for (const of of SIGNALS) {
    const ids = acknowledged.of(of)
    const counts = await countsById(server, database, of)
    signalFigure('stopped for 6 s, then killed', of, {
      children: CHILDREN,
      acknowledged: ids.length,
    })
    expect(ids.filter((id) => counts.get(id) !== 1)).toEqual([])
    expect(statsOf(heirs[of.signal])).toMatchObject({ dropped: {}, possibleDuplicates: 0 })
  }
  await shutDown(heirs)
})

test('two destinations, one of them down at the kill: the next process sends the missing rows to that one only', async () => {
  const options: Options = {
    ...spooled(),
    destinations: [
      { name: 'up', endpoint: server.url, database },
      { name: 'down', endpoint: proxy.url, database: `${database}_down` },
    ],
  }
  await proxy.become('refuse')
  const acknowledged = await killedChild(options, (ids) =>
    until(() => SIGNALS.every((of) => ids().of(of).length > 100)),
  )
  const there = new Map<SignalUnderTest, number>()
  for (const of of SIGNALS) there.set(of, (await countsById(server, database, of)).size)
  await proxy.become('none')
  const heirs = exporters(options)
  await emptied(heirs)
  for (const of of SIGNALS) {
    const ids = acknowledged.of(of)
    const up = await countsById(server, database, of)
    const down = await countsById(server, `${database}_down`, of)
    expect(ids.filter((id) => up.get(id) !== 1 || down.get(id) !== 1)).toEqual([])
    expect([...up.values(), ...down.values()].every((count) => count === 1)).toBe(true)
    const heir = heirs[of.signal]
    const [upStats, downStats] = [statsOf(heir, 'up'), statsOf(heir, 'down')]
    signalFigure('two destinations, one down at the kill', of, {
      acknowledged: ids.length,
      'recovered for the one that was up': upStats.accepted,
      'recovered for the one that was down': downStats.accepted,
    })
    expect(downStats.accepted).toBeGreaterThanOrEqual(ids.length)
    // Besides the missing rows, only batches that it had just stored and that were still on disk.
    expect(upStats.accepted).toBeLessThanOrEqual(up.size - (there.get(of) ?? 0) + MOST_UNDER_WAY)
  }
  await shutDown(heirs)
})

// Log records go the way of spans.
test.each(titled(LONG ? SIGNALS_AND_TABLES : [TRACES, METRICS_BY_TYPE]))(
  'killed between commit and answer: the next process sends %s with the same token, and the server knows it',
  async (_, of) => {
    const schema = of.family
    const options = {
      ...spooled(),
      schema,
      endpoint: proxy.url,
      database,
      retry: { initialDelayMs: 5000 },
    }
    await proxy.become('none')
    await makeTables(options, of)
    await proxy.become('lose first replies')
    const before = await deduplicatedBlocks(server)
    const acknowledged = await killedChild(options, () => until(() => proxy.lost > 0), [of])
    await proxy.become('none')
    const exporter = openExporter(of.signal, options)
    await emptied({ exporter })
    const deduplicated = (await deduplicatedBlocks(server)) - before
    const ids = acknowledged.of(of)
    signalFigure('killed between commit and answer', of, {
      acknowledged: ids.length,
      'blocks deduplicated': deduplicated,
    })
    expect(deduplicated).toBeGreaterThan(0)
    const counts = await countsById(server, database, of)
    expect(ids.filter((id) => counts.get(id) !== 1)).toEqual([])
    expect([...counts.values()].every((count) => count === 1)).toBe(true)
    await exporter.shutdown()
  },
)

test('records for a missing table hold up no new rows; once the table exists, they are stored in it', async () => {
  const away: Options = {
    ...spooled(),
    endpoint: 'http://127.0.0.1:9',
    database: `${database}_old`,
  }
  const before = new ClickHouseSpanExporter(away)
  for (let n = 0; n < 5; n++) await exported(before, 10)
  await before.shutdown()

  const lines = diagLines()
  const exporter = new ClickHouseSpanExporter({ ...spooled(), endpoint: server.url, database })
  await until(() => statsOf(exporter).accepted === 50)
  await exported(exporter, 30)
  await exporter.forceFlush()
  expect(statsOf(exporter)).toMatchObject({ delivered: 30, waiting: 50, dropped: {} })
  expect((await tally(server, database, 30)).lost).toBe(0)
  const about = lines.filter((line) => line.includes(directory))
  expect(about).toEqual([expect.stringContaining(`Create \`${database}_old\`.\`traces\``)])

  for (const statement of flatTraces.ddl({ database: `${database}_old` }))
    await server.query(statement)
  await emptied({ exporter })
  expect(await tally(server, `${database}_old`, 50)).toMatchObject({ rows: 50, lost: 0 })
  expect(statsOf(exporter)).toMatchObject({ delivered: 80, waiting: 0, dropped: {} })
  await exporter.shutdown()
})

test.each(titled(SIGNALS))(
  'shutdown with a dead destination is quick and leaves %s on disk; the next exporter delivers them',
  async (_, of) => {
    await proxy.become('refuse')
    const options: Options = { ...spooled(), endpoint: proxy.url, database }
    const first = openExporter(of.signal, options)
    await exported(first, 500, of)
    await exported(first, 500, of)
    const startedAt = performance.now()
    await first.shutdown()
    const shutdownMs = performance.now() - startedAt
    expect(shutdownMs).toBeLessThan(onThisMachine(SOON_MS))
    expect(statsOf(first)).toMatchObject({ accepted: 1000, delivered: 0, dropped: {} })
    expect(recordsOnDisk()).toHaveLength(2)
    for (const file of recordsOnDisk()) {
      expect(statSync(file).mode & 0o777).toBe(0o600)
      expect(readFileSync(file).includes('s3cret')).toBe(false)
    }

    await proxy.become('none')
    const second = openExporter(of.signal, options)
    await emptied({ second })
    signalFigure('shutdown with a dead destination', of, { 'ms of shutdown': shutdownMs })
    expect(await tally(server, database, 1000, of)).toEqual({ rows: 1000, lost: 0, duplicated: 0 })
    expect(statsOf(second)).toMatchObject({ accepted: 1000, delivered: 1000 })
    await second.shutdown()
  },
)

test.each(['delivered', 'accepted'] as const)(
  "acknowledge '%s' with a spool: the rows are on disk at the callback, which comes however the server hangs",
  async (acknowledge) => {
    await proxy.become('hang')
    const exporter = new ClickHouseSpanExporter({
      ...spooled(),
      endpoint: proxy.url,
      database,
      acknowledge,
      timeoutMs: 6000,
    })
    const startedAt = performance.now()
    await exported(exporter, 100)
    const milliseconds = performance.now() - startedAt
    expect(recordsOnDisk()).toHaveLength(1)
    figure(`callback with a spool and a hung server, '${acknowledge}'`, { milliseconds })
    expect(milliseconds).toBeLessThan(onThisMachine(acknowledge === 'accepted' ? 900 : SOON_MS))
    await proxy.become('none')
    await flushed(exporter)
    expect(await tally(server, database, 100)).toEqual({ rows: 100, lost: 0, duplicated: 0 })
    await exporter.shutdown()
  },
)

test('an outage longer than the memory lasts: waiting rows are on disk, none is dropped', async () => {
  const [rows, maxBytes] = LONG ? [20_000, 1_000_000] : [10_000, 500_000]
  await proxy.become('refuse')
  const exporter = new ClickHouseSpanExporter({
    ...spooled(),
    endpoint: proxy.url,
    database,
    queue: { maxBytes },
  })
  for (let made = 0; made < rows; made += 500) await exported(exporter, 500)
  const { waiting, waitingBytes, spooledBytes, dropped } = statsOf(exporter)
  figure('an outage longer than the memory', {
    waiting,
    'KiB of memory': waitingBytes / 1024,
    'KiB on disk': spooledBytes / 1024,
  })
  expect({ waiting, dropped }).toEqual({ waiting: rows, dropped: {} })
  expect(waitingBytes).toBeLessThanOrEqual(maxBytes)
  expect(spooledBytes).toBeGreaterThan(maxBytes)
  await proxy.become('none')
  await flushed(exporter)
  expect(await tally(server, database, rows)).toEqual({ rows, lost: 0, duplicated: 0 })
  await exporter.shutdown()
})

test.each(titled(LONG ? SIGNALS : [TRACES]))(
  'a full spool drops the oldest batches of %s, counts them, and stays within its byte limit',
  async (_, of) => {
    await proxy.become('refuse')
    const maxBytes = 150_000
    const exporter = openExporter(of.signal, {
      ...spooled(),
      spool: { directory, leaseMs: LEASE_MS, maxBytes },
      endpoint: proxy.url,
      database,
    })
    for (let batch = 0; batch < 20; batch++) await exported(exporter, 500, of)
    const { waiting, dropped, spooledBytes } = statsOf(exporter)
    signalFigure('a full spool of 150,000 bytes', of, {
      waiting,
      dropped: dropped.spool_full ?? 0,
      spooledBytes,
    })
    expect(dropped).toEqual({ spool_full: 10_000 - waiting })
    expect(dropped.spool_full).toBeGreaterThan(0)
    const bytesOnDisk = recordsOnDisk().reduce((sum, file) => sum + statSync(file).size, 0)
    expect(Math.max(spooledBytes, bytesOnDisk)).toBeLessThanOrEqual(maxBytes)
    await proxy.become('none')
    await flushed(exporter)
    expect((await tally(server, database, waiting, of)).rows).toBe(waiting)
    await exporter.shutdown()
  },
)

function spooled(): Options {
  return {
    spool: { directory, leaseMs: LEASE_MS },
    headers: { 'x-secret': 's3cret' },
    batch: { maxDelayMs: 100 },
  }
}

function exported(exporter: Exporter, rows: number, of: SignalUnderTest = TRACES): Promise<void> {
  return new Promise((resolve, reject) =>
    exporter.export(records(of, rows) as never[], ({ code, error }) =>
      code === 0 ? resolve() : reject(error),
    ),
  )
}

interface Exporter {
  export(records: never[], callback: (result: ExportResult) => void): void
}

/** One of each signal. */
function exporters(options: Options): Record<SignalName, RecordExporter> {
  return {
    traces: openExporter('traces', options),
    logs: openExporter('logs', options),
    metrics: openExporter('metrics', options),
  }
}

async function shutDown(them: Record<string, RecordExporter>): Promise<void> {
  await Promise.all(Object.values(them).map((one) => one.shutdown()))
}

/** The ids that were acknowledged, by signal. */
class Acknowledged {
  readonly #ids: Record<SignalName, Set<string>> = {
    traces: new Set(),
    logs: new Set(),
    metrics: new Set(),
  }

  /** Lines of the child. The last may be cut. */
  static in(text: string): Acknowledged {
    const found = new Acknowledged()
    for (const line of text.split('\n').slice(0, -1)) {
      const [signal, id = ''] = line.split(' ')
      found.#ids[signal as SignalName].add(id)
    }
    return found
  }

  of({ signal }: SignalUnderTest): string[] {
    return [...this.#ids[signal]]
  }

  add(other: Acknowledged): void {
    for (const of of SIGNALS) for (const id of other.of(of)) this.#ids[of.signal].add(id)
  }
}

/** Exports records such as a child does, so that every table is there that its rows go to. */
async function makeTables(options: Options, { signal }: SignalUnderTest): Promise<void> {
  const exporter = openExporter(signal, options)
  const rows = Array.from({ length: 50 }, (_, n) =>
    numbered[signal]('00000000', n, { resource: 0 }),
  )
  exporter.export(rows, () => {})
  await flushed(exporter)
  expect(statsOf(exporter)).toMatchObject({ delivered: rows.length })
  await exporter.shutdown()
}

/** A child that exports rows of these signals. */
function startChild(options: Options, signals: readonly SignalUnderTest[]) {
  const names = signals.map(({ signal }) => signal)
  const args = ['--no-warnings', script, JSON.stringify(options), JSON.stringify(names)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  const closed = once(child, 'close')
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return {
    child,
    acknowledged: () => Acknowledged.in(text),
    /** Resolves when it has acknowledged more rows of every signal than now. */
    acknowledges(): Promise<void> {
      const { length } = text
      return until(() => {
        const more = text.slice(length)
        return names.every((name) => more.includes(`${name} `))
      })
    },
    /** Returns what it has acknowledged. */
    async kill(): Promise<Acknowledged> {
      child.kill('SIGKILL')
      await closed
      return Acknowledged.in(text)
    },
  }
}

/** Runs the child until a random instant after its first acknowledgements, or until `lives` resolves. */
async function killedChild(
  options: Options,
  lives: (acknowledged: () => Acknowledged) => Promise<unknown> = () => sleep(randomInt(250)),
  signals: readonly SignalUnderTest[] = SIGNALS,
): Promise<Acknowledged> {
  const { acknowledged, acknowledges, kill } = startChild(options, signals)
  await acknowledges()
  await lives(acknowledged)
  return kill()
}

/** Stops the child at a random instant, with writes under way. Kills it after it has gone on and acknowledged more. */
async function stoppedChild(options: Options): Promise<Acknowledged> {
  const { child, acknowledges, kill } = startChild(options, SIGNALS)
  await acknowledges()
  await sleep(randomInt(250))
  child.kill('SIGSTOP')
  await sleep(6000)
  const more = acknowledges()
  child.kill('SIGCONT')
  await more
  await sleep(randomInt(100))
  return kill()
}

function recordsOnDisk(): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.batch'))
      .map((name) => join(directory, name))
  } catch {
    return recordsOnDisk() // a folder was taken over, and renamed, while it was read
  }
}

/** Resolves when nothing is on disk and nothing waits. */
async function emptied(them: Record<string, { stats(): Stats }>): Promise<void> {
  const isWaiting = () =>
    Object.values(them).some((exporter) =>
      Object.values(exporter.stats().destinations).some(({ waiting }) => waiting > 0),
    )
  // A hundred processes leave more behind than a few.
  await until(
    () => !isWaiting() && recordsOnDisk().length === 0,
    LONG ? 10 * PATIENT_MS : PATIENT_MS,
  )
}
