import { randomBytes } from 'node:crypto'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import { expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, PATIENT, processorTo, SOON } from '../../../../test/kit/exporters.js'
import { flushed } from '../../../../test/kit/patience.js'
import { namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeLog } from '../../../transform/test/logs.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Options } from '../../src/config/options.js'
import { ClickHouseLogRecordProcessor } from '../../src/logs/log-record-processor.js'
import { isChosen } from '../../src/routing/sampling.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

const OK = { code: 0 }
const ERROR = { code: 2 }

/** A new trace, which the rate chooses or not, and its spans. */
function newTrace(rate = 0.5, isWanted = false) {
  let traceId = ''
  do traceId = randomBytes(16).toString('hex')
  while (isChosen(traceId, rate) !== isWanted)
  const span = (name: string, parent?: string, changes: object = {}): SpanLike =>
    makeSpan({
      name,
      spanContext: () => ({ traceId, spanId: idOf(name) }),
      parentSpanContext: parent && { traceId, spanId: idOf(parent) },
      startTime: [1729627200, 0],
      endTime: [1729627200, 5_000_000],
      status: OK,
      attributes: {},
      ...changes,
    })
  const log = (body: string, within: string) =>
    makeLog({ body, spanContext: { traceId, spanId: idOf(within), traceFlags: 1 } })
  return { traceId, span, log }
}

const idOf = (name: string) => Buffer.from(name.padEnd(8)).toString('hex').slice(0, 16)

function logProcessorTo(options: Options<never>) {
  const made = new ClickHouseLogRecordProcessor({ ...PATIENT, retry: SOON, ...options } as never)
  onTestFinished(() => made.shutdown())
  return made
}

const bodies = (rows: Record<string, unknown>[]) => rows.map(({ body }) => body).sort()

test('a filter leaves records out at its destination alone, and counts them there', async () => {
  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const onDrop = vi.fn()
  const exporter = exporterTo({
    endpoint: a.url,
    onDrop,
    destinations: [{ name: 'b', endpoint: b.url, filter: { drop: [{ name: 'noise*' }] } }],
  })
  const spans = ['noise 1', 'signal', 'noise 2'].map((name) => makeSpan({ name }))
  expect(await exported(exporter, spans)).toEqual({ code: 0 })
  expect(namesIn(a)).toEqual(['noise 1', 'signal', 'noise 2'])
  expect(namesIn(b)).toEqual(['signal'])
  expect(statsOf(exporter, 'primary')).toMatchObject({ delivered: 3, dropped: {} })
  expect(statsOf(exporter, 'b')).toMatchObject({
    accepted: 3,
    delivered: 1,
    dropped: { filtered: 2 },
  })
  expect(onDrop).not.toHaveBeenCalled() // nothing was lost
})

test('an export of which everything is left out is a success', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url, filter: () => false })
  expect(await exported(exporter, [makeSpan(), makeSpan()])).toEqual({ code: 0 })
  expect(server.inserts).toEqual([])
})

test('a filter is told the destination and the signal, and gets the record as it is', async () => {
  const server = await scriptedServer()
  const filter = vi.fn(() => true)
  const span = makeSpan({ attributes: { mail: 'a@b.example' } })
  const exporter = exporterTo({ endpoint: server.url, filter, redact: { values: ['email'] } })
  await exported(exporter, [span])
  expect(filter.mock.calls).toEqual([[span, { destination: 'primary', signal: 'traces' }]])
  expect(server.rows[0]).toMatchObject({ attributes: { mail: '[redacted]' } })
})

test.each<[string, Pick<Options, 'filter' | 'dispatch'>, RegExp]>([
  ['filter throws', { filter: () => { throw new Error('secret') } }, /filter of primary threw Error at .*routing\.test\.ts:\d+:\d+\. Its records are kept\./], // biome-ignore format: one line
  [
    'filter is async',
    { filter: (async () => false) as never },
    /filter of primary returned a promise/,
  ],
  ['filter rejects', { filter: (async () => { throw new Error('secret') }) as never }, /filter of primary returned a promise/], // biome-ignore format: one line
  ['dispatch throws', { dispatch: () => { throw new Error('secret') } }, /dispatch of primary threw Error at .*Its rows go where they would go without it\./], // biome-ignore format: one line
  ['dispatch is async', { dispatch: (async () => ({})) as never }, /dispatch of primary returned a promise/], // biome-ignore format: one line
  [
    'dispatch returns no rows',
    { dispatch: () => ({ t: 7 }) as never },
    /dispatch of primary threw TypeError/,
  ],
  [
    'dispatch returns a row of no columns',
    { dispatch: () => ({ t: {} }) },
    /dispatch of primary threw TypeError/,
  ],
  ['dispatch changes the row and throws', { dispatch: (row) => { row['span_name'] = 'x'; throw new Error('secret') } }, /threw Error/], // biome-ignore format: one line
])('when %s, no row is lost; it is counted, and one line names it', async (_, hooks, line) => {
  const lines = diagLines()
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url, ...hooks })
  await exported(exporter, [makeSpan({ name: 'a' }), makeSpan({ name: 'b' })])
  expect(namesIn(server)).toEqual(['a', 'b'])
  expect(statsOf(exporter)).toMatchObject({
    delivered: 2,
    dropped: {},
    hookErrors: 2,
  })
  expect(lines.filter((one) => line.test(one))).toHaveLength(1)
  expect(lines.join()).not.toContain('secret')
})

test('dispatch sends rows to other tables, several or none', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({
    endpoint: server.url,
    dispatch(row, { destination, table, signal }) {
      if (row['span_name'] === 'nothing') return undefined
      const small = {
        name: row['span_name'],
        at: `${destination} ${table} ${signal}`,
        n: 2n ** 63n,
      }
      return { [table]: row, audit: [small, { ...small, n: 1 }] }
    },
  })
  await exported(exporter, [makeSpan({ name: 'a' }), makeSpan({ name: 'nothing' })])
  await flushed(exporter)
  // Two requests at once: either may arrive first.
  const sent = new Map(
    server.inserts.map(({ query, rows }) => [query.get('query')?.split(' FORMAT')[0], rows]),
  )
  const audit = 'INSERT INTO `telemetry`.`audit` (`at`, `n`, `name`)'
  const [usual = ''] = [...sent.keys()].filter((statement) => statement !== audit)
  expect(sent.size).toBe(2)
  expect(usual).toMatch(/^INSERT INTO `telemetry`\.`traces` \(`trace_id`, /)
  expect(sent.get(usual)).toHaveLength(1)
  expect(sent.get(audit)).toEqual([
    { at: 'primary traces traces', n: '9223372036854775808', name: 'a' },
    { at: 'primary traces traces', n: 1, name: 'a' },
  ])
  expect(statsOf(exporter)).toMatchObject({ accepted: 4, delivered: 3, dropped: { filtered: 1 } })
})

test('dispatch to more tables than are kept open loses no row', async () => {
  const server = await scriptedServer()
  let n = 0
  const dispatch = () => ({ [`t${n++ % 100}`]: { n } })
  const exporter = exporterTo({ endpoint: server.url, dispatch })
  await exported(
    exporter,
    Array.from({ length: 500 }, () => makeSpan()),
  )
  await flushed(exporter)
  expect(server.rows).toHaveLength(500)
  expect(statsOf(exporter)).toMatchObject({ delivered: 500 })
})

test('records are stamped with their origin, unless they have one, and are not sent back to it', async () => {
  const [east, west] = [await scriptedServer(), await scriptedServer()]
  const exporter = exporterTo({
    endpoint: east.url,
    origin: 'east',
    destinations: [{ name: 'west', endpoint: west.url, skipIfOrigin: ['west'] }],
  })
  const resource = { attributes: { 'service.name': 'shop', 'spanhouse.origin': 'west' } }
  await exported(exporter, [
    makeSpan({ name: 'here' }),
    makeSpan({ name: 'from west', resource }),
    makeSpan({ name: 'through a gateway', attributes: { 'spanhouse.origin': 'west' } }),
  ])
  expect(namesIn(west)).toEqual(['here'])
  const stamps = east.rows.map(
    ({ resource_attributes }) => Object(resource_attributes)['spanhouse.origin'],
  )
  expect([...stamps].sort()).toEqual(['east', 'east', 'west'])
  expect(west.rows[0]).toMatchObject({ resource_attributes: { 'spanhouse.origin': 'east' } })
})

test("a column _source of one's own table holds the origin", async () => {
  const server = await scriptedServer()
  const schema = defineTable<SpanLike>({
    name: 'mine',
    columns: [
      { name: 'name', type: 'String', value: (span) => span.name },
      { name: '_source', type: 'LowCardinality(String)', value: () => '' },
    ],
    orderBy: 'name',
  })
  const resource = { attributes: { 'spanhouse.origin': 'west' } }
  const exporter = exporterTo({ endpoint: server.url, schema, origin: 'east' })
  await exported(exporter, [makeSpan({ name: 'a' }), makeSpan({ name: 'b', resource })])
  expect(server.rows).toEqual([
    { name: 'a', _source: 'east' },
    { name: 'b', _source: 'west' },
  ])
})

test('what comes in while a pipeline shuts down waits no longer', async () => {
  const server = await scriptedServer()
  const sample = { rate: 1, rules: [{ name: 'never', rate: 0 }] }
  const processor = processorTo({ endpoint: server.url, sample, shutdownTimeoutMs: 60_000 })
  let known = () => {}
  const resource = {
    attributes: { 'service.name': 'shop' },
    asyncAttributesPending: true,
    waitForAsyncAttributes: () =>
      new Promise<void>((resolve) => {
        known = () => {
          resource.asyncAttributesPending = false
          resolve()
        }
      }),
  }
  const { span } = newTrace(1, true)
  processor.onEnd(span('late', 'root', { resource }))
  const end = processor.shutdown()
  known()
  await end
  expect(statsOf(processor)).toMatchObject({ delivered: 1, waiting: 0 })
})

test('spans of a trace that is not chosen wait for its end, and are left out', async () => {
  const server = await scriptedServer()
  const processor = processorTo({ endpoint: server.url, sample: { rate: 0.5 } })
  const { span } = newTrace()
  processor.onEnd(span('child', 'root'))
  processor.onEnd(span('leaf', 'child'))
  expect(statsOf(processor)).toMatchObject({ accepted: 2, waiting: 2, dropped: {} })
  processor.onEnd(span('root'))
  expect(statsOf(processor)).toMatchObject({ accepted: 3, waiting: 0, dropped: { filtered: 3 } })
  const chosen = newTrace(0.5, true)
  processor.onEnd(chosen.span('kept'))
  await flushed(processor)
  expect(namesIn(server)).toEqual(['kept'])
})

test.each<[string, object, Options['sample']]>([
  ['an error', { status: ERROR }, { rate: 0 }],
  ['a slow span', { endTime: [1729627201, 0] }, { rate: 0, keepSlowerThanMs: 1000 }],
])('%s keeps the spans of its trace, before and after it', async (_, changes, sample) => {
  const server = await scriptedServer()
  const processor = processorTo({ endpoint: server.url, ...(sample && { sample }) })
  const { span } = newTrace()
  const other = newTrace()
  processor.onEnd(span('before', 'root'))
  processor.onEnd(other.span('other', 'root'))
  processor.onEnd(span('culprit', 'root', changes))
  processor.onEnd(span('root'))
  processor.onEnd(other.span('root'))
  await flushed(processor)
  expect(namesIn(server)).toEqual(['before', 'culprit', 'root'])
  expect(statsOf(processor)).toMatchObject({ delivered: 3, dropped: { filtered: 2 } })
})

test('a call of the same trace that goes on is not decided by one that has ended', async () => {
  const server = await scriptedServer()
  const processor = processorTo({ endpoint: server.url, sample: { rate: 0 } })
  const { span } = newTrace()
  const remote = { parentSpanContext: { traceId: '1', spanId: 'remote', isRemote: true } }
  processor.onEnd(span('of A', 'root A'))
  processor.onEnd(span('of B', 'root B'))
  processor.onEnd(span('root A', undefined, remote))
  expect(statsOf(processor)).toMatchObject({ waiting: 1, dropped: { filtered: 2 } })
  processor.onEnd(span('root B', undefined, { ...remote, status: ERROR }))
  await flushed(processor)
  expect(namesIn(server)).toEqual(['of B', 'root B'])
})

test('without exceptions, nothing waits', async () => {
  const server = await scriptedServer()
  const sample = { rate: 0.5, keepErrors: false }
  const processor = processorTo({ endpoint: server.url, sample })
  processor.onEnd(newTrace().span('child', 'root', { status: ERROR }))
  expect(statsOf(processor)).toMatchObject({ waiting: 0, dropped: { filtered: 1 } })
})

test('a rule about the first span of a trace decides about all of its spans', async () => {
  const server = await scriptedServer()
  const sample = { rate: 1, rules: [{ route: '/health*', rate: 0 }] }
  const processor = processorTo({ endpoint: server.url, sample })
  for (const route of ['/healthz', '/cart']) {
    const { span } = newTrace(1, true)
    processor.onEnd(span(`child of ${route}`, 'root'))
    processor.onEnd(
      span(route, undefined, {
        attributes: { 'http.route': route },
        spanContext: span('root').spanContext,
      }),
    )
  }
  await flushed(processor)
  expect(namesIn(server)).toEqual(['child of /cart', '/cart'])
})

test.each(['forceFlush', 'shutdown'] as const)(
  '%s decides about what waits, by the rate',
  async (end) => {
    const server = await scriptedServer()
    const sample = { rate: 1, rules: [{ name: 'never', rate: 0 }] }
    const options = { endpoint: server.url, sample, shutdownTimeoutMs: 60_000 }
    const processor = processorTo(options)
    processor.onEnd(newTrace(1, true).span('child', 'root'))
    expect(statsOf(processor)).toMatchObject({ waiting: 1 })
    await processor[end]()
    expect(statsOf(processor)).toMatchObject({ delivered: 1, waiting: 0, waitingBytes: 0 })
    expect(namesIn(server)).toEqual(['child'])
  },
)

test('a trace that never ends here is decided after maxWaitMs, the oldest first when memory is short', async () => {
  const server = await scriptedServer()
  const sample = { rate: 0, maxWaitMs: 30, maxWaitingBytes: 3000 }
  const processor = processorTo({ endpoint: server.url, sample })
  for (let n = 0; n < 5; n++) processor.onEnd(newTrace().span(`child ${n}`, 'root'))
  expect(statsOf(processor)).toMatchObject({ waiting: 2, dropped: { filtered: 3 } })
  await vi.waitFor(
    () => expect(statsOf(processor)).toMatchObject({ waiting: 0, dropped: { filtered: 5 } }),
    60_000,
  )
})

test('log records follow the spans of their trace; those without a trace are kept', async () => {
  const server = await scriptedServer()
  const options = { endpoint: server.url, sample: { rate: 0, maxWaitMs: 60_001 } }
  const spans = processorTo(options)
  const logs = logProcessorTo(options as never)
  const [bad, good] = [newTrace(), newTrace()]
  const changing = { ...bad.log('before', 'child') } as { body: unknown }
  logs.onEmit(changing as never)
  changing.body = 'changed later'
  logs.onEmit(good.log('of a good trace', 'root'))
  logs.onEmit(makeLog({ body: 'of no trace', spanContext: undefined }))
  expect(statsOf(logs)).toMatchObject({ accepted: 3, waiting: 3 })
  spans.onEnd(bad.span('child', 'root', { status: ERROR }))
  spans.onEnd(good.span('root'))
  logs.onEmit(bad.log('after', 'root'))
  await flushed(logs)
  await flushed(spans)
  const rows = server.rows.filter((row) => 'body' in row)
  expect(bodies(rows)).toEqual(['after', 'before', 'of no trace'])
  expect(statsOf(logs)).toMatchObject({ delivered: 3, dropped: { filtered: 1 } })
})

test('log records of a process without spans follow the rate alone', async () => {
  const server = await scriptedServer()
  const logs = logProcessorTo({ endpoint: server.url, sample: { rate: 0.5 } } as never)
  logs.onEmit(newTrace(0.5, true).log('chosen', 'root'))
  logs.onEmit(newTrace(0.5, false).log('not chosen', 'root'))
  expect(statsOf(logs)).toMatchObject({ waiting: 1, dropped: { filtered: 1 } })
  await flushed(logs)
  expect(bodies(server.rows)).toEqual(['chosen'])
})

test('two services with the same rate keep the same traces, and a lower rate keeps some of them', async () => {
  const [a, b, c] = [await scriptedServer(), await scriptedServer(), await scriptedServer()]
  const [half, again, fifth] = [
    processorTo({ endpoint: a.url, sample: { rate: 0.5, keepErrors: false } }),
    processorTo({ endpoint: b.url, sample: { rate: 0.5, keepSlowerThanMs: 60_000 } }),
    processorTo({ endpoint: c.url, sample: { rate: 1, rules: [{ service: 'mail', rate: 0.2 }] } }),
  ]
  for (let n = 0; n < 300; n++) {
    const traceId = randomBytes(16).toString('hex')
    const of = (service: string) =>
      makeSpan({
        name: traceId,
        status: OK,
        spanContext: () => ({ traceId, spanId: '1' }),
        parentSpanContext: undefined,
        resource: { attributes: { 'service.name': service } },
      })
    half.onEnd(of('shop'))
    again.onEnd(of('cart'))
    fifth.onEnd(of('mail'))
  }
  await Promise.all([half, again, fifth].map(flushed))
  expect(namesIn(b)).toEqual(namesIn(a))
  expect(namesIn(a).length).toBeGreaterThan(100)
  expect(namesIn(c).length).toBeGreaterThan(20)
  expect(namesIn(a)).toEqual(expect.arrayContaining(namesIn(c)))
})

test('application code that runs while a row is written may end spans and emit records that decide others', async () => {
  const server = await scriptedServer()
  const options = { endpoint: server.url, sample: { rate: 0, maxWaitMs: 60_002 } }
  const spans = processorTo(options)
  const logs = logProcessorTo(options as never)
  const { span, log } = newTrace()
  spans.onEnd(span('child', 'root'))
  logs.onEmit(log('within', 'root'))
  const attributes = {
    first: 'x',
    get second() {
      spans.onEnd(span('culprit', 'root', { status: ERROR }))
      void logs.forceFlush()
      return 'y'
    },
  }
  logs.onEmit(makeLog({ body: 'outer', spanContext: undefined, attributes }))
  await flushed(spans)
  await flushed(logs)
  const rows = server.rows
  expect(bodies(rows.filter((row) => 'body' in row))).toEqual(['outer', 'within'])
  expect(rows.filter((row) => 'span_name' in row).length).toBeGreaterThanOrEqual(2)
  expect([statsOf(spans).waiting, statsOf(logs).waiting]).toEqual([0, 0])
})

test('a span that ends while a flush writes the row of a span that was held gets a row of its own', async () => {
  const server = await scriptedServer()
  // The first span of a trace may have the name of the rule, so the others wait for it. Without it, they are kept.
  const sample = { rate: 1, rules: [{ name: 'never', rate: 0 }] }
  const to = processorTo({ endpoint: server.url, sample })
  const { span } = newTrace()
  let isWritten = false
  const attributes = {
    first: 'x',
    get second() {
      if (isWritten) to.onEnd(makeSpan({ name: 'inner', parentSpanContext: undefined }))
      isWritten = false
      return 'y'
    },
  }
  to.onEnd(span('held', 'elsewhere', { attributes }))
  expect(statsOf(to)).toMatchObject({ accepted: 1, waiting: 1 })
  isWritten = true
  await flushed(to)
  await flushed(to) // the inner span has ended after the first one began
  expect(namesIn(server).sort()).toEqual(['held', 'inner'])
  expect(server.rows.find((row) => row['span_name'] === 'held')).toMatchObject({
    attributes: { first: 'x', second: 'y' },
  })
  expect(statsOf(to)).toMatchObject({ delivered: 2, waiting: 0, dropped: {} })
})
