import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import fsPromises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { PATIENT_MS, SOON_MS } from '../../../test/kit/patience.js'
import { makeSpan } from '../../transform/test/spans.js'
import type { DestinationStats } from '../src/accounting/stats.js'
import { Batch } from '../src/batching/batch.js'
import { classify } from '../src/clickhouse/classify.js'
import type { Retry } from '../src/clickhouse/outcome.js'
import type { Sender } from '../src/clickhouse/sender.js'
import type { Options } from '../src/config/options.js'
import { parseConfig } from '../src/config/parse-config.js'
import { openDeadLetters } from '../src/delivery/dead-letters.js'
import { Pace } from '../src/delivery/pace.js'
import { openClient } from '../src/http/client.js'
import { ClickHouseSpanExporter, type ExportResult } from '../src/traces/span-exporter.js'
import { ClickHouseSpanProcessor } from '../src/traces/span-processor.js'
import { followGlobalClock } from './global-clock.js'
import { type Behaviour, freePort, type Received, scriptedServer } from './scripted-server.js'
import { homesIn, spools } from './spool-kit.js'

followGlobalClock()

// Each of these was a defect that a review proved.

const { directory: newDirectory } = spools()
const SOON = { initialDelayMs: 5, maxDelayMs: 10 }
const REFUSED: Behaviour = { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }
const AWAY: Behaviour = { status: 502 }

function exporter(options: Options): ClickHouseSpanExporter {
  const made = new ClickHouseSpanExporter({ retry: SOON, shutdownTimeoutMs: 20, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

function spans(count: number, name = 'good', attributes = {}): SpanLike[] {
  return Array.from({ length: count }, (_, n) => makeSpan({ name: `${name} ${n + 1}`, attributes }))
}

/** Spans whose rows hardly compress. */
function bulky(count: number): SpanLike[] {
  return Array.from({ length: count }, () =>
    makeSpan({ name: 'bulky', attributes: { bytes: randomBytes(500).toString('hex') } }),
  )
}

function exported(to: ClickHouseSpanExporter, what: SpanLike[]): Promise<ExportResult> {
  return new Promise((resolve) => to.export(what, resolve))
}

function only(from: ClickHouseSpanExporter): DestinationStats {
  const [stats] = Object.values(from.stats().destinations)
  if (!stats) throw new Error('no destination')
  return stats
}

function soon<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENT_MS, interval: 5 })
}

function isPoisoned({ rows }: Received): boolean {
  return rows.some((row) => String(row['span_name']).startsWith('bad'))
}

async function elapsed(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}

/** A server that refuses bad rows, and takes the others only when told. */
async function halvingServer() {
  const waiting: (() => void)[] = []
  let open = false
  const server = await scriptedServer({
    each(request) {
      if (!request.isInsert) return 'ok'
      if (isPoisoned(request)) return REFUSED
      if (open) return 'ok'
      return (_, response) => waiting.push(() => response.end())
    },
  })
  return {
    server,
    answer() {
      open = true
      for (const one of waiting) one()
    },
  }
}

describe('a batch that is divided', () => {
  test('stays on disk when the exporter is shut down meanwhile', async () => {
    const directory = await newDirectory()
    const refusing = await scriptedServer(REFUSED)
    const first = exporter({ endpoint: refusing.url, spool: { directory }, shutdownTimeoutMs: 1 })
    void exported(first, spans(2000))
    await refusing.received(1)
    while (only(first).errors === 0) await nextTurn()
    await first.shutdown()
    const { dropped, waiting } = only(first)
    expect({ dropped, waiting }).toEqual({ dropped: {}, waiting: 2000 })

    const server = await scriptedServer()
    const second = exporter({ endpoint: server.url, spool: { directory } })
    await soon(() => expect(only(second).delivered).toBe(2000))
    expect(new Set(server.rows.map((row) => row['span_name'])).size).toBe(2000)
  })

  test('costs one bad row one row, also when its held-back half was let go from memory', async () => {
    const { server, answer } = await halvingServer()
    const directory = await newDirectory()
    const to = exporter({
      endpoint: server.url,
      spool: { directory },
      queue: { maxBytes: 200_000 },
      acknowledge: 'accepted',
    })
    await exported(to, [...bulky(7), ...spans(1, 'bad')])
    await soon(() => expect(server.inserts.map(({ rows }) => rows.length)).toEqual([8, 4]))
    // These need its place: none is answered yet.
    for (let n = 0; n < 12; n++) await exported(to, bulky(60))
    answer()
    await soon(() => expect(only(to).waiting).toBe(0))
    expect(only(to).dropped['rejected']).toBe(1)
    expect(server.inserts.some((request) => request.rows.length === 1 && isPoisoned(request))).toBe(
      true,
    )
    const { accepted, delivered, dropped } = only(to)
    expect(delivered + 1 + (dropped['queue_full'] ?? 0)).toBe(accepted)
  })

  test('and was recovered: its parts keep its INSERT although the options have changed', async () => {
    const directory = await newDirectory()
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const before = exporter({ endpoint, spool: { directory }, schema: 'flat' })
    await exported(before, spans(4))
    await before.shutdown()

    const server = await scriptedServer({
      each: ({ rows }) => (rows.length > 2 ? { status: 413 } : 'ok'),
    })
    const after = exporter({ endpoint: server.url, spool: { directory }, schema: 'otel' })
    await soon(() => expect(only(after).delivered).toBe(4))
    expect(server.inserts.map(({ rows }) => rows.length)).toEqual([4, 2, 2])
    expect(new Set(server.inserts.map(({ query }) => query.get('query'))).size).toBe(1)
    expect(server.inserts[0]?.query.get('query')).toContain('`telemetry`.`traces`')
  })

  test('into equal halves has a token for each', async () => {
    const hits = defineTable<SpanLike>({
      name: 'hits',
      columns: [{ name: 'service', type: 'String', value: () => 'shop' }],
      orderBy: 'service',
    })
    const server = await scriptedServer({
      each: ({ rows }) => (rows.length > 2 ? { status: 413 } : 'ok'),
    })
    const to = exporter({ endpoint: server.url, schema: hits })
    await exported(to, spans(4))
    await to.forceFlush()
    expect(only(to).delivered).toBe(4)
    expect(server.rows).toHaveLength(4)
    const tokens = server.inserts.map(({ query }) => query.get('insert_deduplication_token'))
    expect(new Set(tokens).size).toBe(3)
  })

  test('keeps its second half back until the first is answered, whoever flushes', async () => {
    const { server, answer } = await halvingServer()
    const to = exporter({ endpoint: server.url, acknowledge: 'accepted' })
    await exported(to, [...spans(7), ...spans(1, 'bad')])
    await expect(to.forceFlush({ timeoutMs: 1 })).rejects.toThrow('not flushed')
    await soon(() => expect(server.inserts).toHaveLength(2))
    await expect(to.forceFlush({ timeoutMs: 1 })).rejects.toThrow('not flushed')
    await exported(to, spans(1, 'another'))
    await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow('not flushed')
    await soon(() => expect(server.inserts.map(({ rows }) => rows.length)).toEqual([8, 4, 1]))
    answer()
    await to.forceFlush()
    expect(only(to)).toMatchObject({ delivered: 8, dropped: { rejected: 1 }, waiting: 0 })
    expect(server.inserts.filter((one) => one.rows.length === 4)).toHaveLength(1)
  })
})

test('a part is not sent before the time that the server named, when that was told the other part', async () => {
  const times: number[] = []
  const server = await scriptedServer({
    each: ({ rows }) => {
      times.push(performance.now())
      if (rows.length === 4) return REFUSED
      return times.length === 2 ? { status: 503, headers: { 'retry-after': '1' } } : 'ok'
    },
  })
  const to = exporter({ endpoint: server.url })
  await exported(to, spans(4))
  await to.forceFlush()
  const [, asked = 0, next = 0] = times
  expect(next - asked).toBeGreaterThan(950)
  expect(only(to)).toMatchObject({ delivered: 4, waiting: 0 })
})

test('a flush does not hasten a batch that the server asked to wait with, though it takes others', async () => {
  const askedAt: number[] = []
  const server = await scriptedServer({
    each: (request) => {
      if (!isPoisoned(request)) return 'ok'
      askedAt.push(performance.now())
      return askedAt.length < 6
        ? { status: 500, code: 999, headers: { 'retry-after': '0.4' } }
        : 'ok'
    },
  })
  const to = exporter({ endpoint: server.url })
  const sick = exported(to, spans(100, 'bad'))
  await exported(to, spans(100))
  await soon(() => expect(only(to).delivered).toBe(100)) // from now on it is this batch, not the server
  const flushes = setInterval(() => void to.forceFlush().catch(() => {}), 20)
  onTestFinished(() => clearInterval(flushes))
  await sick
  await soon(() => expect(only(to).delivered).toBe(200))
  const waits = askedAt.slice(1).map((time, index) => time - (askedAt[index] ?? 0))
  expect(Math.min(...waits)).toBeGreaterThan(380)
})

test('the same rows are never in two requests at once, when a part fails alone', async () => {
  const underWay = new Map<string, number>()
  let most = 0
  let whole = 0
  const server = await scriptedServer((request, response) => {
    const token = request.query.get('insert_deduplication_token') ?? ''
    const count = (underWay.get(token) ?? 0) + 1
    underWay.set(token, count)
    most = Math.max(most, count)
    const end = (status: number, code?: number) => {
      underWay.set(token, (underWay.get(token) ?? 1) - 1)
      const header = code === undefined ? {} : { 'x-clickhouse-exception-code': String(code) }
      response.writeHead(status, header).end()
    }
    const isBad = isPoisoned(request)
    // The whole fails once before it is refused, and others are delivered: its parts have failed alone from the start.
    if (isBad && request.rows.length > 2) whole++ < 2 ? end(500, 999) : end(400, 27)
    else setTimeout(() => (isBad ? end(500, 999) : end(200)), isBad ? 100 : 5)
  })
  const to = exporter({ endpoint: server.url, retry: { ...SOON, maxRetries: 8 } })
  let others = 0
  const good = setInterval(() => void exported(to, spans(20, `other ${others++}`)), 20)
  onTestFinished(() => clearInterval(good))
  await exported(to, spans(4, 'bad'))
  await soon(() => expect(only(to).dropped).not.toEqual({}))
  expect(most).toBe(1)
})

test('a bug of ours costs the rows of its batch, under a name of its own', async () => {
  const server = await scriptedServer()
  const broken = vi.spyOn(Batch.prototype, 'compress').mockRejectedValueOnce(new Error('a bug'))
  onTestFinished(() => broken.mockRestore())
  const to = exporter({ endpoint: server.url })
  expect(await exported(to, spans(2))).toMatchObject({ code: 1 })
  expect(await exported(to, spans(3))).toEqual({ code: 0 })
  expect(only(to)).toMatchObject({ accepted: 5, delivered: 3, dropped: { internal_error: 2 } })
})

test('a batch that may have been stored is not divided for one refusal, however often it failed before', async () => {
  let attempts = 0
  const server = await scriptedServer({
    each: ({ rows }) => {
      if (!rows.some(({ span_name }) => String(span_name).startsWith('maybe'))) return 'ok'
      attempts++
      if (attempts <= 8) return AWAY
      return attempts === 9
        ? { status: 500, code: 4711, body: 'Code: 4711. DB::Exception: new (NEW_ERROR)' }
        : 'ok'
    },
  })
  const to = exporter({ endpoint: server.url })
  await exported(to, spans(4, 'maybe'))
  const others = setInterval(() => to.export(spans(1), () => {}), 5)
  onTestFinished(() => clearInterval(others))
  await vi.waitFor(() => expect(attempts).toBe(10), PATIENT_MS)
  clearInterval(others)
  await to.forceFlush()
  const sent = server.inserts.filter(({ rows }) =>
    rows.some(({ span_name }) => String(span_name).startsWith('maybe')),
  )
  expect(sent.map(({ rows }) => rows.length)).toEqual(new Array(10).fill(4))
  expect(new Set(sent.map(({ query }) => query.get('insert_deduplication_token'))).size).toBe(1)
})

describe('what the application brings harms nothing:', () => {
  test('a meter that throws', async () => {
    const server = await scriptedServer()
    const broken = {
      record() {
        throw new Error('broken meter')
      },
    }
    const none = () => ({})
    const meter = {
      createHistogram: () => broken,
      createObservableUpDownCounter: none,
      createObservableCounter: none,
      createObservableGauge: none,
      addBatchObservableCallback() {},
    }
    const meterProvider = { getMeter: () => meter } as unknown as NonNullable<
      Options['meterProvider']
    >
    const to = exporter({ endpoint: server.url, meterProvider })
    expect(await exported(to, spans(3))).toEqual({ code: 0 })
    expect(only(to)).toMatchObject({ delivered: 3, dropped: {}, waiting: 0 })
  })

  test('a logger that throws', async () => {
    const broken = () => {
      throw new Error('broken logger')
    }
    diag.setLogger(
      { error: broken, warn: broken, info: broken, debug() {}, verbose() {} },
      { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
    )
    onTestFinished(() => diag.disable())
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const to = exporter({ endpoint, retry: { maxRetries: 0 } })
    expect(await exported(to, spans(3))).toMatchObject({ code: 1 })
    expect(only(to)).toMatchObject({ dropped: { retries_exhausted: 3 }, waiting: 0 })
  })

  test('an onDrop that rejects', async () => {
    const server = await scriptedServer()
    const onDrop = vi.fn(() => Promise.reject(new Error('broken onDrop')))
    const to = exporter({ endpoint: server.url, limits: { rowBytes: 10 }, onDrop })
    expect(await exported(to, spans(1))).toMatchObject({ code: 1 })
    await nextTurn() // an unhandled rejection would fail the run
    expect(onDrop).toHaveBeenCalledTimes(1)
  })
})

describe('the spool', () => {
  test('deleted under way: what was only there is counted, and nothing is taken back', async () => {
    const directory = await newDirectory()
    const server = await scriptedServer(AWAY)
    const to = exporter({ endpoint: server.url, spool: { directory }, queue: { maxBytes: 80_000 } })
    for (let n = 0; n < 20; n++) await exported(to, bulky(20))
    expect(only(to)).toMatchObject({ accepted: 400, waiting: 400, dropped: {} })
    await fsPromises.rm(directory, { recursive: true })
    server.follow('ok')
    await to.forceFlush()
    const { accepted, delivered, dropped, waiting } = only(to)
    expect({ accepted, waiting }).toEqual({ accepted: 400, waiting: 0 })
    expect(dropped['spool_corrupt']).toBeGreaterThan(0)
    expect(delivered + (dropped['spool_corrupt'] ?? 0)).toBe(400)
  })

  test('loses to a batch larger than itself only that batch', async () => {
    const spool = { directory: await newDirectory(), maxBytes: 50_000 }
    const to = exporter({ endpoint: `http://127.0.0.1:${await freePort()}`, spool })
    for (let n = 0; n < 5; n++) await exported(to, spans(10))
    await exported(to, bulky(200))
    expect(only(to)).toMatchObject({ waiting: 50, dropped: { spool_full: 200 } })
  })

  test('cannot be shared by destinations that differ about it', async () => {
    const directory = await newDirectory()
    const endpoint = 'http://127.0.0.1:9'
    const destinations = (['never', 'always'] as const).map((fsync) => ({
      name: fsync,
      endpoint,
      spool: { directory, fsync },
    }))
    expect(() => parseConfig({ destinations })).toThrow('must agree on fsync and leaseMs')
  })
})

test('a request that may have been taken stays ambiguous when its replay is refused', async () => {
  let requests = 0
  const server = await scriptedServer({
    each: () =>
      ++requests === 2
        ? (_, { req }) => {
            void server.close()
            req.socket.resetAndDestroy()
          }
        : 'ok',
  })
  const [destination] = parseConfig({ endpoint: server.url }).destinations
  if (!destination) throw new Error('no destination')
  const client = openClient(destination, 1)
  const post = {
    path: '/?query=x',
    headers: {},
    body: Buffer.from('{}\n'),
    deadlineMs: 2000,
    repeatable: true,
  }
  const { signal } = new AbortController()
  await client.send(post, signal)
  expect(classify(await client.send(post, signal))).toMatchObject({ why: 'ambiguous' })
  expect(requests).toBe(2)
})

test('export() is answered within about a second while another server works off its backlog', async () => {
  const healthy = await scriptedServer()
  const behind = await scriptedServer(AWAY)
  const to = exporter({
    endpoint: healthy.url,
    destinations: [{ name: 'behind', endpoint: behind.url }],
  })
  for (let n = 0; n < 40; n++) await exported(to, spans(1))
  const slow: Behaviour = (_, response) => void setTimeout(() => response.end(), 2000)
  behind.follow(slow)
  await soon(() => expect(to.stats().destinations['behind']?.delivered).toBeGreaterThan(0))
  expect(await elapsed(exported(to, spans(1)))).toBeLessThan(SOON_MS)
  expect(to.stats().destinations['behind']?.waiting).toBeGreaterThan(0)
})

test.each<[string, (pace: Pace) => void]>([
  ['a shorter one', (pace) => pace.failed(failure({ why: 'overloaded', retryAfterMs: 100 }))],
  [
    'a reset and a flush',
    (pace) => {
      pace.failed(failure({ why: 'ambiguous' }))
      pace.hurry()
    },
  ],
  ['the success of what was in flight', (pace) => pace.succeeded()],
])('Retry-After is a floor, whatever comes after it: %s', (_, happen) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const resumed = vi.fn()
  const pace = new Pace(
    { ...SOON, multiplier: 2, maxRetries: Number.POSITIVE_INFINITY },
    4,
    resumed,
  )
  pace.failed(failure({ why: 'overloaded', retryAfterMs: 3000 }))
  happen(pace)
  vi.advanceTimersByTime(2990)
  expect(resumed).not.toHaveBeenCalled()
  vi.advanceTimersByTime(20)
  expect(resumed).toHaveBeenCalledTimes(1)
})

function failure(what: Pick<Retry, 'why' | 'retryAfterMs'>): Retry {
  return { status: 'retry', error: new Error('no'), ...what }
}

test('flushes do not use up the retries', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const to = exporter({ endpoint, retry: { maxRetries: 1, initialDelayMs: 60_000 } })
  await exported(to, spans(5))
  for (let n = 0; n < 4; n++)
    await expect(to.forceFlush({ timeoutMs: 250 })).rejects.toThrow('not flushed')
  expect(only(to).errors).toBeGreaterThan(2)
  expect(only(to)).toMatchObject({ waiting: 5, dropped: {} })
})

test('a disk that hangs does not keep a dead letter, nor the rows behind it, for ever', async () => {
  const directory = await newDirectory()
  const fifo = join(directory, 'primary.ndjson')
  execFileSync('mkfifo', [fifo])
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const [config] = parseConfig({
    endpoint: 'http://127.0.0.1:9',
    deadLetter: { directory },
  }).destinations
  if (!config) throw new Error('no destination')
  const letters = openDeadLetters(config, {} as Sender)
  const insert = { statement: 'INSERT', settings: {} }
  const letter = { row: '{}', error: new Error('no'), attempts: 1, insert, table: 'traces' }
  const kept = letters?.keep(letter)
  vi.advanceTimersByTime(5000)
  vi.useRealTimers()
  expect((await kept)?.message).toBe('not written within 5 s')
  createReadStream(fifo).resume() // lets the thread go that hangs
})

describe('shutdown', () => {
  test('does not wait for what was recovered, behind a server that fails', async () => {
    const spool = { directory: await newDirectory(), leaseMs: 300 }
    const server = await scriptedServer({ status: 403, code: 516 })
    const to = exporter({ endpoint: server.url, spool, shutdownTimeoutMs: 30_000 })
    await exported(to, spans(1))
    const other = exporter({ endpoint: `http://127.0.0.1:${await freePort()}`, spool })
    await exported(other, spans(2))
    await other.shutdown()
    await soon(() => expect(only(to).accepted).toBe(3))
    expect(await elapsed(to.shutdown())).toBeLessThan(SOON_MS)
    expect(only(to)).toMatchObject({ waiting: 3, dropped: {} })
  })

  test('has one deadline for a server and a disk that hang', async () => {
    const directory = await newDirectory()
    const server = await scriptedServer('hang')
    const to = exporter({ endpoint: server.url, spool: { directory }, shutdownTimeoutMs: 3000 })
    await exported(to, []) // nothing
    await soon(async () => expect(await homesIn(directory)).toHaveLength(1))
    const { open } = fsPromises
    fsPromises.open = () => new Promise(() => {})
    syncBuiltinESMExports()
    onTestFinished(() => {
      fsPromises.open = open
      syncBuiltinESMExports()
    })
    const result = exported(to, spans(2))
    // The rest is for the spool to give its lease up.
    expect(await elapsed(to.shutdown())).toBeLessThan(2 * 3000)
    expect(await result).toMatchObject({ code: 1 })
    expect(only(to)).toMatchObject({ dropped: { shutdown: 2 }, waiting: 0 })
  })
})

test('flushes that were in vain leave no memory behind', async () => {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  const to = exporter({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    acknowledge: 'delivered',
  })
  for (let n = 0; n < 300; n++) await exported(to, spans(1))
  const flush = () =>
    Promise.allSettled(Array.from({ length: 100 }, () => to.forceFlush({ timeoutMs: 1 })))
  const heap = async () => {
    await nextTurn()
    gc()
    return process.memoryUsage().heapUsed
  }
  await flush()
  const before = await heap()
  for (let n = 0; n < 5; n++) await flush()
  expect((await heap()) - before).toBeLessThan(4e6)
})

test('waiting for the attributes of a resource does not hold the process', async () => {
  const held = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const processor = new ClickHouseSpanProcessor({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    shutdownTimeoutMs: 20,
  })
  onTestFinished(() => processor.shutdown())
  const resource = {
    attributes: {},
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => new Promise<void>(() => {}),
  }
  const before = held()
  processor.onEnd({ ...makeSpan(), resource })
  expect(held()).toBe(before)
  expect(processor.stats().destinations['primary']).toMatchObject({ accepted: 1, waiting: 1 })
})
