import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ClickHouseSpanExporter, type Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { flushed, LONG, SOON_MS, until } from '../kit/patience.js'
import { type Fault, type FaultyProxy, startProxy } from '../kit/proxy.js'
import { figure } from '../kit/results.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { deduplicatedBlocks, rowsIn, tally } from '../kit/stored-ids.js'

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

test('kill -9 at random instants: every acknowledged span is in the server exactly once', async () => {
  const ROUNDS = LONG ? 50 : 6
  const options = { ...spooled(), endpoint: proxy.url, database, timeoutMs: 200 }
  const faults: Fault[] = ['none', 'none', 'lose first replies', 'refuse', 'black hole']
  const acknowledged = new Set<string>()
  const startedAt = performance.now()
  for (let round = 0; round < ROUNDS; round++) {
    await proxy.become(faults[round % faults.length] as Fault)
    // Two at a time, in the same directory.
    const ids = await Promise.all([killedChild(options), killedChild(options)])
    for (const id of ids.flat()) acknowledged.add(id)
  }
  await proxy.become('none')
  const leftOnDisk = records().length
  const killedAt = performance.now()
  const exporter = new ClickHouseSpanExporter({ ...options, timeoutMs: 10_000 })
  await emptied(exporter)

  const counts = await countsById(database)
  const missing = [...acknowledged].filter((id) => !counts.has(id))
  const twice = [...counts].filter(([, count]) => count > 1)
  const { accepted, delivered, dropped } = statsOf(exporter)
  figure('kill -9 with the spool', {
    kills: 2 * ROUNDS,
    'spans acknowledged': acknowledged.size,
    'spans stored': counts.size,
    missing: missing.length,
    'stored twice': twice.length,
    'batches on disk after the last kill': leftOnDisk,
    'blocks deduplicated by the server': await deduplicatedBlocks(server),
    'seconds of kills': (killedAt - startedAt) / 1000,
    'seconds until nothing was left': (performance.now() - killedAt) / 1000,
  })
  expect(missing).toEqual([])
  expect(twice).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(ROUNDS)
  expect({ delivered, dropped }).toEqual({ delivered: accepted, dropped: {} })
  await exporter.shutdown()
  expect(readdirSync(directory).filter((name) => name.startsWith('o-'))).toEqual([])
}, 600_000)

test('stopped for longer than a deadline of the disk, then killed: every acknowledged span is in the server exactly once', async () => {
  const CHILDREN = LONG ? 12 : 4
  await proxy.become('refuse')
  const options = { ...spooled(), spool: { directory }, endpoint: proxy.url, database }
  const ids = await Promise.all(Array.from({ length: CHILDREN }, () => stoppedChild(options)))
  await proxy.become('none')
  // Their leases are younger than the default of 15 s.
  const exporter = new ClickHouseSpanExporter(options)
  const acknowledged = ids.flat()
  await until(() => statsOf(exporter).accepted >= acknowledged.length, 60_000)
  await emptied(exporter)
  const counts = await countsById(database)
  figure('stopped for 6 s, then killed', { children: CHILDREN, acknowledged: acknowledged.length })
  expect(acknowledged.filter((id) => counts.get(id) !== 1)).toEqual([])
  expect(statsOf(exporter)).toMatchObject({ dropped: {}, possibleDuplicates: 0 })
  await exporter.shutdown()
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
  const acknowledged = await killedChild(options, (ids) => until(() => ids() > 100))
  const there = (await countsById(database)).size
  await proxy.become('none')
  const exporter = new ClickHouseSpanExporter(options)
  await emptied(exporter)
  const up = await countsById(database)
  const down = await countsById(`${database}_down`)
  expect(acknowledged.filter((id) => up.get(id) !== 1 || down.get(id) !== 1)).toEqual([])
  expect([...up.values(), ...down.values()].every((count) => count === 1)).toBe(true)
  const { up: upStats, down: downStats } = exporter.stats().destinations
  figure('two destinations, one down at the kill', {
    acknowledged: acknowledged.length,
    'recovered for the one that was up': upStats?.accepted ?? -1,
    'recovered for the one that was down': downStats?.accepted ?? -1,
  })
  expect(downStats?.accepted).toBeGreaterThanOrEqual(acknowledged.length)
  // Besides the missing rows, only batches that it had just stored and that were still on disk.
  expect(upStats?.accepted).toBeLessThanOrEqual(up.size - there + MOST_UNDER_WAY)
  await exporter.shutdown()
})

test('killed between commit and answer: the next process sends the same token, and the server knows it', async () => {
  const options = { ...spooled(), endpoint: proxy.url, database, retry: { initialDelayMs: 5000 } }
  await proxy.become('none')
  await killedChild(options, () => until(async () => (await rowsIn(server, database)) > 0)) // makes the table
  await proxy.become('lose first replies')
  const before = await deduplicatedBlocks(server)
  const acknowledged = await killedChild(options, () => until(() => proxy.lost > 0))
  await proxy.become('none')
  const exporter = new ClickHouseSpanExporter(options)
  await emptied(exporter)
  const deduplicated = (await deduplicatedBlocks(server)) - before
  figure('killed between commit and answer', {
    acknowledged: acknowledged.length,
    'blocks deduplicated': deduplicated,
  })
  expect(deduplicated).toBeGreaterThan(0)
  const counts = await countsById(database)
  expect(acknowledged.filter((id) => counts.get(id) !== 1)).toEqual([])
  expect([...counts.values()].every((count) => count === 1)).toBe(true)
  await exporter.shutdown()
})

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
  await emptied(exporter)
  expect(await tally(server, `${database}_old`, 50)).toMatchObject({ rows: 50, lost: 0 })
  expect(statsOf(exporter)).toMatchObject({ delivered: 80, waiting: 0, dropped: {} })
  await exporter.shutdown()
})

test('shutdown with a dead destination is quick and leaves the rows on disk; the next exporter delivers them', async () => {
  await proxy.become('refuse')
  const options: Options = { ...spooled(), endpoint: proxy.url, database }
  const first = new ClickHouseSpanExporter(options)
  await exported(first, 500)
  await exported(first, 500)
  const startedAt = performance.now()
  await first.shutdown()
  const shutdownMs = performance.now() - startedAt
  expect(shutdownMs).toBeLessThan(SOON_MS)
  expect(statsOf(first)).toMatchObject({ accepted: 1000, delivered: 0, dropped: {} })
  expect(records()).toHaveLength(2)
  for (const file of records()) {
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file).includes('s3cret')).toBe(false)
  }

  await proxy.become('none')
  const second = new ClickHouseSpanExporter(options)
  await emptied(second)
  figure('shutdown with a dead destination', { 'ms of shutdown': shutdownMs })
  expect(await tally(server, database, 1000)).toEqual({ rows: 1000, lost: 0, duplicated: 0 })
  expect(statsOf(second)).toMatchObject({ accepted: 1000, delivered: 1000 })
  await second.shutdown()
})

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
    expect(records()).toHaveLength(1)
    figure(`callback with a spool and a hung server, '${acknowledge}'`, { milliseconds })
    expect(milliseconds).toBeLessThan(acknowledge === 'accepted' ? 900 : SOON_MS)
    await proxy.become('none')
    await flushed(exporter)
    expect(await tally(server, database, 100)).toEqual({ rows: 100, lost: 0, duplicated: 0 })
    await exporter.shutdown()
  },
)

test('an outage longer than the memory lasts: waiting rows are on disk, none is dropped', async () => {
  await proxy.become('refuse')
  const exporter = new ClickHouseSpanExporter({
    ...spooled(),
    endpoint: proxy.url,
    database,
    queue: { maxBytes: 1_000_000 },
  })
  for (let batch = 0; batch < 40; batch++) await exported(exporter, 500)
  const { waiting, waitingBytes, spooledBytes, dropped } = statsOf(exporter)
  figure('an outage longer than the memory', {
    waiting,
    'KiB of memory': waitingBytes / 1024,
    'KiB on disk': spooledBytes / 1024,
  })
  expect({ waiting, dropped }).toEqual({ waiting: 20_000, dropped: {} })
  expect(waitingBytes).toBeLessThanOrEqual(1_000_000)
  expect(spooledBytes).toBeGreaterThan(1_000_000)
  await proxy.become('none')
  await flushed(exporter)
  expect(await tally(server, database, 20_000)).toEqual({ rows: 20_000, lost: 0, duplicated: 0 })
  await exporter.shutdown()
})

test('a full spool drops the oldest batches, counts them, and stays within its byte limit', async () => {
  await proxy.become('refuse')
  const maxBytes = 200_000
  const exporter = new ClickHouseSpanExporter({
    ...spooled(),
    spool: { directory, leaseMs: LEASE_MS, maxBytes },
    endpoint: proxy.url,
    database,
  })
  for (let batch = 0; batch < 20; batch++) await exported(exporter, 500)
  const { waiting, dropped, spooledBytes } = statsOf(exporter)
  figure('a full spool of 200,000 bytes', {
    waiting,
    dropped: dropped.spool_full ?? 0,
    spooledBytes,
  })
  expect(dropped).toEqual({ spool_full: 10_000 - waiting })
  expect(dropped.spool_full).toBeGreaterThan(0)
  const bytesOnDisk = records().reduce((sum, file) => sum + statSync(file).size, 0)
  expect(Math.max(spooledBytes, bytesOnDisk)).toBeLessThanOrEqual(maxBytes)
  await proxy.become('none')
  await flushed(exporter)
  expect((await tally(server, database, waiting)).rows).toBe(waiting)
  await exporter.shutdown()
})

function spooled(): Options {
  return {
    spool: { directory, leaseMs: LEASE_MS },
    headers: { 'x-secret': 's3cret' },
    batch: { maxDelayMs: 100 },
  }
}

function exported(exporter: ClickHouseSpanExporter, rows: number): Promise<void> {
  return new Promise((resolve, reject) =>
    exporter.export(shopSpans(rows), ({ code, error }) => (code === 0 ? resolve() : reject(error))),
  )
}

function startChild(options: Options) {
  const child = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  const closed = once(child, 'close')
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const ids = () => text.split('\n').slice(0, -1)
  return {
    child,
    ids,
    /** Resolves when it has acknowledged more spans than now. */
    acknowledges(): Promise<void> {
      const { length } = ids()
      return until(() => ids().length > length)
    },
    /** Returns the ids that it has acknowledged. */
    async kill(): Promise<string[]> {
      child.kill('SIGKILL')
      await closed
      return ids()
    },
  }
}

/** Runs the child until a random instant after its first acknowledgement, or until `lives` resolves. Gives the ids that it has acknowledged. */
async function killedChild(
  options: Options,
  lives: (acknowledged: () => number) => Promise<unknown> = () => sleep(randomInt(250)),
): Promise<string[]> {
  const { ids, acknowledges, kill } = startChild(options)
  await acknowledges()
  await lives(() => ids().length)
  return kill()
}

/** Stops the child at a random instant, with writes under way. Kills it after it has gone on and acknowledged more. */
async function stoppedChild(options: Options): Promise<string[]> {
  const { child, acknowledges, kill } = startChild(options)
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

function records(): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.batch'))
      .map((name) => join(directory, name))
  } catch {
    return records() // a folder was taken over, and renamed, while it was read
  }
}

/** Resolves when nothing is on disk and nothing waits. */
async function emptied(exporter: ClickHouseSpanExporter): Promise<void> {
  const waiting = () => Object.values(exporter.stats().destinations).some((one) => one.waiting > 0)
  await until(() => !waiting() && records().length === 0)
}

async function countsById(name: string): Promise<Map<string, number>> {
  const text = await server.query(
    `SELECT span_id, count() FROM ${name}.traces GROUP BY span_id FORMAT TSV`,
  )
  return new Map(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'))
      .map(([id = '', count]) => [id, Number(count)]),
  )
}
