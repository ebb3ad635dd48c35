import { setImmediate as nextTurn } from 'node:timers/promises'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { batchSpanProcessor, ExportResultCode, resourceFromAttributes, TracerProvider } from '#sdk'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import {
  elapsed,
  eventually,
  onThisMachine,
  PATIENT_MS,
  SOON_MS,
} from '../../../../test/kit/patience.js'
import { type Behaviour, namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { expectAllToAddUp, statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { Batch } from '../../src/batching/batch.js'
import type { Options } from '../../src/config/options.js'
import type { ExportResult } from '../../src/pipeline/exports.js'
import type { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

const AWAY: Behaviour = { status: 502 }

const REFUSED: Behaviour = { status: 500, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }

afterEach(() => diag.disable())

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
    expect(namesIn(server)).toContain('next 1')
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
      expect(namesIn(server)).toEqual(expect.arrayContaining(['span 1', 'span 2']))
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
    expect(namesIn(server)).toEqual(['span 1', 'span 3'])
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
    expect(namesIn(server)).toEqual(['outer 1', 'inner 1'])
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
    expect(namesIn(server)).toEqual(['before'])
  })
})

describe("acknowledge: 'delivered'", () => {
  test('calls back after the first attempt, when the rows are there', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(3))
    expect(namesIn(server)).toEqual(['span 1', 'span 2', 'span 3'])
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
    expect(await elapsed(exported(to, spans(1)))).toBeGreaterThan(50)
    expect(await elapsed(exportSeveral(to))).toBeLessThan(onThisMachine(AT_ONCE_MS))
    expect(server.inserts).toHaveLength(1)
    expectAllToAddUp(to)
  })

  test('several exports at once each have an answer of their own', async () => {
    const server = await scriptedServer({
      // Batches that wait for each other may be sent together.
      each: ({ rows }) => (rows.some((row) => row['span_name'] === 'c 1') ? REFUSED : 'ok'),
    })
    const to = exporterTo({ endpoint: server.url })
    const results = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((prefix) => exported(to, spans(1, prefix))),
    )
    expect(results.map((result) => result.code)).toEqual([0, 0, 1, 0, 0, 0])
    await to.forceFlush()
    expect(namesIn(server)).toHaveLength(5)
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
    expect(namesIn(server)).toHaveLength(2)
  })

  test('does not wait for a server that hangs', async () => {
    const server = await scriptedServer('hang')
    const to = exporterTo({ endpoint: server.url, acknowledge: 'accepted', batch: { maxRows: 1 } })
    expect(await elapsed(exportSeveral(to))).toBeLessThan(onThisMachine(AT_ONCE_MS))
    expectAllToAddUp(to)
  })
})

test('a bug of ours costs the rows of its batch, under a name of its own', async () => {
  const server = await scriptedServer()
  const compress = Batch.prototype.compress
  // Batches of the tests before may still be on their way.
  const broken = vi.spyOn(Batch.prototype, 'compress').mockImplementation(async function (
    this: Batch,
    how,
  ) {
    if (this.rows === 2) throw new Error('a bug')
    return compress.call(this, how)
  })
  onTestFinished(() => broken.mockRestore())
  const to = exporterTo({ endpoint: server.url })
  expect(await exported(to, spans(2))).toMatchObject({ code: 1 })
  expect(await exported(to, spans(3))).toEqual({ code: 0 })
  expect(statsOf(to)).toMatchObject({ accepted: 5, delivered: 3, dropped: { internal_error: 2 } })
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
    const to = exporterTo({ endpoint: server.url, meterProvider })
    expect(await exported(to, spans(3))).toEqual({ code: 0 })
    expect(statsOf(to)).toMatchObject({ delivered: 3, dropped: {}, waiting: 0 })
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
    const to = exporterTo({ endpoint, retry: { maxRetries: 0 } })
    expect(await exported(to, spans(3))).toMatchObject({ code: 1 })
    expect(statsOf(to)).toMatchObject({ dropped: { retries_exhausted: 3 }, waiting: 0 })
  })

  test('an onDrop that rejects', async () => {
    const server = await scriptedServer()
    const onDrop = vi.fn(() => Promise.reject(new Error('broken onDrop')))
    const to = exporterTo({ endpoint: server.url, limits: { rowBytes: 10 }, onDrop })
    expect(await exported(to, spans(1))).toMatchObject({ code: 1 })
    await nextTurn() // an unhandled rejection would fail the run
    expect(onDrop).toHaveBeenCalledTimes(1)
  })
})

test('export() is answered within about a second while another server works off its backlog', async () => {
  const healthy = await scriptedServer()
  const behind = await scriptedServer(AWAY)
  const to = exporterTo({
    endpoint: healthy.url,
    destinations: [{ name: 'behind', endpoint: behind.url }],
  })
  for (let n = 0; n < 40; n++) await exported(to, spans(1))
  const slow: Behaviour = (_, response) => void setTimeout(() => response.end(), 2000)
  behind.follow(slow)
  await eventually(() => expect(to.stats().destinations['behind']?.delivered).toBeGreaterThan(0))
  expect(await elapsed(exported(to, spans(1)))).toBeLessThan(onThisMachine(SOON_MS))
  expect(to.stats().destinations['behind']?.waiting).toBeGreaterThan(0)
})
