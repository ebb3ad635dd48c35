import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import fc from 'fast-check'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { batchSpanProcessor, ExportResultCode, resourceFromAttributes, TracerProvider } from '#sdk'
import { exported, exporterTo, SOON, spans } from '../../../test/kit/exporters.js'
import { freePort } from '../../../test/kit/free-port.js'
import { elapsed, PATIENT_MS, SOON_MS } from '../../../test/kit/patience.js'
import {
  type Behaviour,
  type ScriptedServer,
  scriptedServer,
} from '../../../test/kit/scripted-server.js'
import { expectAllToAddUp, statsOf } from '../../../test/kit/stats.js'
import { makeSpan } from '../../transform/test/spans.js'
import type { DestinationStats } from '../src/accounting/stats.js'
import type { Options } from '../src/config/options.js'
import type { ClickHouseSpanExporter, ExportResult } from '../src/traces/span-exporter.js'

const REFUSED: Behaviour = { status: 500, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }

afterEach(() => diag.disable())

function names(server: ScriptedServer): unknown[] {
  return server.rows.map((row) => row['span_name'])
}

// An export() that waits for a server waits a second at least. Of several, one after the other, a busy machine's moments of
// standstill do not count.
const EXPORTS = 10
const AT_ONCE_MS = EXPORTS * 900
async function exportSeveral(to: ClickHouseSpanExporter): Promise<void> {
  for (let n = 0; n < EXPORTS; n++) await exported(to, spans(1))
}

test('the codes are those of @opentelemetry/core', async () => {
  const server = await scriptedServer()
  const to = exporterTo({ endpoint: server.url })
  expect((await exported(to, spans(1))).code).toBe(ExportResultCode.SUCCESS)
  await to.shutdown()
  expect((await exported(to, spans(1))).code).toBe(ExportResultCode.FAILED)
})

test('spans of a tracer provider arrive through its batch span processor', async () => {
  const server = await scriptedServer()
  const to = exporterTo({ endpoint: server.url })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'shop' }),
    spanProcessors: [batchSpanProcessor(to)],
  })
  const tracer = provider.getTracer('test', '1.0')
  for (let n = 0; n < 3; n++) tracer.startSpan(`span ${n}`).end()
  await provider.forceFlush()
  expect(server.rows).toMatchObject([
    { span_name: 'span 0', service_name: 'shop', scope_name: 'test', scope_version: '1.0' },
    { span_name: 'span 1' },
    { span_name: 'span 2' },
  ])
  await provider.shutdown()
  expect(statsOf(to)).toMatchObject({ accepted: 3, delivered: 3, waiting: 0, dropped: {} })
})

describe('the callback comes exactly once', () => {
  const ends: [name: string, behaviour: Behaviour, options: Options, code: 0 | 1][] = [
    ['when the rows are taken', 'ok', {}, 0],
    ['when the server fails', { status: 500 }, {}, 0],
    ['when the server fails for good', { status: 500 }, { retry: { maxRetries: 0 } }, 1],
    ['when the rows are refused', REFUSED, {}, 1],
    ['when the password is wrong', { status: 403, code: 516 }, {}, 0],
    ['when the table is missing', { status: 404, code: 60 }, { manageSchema: 'off' }, 0],
    ['when the connection dies', 'reset', {}, 0],
    ['when the answer is lost', 'lose the answer', {}, 0],
    ['when the answer is cut', 'cut', {}, 0],
    ['when there is no answer', 'hang', { timeoutMs: 50 }, 0],
    ['when the rows are too long', 'ok', { limits: { rowBytes: 10 } }, 1],
    ['when there is no room', 'ok', { queue: { maxBytes: 1 } }, 1],
  ]
  test.each(ends)('%s', async (_, behaviour, options, code) => {
    const server = await scriptedServer(behaviour)
    const to = exporterTo({ endpoint: server.url, ...options })
    const results: ExportResult[] = []
    to.export(spans(1), (result) => results.push(result))
    await vi.waitFor(() => expect(results).toHaveLength(1), PATIENT_MS)
    expectAllToAddUp(to)
    await to.shutdown()
    expectAllToAddUp(to)
    expect(results).toHaveLength(1)
    expect(results[0]?.code).toBe(code)
    if (code === 1) expect(results[0]?.error).toBeInstanceOf(Error)
  })

  test('when nobody listens', async () => {
    const to = exporterTo({ endpoint: `http://127.0.0.1:${await freePort()}` })
    const results: ExportResult[] = []
    to.export(spans(1), (result) => results.push(result))
    await vi.waitFor(() => expect(results).toEqual([{ code: 0 }]), PATIENT_MS)
    await to.shutdown()
    expect(results).toHaveLength(1)
    expect(statsOf(to)).toMatchObject({ accepted: 1, dropped: { shutdown: 1 }, waiting: 0 })
  })

  test('when there are no spans, and no request is made', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    expect(await exported(to, [])).toEqual({ code: 0 })
    await to.forceFlush()
    expect(server.requests).toHaveLength(0)
  })

  test('after shutdown, with a failure', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    await to.shutdown()
    const result = await exported(to, spans(1))
    expect(result.code).toBe(1)
    expect(result.error?.message).toContain('shut down')
    expect(server.requests).toHaveLength(0)
  })

  test('during a shutdown that does not succeed', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url })
    const results: ExportResult[] = []
    to.export(spans(2), (result) => results.push(result))
    await server.received(1)
    await to.shutdown()
    expect(results).toMatchObject([{ code: 1 }])
  })
})

describe('nothing is thrown into the application', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['no list', 7],
    ['nothing in the list', [undefined, null]],
    ['no spans in the list', [{}, 7, 'text', [], () => {}]],
    ['a frozen list', Object.freeze([makeSpan()])],
  ])('by %s instead of spans', async (_, hostile) => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    const result = await exported(to, hostile as SpanLike[])
    expect([0, 1]).toContain(result.code)
    expectAllToAddUp(to)
    expect(await exported(to, spans(1, 'next'))).toEqual({ code: 0 })
    expect(names(server)).toContain('next 1')
  })

  const throwing = () => {
    throw new Error('hostile')
  }
  const getters = Object.keys(makeSpan()).map(
    (key) =>
      [
        key,
        makeSpan({
          get [key]() {
            return throwing()
          },
        }),
      ] as [string, SpanLike],
  )
  const others: [string, SpanLike][] = [
    ['null', null as unknown as SpanLike],
    ['text', 'text' as unknown as SpanLike],
    [
      'a resource whose state throws',
      makeSpan({
        resource: {
          attributes: {},
          get asyncAttributesPending() {
            return throwing()
          },
        },
      }),
    ],
    [
      'a resource that cannot be waited for',
      makeSpan({
        resource: {
          attributes: {},
          asyncAttributesPending: true,
          waitForAsyncAttributes: throwing,
        },
      }),
    ],
    [
      'a resource that is never known, with a rejection',
      makeSpan({
        resource: {
          attributes: {},
          asyncAttributesPending: true,
          waitForAsyncAttributes: () => Promise.reject(new Error('hostile')),
        },
      }),
    ],
  ]
  test.each([...getters, ...others])(
    'a hostile span costs no other one: %s',
    async (_, hostile) => {
      const server = await scriptedServer()
      const to = exporterTo({ endpoint: server.url })
      const [before, after] = spans(2) as [SpanLike, SpanLike]
      expect(await exported(to, [before, hostile, after])).toEqual({ code: 0 })
      expect(names(server)).toEqual(expect.arrayContaining(['span 1', 'span 2']))
      expect(statsOf(to).accepted).toBe(3)
      expectAllToAddUp(to)
    },
  )

  test('a row that the user’s own table cannot make is counted', async () => {
    const server = await scriptedServer()
    const table = defineTable<SpanLike>({
      name: 'mine',
      columns: [{ name: 'span_name', type: 'String', value: (span) => span.name }],
      orderBy: 'span_name',
    })
    const toLine: typeof table.toLine = (span, ...rest) => {
      if (span.name === 'span 2') throw 'no error even'
      return table.toLine(span, ...rest)
    }
    const to = exporterTo({ endpoint: server.url, schema: { ...table, toLine } })
    expect(await exported(to, spans(3))).toEqual({ code: 0 })
    expect(names(server)).toEqual(['span 1', 'span 3'])
    expect(statsOf(to)).toMatchObject({ accepted: 3, delivered: 2, dropped: { encode_error: 1 } })
  })

  test('by a callback that throws', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => void process.off('unhandledRejection', unhandled))
    to.export(spans(1), throwing)
    to.export(spans(1), undefined as never)
    await to.forceFlush()
    await to.shutdown()
    expect(() => to.export(spans(1), throwing)).not.toThrow()
    expect(() => to.export(spans(1), undefined as never)).not.toThrow()
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).not.toHaveBeenCalled()
  })

  test('a callback may export again', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    await new Promise<void>((resolve) => {
      to.export(spans(1, 'outer'), () => to.export(spans(1, 'inner'), () => resolve()))
    })
    expect(names(server)).toEqual(['outer 1', 'inner 1'])
  })

  test('spans are as they were at the export, whatever is done to them later', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    const changing = makeSpan({ name: 'before' }) as { name: string } & SpanLike
    const list = [changing]
    const done = exported(to, list)
    changing.name = 'after'
    list.push(makeSpan({ name: 'late' }))
    await done
    expect(names(server)).toEqual(['before'])
  })
})

describe("acknowledge: 'delivered'", () => {
  test('calls back after the first attempt, when the rows are there', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(3))
    expect(names(server)).toEqual(['span 1', 'span 2', 'span 3'])
    expect(statsOf(to)).toMatchObject({ delivered: 3, requests: 1 })
  })

  test('calls back after the first attempt when that fails: the rows wait', async () => {
    const server = await scriptedServer({ status: 500 })
    const to = exporterTo({
      endpoint: server.url,
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 5 },
    })
    expect(await exported(to, spans(3))).toEqual({ code: 0 })
    expect(server.inserts).toHaveLength(1)
    expect(statsOf(to)).toMatchObject({ waiting: 3, failing: true, lastError: 'HTTP status 500' })
  })

  test('calls back at once while the destination fails', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({
      endpoint: server.url,
      timeoutMs: 100,
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 5 },
    })
    expect(await elapsed(exported(to, spans(1)))).toBeGreaterThan(90)
    expect(await elapsed(exportSeveral(to))).toBeLessThan(AT_ONCE_MS)
    expect(server.inserts).toHaveLength(1)
    expectAllToAddUp(to)
  })

  test('several exports at once each have an answer of their own', async () => {
    const server = await scriptedServer({
      each: ({ rows }) => (rows[0]?.['span_name'] === 'c 1' ? REFUSED : 'ok'),
    })
    const to = exporterTo({ endpoint: server.url })
    const results = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((prefix) => exported(to, spans(1, prefix))),
    )
    expect(results.map((result) => result.code)).toEqual([0, 0, 1, 0, 0, 0])
    await to.forceFlush()
    expect(names(server)).toHaveLength(5)
    expect(statsOf(to)).toMatchObject({ accepted: 6, delivered: 5, dropped: { rejected: 1 } })
  })

  test('is a success as long as one destination has the rows', async () => {
    const [good, bad] = [await scriptedServer(), await scriptedServer(REFUSED)]
    const to = exporterTo({
      destinations: [
        { name: 'good', endpoint: good.url },
        { name: 'bad', endpoint: bad.url },
      ],
    })
    expect(await exported(to, spans(1))).toEqual({ code: 0 })
    expect(to.stats().destinations).toMatchObject({
      good: { delivered: 1 },
      bad: { dropped: { rejected: 1 } },
    })
    good.follow(REFUSED)
    expect((await exported(to, spans(1))).code).toBe(1)
  })
})

describe("acknowledge: 'accepted'", () => {
  test('calls back at once, and rows gather across exports', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, acknowledge: 'accepted' })
    for (let n = 1; n <= 3; n++) expect(await exported(to, spans(2, `${n}`))).toEqual({ code: 0 })
    expect(server.requests).toHaveLength(0)
    expect(statsOf(to)).toMatchObject({ accepted: 6, waiting: 6 })
    expectAllToAddUp(to)
    await to.forceFlush()
    expect(server.inserts.map((insert) => insert.rows.length)).toEqual([6])
    expectAllToAddUp(to)
  })

  test('until a limit is met', async () => {
    const server = await scriptedServer()
    const to = exporterTo({
      endpoint: server.url,
      acknowledge: 'accepted',
      batch: { maxRows: 4, maxDelayMs: 60_000 },
    })
    await exported(to, spans(6))
    await server.received(1)
    expect(server.inserts.map((insert) => insert.rows.length)).toEqual([4])
    expect(statsOf(to).accepted).toBe(6)
  })

  test('or they are old enough', async () => {
    const server = await scriptedServer()
    const to = exporterTo({
      endpoint: server.url,
      acknowledge: 'accepted',
      batch: { maxDelayMs: 30 },
    })
    await exported(to, spans(2))
    await server.received(1)
    expect(names(server)).toHaveLength(2)
  })

  test('does not wait for a server that hangs', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, acknowledge: 'accepted', batch: { maxRows: 1 } })
    expect(await elapsed(exportSeveral(to))).toBeLessThan(AT_ONCE_MS)
    expectAllToAddUp(to)
  })
})

describe('forceFlush', () => {
  test('resolves when every row is delivered', async () => {
    const server = await scriptedServer([{ status: 500 }, 'reset', 'cut'])
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(5), () => {})
    await to.forceFlush()
    expect(names(server)).toHaveLength(5)
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
    expect(await elapsed(to.forceFlush())).toBeLessThan(SOON_MS)
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
    expect(ms).toBeLessThan(SOON_MS)
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
    expect(await elapsed(to.forceFlush())).toBeLessThan(SOON_MS)
    expect(names(server)).toEqual(['span 1'])
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
    expect(await elapsed(to.forceFlush())).toBeLessThan(SOON_MS)
    expect(names(server)).toContain('odd 1')
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
      expect(names(server)).toHaveLength(3)
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
    expect(names(server)).toHaveLength(5)
    expect(statsOf(to)).toMatchObject({ accepted: 5, delivered: 5, dropped: {} })
  })

  test('is bounded, and counts what is left', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, shutdownTimeoutMs: 100 })
    to.export(spans(5), () => {})
    expect(await elapsed(to.shutdown())).toBeLessThan(SOON_MS)
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
    expect(await elapsed(to.shutdown())).toBeLessThan(1800)
    expect((await result).code).toBe(1)
    expectAllToAddUp(to)
    expect(statsOf(to)).toMatchObject({ accepted: 1, dropped: { shutdown: 1 }, waiting: 0 })
  })
})

describe('retries', () => {
  test('of three are four requests with the same bytes, settings and token', async () => {
    const server = await scriptedServer({ status: 500 })
    const to = exporterTo({ endpoint: server.url, retry: { ...SOON, maxRetries: 3 } })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(server.inserts).toHaveLength(4)
    const sent = server.inserts.map(({ body, query }) => {
      const settings = new Map(query)
      settings.delete('query_id')
      return JSON.stringify([body.toString('hex'), ...settings])
    })
    expect(new Set(sent).size).toBe(1)
    expect(new Set(server.inserts.map(({ query }) => query.get('query_id'))).size).toBe(4)
    expect(statsOf(to)).toMatchObject({
      accepted: 2,
      delivered: 0,
      dropped: { retries_exhausted: 2 },
      waiting: 0,
      requests: 4,
      retries: 3,
    })
  })

  test('are the same number where connections are refused', async () => {
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      retry: { ...SOON, maxRetries: 3 },
    })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ requests: 4, dropped: { retries_exhausted: 2 } })
  })

  test('never end by themselves', async () => {
    const server = await scriptedServer(Array.from({ length: 30 }, () => ({ status: 500 })))
    const to = exporterTo({ endpoint: server.url, retry: { initialDelayMs: 1, maxDelayMs: 2 } })
    to.export(spans(2), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 2, requests: 31, retries: 30 })
  })

  test('wait as long as the server asks', async () => {
    const server = await scriptedServer([{ status: 503, headers: { 'retry-after': '0.2' } }])
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(1))
    expect(await elapsed(server.received(2))).toBeGreaterThan(150)
  })

  test('of a lost answer leave every row there once', async () => {
    const server = await scriptedServer(['lose the answer', 'lose the answer', 'ok'])
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(10), () => {})
    await to.forceFlush()
    expect(server.inserts).toHaveLength(3)
    expect(names(server)).toHaveLength(10)
  })

  test('are made one at a time while the server fails', async () => {
    let under = 0
    let most = 0
    const server = await scriptedServer({ status: 500 })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(1))
    server.follow((_, response) => {
      most = Math.max(most, ++under)
      setImmediate(() => {
        under--
        response.writeHead(500).end()
      })
    })
    for (let n = 0; n < 10; n++) await exported(to, spans(1))
    await server.received(20)
    expect(most).toBe(1)
  })

  test('of a server that hung begin with a question, so that it gets no rows before it answers', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, timeoutMs: 50 })
    await exported(to, spans(1))
    server.follow('ok')
    await to.forceFlush()
    expect(server.requests.map((request) => (request.isInsert ? 'insert' : request.path))).toEqual(
      expect.arrayContaining(['insert', '/ping']),
    )
    expect(names(server)).toEqual(['span 1'])
  })
})

describe('the queue', () => {
  const big = (name: string) =>
    makeSpan({ name, attributes: { filler: 'x'.repeat(2000) }, events: [], links: [] })

  async function overflow(whenFull: 'drop_oldest' | 'drop_newest') {
    const port = await freePort()
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${port}`,
      compression: { codec: 'none' },
      queue: { maxBytes: 20_000, whenFull },
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    const codes: number[] = []
    for (let n = 1; n <= 20; n++) {
      codes.push((await exported(to, [big(`span ${n}`)])).code)
      expect(statsOf(to).waitingBytes).toBeLessThanOrEqual(20_000)
      expectAllToAddUp(to)
    }
    const { waiting, dropped } = statsOf(to)
    expect(waiting).toBeGreaterThan(4)
    expect(dropped).toEqual({ queue_full: 20 - waiting })
    const server = await scriptedServer('ok', port)
    await to.forceFlush()
    expect(server.rows).toHaveLength(waiting)
    expect(statsOf(to).waitingBytes).toBe(0)
    return {
      codes,
      waiting,
      kept: server.rows.map((row) => Number(String(row['span_name']).slice(5))),
    }
  }

  test('drops the oldest rows', async () => {
    const { kept, waiting, codes } = await overflow('drop_oldest')
    expect(kept.sort((a, b) => a - b)).toEqual(
      Array.from({ length: waiting }, (_, n) => 20 - waiting + 1 + n),
    )
    expect(codes).toEqual(Array(20).fill(0))
  })

  test('or the newest, whose export fails', async () => {
    const { kept, waiting, codes } = await overflow('drop_newest')
    expect(kept.sort((a, b) => a - b)).toEqual(Array.from({ length: waiting }, (_, n) => n + 1))
    expect(codes).toEqual([...Array(waiting).fill(0), ...Array(20 - waiting).fill(1)])
  })

  test('never drops what may have been written', async () => {
    const server = await scriptedServer({
      each: ({ rows }) =>
        rows[0]?.['span_name'] === 'first' ? 'lose the answer' : { status: 503 },
    })
    const to = exporterTo({
      endpoint: server.url,
      compression: { codec: 'none' },
      queue: { maxBytes: 10_000 },
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    await exported(to, [big('first')])
    for (let n = 1; n <= 10; n++) await exported(to, [big(`span ${n}`)])
    server.follow('ok')
    await to.forceFlush()
    const attempts = server.inserts.filter(({ rows }) => rows[0]?.['span_name'] === 'first')
    expect(attempts.length).toBeGreaterThan(1)
    expect(statsOf(to).dropped['queue_full']).toBeGreaterThan(5)
    expectAllToAddUp(to)
  })

  test('is not emptied for a batch that can never have room', async () => {
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      compression: { codec: 'none' },
      queue: { maxBytes: 20_000 },
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    for (let n = 1; n <= 3; n++) expect((await exported(to, [big(`span ${n}`)])).code).toBe(0)
    const huge = makeSpan({ attributes: { filler: 'x'.repeat(40_000) } })
    expect((await exported(to, [huge])).code).toBe(1)
    expect(statsOf(to)).toMatchObject({ waiting: 3, dropped: { queue_full: 1 } })
  })

  test('holds no more memory than it says', async () => {
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    const before = liveBuffers()
    for (let n = 0; n < 50; n++)
      await exported(
        to,
        Array.from({ length: 200 }, (_, i) => big(`${n} ${i}`)),
      )
    const held = statsOf(to).waitingBytes
    const grown = liveBuffers() - before
    expect(held).toBeLessThan(2_000_000)
    expect(grown).toBeLessThan(held + 4_000_000)
  })
})

/** What is still in use, without the garbage. */
function liveBuffers(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}

describe('several destinations', () => {
  test('one that hangs costs another nothing', async () => {
    const [good, hung] = [await scriptedServer(), await scriptedServer('hang')]
    const to = exporterTo({
      acknowledge: 'accepted',
      batch: { maxRows: 10 },
      timeoutMs: 60_000,
      destinations: [
        { name: 'hung', endpoint: hung.url },
        { name: 'good', endpoint: good.url },
      ],
    })
    const startedAt = performance.now()
    for (let n = 0; n < 30; n++) await exported(to, spans(10, `${n}`))
    await good.received(30)
    await vi.waitFor(() => expect(to.stats().destinations['good']?.delivered).toBe(300), PATIENT_MS)
    expect(performance.now() - startedAt).toBeLessThan(2 * SOON_MS)
    expect(to.stats().destinations['hung']).toMatchObject({
      delivered: 0,
      waiting: 300,
      dropped: {},
    })
    expectAllToAddUp(to)
  })

  test('that agree get the same bytes, each once', async () => {
    const [a, b] = [await scriptedServer(), await scriptedServer()]
    const to = exporterTo({
      destinations: [
        { name: 'a', endpoint: a.url },
        { name: 'b', endpoint: b.url, table: 'elsewhere' },
      ],
    })
    await exported(to, spans(5))
    expect(a.inserts).toHaveLength(1)
    expect(b.inserts).toHaveLength(1)
    expect(a.inserts[0]?.body.equals(b.inserts[0]?.body as Buffer)).toBe(true)
    expect(a.inserts[0]?.query.get('insert_deduplication_token')).not.toBe(
      b.inserts[0]?.query.get('insert_deduplication_token'),
    )
  })

  test('that do not agree get batches of their own', async () => {
    const [a, b, c, d] = await Promise.all(['ok', 'ok', 'ok', 'ok'].map(() => scriptedServer()))
    if (!a || !b || !c || !d) throw new Error('no servers')
    const to = exporterTo({
      destinations: [
        { name: 'a', endpoint: a.url, batch: { maxRows: 2 } },
        { name: 'b', endpoint: b.url, schema: 'otel' },
        { name: 'c', endpoint: c.url, compression: { codec: 'none' } },
        { name: 'd', endpoint: d.url },
      ],
    })
    await exported(to, spans(5))
    expect(a.inserts.map((insert) => insert.rows.length).sort()).toEqual([1, 2, 2])
    expect(b.inserts.map((insert) => insert.rows.length)).toEqual([5])
    expect(b.rows[0]).toHaveProperty('SpanName', 'span 1')
    expect(c.inserts[0]?.headers).not.toHaveProperty('content-encoding')
    expect(a.inserts[0]?.headers['content-encoding']).toBe('gzip')
    for (const server of [c, d]) expect(names(server).sort()).toEqual(names(a).sort())
  })

  test('stand in the statistics in their order', async () => {
    const to = exporterTo({
      endpoint: 'http://127.0.0.1:1',
      destinations: [
        { name: 'z', endpoint: 'http://127.0.0.1:1' },
        { name: 'a', endpoint: 'http://127.0.0.1:1' },
      ],
    })
    const stats = to.stats()
    expect(Object.keys(stats.destinations)).toEqual(['primary', 'z', 'a'])
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats)
  })
})

describe('resources whose attributes are still on their way', () => {
  function slowResource() {
    let known = () => {}
    const ready = new Promise<void>((resolve) => {
      known = resolve
    })
    const resource = {
      attributes: { 'service.name': 'unknown' },
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => ready,
    }
    return {
      resource,
      settle() {
        resource.attributes = { 'service.name': 'known' }
        resource.asyncAttributesPending = false
        known()
      },
    }
  }

  test('are waited for', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    const { resource, settle } = slowResource()
    const done = exported(to, [makeSpan({ resource })])
    const flushed = to.forceFlush()
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.requests).toHaveLength(0)
    settle()
    expect(await done).toEqual({ code: 0 })
    await flushed
    expect(server.rows).toMatchObject([{ service_name: 'known' }])
  })

  test('but not for ever', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, flushTimeoutMs: 50 })
    const { resource } = slowResource()
    expect(await exported(to, [makeSpan({ resource })])).toEqual({ code: 0 })
    expect(server.rows).toMatchObject([{ service_name: 'unknown' }])
  })

  test('and hold up no other rows', async () => {
    const server = await scriptedServer()
    const to = exporterTo({
      endpoint: server.url,
      acknowledge: 'accepted',
      batch: { maxDelayMs: 60_000 },
      flushTimeoutMs: SOON_MS,
    })
    to.export([makeSpan({ name: 'slow', resource: slowResource().resource })], () => {})
    to.export(spans(1), () => {})
    void to.forceFlush().catch(() => {})
    await server.received(1)
    expect(names(server)).toEqual(['span 1'])
  })

  test('and are named when they keep a flush from ending', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, flushTimeoutMs: 200 })
    to.export([makeSpan({ resource: slowResource().resource })], () => {})
    expect(statsOf(to)).toMatchObject({ accepted: 1, waiting: 1 })
    await expect(to.forceFlush({ timeoutMs: 20 })).rejects.toThrow(/1 rows?/)
  })
})

describe('a missing table', () => {
  const MISSING: Behaviour = {
    status: 404,
    code: 60,
    body: 'Code: 60. DB::Exception: Table telemetry.traces does not exist. (UNKNOWN_TABLE) (version 26.7)',
  }

  test('is created on the answer that says so, and the rows sent again', async () => {
    const server = await scriptedServer([MISSING])
    const to = exporterTo({ endpoint: server.url })
    expect(await exported(to, spans(2))).toEqual({ code: 0 })
    const sent = server.requests.slice(0, 4)
    expect(
      sent.map(({ statement, isInsert }) => (isInsert ? 'INSERT' : statement.slice(0, 15))),
    ).toEqual(['INSERT', 'CREATE TABLE IF', 'INSERT'])
    expect(names(server)).toHaveLength(2)
    expect(server.inserts[0]?.query.get('insert_deduplication_token')).toBe(
      server.inserts[1]?.query.get('insert_deduplication_token'),
    )
  })

  test('nothing is asked before the first INSERT', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    expect(server.connections).toBe(0)
    await exported(to, spans(1))
    expect(server.requests[0]?.isInsert).toBe(true)
  })

  test('is created once for all batches under way', async () => {
    let created = false
    const server = await scriptedServer({
      each({ isInsert, statement }) {
        if (statement.startsWith('CREATE TABLE')) created = true
        return isInsert && !created ? MISSING : 'ok'
      },
    })
    const to = exporterTo({ endpoint: server.url, batch: { maxRows: 1 } })
    expect(await exported(to, spans(4))).toEqual({ code: 0 })
    expect(server.requests.filter(({ statement }) => statement.startsWith('CREATE'))).toHaveLength(
      1,
    )
    expect(names(server)).toHaveLength(4)
  })

  test("is left alone with manageSchema: 'off', and the rows are held", async () => {
    const server = await scriptedServer(MISSING)
    const to = exporterTo({ endpoint: server.url, manageSchema: 'off' })
    expect(await exported(to, spans(2))).toEqual({ code: 0 })
    expect(server.requests).toHaveLength(1)
    expect(statsOf(to)).toMatchObject({ waiting: 2, dropped: {}, failing: true })
    expect(statsOf(to).lastError).toContain('telemetry.traces')
  })

  test.each([36, 43, 44, 53, 62, 70, 117, 450, 497])(
    'that cannot be created (code %i) costs no rows: they are held',
    async (code) => {
      const refusal = {
        status: 400,
        code,
        body: `Code: ${code}. DB::Exception: No. (NO) (version 26.7)`,
      }
      const server = await scriptedServer({
        each: ({ isInsert, statement }) =>
          isInsert ? MISSING : statement.startsWith('CREATE TABLE') ? refusal : 'ok',
      })
      const to = exporterTo({ endpoint: server.url })
      expect(await exported(to, spans(2))).toEqual({ code: 0 })
      expect(statsOf(to)).toMatchObject({ waiting: 2, dropped: {}, failing: true })
      expect(server.requests.length).toBeLessThan(5)
    },
  )
})

describe('a server that refuses', () => {
  test('the password keeps the rows waiting, and is not asked again at once', async () => {
    const log = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn(), verbose: vi.fn() }
    diag.setLogger(log, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
    const server = await scriptedServer({
      status: 403,
      code: 516,
      body: 'Code: 516. DB::Exception: u: Authentication failed',
    })
    const to = exporterTo({ endpoint: server.url, username: 'u', password: 'canary-5ecret' })
    for (let n = 0; n < 5; n++) expect(await exported(to, spans(1))).toEqual({ code: 0 })
    await expect(to.forceFlush({ timeoutMs: 60 })).rejects.toThrow('primary (5 rows)')
    expect(server.requests.length).toBeLessThanOrEqual(4)
    expect(statsOf(to)).toMatchObject({ waiting: 5, dropped: {} })
    const warnings = log.warn.mock.calls.map((call) => call.join(' '))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain('Check `username` and `password`')
    expect(JSON.stringify([log.warn.mock.calls, log.error.mock.calls, to.stats()])).not.toContain(
      'canary',
    )
  })

  test('a setting of ours is not sent it again', async () => {
    const server = await scriptedServer([
      { status: 404, code: 115, body: 'Code: 115. DB::Exception: Unknown setting log_comment' },
      { status: 404, code: 115, body: 'Code: 115. DB::Exception: Unknown setting async_insert' },
    ])
    const to = exporterTo({ endpoint: server.url })
    expect(await exported(to, spans(1))).toEqual({ code: 0 })
    expect(await exported(to, spans(1))).toEqual({ code: 0 })
    expect(server.inserts).toHaveLength(4)
    const last = server.inserts.at(-1)?.query
    expect(last?.has('log_comment')).toBe(false)
    expect(last?.has('async_insert')).toBe(false)
    expect(last?.has('insert_deduplication_token')).toBe(true)
  })

  test.each(['async_insert', 'max_threads', 'toString', 'nonsense'])(
    'the setting %s again and again is not asked again and again',
    async (setting) => {
      const server = await scriptedServer({
        status: 404,
        code: 115,
        body: `Code: 115. DB::Exception: Unknown setting ${setting}`,
      })
      const to = exporterTo({ endpoint: server.url, settings: { max_threads: 1 } })
      expect(await exported(to, spans(1))).toEqual({ code: 0 })
      await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow()
      expect(server.requests.length).toBeLessThanOrEqual(3)
      expect(statsOf(to)).toMatchObject({ waiting: 1, dropped: {} })
    },
  )

  function poisoned(hint: (badRow: number) => string) {
    return {
      each({ rows }: { rows: Record<string, unknown>[] }): Behaviour {
        const bad = rows.findIndex((row) => String(row['span_name']).startsWith('bad'))
        if (bad < 0) return 'ok'
        return {
          status: 400,
          code: 27,
          body: `Code: 27. DB::Exception: Cannot parse input: ${hint(bad)}`,
        }
      },
    }
  }

  const hints: [string, (bad: number) => string][] = [
    ['with the row', (bad) => `(at row ${bad + 1})`],
    ['without the row', () => ''],
    ['with a wrong row', () => '(at row 1)'],
    ['with a row that cannot be', () => '(at row 0)'],
    ['with a row beyond the end', () => '(at row 5000)'],
    ['with a row out of a span', (bad) => `before '(at row 0)': (at row ${bad + 1})`],
  ]
  test.each(hints)('one row of a thousand, %s, takes the others', async (_, hint) => {
    for (const position of [0, 500, 999]) {
      const server = await scriptedServer(poisoned(hint))
      const to = exporterTo({ endpoint: server.url })
      const rows = spans(1000)
      rows[position] = makeSpan({ name: 'bad' })
      to.export(rows, () => {})
      await to.forceFlush()
      expect(statsOf(to)).toMatchObject({
        accepted: 1000,
        delivered: 999,
        dropped: { rejected: 1 },
      })
      expect(new Set(names(server)).size).toBe(999)
      expect(server.rows).toHaveLength(999)
      expect(server.inserts.length).toBeLessThanOrEqual(2 * 10 + 4)
      expectAllToAddUp(to)
    }
  })

  test('two rows, side by side', async () => {
    const server = await scriptedServer(poisoned(() => ''))
    const to = exporterTo({ endpoint: server.url })
    to.export([...spans(40), ...spans(2, 'bad'), ...spans(40, 'more')], () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 80, dropped: { rejected: 2 } })
    expect(new Set(names(server)).size).toBe(80)
  })

  test('a batch for its size gets it in parts', async () => {
    const server = await scriptedServer({
      each: ({ rows }) => (rows.length > 10 ? { status: 413 } : 'ok'),
    })
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(100), () => {})
    await to.forceFlush()
    expect(new Set(names(server)).size).toBe(100)
    expect(server.rows).toHaveLength(100)
    expect(statsOf(to)).toMatchObject({ delivered: 100, dropped: {} })
  })

  test('a row for its size loses that row', async () => {
    const server = await scriptedServer({ status: 413 })
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(3), () => {})
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ dropped: { too_large: 3 } })
  })

  test('a batch in a view gets all of it again: its rows are written', async () => {
    const server = await scriptedServer([
      {
        status: 500,
        code: 6,
        body: "Code: 6. DB::Exception: Cannot parse string 'x' as UInt64: while pushing to view db.v (3c4f5d9e-5b1c-4b1e-9c8e-0a1b2c3d4e5f). (CANNOT_PARSE_TEXT) (version 26.7.2.1)",
      },
    ])
    const to = exporterTo({ endpoint: server.url })
    to.export(spans(4), () => {})
    await to.forceFlush()
    expect(server.inserts.map(({ rows }) => rows.length)).toEqual([4, 4])
    expect(server.rows).toHaveLength(4)
  })
})

test('what is said shows no value of a row', async () => {
  const lines: string[] = []
  const say = (...args: unknown[]) => void lines.push(args.map(String).join(' '))
  diag.setLogger(
    { error: say, warn: say, info: say, debug: say, verbose: say },
    { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true },
  )
  const server = await scriptedServer({
    status: 400,
    code: 27,
    body: `Code: 27. DB::Exception: Cannot parse input: expected '"' before: 'canary-4711': (at row 1)`,
  })
  const to = exporterTo({ endpoint: server.url })
  const result = await exported(to, [makeSpan({ attributes: { secret: 'canary-4711' } })])
  await to.shutdown()
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.join('\n')).not.toContain('canary')
  expect(JSON.stringify(to.stats())).not.toContain('canary')
  expect(String(result.error)).not.toContain('canary')
})

describe('whatever a server does', () => {
  const anything = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Behaviour>('ok') },
    fc.constantFrom<Behaviour>('reset', 'lose the answer', 'cut'),
    fc.constantFrom<Behaviour>(
      { status: 500 },
      { status: 503, headers: { 'retry-after': 'junk' } },
      { status: 500, code: 241 },
      { status: 500, code: 999 },
      { status: 200, code: 209 },
      { status: 200, body: 'Code: 241. DB::Exception: Memory limit' },
    ),
  )
  // A real server does not refuse what it has taken before.
  const refuses = anything.filter((it) => it !== 'lose the answer' && it !== 'cut')
  const divides = fc.constantFrom<Behaviour>(
    { status: 413 },
    { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse (at row 2)' },
    { status: 500, code: 252, body: 'Too many partitions for single INSERT block' },
  )
  const script = (behaviours: fc.Arbitrary<Behaviour>) => fc.array(behaviours, { maxLength: 12 })
  const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 })

  async function run(
    a: Behaviour[],
    b: Behaviour[],
    exports: number[],
    options: Options,
  ): Promise<{ to: ClickHouseSpanExporter; servers: ScriptedServer[] }> {
    const servers = [await scriptedServer([...a]), await scriptedServer([...b])]
    const to = exporterTo({
      batch: { maxRows: 5 },
      destinations: servers.map((server, n) => ({
        name: `d${n}`,
        endpoint: server.url,
        batch: { maxRows: n === 0 ? 5 : 4 },
      })),
      ...options,
      retry: { initialDelayMs: 1, maxDelayMs: 2, ...options.retry },
    })
    let callbacks = 0
    let watching = true
    const watch = (async () => {
      while (watching) {
        expectAllToAddUp(to)
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    for (const [n, size] of exports.entries()) {
      to.export(spans(size, `${n}`), () => callbacks++)
      expectAllToAddUp(to)
      if (n % 3 === 2) await new Promise((resolve) => setImmediate(resolve))
    }
    await to.forceFlush()
    watching = false
    await watch
    expectAllToAddUp(to)
    expect(callbacks).toBe(exports.length)
    await to.shutdown()
    await Promise.all(servers.map((server) => server.close()))
    return { to, servers }
  }

  test('the figures add up at every moment, and every row is there once', async () => {
    await fc.assert(
      fc.asyncProperty(
        script(anything),
        script(anything),
        sizes,
        fc.constantFrom<'delivered' | 'accepted'>('delivered', 'accepted'),
        async (a, b, exports, acknowledge) => {
          const { to, servers } = await run(a, b, exports, { acknowledge })
          const rows = exports.reduce((sum, size) => sum + size, 0)
          for (const [n, server] of servers.entries()) {
            const stats = to.stats().destinations[`d${n}`]
            expect(stats).toMatchObject({
              accepted: rows,
              delivered: rows,
              dropped: {},
              waiting: 0,
            })
            expect(server.rows).toHaveLength(rows)
            expect(new Set(names(server)).size).toBe(rows)
          }
        },
      ),
      { numRuns: 25 },
    )
  })

  test('rows that are given up are counted, and no other is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        script(fc.oneof(refuses, divides)),
        script(fc.oneof(refuses, divides)),
        sizes,
        fc.constantFrom<number | 'unlimited'>(0, 1, 'unlimited'),
        async (a, b, exports, maxRetries) => {
          const { to, servers } = await run(a, b, exports, { retry: { maxRetries } })
          const rows = exports.reduce((sum, size) => sum + size, 0)
          for (const [n, server] of servers.entries()) {
            const stats = to.stats().destinations[`d${n}`] as DestinationStats
            const { rejected = 0, too_large = 0, retries_exhausted = 0, ...others } = stats.dropped
            expect(others).toEqual({})
            expect(stats.accepted).toBe(rows)
            expect(stats.delivered + rejected + too_large + retries_exhausted).toBe(rows)
            const there = new Set(names(server)).size
            expect(there).toBeGreaterThanOrEqual(stats.delivered)
            expect(there).toBeLessThanOrEqual(stats.delivered + retries_exhausted)
            expect(server.rows).toHaveLength(there)
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})
