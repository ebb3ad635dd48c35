import { describe, expect, onTestFinished, test } from 'vitest'
import { MemoryClickHouse } from '../../../test/kit/clickhouse-backend.js'
import { readInsert } from '../../../test/kit/insert-request.js'
import { until } from '../../../test/kit/patience.js'
import { answer, ScriptedClickHouse } from '../../../test/kit/scripted-clickhouse.js'
import { temporaryDirectory } from '../../../test/kit/temporary-directory.js'
import { held, opened, post, spansAsJson } from './kit.js'
import { spansAsProtobuf } from './protobuf-request.js'

describe('200 is said', () => {
  test('when the rows are delivered, and not before', async () => {
    const { http, server, tables } = await opened()
    const { release } = held(server)
    let status: number | undefined
    const posted = post(`${http}/v1/traces`, spansAsJson(3)).then((reply) => {
      status = reply.status
    })
    await until(() => server.insertsBegun > 0)
    expect(status).toBeUndefined()
    release()
    await posted
    expect(status).toBe(200)
    expect(tables.traces.rows).toHaveLength(3)
  })

  test('with a spool when they are on disk, although ClickHouse does not answer', async () => {
    const directory = temporaryDirectory()
    const { http, server, receiver } = await opened({ exporter: { spool: { directory } } })
    await server.refuse()
    expect((await post(`${http}/v1/traces`, spansAsJson(3))).status).toBe(200)
    const { primary } = receiver.stats().signals.traces.exporter.destinations
    expect(primary).toMatchObject({ waiting: 3, unspooled: 0 })
    expect(primary?.spooledBytes).toBeGreaterThan(0)
  })

  test('and many that wait at once are no leak that Node has to warn of', async () => {
    const { http, server, receiver } = await opened({ holdMs: 60_000 })
    const warnings: Error[] = []
    const warned = (warning: Error) => void warnings.push(warning)
    process.on('warning', warned)
    onTestFinished(() => void process.off('warning', warned))
    const { release } = held(server)
    const posts = Array.from({ length: 20 }, (_, n) => post(`${http}/v1/traces`, spansAsJson(1, n)))
    await until(() => receiver.stats().signals.traces.records === 20)
    release()
    for (const answer of await Promise.all(posts)) expect(answer.status).toBe(200)
    expect(warnings).toEqual([])
  })

  test('at once with `accepted`, and rows of several requests share an INSERT', async () => {
    const { http, server, tables, receiver } = await opened({
      acknowledge: 'accepted',
      exporter: { batch: { maxRows: 30, maxDelayMs: 60_000 } },
    })
    const { release } = held(server)
    const posted = [0, 10, 20].map((from) => post(`${http}/v1/traces`, spansAsJson(10, from)))
    expect((await Promise.all(posted)).map(({ status }) => status)).toEqual([200, 200, 200])
    release()
    await until(() => tables.traces.rows.length === 30)
    expect(server.inserts).toHaveLength(1)
    expect(receiver.stats().signals.traces.records).toBe(30)
  })

  test('when one of two destinations has the rows and the other one fails', async () => {
    const broken = await new ScriptedClickHouse().listen()
    onTestFinished(() => broken.close())
    await broken.refuse()
    const { http, tables, receiver } = await opened({
      exporter: { destinations: [{ name: 'broken', endpoint: broken.url }] },
    })
    for (let n = 0; n < 5; n++)
      expect((await post(`${http}/v1/traces`, spansAsJson(10, 10 * n))).status).toBe(200)
    expect(tables.traces.rows).toHaveLength(50)
    const { destinations } = receiver.stats().signals.traces.exporter
    expect(destinations['broken']).toMatchObject({ waiting: 50, delivered: 0, dropped: {} })
  })

  test('when the rows of each filter are safe: a destination does not stand in for one that gets other rows', async () => {
    const backend = new MemoryClickHouse({})
    const audit = await new ScriptedClickHouse(backend).listen()
    onTestFinished(() => audit.close())
    const { release } = held(audit)
    const { http, tables } = await opened({
      holdMs: 2500, // longer than a destination is waited for beside others
      exporter: {
        filter: { drop: [{ name: 'span 1*' }] },
        destinations: [
          { name: 'audit', endpoint: audit.url, filter: { keep: [{ name: 'span 1*' }] } },
        ],
      },
    })
    const send = () => post(`${http}/v1/traces`, spansAsJson(12))
    expect((await send()).status).toBe(503)
    expect(tables.traces.rows).toHaveLength(9)
    release()
    expect((await send()).status).toBe(200)
    expect(tables.traces.rows).toHaveLength(9)
    expect(backend.table('telemetry.traces').rows).toHaveLength(3)
  })

  test('when a filter leaves records out, and none of them counts as rejected', async () => {
    const { http, tables } = await opened({ exporter: { filter: { drop: [{ name: 'span 1*' }] } } })
    const reply = await post(`${http}/v1/traces`, spansAsJson(12))
    expect([reply.status, reply.body.toString()]).toEqual([200, '{}'])
    expect(tables.traces.rows).toHaveLength(9)
  })
})

describe('a request that is not acknowledged in time', () => {
  test('is answered with 503 and Retry-After; its rows are kept, and the repeated request joins them', async () => {
    const { http, server, tables, receiver } = await opened({ holdMs: 100 })
    const { release } = held(server)
    const body = spansAsProtobuf(3)
    const send = () => post(`${http}/v1/traces`, body, { 'content-type': 'application/x-protobuf' })
    expect(await send()).toMatchObject({ status: 503, retryAfter: '1' })
    expect(await send()).toMatchObject({ status: 503 })
    release()
    await until(async () => (await send()).status === 200)
    expect(tables.traces.rows).toHaveLength(3)
    expect(server.inserts).toHaveLength(1)
    expect(receiver.stats().signals.traces).toMatchObject({ records: 3 })
    expect(receiver.stats().bytesInProgress).toBe(0)
  })
})

describe('the same request', () => {
  test('sent ten times at once is taken once, and all hear of it', async () => {
    const { http, server, tables, receiver } = await opened()
    const { release } = held(server)
    const all = Array.from({ length: 10 }, () => post(`${http}/v1/traces`, spansAsJson(5)))
    await until(() => receiver.stats().signals.traces.repeats === 9)
    release()
    expect((await Promise.all(all)).every(({ status }) => status === 200)).toBe(true)
    expect((await post(`${http}/v1/traces`, spansAsJson(5))).status).toBe(200)
    expect(tables.traces.rows).toHaveLength(5)
    expect(server.inserts).toHaveLength(1)
  })

  test('that was refused is not remembered', async () => {
    const { http, receiver } = await opened()
    for (let n = 0; n < 2; n++)
      expect((await post(`${http}/v1/traces`, '{"resourceSpans":7}')).status).toBe(400)
    expect(receiver.stats().signals.traces.exporter.destinations['primary']?.accepted).toBe(0)
  })
})

describe('some of the records are rejected', () => {
  test('by the server: they are counted and named, and the others are stored', async () => {
    const { http, tables, receiver } = await opened(
      {},
      { refuses: ({ span_name }) => span_name === 'span 1' },
    )
    const reply = await post(`${http}/v1/traces`, spansAsJson(4))
    expect(reply.status).toBe(200)
    expect(JSON.parse(reply.body.toString())).toEqual({
      partialSuccess: {
        rejectedSpans: '1',
        errorMessage: 'Not stored of these spans: 1 refused by the server.',
      },
    })
    expect(tables.traces.rows).toHaveLength(3)
    expect(receiver.stats().signals.traces).toMatchObject({ records: 4, rejected: 1 })
  })

  test.each(['delivered', 'accepted'] as const)(
    'because they are too large, with `%s`',
    async (acknowledge) => {
      const { http, tables } = await opened({
        acknowledge,
        exporter: { limits: { rowBytes: 1000 }, batch: { maxDelayMs: 10 } },
      })
      const long = [{ key: 'text', value: { stringValue: 'x'.repeat(2000) } }]
      const reply = await post(`${http}/v1/traces`, spansAsJson(2, 0, long))
      expect(reply.body.toString()).toContain('2 too large')
      expect((await post(`${http}/v1/traces`, spansAsJson(1))).body.toString()).toBe('{}')
      await until(() => tables.traces.rows.length === 1)
    },
  )
})

describe('back-pressure', () => {
  test('a full queue refuses requests instead of dropping rows, and all are there once the server is back', async () => {
    const { http, server, tables, receiver } = await opened({
      holdMs: 50,
      exporter: { queue: { maxBytes: 60_000 }, compression: { codec: 'none' } },
    })
    await server.refuse()
    const bodies = Array.from({ length: 40 }, (_, n) => spansAsJson(30, 30 * n))
    const first = await Promise.all(bodies.map((body) => post(`${http}/v1/traces`, body)))
    expect(first.every(({ status }) => status === 503)).toBe(true)
    const { primary } = receiver.stats().signals.traces.exporter.destinations
    expect(primary?.waitingBytes).toBeLessThanOrEqual(60_000)
    await server.listen()
    for (const body of bodies)
      await until(async () => (await post(`${http}/v1/traces`, body)).status === 200)
    expect(tables.traces.rows).toHaveLength(1200)
    expect(new Set(tables.traces.rows.map(({ span_id }) => span_id)).size).toBe(1200)
    expect(receiver.stats().signals.traces.exporter.destinations['primary']?.dropped).toEqual({})
  })

  test('a request that has no room waits for it, and is taken as soon as there is some', async () => {
    const { http, server, tables } = await opened({
      exporter: { queue: { maxBytes: 60_000 }, compression: { codec: 'none' } },
    })
    const { release } = held(server)
    const all = Array.from({ length: 20 }, (_, n) =>
      post(`${http}/v1/traces`, spansAsJson(30, 30 * n)),
    )
    await until(() => server.insertsBegun > 0)
    release()
    expect((await Promise.all(all)).every(({ status }) => status === 200)).toBe(true)
    expect(tables.traces.rows).toHaveLength(600)
  })

  test('a request that is larger than the queue is taken bit by bit', async () => {
    const { http, tables, receiver } = await opened({
      exporter: { queue: { maxBytes: 100_000 } },
    })
    const reply = await post(`${http}/v1/traces`, spansAsProtobuf(3000), {
      'content-type': 'application/x-protobuf',
    })
    expect(reply.status).toBe(200)
    expect(tables.traces.rows).toHaveLength(3000)
    expect(receiver.stats().signals.traces.exporter.destinations['primary']?.dropped).toEqual({})
  })

  test('close() in the middle of a request leaves only batches that it makes again', async () => {
    const { http, server, receiver } = await opened({
      holdMs: 60_000,
      exporter: { batch: { maxRows: 90 }, queue: { maxBytes: 64 * 1024 } },
    })
    const { release } = held(server)
    const posted = post(`${http}/v1/traces`, spansAsJson(5000)).catch(() => 'no answer')
    await until(() => server.insertsBegun > 0)
    const closed = receiver.close()
    expect(await posted).toBe('no answer')
    release()
    await closed
    const { dropped } = receiver.stats().signals.traces.exporter.destinations['primary'] ?? {}
    expect(dropped?.shutdown).toBeGreaterThan(0)
    expect(server.inserts.length).toBeGreaterThan(0)
    for (const { rows } of server.inserts) expect(rows).toBe(90)
  })

  test('bodies of requests that were answered with 503 before their turn leave room for those of other signals', async () => {
    const first = spansAsJson(1000)
    const { http, server, receiver } = await opened({
      holdMs: 50,
      exporter: { queue: { maxBytes: 64 * 1024 }, compression: { codec: 'none' } },
      limits: { bodyBytes: first.length, bytesInProgress: 4 * first.length },
    })
    server.behaviour = async (exchange) => {
      const insert = readInsert(await exchange.whole())
      if (insert?.table !== 'telemetry.traces') await answer(exchange)
    }
    const oneLog = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}'
    const statusOf = async (body: string) => (await post(`${http}/v1/traces`, body)).status
    await until(async () => (await statusOf(first)) === 503 && server.insertsBegun > 0)
    for (let n = 1; n <= 6; n++) expect(await statusOf(spansAsJson(990, 1000 * n))).toBe(503)
    expect(receiver.stats().bytesInProgress).toBeLessThanOrEqual(first.length)
    await until(async () => (await post(`${http}/v1/logs`, oneLog)).status === 200)
  })

  test('bodies beyond the memory for requests wait for it', async () => {
    const body = spansAsJson(100, 9000)
    const { http, receiver } = await opened({
      limits: { bodyBytes: body.length, bytesInProgress: body.length },
    })
    const all = Array.from({ length: 10 }, (_, n) =>
      post(`${http}/v1/traces`, spansAsJson(99, 1000 * n)),
    )
    expect((await Promise.all(all)).every(({ status }) => status === 200)).toBe(true)
    expect(receiver.stats().bytesInProgress).toBe(0)
  })
})
