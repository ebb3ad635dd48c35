import type { SpanLike } from '@spanhouse/transform'
import { describe, expect, test, vi } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { PATIENT_MS } from '../../../../test/kit/patience.js'
import { type Received, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'

async function sent(to: ClickHouseSpanProcessor, ...spans: SpanLike[]): Promise<void> {
  for (const span of spans) to.onEnd(span)
  await to.forceFlush()
}

const isCompact = ({ query }: Received) => query.get('query')?.includes(' FROM input(') === true

describe('a server that does not take compact rows', () => {
  test.each([
    ['an unknown function', 46],
    ['a syntax error', 62],
    ['a right that is missing', 497],
    ['a type that does not match', 53],
  ])('because of %s gets the same ones whole, and from then on no others', async (_, code) => {
    const server = await scriptedServer({
      each: (request) =>
        isCompact(request) ? { status: 400, code, body: `Code: ${code}. DB::Exception: no` } : 'ok',
    })
    const to = processorTo({ endpoint: server.url })
    const span = makeSpan({ name: 'one' })
    await sent(to, span)
    await sent(to, makeSpan({ name: 'two' }))
    expect(server.inserts.map(isCompact)).toEqual([true, false, false])
    expect(server.rows.map((row) => row['span_name'])).toEqual(['one', 'two'])
    expect(server.rows[0]).toMatchObject({
      service_name: 'shop',
      timestamp_ns: '1729627200000000005',
      duration_ms: 145,
    })
    expect(statsOf(to)).toMatchObject({ accepted: 2, delivered: 2, dropped: {}, waiting: 0 })
    const [compact, whole, another] = server.inserts.map(({ query }) =>
      query.get('insert_deduplication_token'),
    )
    expect(whole).toBe(compact) // the same rows, whatever became of the first
    expect(another).not.toBe(compact)
  })

  test('nor whole ones keeps what it is to have', async () => {
    const server = await scriptedServer({
      each: () => ({ status: 403, code: 497, body: 'Code: 497. DB::Exception: no' }),
    })
    const to = processorTo({ endpoint: server.url })
    to.onEnd(makeSpan())
    void to.forceFlush().catch(() => {})
    await vi.waitFor(() => expect(statsOf(to).errors).toBe(2), PATIENT_MS)
    expect(server.inserts.map(isCompact)).toEqual([true, false])
    expect(statsOf(to)).toMatchObject({ accepted: 1, delivered: 0, dropped: {}, waiting: 1 })
  })
})

test('the other part of a divided batch is sent, also when the first has to be made whole', async () => {
  const server = await scriptedServer({
    each: (request) => {
      const refused = (code: number) => ({
        status: 400,
        code,
        body: `Code: ${code}. DB::Exception: no`,
      })
      if (request.rows.length > 2) return refused(469)
      return isCompact(request) ? refused(43) : 'ok'
    },
  })
  const to = processorTo({ endpoint: server.url })
  await sent(to, ...[1, 2, 3, 4].map((n) => makeSpan({ name: `span ${n}` })))
  expect(statsOf(to)).toMatchObject({ delivered: 4, dropped: {}, waiting: 0 })
})

test('what is refused in a row that was taken compact before is the row, not the form', async () => {
  const server = await scriptedServer({
    each: ({ rows }) =>
      rows.some((row) => row['span_name'] === 'bad')
        ? { status: 400, code: 53, body: 'Code: 53. DB::Exception: no' }
        : 'ok',
  })
  const to = processorTo({ endpoint: server.url })
  await sent(to, makeSpan({ name: 'good' }))
  await sent(to, makeSpan({ name: 'bad' }), makeSpan({ name: 'better' }))
  expect(server.inserts.every(isCompact)).toBe(true)
  expect(statsOf(to)).toMatchObject({ delivered: 2, dropped: { rejected: 1 } })
})

test('an asynchronous insert takes plain rows', async () => {
  const server = await scriptedServer()
  await sent(processorTo({ endpoint: server.url, asyncInsert: true }), makeSpan())
  expect(server.inserts.map(isCompact)).toEqual([false])
})

test('brotli: the statement stands in the URL, or the rows are whole if it is too long for one', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url, compression: { codec: 'br' } })
  await sent(to, makeSpan())
  const attributes = { 'service.name': 'x'.repeat(5000) }
  await sent(to, makeSpan({ resource: { attributes } }))
  expect(server.inserts.map(isCompact)).toEqual([true, false])
  expect(server.rows.map((row) => row['service_name'])).toEqual([
    'shop',
    attributes['service.name'],
  ])
})

test.each([
  [
    'by a server that reads no such long ones',
    {
      status: 400,
      code: 62,
      body: 'Code: 62. DB::Exception: Max query size exceeded (SYNTAX_ERROR)',
    },
  ],
  ['by a proxy', { status: 414, code: 0, body: '' }],
])(
  'a statement that is refused for its length %s costs no row, though shorter ones were taken',
  async (_, refusal) => {
    const server = await scriptedServer({
      each: ({ query }) => ((query.get('query')?.length ?? 0) > 4000 ? refusal : 'ok'),
    })
    const to = processorTo({ endpoint: server.url, batch: { maxRows: 100 } })
    await sent(to, makeSpan({ attributes: { first: 1 } }))
    const spans = Array.from({ length: 300 }, (_, n) =>
      makeSpan({ name: `${n}`, attributes: { [`a key of a span that has the number ${n}`]: n } }),
    )
    await sent(to, ...spans)
    await sent(to, makeSpan({ attributes: { last: 1 } }))
    expect(statsOf(to)).toMatchObject({ delivered: 302, dropped: {}, waiting: 0 })
    expect(server.inserts.length).toBe(2 + 2 * 3)
    expect(isCompact(server.inserts.at(-1) as Received)).toBe(true)
  },
)

test('a batch of a small queue has room in it, with its statement', async () => {
  const to = processorTo({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    queue: { maxBytes: 16_384 },
    compression: { codec: 'none' },
  })
  for (let n = 0; n < 200; n++)
    to.onEnd(makeSpan({ attributes: { [`a key of a span that has the number ${n}`]: n } }))
  await to.forceFlush({ timeoutMs: 100 }).catch(() => {})
  expect(statsOf(to).waiting).toBeGreaterThan(10)
  expect(statsOf(to).waitingBytes).toBeGreaterThan(8000)
  expect(statsOf(to).waitingBytes).toBeLessThanOrEqual(16_384)
})

test('a span that ends because one was dropped is not waited for for ever', async () => {
  let drops = 0
  const to: ClickHouseSpanProcessor = processorTo({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    batch: { maxBytes: 3000 },
    queue: { maxBytes: 40_000, whenFull: 'drop_newest' },
    onDrop: () => {
      if (++drops < 1000) to.onEnd(big())
    },
  })
  const big = () => makeSpan({ attributes: { filler: 'x'.repeat(1600) } })
  for (let n = 0; n < 60; n++) to.onEnd(big())
  expect(drops).toBeGreaterThan(0)
  expect(drops).toBeLessThan(200)
  await to.shutdown()
})

describe('the keys of attributes', () => {
  const attributesOf = (n: number) =>
    Object.fromEntries(Array.from({ length: n % 5 }, (_, k) => [`key.${(n * k) % 11}`, `${n}`]))
  const spans = Array.from({ length: 300 }, (_, n) =>
    makeSpan({ name: `${n}`, attributes: attributesOf(n) }),
  )

  test.each([
    ['its rows', { maxRows: 7 }],
    ['its bytes', { maxBytes: 2000 }],
  ])(
    'of a batch that is bounded by %s stand in its statement, whatever its rows are',
    async (_, batch) => {
      const server = await scriptedServer()
      await sent(processorTo({ endpoint: server.url, batch }), ...spans)
      expect(server.inserts.length).toBeGreaterThan(20)
      expect(server.inserts.every(isCompact)).toBe(true)
      const stored = new Map(server.rows.map((row) => [row['span_name'], row['attributes']]))
      for (const { name, attributes } of spans) expect(stored.get(name)).toEqual(attributes)
      // Those of its own rows, and no others.
      const statements = server.inserts.map(({ query }) => query.get('query') ?? '')
      expect(new Set(statements).size).toBeGreaterThan(10)
      expect(Math.max(...statements.map(({ length }) => length))).toBeLessThan(4000)
    },
  )

  test('stay in the rows where the URL has no more room for them: brotli', async () => {
    const server = await scriptedServer()
    const to = processorTo({ endpoint: server.url, compression: { codec: 'br' } })
    const many = Array.from({ length: 200 }, (_, n) =>
      makeSpan({ name: `${n}`, attributes: { [`a key that is ${n} times as long`]: n } }),
    )
    await sent(to, ...many)
    expect(server.inserts.map(isCompact)).toEqual([true])
    const { length } = String(server.inserts[0]?.query)
    expect(length).toBeGreaterThan(4500)
    expect(length).toBeLessThan(7000)
    for (const [n, row] of server.rows.entries())
      expect(row['attributes']).toEqual({ [`a key that is ${n} times as long`]: `${n}` })
  })
})

test.each([
  ['nothing', null],
  ['no context', makeSpan({ spanContext: 5 })],
  [
    'a context that throws',
    makeSpan({
      spanContext: () => {
        throw new Error('hostile')
      },
    }),
  ],
])('onEnd() takes %s for a span, and does not throw', async (_, span) => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  await sent(to, span as SpanLike, makeSpan())
  expect(server.rows.map((row) => row['span_name'])).toContain('GET /cart')
  const { accepted = 0, delivered = 0, dropped = {} } = statsOf(to) ?? {}
  expect([accepted, delivered + (dropped.encode_error ?? 0)]).toEqual([2, 2])
})
