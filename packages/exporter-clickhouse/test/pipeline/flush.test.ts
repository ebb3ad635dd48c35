import fsPromises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import {
  elapsed,
  eventually,
  onThisMachine,
  PATIENT_MS,
  SOON_MS,
} from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  namesIn,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { expectAllToAddUp, statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { followGlobalClock } from '../global-clock.js'
import { homesIn } from '../spool/spool-kit.js'

followGlobalClock()

function isPoisoned({ rows }: Received): boolean {
  return rows.some((row) => String(row['span_name']).startsWith('bad'))
}

const REFUSED: Behaviour = { status: 500, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }

afterEach(() => diag.disable())

describe('forceFlush', () => {
  test('resolves when every row is delivered', async () => {
    const server = await scriptedServer([{ status: 500 }, 'reset', 'cut'])
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(5), () => {})
    await to.forceFlush()
    expect(namesIn(server)).toHaveLength(5)
    expect(statsOf(to)).toMatchObject({ delivered: 5, waiting: 0, failing: false })
  })

  test('resolves when every row is dropped', async () => {
    const server = await scriptedServer(REFUSED)
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ dropped: { rejected: 2 }, waiting: 0 })
  })

  test('resolves at once when there is nothing to do', async () => {
    const to = exporterTo({ endpoint: `http://127.0.0.1:${await freePort()}` })
    expect(await elapsed(to.forceFlush())).toBeLessThan(onThisMachine(SOON_MS))
    await to.shutdown()
    await to.forceFlush()
  })

  test('rejects at its deadline, naming who still waits and for how many rows', async () => {
    const [good, hung] = [await scriptedServer(), await scriptedServer('hang')]
    const to = exporterTo({
      flushTimeoutMs: 100,
      destinations: [
        { name: 'good', endpoint: good.url },
        { name: 'hung', endpoint: hung.url },
      ],
    })
    to.export(spans(3), () => {})
    await vi.waitFor(() => expect(to.stats().destinations['good']?.delivered).toBe(3), PATIENT_MS)
    const flushing = to.forceFlush()
    const ms = await elapsed(
      expect(flushing).rejects.toThrow(/not flushed within 100 ms: hung \(3 rows\)$/),
    )
    expect(ms).toBeLessThan(onThisMachine(SOON_MS))
    expect(to.stats().destinations).toMatchObject({ good: { delivered: 3 }, hung: { waiting: 3 } })
    await expect(to.forceFlush({ timeoutMs: 20 })).rejects.toThrow('within 20 ms')
  })

  test('ends a pause: the next attempt is made now', async () => {
    const server = await scriptedServer([{ status: 500 }])
    const to = exporterTo({
      endpoint: server.url,
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000 },
    })
    await exported(to, spans(1))
    expect(await elapsed(to.forceFlush())).toBeLessThan(onThisMachine(SOON_MS))
    expect(namesIn(server)).toEqual(['span 1'])
  })

  test('ends the rest of a batch that failed alone', async () => {
    const server = await scriptedServer({
      each: ({ rows }) => (rows[0]?.['span_name'] === 'odd 1' ? { status: 500 } : 'ok'),
    })
    const to = exporterTo({ endpoint: server.url, retry: { initialDelayMs: 1000, maxDelayMs: 1 } })
    const oddOnes = () => server.inserts.filter(({ rows }) => rows[0]?.['span_name'] === 'odd 1')
    await exported(to, spans(1, 'odd'))
    while (oddOnes().length < 3) await exported(to, spans(1))
    server.follow('ok')
    expect(await elapsed(to.forceFlush())).toBeLessThan(onThisMachine(SOON_MS))
    expect(namesIn(server)).toContain('odd 1')
  })

  test('may be called a hundred times at once', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(3), () => {})
    await Promise.all(Array.from({ length: 100 }, () => to.forceFlush()))
    expect(server.inserts).toHaveLength(1)
  })

  test.each([Number.POSITIVE_INFINITY, 2 ** 40])(
    'with a deadline of %s is not cut short while all goes well',
    async (timeoutMs) => {
      const server = await scriptedServer()
      const to = exporterTo({ endpoint: server.url })
      to.export(spans(3), () => {})
      await to.forceFlush({ timeoutMs })
      expect(namesIn(server)).toHaveLength(3)
    },
  )
})

describe('shutdown', () => {
  test('delivers what is left', async () => {
    const server = await scriptedServer()
    const to = exporterTo({
      endpoint: server.url,
      acknowledge: 'accepted',
      shutdownTimeoutMs: PATIENT_MS,
    })
    to.export(spans(5), () => {})
    await to.shutdown()
    expect(namesIn(server)).toHaveLength(5)
    expect(statsOf(to)).toMatchObject({ accepted: 5, delivered: 5, dropped: {} })
  })

  test('is bounded, and counts what is left', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 100 })
    to.export(spans(5), () => {})
    expect(await elapsed(to.shutdown())).toBeLessThan(onThisMachine(SOON_MS))
    expect(statsOf(to)).toMatchObject({
      accepted: 5,
      delivered: 0,
      dropped: { shutdown: 5 },
      waiting: 0,
      waitingBytes: 0,
    })
  })

  test('is one, however often and from wherever it is asked for', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: PATIENT_MS })
    to.export(spans(5), () => void to.shutdown())
    await Promise.all([to.shutdown(), to.shutdown(), to.forceFlush(), to.shutdown()])
    await to.shutdown()
    expect(server.inserts).toHaveLength(1)
    expect(statsOf(to)).toMatchObject({ delivered: 5, dropped: {} })
  })

  test('says what is lost, once', async () => {
    const error = vi.fn()
    const log = { error, warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() }
    diag.setLogger(log, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 20 })
    to.export(spans(5), () => {})
    await to.shutdown()
    await to.shutdown()
    const lines = error.mock.calls
      .map((call) => call.join(' '))
      .filter((line) => line.includes('5 rows'))
    expect(lines.filter((line) => line.includes('primary')).length).toBeGreaterThanOrEqual(1)
  })

  test('leaves no connection and no request behind', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 20 })
    to.export(spans(5), () => {})
    await server.received(1)
    const { socket } = await new Promise<{ socket: import('node:net').Socket }>((resolve) => {
      server.follow((_, response) => resolve({ socket: response.req.socket }))
      to.export(spans(1), () => {})
    })
    await to.shutdown()
    await vi.waitFor(() => expect(socket.destroyed).toBe(true), PATIENT_MS)
  })

  test('counts rows as lost that are exported while it runs and cannot be sent', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 50 })
    to.export(spans(1), () => {})
    const down = to.shutdown()
    expect((await exported(to, spans(1))).code).toBe(1)
    await down
    expectAllToAddUp(to)
    expect(statsOf(to).waiting).toBe(0)
  })

  test('does not wait for a resource that is never known, and counts its spans', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, flushTimeoutMs: 2000, shutdownTimeoutMs: 50 })
    const resource = {
      attributes: {},
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => new Promise(() => {}),
    }
    const result = exported(to, [makeSpan({ resource })])
    expect(await elapsed(to.shutdown())).toBeLessThan(onThisMachine(1800))
    expect((await result).code).toBe(1)
    expectAllToAddUp(to)
    expect(statsOf(to)).toMatchObject({ accepted: 1, dropped: { shutdown: 1 }, waiting: 0 })
  })
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
  const to = exporterTo({ endpoint: server.url })
  const sick = exported(to, spans(100, 'bad'))
  await exported(to, spans(100))
  await eventually(() => expect(statsOf(to).delivered).toBeGreaterThanOrEqual(100)) // from now on it is this batch, not the server
  const flushes = setInterval(() => void to.forceFlush().catch(() => {}), 20)
  onTestFinished(() => clearInterval(flushes))
  await sick
  await eventually(() => expect(statsOf(to).delivered).toBe(200))
  const waits = askedAt.slice(1).map((time, index) => time - (askedAt[index] ?? 0))
  expect(Math.min(...waits)).toBeGreaterThan(300)
})

test('flushes do not use up the retries', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const to = exporterTo({ endpoint, retry: { maxRetries: 1, initialDelayMs: 60_000 } })
  await exported(to, spans(5))
  while (statsOf(to).errors < 3)
    await expect(to.forceFlush({ timeoutMs: 250 })).rejects.toThrow('not flushed')
  expect(statsOf(to)).toMatchObject({ waiting: 5, dropped: {} })
})

describe('shutdown', () => {
  test('does not wait for what was recovered, behind a server that fails', async () => {
    const spool = { directory: temporaryDirectory(), leaseMs: 300 }
    const server = await scriptedServer({ status: 403, code: 516 })
    const to = exporterTo({ endpoint: server.url, spool, shutdownTimeoutMs: 30_000 })
    await exported(to, spans(1))
    const other = exporterTo({ endpoint: `http://127.0.0.1:${await freePort()}`, spool })
    await exported(other, spans(2))
    await other.shutdown()
    await eventually(() => expect(statsOf(to).accepted).toBe(3))
    expect(await elapsed(to.shutdown())).toBeLessThan(onThisMachine(SOON_MS))
    expect(statsOf(to)).toMatchObject({ waiting: 3, dropped: {} })
  })

  test('has one deadline for a server and a disk that hang', async () => {
    const directory = temporaryDirectory()
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, spool: { directory }, shutdownTimeoutMs: 3000 })
    await exported(to, []) // nothing
    await eventually(async () => expect(await homesIn(directory)).toHaveLength(1))
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
    expect(statsOf(to)).toMatchObject({ dropped: { shutdown: 2 }, waiting: 0 })
  })
})

test('flushes that were in vain leave no memory behind', async () => {
  setFlagsFromString('--expose-gc')
  const gc: () => void = runInNewContext('gc')
  const to = exporterTo({
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
