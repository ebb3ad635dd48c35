import type { ServerResponse } from 'node:http'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import {
  elapsed,
  eventually,
  onThisMachine,
  PATIENT_MS,
  RECOVERED_MS,
  SOON_MS,
  until,
} from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { Batch } from '../../src/batching/batch.js'
import { pause } from '../../src/common/clock.js'
import type { DestinationConfig } from '../../src/config/config.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { serversInUse, shareServer } from '../../src/delivery/server.js'
import { pipelineOf, pipelines, SIGNALS, type SignalName, signalOf } from './signals-kit.js'

const UNREACHABLE = { status: 503, body: 'no backend' }
const NO_TABLE = {
  status: 404,
  code: 60,
  body: 'Code: 60. DB::Exception: no table (UNKNOWN_TABLE)',
}

/** A server that handles the INSERTs of one signal in another way. */
const serverFor = (signal: SignalName, behaviour: Behaviour, others: Behaviour = 'ok') =>
  scriptedServer({
    each: (request) =>
      request.isInsert ? (signalOf(request) === signal ? behaviour : others) : 'ok',
  })

describe('a server that takes nothing', () => {
  test('gets one request at a time in total, and the signals take turns', async () => {
    const server = await scriptedServer(UNREACHABLE)
    const to = pipelines({ endpoint: server.url })
    for (const signal of SIGNALS) await to[signal].export(spans(3, signal))
    let under = 0
    let most = 0
    server.follow((_, response) => {
      most = Math.max(most, ++under)
      setImmediate(() => {
        under--
        response.writeHead(503).end()
      })
    })
    const before = server.inserts.length
    await server.received(before + 40)
    expect(most).toBe(1)
    const asked = server.inserts.slice(before).map(signalOf)
    for (const signal of SIGNALS)
      expect(asked.filter((one) => one === signal).length).toBeGreaterThan(8)
  })

  test('is complained of once, and is said once to be back, when all signals are delivered', async () => {
    const lines = diagLines()
    const port = await freePort()
    const to = pipelines({ endpoint: `http://127.0.0.1:${port}`, retry: {} })
    for (const signal of SIGNALS) await to[signal].export(spans(4, signal))
    await eventually(() => {
      for (const signal of SIGNALS)
        expect(statsOf(to[signal])).toMatchObject({
          failing: true,
          waiting: 4,
          lastError: expect.stringContaining('ECONNREFUSED'),
        })
    })
    expect(lines).toEqual([
      expect.stringMatching(/primary \(127\.0\.0\.1:\d+\) takes no rows: connect ECONNREFUSED/),
    ])
    const server = await scriptedServer('ok', port)
    const backAt = performance.now()
    await until(() => server.rows.length === 12)
    expect(performance.now() - backAt).toBeLessThan(onThisMachine(RECOVERED_MS))
    await eventually(() => {
      for (const signal of SIGNALS)
        expect(statsOf(to[signal])).toMatchObject({ failing: false, waiting: 0 })
    })
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/primary \(127\.0\.0\.1:\d+\) takes rows again after/),
    ])
  })

  test('is complained of once even if every signal ran into its deadline', async () => {
    const lines = diagLines()
    const server = await scriptedServer('hang')
    const to = pipelines({ endpoint: server.url, timeoutMs: 150 })
    for (const signal of SIGNALS) void to[signal].export(spans(1, signal))
    await until(() => SIGNALS.every((signal) => statsOf(to[signal]).errors > 0))
    await server.received(8)
    expect(lines).toEqual([
      expect.stringMatching(/\(127\.0\.0\.1:\d+\) takes no rows: no complete/),
    ])
    expect(server.inserts).toHaveLength(3) // no row goes to a server that does not answer a ping
    server.follow('ok')
    await until(() => server.rows.length === 3)
  })

  test('does not hold up the end of the process for a signal that has not asked it itself', async () => {
    const options = {
      endpoint: `http://127.0.0.1:${await freePort()}`,
      retry: { initialDelayMs: PATIENT_MS, maxDelayMs: PATIENT_MS, maxRetries: 5 },
    }
    const to = pipelines(options)
    await to.traces.export(spans(1))
    await to.logs.export(spans(1)) // whose turn it is
    await to.metrics.export(spans(1))
    expect(await elapsed(to.metrics.flushBeforeExit())).toBeLessThan(onThisMachine(PATIENT_MS / 3))
    expect(statsOf(to.metrics).requests).toBe(0)
  })

  test('does not hold up what another name of it, or another user, is sent', async () => {
    const server = await scriptedServer({
      each: ({ headers }) => (headers.authorization ? 'ok' : UNREACHABLE),
    })
    const sick = pipelineOf('logs', { endpoint: server.url })
    await sick.export(spans(1))
    const healthy = pipelineOf('traces', { endpoint: server.url, username: 'ann' })
    await healthy.export(spans(1))
    expect(statsOf(healthy)).toMatchObject({ delivered: 1, failing: false })
    expect(statsOf(sick)).toMatchObject({ delivered: 0, failing: true })
  })
})

describe('a signal that is not taken does not hold up others:', () => {
  const cases: [string, Behaviour, RegExp, number][] = [
    ['a table that is missing', NO_TABLE, /, logs\) takes no rows: ClickHouse error 60/, 0],
    [
      'too many parts',
      { status: 500, code: 252, body: 'Code: 252. DB::Exception: Too many parts (300)' },
      /, logs\) takes no rows: ClickHouse error 252/,
      0,
    ],
    ['a slow table', 'hang', /, logs\) takes no rows: no complete answer/, 0],
    [
      'a firewall that does not like its rows',
      { status: 403, body: 'forbidden' },
      /, logs\) takes no rows: HTTP status 403/,
      1, // at first it could be the server
    ],
  ]
  test.each(cases)('%s', async (_, behaviour, line, atMostOfServer) => {
    const lines = diagLines()
    const server = await serverFor('logs', behaviour)
    const to = pipelines({ endpoint: server.url, manageSchema: 'off', timeoutMs: 200 })
    await to.traces.export(spans(1))
    void to.logs.export(spans(5, 'log'))
    let exported = 1
    await until(async () => {
      await to.traces.export(spans(1, `${exported++}`))
      return lines.some((one) => line.test(one))
    })
    for (let n = 0; n < 20; n++) await to.traces.export(spans(1, `${exported++}`))
    expect(statsOf(to.traces)).toMatchObject({ delivered: exported, failing: false })
    expect(statsOf(to.logs)).toMatchObject({ delivered: 0, waiting: 5, failing: true })
    const ofServer = lines.filter((one) => / \(127\.0\.0\.1:\d+\) takes no rows/.test(one))
    expect(ofServer.length).toBeLessThanOrEqual(atMostOfServer)
    if (line.source.includes('60') || line.source.includes('403')) return // it is asked again after 30 seconds
    server.follow('ok')
    await to.logs.flush()
    expect(statsOf(to.logs).delivered).toBe(5)
    expect(lines.at(-1)).toMatch(/, logs\) takes rows again/)
  })

  test('small batches that are united first, while it is refused in the name of the server', async () => {
    const server = await scriptedServer(UNREACHABLE)
    const retry = { initialDelayMs: 300, maxDelayMs: 300 }
    const to = pipelines({ endpoint: server.url, retry })
    const compress = Batch.prototype.compress
    const slow = vi.spyOn(Batch.prototype, 'compress').mockImplementation(async function (
      this: Batch,
      how,
    ) {
      if (this.rows > 1) await pause(30)
      return compress.call(this, how)
    })
    onTestFinished(() => slow.mockRestore())
    let made = 0
    const goesOn = setInterval(() => void to.traces.export(spans(1, `${made++}`)), 50)
    onTestFinished(() => clearInterval(goesOn))
    await to.logs.export(spans(1, 'log'))
    await until(() => statsOf(to.logs).errors > 1)
    const { errors } = statsOf(to.logs)
    server.follow({
      each: (request) => (request.isInsert && signalOf(request) === 'logs' ? UNREACHABLE : 'ok'),
    })
    await until(() => statsOf(to.traces).delivered > 0)
    expect(statsOf(to.logs).errors - errors).toBeLessThanOrEqual(2) // they take turns
    expect(statsOf(to.logs)).toMatchObject({ delivered: 0, waiting: 1 })
  })

  test('requests that take long, as many as it may have', async () => {
    const held: ServerResponse[] = []
    const server = await serverFor('logs', (_, response) => void held.push(response))
    const to = pipelines({ endpoint: server.url, timeoutMs: 60_000 })
    for (let n = 0; n < 30; n++) void to.logs.export(spans(100, `${n}`, { long: 'x'.repeat(200) }))
    await until(() => held.length === 4)
    await to.traces.export(spans(1))
    await to.metrics.export(spans(1))
    expect(statsOf(to.traces).delivered + statsOf(to.metrics).delivered).toBe(2)
    expect(held).toHaveLength(4)
    server.follow('ok')
    for (const response of held) response.end()
    await to.logs.flush()
    expect(statsOf(to.logs)).toMatchObject({ delivered: 3000, dropped: {} })
  })

  test('a flood, which fills only its own queue', async () => {
    const server = await scriptedServer('hang')
    const options = {
      endpoint: server.url,
      queue: { maxBytes: 200_000 },
      batch: { maxBytes: 20_000 },
    }
    const to = pipelines({ ...options, timeoutMs: 60_000 })
    void to.traces.export(spans(20))
    void to.metrics.export(spans(20))
    for (let n = 0; n < 50; n++) void to.logs.export(spans(100, `${n}`))
    await eventually(() => expect(statsOf(to.logs).dropped.queue_full).toBeGreaterThan(0))
    expect(statsOf(to.traces)).toMatchObject({ waiting: 20, dropped: {} })
    expect(statsOf(to.metrics)).toMatchObject({ waiting: 20, dropped: {} })
  })
})

test('every signal of a healthy server has all of its requests, and a ping has room beside them', async () => {
  const server = await scriptedServer({
    each: ({ isInsert }) => (isInsert ? 'hang' : 'ok'),
  })
  const to = pipelines({ endpoint: server.url, timeoutMs: 60_000 })
  for (const signal of SIGNALS)
    for (let n = 0; n < 6; n++)
      void to[signal].export(spans(100, `${n}`, { long: 'x'.repeat(200) }))
  await until(() => server.requests.some(({ path }) => path === '/ping'))
  expect(server.inserts).toHaveLength(12)
})

describe('two pipelines of one signal', () => {
  test('count their own requests, and the end of one leaves those of the other', async () => {
    const held: ServerResponse[] = []
    const server = await scriptedServer((_, response) => void held.push(response))
    const options = { endpoint: server.url, timeoutMs: 2 * PATIENT_MS }
    const [a, b] = [pipelineOf('traces', options), pipelineOf('traces', options)]
    void a.export(spans(1, 'a'))
    void b.export(spans(1, 'b'))
    await until(() => held.length === 2)
    const inserts = [...held]
    await b.shutdown()
    await until(() => inserts.some(({ destroyed }) => destroyed), onThisMachine(SOON_MS))
    expect(inserts.filter(({ destroyed }) => destroyed)).toHaveLength(1)
    expect(statsOf(b)).toMatchObject({ requests: 1, dropped: { shutdown: 1 } })
    for (const response of held) response.end()
    await until(() => statsOf(a).delivered === 1)
    expect(statsOf(a)).toMatchObject({ requests: 1, errors: 0 })
  })

  test('may end while they probe a dead server, and the other goes on', async () => {
    const server = await scriptedServer(UNREACHABLE)
    const [a, b] = [
      pipelineOf('traces', { endpoint: server.url }),
      pipelineOf('traces', { endpoint: server.url }),
    ]
    await a.export(spans(1, 'a'))
    await b.export(spans(1, 'b'))
    server.follow('hang')
    const before = server.requests.length
    await server.received(before + 1)
    const [prober, other] = [a, b].sort((one) => (statsOf(one).inFlight > 0 ? -1 : 1))
    await prober?.shutdown()
    server.follow('ok')
    await other?.flush()
    expect(other && statsOf(other).delivered).toBe(1)
  })
})

describe('the registry', () => {
  const configOf = (options: object): DestinationConfig => {
    const [config] = parseConfig(
      'traces',
      { endpoint: 'http://a.test', ...options },
      {},
    ).destinations
    if (!config) throw new Error('no destination')
    return config
  }

  test('has one server for equal options, whatever the table, and forgets it with its last destination', () => {
    const shares = [{}, { table: 'other' }, { queue: { maxBytes: 1e9 } }].map((options) =>
      shareServer(configOf(options), false),
    )
    expect(serversInUse()).toBe(1)
    for (const share of shares) {
      expect(serversInUse()).toBe(1)
      share.leave()
      share.leave()
    }
    expect(serversInUse()).toBe(0)
  })

  test.each<[string, object]>([
    ['endpoint', { endpoint: 'http://b.test' }],
    ['user', { username: 'ann' }],
    ['password', { password: 'x' }],
    ['headers', { headers: { a: 'b' } }],
    ['settings', { settings: { max_threads: 1 } }],
    ['timeout', { timeoutMs: 77 }],
    ['retries', { retry: { maxRetries: 3 } }],
    ['TLS', { endpoint: 'https://a.test', tls: { rejectUnauthorized: false } }],
  ])('has another server for another %s', (_, options) => {
    const shares = [shareServer(configOf({}), false), shareServer(configOf(options), false)]
    expect(serversInUse()).toBe(2)
    for (const share of shares) share.leave()
    expect(serversInUse()).toBe(0)
  })

  test('is empty after a thousand pipelines, in use at the same time and one after the other', async () => {
    const many = Array.from({ length: 500 }, (_, n) =>
      pipelineOf(SIGNALS[n % 3] ?? 'logs', { endpoint: `http://127.0.0.1:1/${n % 50}` }),
    )
    expect(serversInUse()).toBe(50)
    await Promise.all(many.map((one) => one.shutdown()))
    expect(serversInUse()).toBe(0)
    for (let n = 0; n < 500; n++)
      await pipelineOf('logs', { endpoint: 'http://127.0.0.1:1' }).shutdown()
    expect(serversInUse()).toBe(0)
  })
})
