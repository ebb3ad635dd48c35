import { randomBytes } from 'node:crypto'
import type { LogRecordLike, MetricPointLike, SpanLike } from '@spanhouse/transform'
import { logsFromOtlpJson, metricsFromOtlpJson, spansFromOtlpJson } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test } from 'vitest'
import { insertsOnly, replies } from '../../../../test/kit/behaviours.js'
import { exception } from '../../../../test/kit/exceptions.js'
import { wireOf } from '../../../../test/kit/http-wire.js'
import { LONG, PATIENT_MS, until } from '../../../../test/kit/patience.js'
import { answer, ScriptedClickHouse } from '../../../../test/kit/scripted-clickhouse.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { Parcel } from '../../src/accounting/parcel.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import type { Signal } from '../../src/config/signal.js'
import { Pipeline } from '../../src/pipeline/pipeline.js'

const never = new AbortController().signal

/** What a request contains: the same seed gives equal records in new objects, as a request that is read again. */
interface Request {
  readonly key: string
  records(): readonly unknown[]
}

interface Opened {
  readonly server: ScriptedClickHouse
  readonly pipeline: Pipeline<never>
  /** `sizeOfSlice`: how many records are read of the request at a time. Default: all. */
  take(request: Request, sizeOfSlice?: number): Promise<Parcel>
}

async function opened(
  signal: Signal,
  options: Options | ((url: string) => Options) = {},
): Promise<Opened> {
  const server = await new ScriptedClickHouse().listen()
  onTestFinished(() => server.close())
  const config = parseConfig(signal, {
    shutdownTimeoutMs: 20,
    retry: { initialDelayMs: 5, maxDelayMs: 10 },
    ...(typeof options === 'function' ? options(server.url) : { endpoint: server.url, ...options }),
  } as never)
  const pipeline = new Pipeline<never>(config as never, { repeatable: true })
  onTestFinished(() => pipeline.shutdown())
  return {
    server,
    pipeline,
    async take(request, sizeOfSlice = 10_000) {
      const parcel = new Parcel(request.key)
      const records = request.records() as never[]
      const slices = Array.from({ length: Math.ceil(records.length / sizeOfSlice) }, (_, n) =>
        records.slice(n * sizeOfSlice, (n + 1) * sizeOfSlice),
      )
      await pipeline.intake.take(parcel, slices, { patience: never, closing: never })
      return parcel
    },
  }
}

const isSettled = (parcel: Parcel) =>
  parcel.isComplete && [...parcel.courses.values()].every(({ open }) => open === 0)

async function tokensOf(
  { server, take }: Opened,
  request: Request,
  sizeOfSlice?: number,
): Promise<string[]> {
  const before = server.inserts.length
  const parcel = await take(request, sizeOfSlice)
  await parcel.until(isSettled, AbortSignal.timeout(PATIENT_MS))
  expect(isSettled(parcel)).toBe(true)
  return server.inserts
    .slice(before)
    .map(({ table, token }) => `${table} ${token}`)
    .sort()
}

const resource = (name: string) => ({
  attributes: [{ key: 'service.name', value: { stringValue: name } }],
})
const time = '1700000000000000000'
const id = (n: number, bytes: number) => (n + 1).toString(16).padStart(2 * bytes, '0')

/** Records of so many resources, in turn. */
function requestOf(
  signal: Signal,
  {
    count,
    resources = 1,
    from = 0,
    equal = false,
  }: { count: number; resources?: number; from?: number; equal?: boolean },
): Request {
  const groupsOf = (scopes: string, records: string, one: (n: number) => object) =>
    Array.from({ length: count }, (_, at) => ({
      resource: resource(`service ${(from + at) % resources} of ${resources}`),
      [scopes]: [{ [records]: [one(equal ? from : from + at)] }],
    }))
  const read: Record<Signal, () => SpanLike[] | LogRecordLike[] | MetricPointLike[]> = {
    traces: () =>
      spansFromOtlpJson({
        resourceSpans: groupsOf('scopeSpans', 'spans', (n) => ({
          traceId: id(n, 16),
          spanId: id(n, 8),
          name: `span ${n}`,
          startTimeUnixNano: time,
          attributes: [{ key: `key ${n % 5}`, value: { intValue: n } }],
        })),
      }),
    logs: () =>
      logsFromOtlpJson({
        resourceLogs: groupsOf('scopeLogs', 'logRecords', (n) => ({
          timeUnixNano: time,
          body: { stringValue: `line ${n}` },
        })),
      }),
    metrics: () =>
      metricsFromOtlpJson({
        resourceMetrics: groupsOf('scopeMetrics', 'metrics', (n) => ({
          name: `metric ${n % 7}`,
          [n % 2 ? 'gauge' : 'sum']: { dataPoints: [{ timeUnixNano: time, asInt: n }] },
        })),
      }),
  }
  const key = `${signal} ${count} ${resources} ${from} ${equal}`
  return { key, records: read[signal] }
}

const REQUESTS: [title: string, options: Options, request: Parameters<typeof requestOf>[1]][] = [
  ['a few records', {}, { count: 5 }],
  ['several resources', {}, { count: 60, resources: 5 }],
  ['more resources than there are compact batches', {}, { count: 200, resources: 20 }],
  ['several batches by rows', { batch: { maxRows: 40 } }, { count: 200, resources: 3 }],
  ['several batches by bytes', { batch: { maxBytes: 4000 } }, { count: 200, resources: 12 }],
  ['the tables of otel', { schema: 'otel' }, { count: 100, resources: 3 }],
]

// What differs by signal is where the resource and the tables come from.
const ONCE_A_SIGNAL = ['several resources', 'the tables of otel']

describe.each<Signal>(['traces', 'logs', 'metrics'])('%s', (signal) => {
  const isShown = (title: string) => LONG || signal === 'traces' || ONCE_A_SIGNAL.includes(title)
  test.each(REQUESTS.filter(([title]) => isShown(title)))(
    'a parcel that is exported again, to another process, makes the same batches: %s',
    async (_, options, of) => {
      const request = requestOf(signal, of)
      const fresh = await opened(signal, options)
      const tokens = await tokensOf(fresh, request)
      expect(tokens.length).toBeGreaterThan(0)
      expect(new Set(tokens).size).toBe(tokens.length)
      const used = await opened(signal, options)
      for (const before of [
        { count: 300, resources: 11 },
        { count: 3, resources: 7 },
        { count: 90, resources: of.resources ?? 1 },
      ])
        await tokensOf(used, requestOf(signal, { ...before, from: 5000 }))
      expect(await tokensOf(used, request)).toEqual(tokens)
      expect(await tokensOf(fresh, request)).toEqual(tokens)
    },
  )

  test('the same batches also at a server that refuses compact rows, and after it has', async () => {
    const request = requestOf(signal, { count: 30, resources: 2 })
    const tokens = await tokensOf(await opened(signal), request)
    const odd = await opened(signal)
    odd.server.behaviour = async (exchange) => {
      const raw = exchange.isInsert && (await exchange.whole())
      const isCompact = raw && !exchange.head.target.includes('query=INSERT')
      if (isCompact)
        await exchange.send(
          wireOf(exception({ code: 62, name: 'SYNTAX_ERROR', message: 'Syntax error' })),
        )
      else await answer(exchange)
    }
    for (let n = 0; n < 2; n++) {
      const got = await tokensOf(odd, request)
      expect(new Set(got)).toEqual(new Set(tokens))
    }
  })
})

describe('destinations that do not get the same records', () => {
  // All of its records are one step of the intake, if they are read at once.
  const request = requestOf('logs', { count: 16 })
  const wanting = (wants: (n: number) => boolean) =>
    (({ body }: LogRecordLike) => wants(Number(String(body).split(' ')[1]))) as never
  const EVEN = { name: 'even', table: 'even', filter: wanting((n) => n % 2 === 0) }
  const LATE = { name: 'late', table: 'late', filter: wanting((n) => n >= 4) }
  const openedWith = (...others: object[]) =>
    opened('logs', (endpoint) => {
      const destinations = [{ name: 'all' }, ...others].map((one) => ({ endpoint, ...one }))
      return { batch: { maxRows: 4 }, destinations: destinations as never }
    })
  const at = (table: string, tokens: readonly string[]) =>
    tokens.filter((token) => token.startsWith(`telemetry.${table} `))

  test('get the same batches again, however many records of a parcel are taken in at a time', async () => {
    const tokens = await tokensOf(await openedWith(EVEN, LATE), request)
    expect(tokens).toHaveLength(4 + 2 + 3)
    for (const sizeOfSlice of [1, 3, 6]) {
      const again = await tokensOf(await openedWith(EVEN, LATE), request, sizeOfSlice)
      expect(again).toEqual(tokens)
    }
  })

  test('get the same batches again, whichever destinations there are beside them', async () => {
    const tokens = await tokensOf(await openedWith(EVEN, LATE), request)
    expect(await tokensOf(await openedWith(), request)).toEqual(at('logs', tokens))
    const others = await tokensOf(await openedWith(LATE), request)
    expect(at('late', others)).toEqual(at('late', tokens))
  })

  test('get batches of their own, also if these have equal rows for the same table', async () => {
    const SAME = { name: 'same', table: 'logs', filter: wanting(() => true) }
    const tokens = await tokensOf(await openedWith(SAME), request)
    expect(tokens).toHaveLength(2 * 4)
    expect(new Set(tokens).size).toBe(2 * 4)
  })
})

test('the batches of destinations that get the same records are called as earlier versions called them', () => {
  const parcel = new Parcel('key')
  const names = [
    parcel.nextBatch(undefined),
    parcel.nextBatch(undefined),
    parcel.nextLateBatch(undefined),
  ]
  expect(names).toEqual(['key 1', 'key 2', 'key late 1'])
})

test('equal records in two batches of one parcel are stored twice, as they came', async () => {
  const at = await opened('logs', { batch: { maxRows: 10 } })
  const request = requestOf('logs', { count: 20, equal: true })
  const tokens = await tokensOf(at, request)
  expect(new Set(tokens).size).toBe(2)
})

test('equal records of two parcels have tokens of their own, unless they are spans, whose ids say that they are the same', async () => {
  const one = requestOf('logs', { count: 5 })
  const other = { ...one, key: 'another request' }
  const at = await opened('logs')
  expect(await tokensOf(at, one)).not.toEqual(await tokensOf(at, other))
  const spans = requestOf('traces', { count: 5 })
  const ofSpans = await opened('traces')
  expect(await tokensOf(ofSpans, spans)).toEqual(
    await tokensOf(ofSpans, { ...spans, key: 'another request' }),
  )
})

test('rows that dispatch made of a parcel have the tokens of that parcel, whatever their table', async () => {
  const dispatch: Options['dispatch'] = (row, { table }) => ({
    [table]: { ...row, trace_id: '0'.repeat(32), span_id: '0'.repeat(16), span_name: 'x' },
    others: { name: 'x' },
  })
  const options = { dispatch, batch: { maxRows: 10 } }
  const request = requestOf('traces', { count: 30 })
  const tokens = await tokensOf(await opened('traces', options), request)
  expect(new Set(tokens).size).toBe(6)
  const at = await opened('traces', options)
  const others = await tokensOf(at, { ...request, key: 'another request' })
  expect(new Set([...others, ...tokens]).size).toBe(12)
  expect(await tokensOf(at, request)).toEqual(tokens)
})

test('a parcel that ends early, because the process does, leaves only batches that it makes again when it is exported again', async () => {
  const request = requestOf('metrics', { count: 250 })
  const { server, pipeline } = await opened('metrics', {
    batch: { maxRows: 100 },
    shutdownTimeoutMs: PATIENT_MS,
  })
  const closing = new AbortController()
  function* slices(): Generator<never[]> {
    const records = request.records() as never[]
    yield records.slice(0, 150)
    closing.abort()
    yield records.slice(150)
  }
  const parcel = new Parcel(request.key)
  const signals = { patience: never, closing: closing.signal }
  expect(await pipeline.intake.take(parcel, slices(), signals)).toBeUndefined()
  await pipeline.shutdown()
  expect(parcel.courses.get('primary')).toMatchObject({ dropped: { shutdown: 50 }, open: 0 })
  const [first] = server.inserts
  expect(server.inserts).toEqual([expect.objectContaining({ rows: 100 })])

  const tokens = await tokensOf(await opened('metrics', { batch: { maxRows: 100 } }), request)
  expect(tokens).toHaveLength(3)
  expect(tokens).toContain(`${first?.table} ${first?.token}`)
})

describe('rows that sampling has held back', () => {
  const sample = { rate: 1, rules: [{ name: 'first', rate: 0 }], keepErrors: false, maxWaitMs: 50 }
  const options: Options = { sample, batch: { maxDelayMs: 20 } }
  const spans = (key: string, ...all: object[]): Request => ({
    key,
    records: () => spansFromOtlpJson({ resourceSpans: [{ scopeSpans: [{ spans: all }] }] }),
  })
  const traceId = id(0, 16)
  const CHILD = { traceId, spanId: id(1, 8), parentSpanId: id(0, 8), name: 'child' }
  const ROOT = { traceId, spanId: id(0, 8), name: 'root' }
  const other = (n: number) => ({ traceId: id(n, 16), spanId: id(n, 8), name: `root ${n}` })
  const child = spans('a child', CHILD)
  const waiting = ({ pipeline }: Opened) => pipeline.stats().destinations['primary']?.waiting
  const accepted = ({ pipeline }: Opened) => pipeline.stats().destinations['primary']?.accepted
  const signals = { patience: never, closing: never }
  /** Empty slices until it is so, or for a second. */
  function* pauses(isOver: () => boolean): Generator<never[]> {
    const startedAt = performance.now()
    while (!isOver() && performance.now() < startedAt + 1000) yield []
  }

  test('are stored although no other parcel comes', async () => {
    const { server, take } = await opened('traces', options)
    await take(child)
    await until(() => server.inserts.length > 0)
    expect(server.inserts).toEqual([expect.objectContaining({ rows: 1 })])
  })

  test('are stored also if they are decided while a parcel is checked that is refused then', async () => {
    const at = await opened('traces', options)
    const { server, pipeline, take } = at
    await take(child)
    function* refused(): Generator<never[]> {
      yield* pauses(() => server.inserts.length > 0)
      throw new Error('malformed')
    }
    const parcel = new Parcel('malformed')
    await expect(pipeline.intake.take(parcel, refused(), signals)).rejects.toThrow('malformed')
    await until(() => waiting(at) === 0)
    expect(server.inserts).toEqual([expect.objectContaining({ rows: 1 })])
    expect(pipeline.stats().destinations['primary']).toMatchObject({ delivered: 1, dropped: {} })
    expect(parcel.courses.size).toBe(0)
  })

  test('are not dropped with a parcel that is refused before they are sealed', async () => {
    const at = await opened('traces', { sample: { ...sample, maxWaitMs: 10_000 } })
    const { pipeline, take } = at
    await take(child)
    function* refused(): Generator<never[]> {
      yield spans('the root', ROOT).records() as never[]
      throw new Error('a mistake')
    }
    const taken = pipeline.intake.take(new Parcel('refused'), refused(), signals)
    await expect(taken).rejects.toThrow('a mistake')
    await pipeline.flush(PATIENT_MS)
    expect(pipeline.stats().destinations['primary']).toMatchObject({
      delivered: 1,
      dropped: { internal_error: 1 },
    })
  })

  test.each([
    { when: 'meanwhile', records: [other(8), other(9)], isMeanwhile: true },
    { when: 'by one of its records', records: [other(8), ROOT], isMeanwhile: false },
  ])(
    'do not change the batches of a parcel that is taken in when they are decided $when',
    async ({ records, isMeanwhile }) => {
      const request = spans('a parcel', ...records)
      const tokens = await tokensOf(await opened('traces', options), request)
      expect(tokens).toHaveLength(1)
      const maxWaitMs = isMeanwhile ? 50 : 60_000
      const at = await opened('traces', { ...options, sample: { ...sample, maxWaitMs } })
      await at.take(child)
      const parcel = new Parcel(request.key)
      function* slices(): Generator<never[]> {
        const [first, second] = request.records() as never[]
        yield [first as never]
        if (isMeanwhile) yield* pauses(() => at.server.inserts.length > 0)
        yield [second as never]
      }
      await at.pipeline.intake.take(parcel, slices(), signals)
      await parcel.until(isSettled, AbortSignal.timeout(PATIENT_MS))
      expect(parcel.courses.get('primary')).toMatchObject({ delivered: 2 })
      await until(() => at.server.inserts.length === 2 && waiting(at) === 0)
      const got = at.server.inserts.map(({ table, token }) => `${table} ${token}`)
      expect(got).toContain(tokens[0])
      expect(accepted(at)).toBe(3)
    },
  )

  test('are apart from those that would have been kept anyway, also if an earlier parcel has decided about their trace', async () => {
    const withErrors = { ...options, sample: { ...sample, keepErrors: true, maxWaitMs: 60_000 } }
    const request = spans('a parcel', CHILD, other(8))
    const fresh = await opened('traces', withErrors)
    const [token] = await tokensOf(fresh, request)
    const used = await opened('traces', withErrors)
    const failed = { ...CHILD, spanId: id(2, 8), status: { code: 2 } }
    await tokensOf(used, spans('an error', failed))
    const parcel = new Parcel(request.key)
    await used.pipeline.intake.take(parcel, [request.records() as never[]], signals)
    await parcel.until(isSettled, AbortSignal.timeout(PATIENT_MS))
    expect(parcel.courses.get('primary')).toMatchObject({ delivered: 2 })
    const got = used.server.inserts.map(({ table, token }) => `${table} ${token}`)
    expect(got).toContain(token)
  })

  test('are sealed before the batches of a parcel, when all open batches together are too large', async () => {
    const at = await opened('traces', {
      sample: { ...sample, maxWaitMs: 60_000 },
      batch: { maxBytes: 4000 },
    })
    const long = (one: object) => ({ ...one, name: 'x'.repeat(400) })
    const [a, b] = [20, 30].map((n) => ({
      root: long(other(n)),
      children: [1, 2, 3].map((m) =>
        long({ traceId: id(n, 16), spanId: id(n + m, 8), parentSpanId: id(n, 8) }),
      ),
    })) as [{ root: object; children: object[] }, { root: object; children: object[] }]
    await at.take(spans('children', ...a.children, ...b.children))
    const between = [1, 2, 3, 4, 5, 6, 7].map((n) => long(other(n)))
    await at.take(spans('a parcel', a.root, ...between, b.root))
    await until(() => waiting(at) === 0)
    expect(at.server.inserts.filter(({ rows }) => rows === 3)).toHaveLength(2)
  })

  test('are followed to their end with the parcel that brings both them and what decides about them, and keep their token', async () => {
    const request = spans('a trace', CHILD, ROOT, other(8))
    const tokens = await tokensOf(await opened('traces', options), request)
    expect(tokens).toHaveLength(2)
    const parcel = await (await opened('traces', options)).take(request)
    await parcel.until(isSettled, AbortSignal.timeout(PATIENT_MS))
    expect(parcel.courses.get('primary')).toMatchObject({ delivered: 3 })
    expect(await tokensOf(await opened('traces', options), request)).toEqual(tokens)
  })
})

test('a parcel that waits for a full destination goes on when that one hangs, if another one that fails has room', async () => {
  const { server, pipeline } = await opened('traces', {
    compression: { codec: 'none' },
    queue: { maxBytes: 60_000 },
    batch: { maxRows: 50 },
    destinations: [
      {
        name: 'gone',
        endpoint: 'http://127.0.0.1:1',
        queue: { maxBytes: 16 * 1024 * 1024 },
        spool: { directory: temporaryDirectory() },
      },
    ],
  })
  server.behaviour = async (exchange) => void (await exchange.whole())
  const records = requestOf('traces', { count: 1000 }).records() as never[]
  function* slices(): Generator<never[]> {
    yield records.slice(0, 100)
    while (!pipeline.stats().destinations['gone']?.failing) yield []
    yield records.slice(100)
  }
  const parcel = new Parcel('larger than the queue')
  void pipeline.intake.take(parcel, slices(), { patience: never, closing: never })
  await parcel.until(() => parcel.isComplete, AbortSignal.timeout(PATIENT_MS))
  expect(parcel.isComplete).toBe(true)
  expect(parcel.courses.get('gone')).toMatchObject({ open: 1000, dropped: {} })
})

test('small batches of parcels that wait are not united', async () => {
  const { server, take } = await opened('traces')
  await server.refuse()
  const requests = Array.from({ length: 10 }, (_, n) =>
    requestOf('traces', { count: 2, from: 2 * n }),
  )
  const parcels = await Promise.all(requests.map((one) => take(one)))
  await server.listen()
  await until(() => parcels.every(isSettled))
  expect(server.inserts.map(({ rows }) => rows)).toEqual(Array.from({ length: 10 }, () => 2))
})

test('a parcel is followed to the end of each of its rows, at each destination', async () => {
  const { take } = await opened('traces', {
    limits: { rowBytes: 1000 },
    destinations: [{ name: 'gone', endpoint: 'http://127.0.0.1:1', queue: { maxBytes: 10 } }],
  })
  const long = { ...requestOf('traces', { count: 4 }) }
  const records = () => [
    ...long.records(),
    ...spansFromOtlpJson({ traceId: id(9, 16), spanId: id(9, 8), name: 'x'.repeat(2000) }),
  ]
  const parcel = await take({ key: randomBytes(4).toString('hex'), records })
  await parcel.until(isSettled, AbortSignal.timeout(PATIENT_MS))
  expect(parcel.courses.get('primary')).toMatchObject({
    delivered: 4,
    dropped: { too_large: 1 },
    open: 0,
    unsafe: 0,
  })
  expect(parcel.courses.get('gone')).toMatchObject({
    delivered: 0,
    dropped: { too_large: 1, queue_full: 4 },
  })
})

test('a request makes the same batches in a process whose proxy has refused an earlier one for its size', async () => {
  const [fresh, narrow] = [await opened('traces'), await opened('traces')]
  const tooLarge = replies({ status: 413, headers: {}, body: 'Too Large' })
  let refusals = 0
  narrow.server.behaviour = insertsOnly((exchange) =>
    refusals++ < 3 ? tooLarge(exchange) : answer(exchange),
  )
  await tokensOf(narrow, requestOf('traces', { count: 1000 }))
  expect(refusals).toBeGreaterThan(3)
  const request = requestOf('traces', { count: 1000, from: 10_000 })
  const tokens = await tokensOf(fresh, request)
  expect(await tokensOf(narrow, request)).toEqual(tokens)
})
