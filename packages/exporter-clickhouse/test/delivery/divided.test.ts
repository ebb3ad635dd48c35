import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { exported, exporterTo, SOON, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually, PATIENT_MS, until } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type Received,
  type Script,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

const REFUSED: Behaviour = { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }
const AWAY: Behaviour = { status: 502 }

/** Spans whose rows hardly compress. */
function bulky(count: number): SpanLike[] {
  return Array.from({ length: count }, () =>
    makeSpan({ name: 'bulky', attributes: { bytes: randomBytes(500).toString('hex') } }),
  )
}

function isPoisoned({ rows }: Received): boolean {
  return rows.some((row) => String(row['span_name']).startsWith('bad'))
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
  test('because of a row that one shard refuses counts as possible duplicates: others may have stored it whole', async () => {
    const refusal: Behaviour = {
      status: 500,
      code: 469,
      body: 'Code: 469. DB::Exception: Received from ch2:9000. DB::Exception: Constraint `c` for table t.l is violated at row 1.',
    }
    const server = await scriptedServer({
      each: (request) => (request.isInsert && isPoisoned(request) ? refusal : 'ok'),
    })
    const exporter = exporterTo({ endpoint: server.url })
    await exported(exporter, [...spans(3, 'good'), ...spans(1, 'bad')])
    await eventually(() =>
      expect(statsOf(exporter)).toMatchObject({
        delivered: 3,
        dropped: { rejected: 1 },
        possibleDuplicates: 3,
      }),
    )
  })

  test('because of a row that is refused counts as possible duplicates also if a shard had the rows before its neighbour got its table', async () => {
    const noTable: Behaviour = {
      status: 404,
      code: 60,
      body: 'Code: 60. DB::Exception: Received from ch2:9000. DB::Exception: Table t.l does not exist. (UNKNOWN_TABLE)',
    }
    let attempts = 0
    const server = await scriptedServer({
      each(request) {
        if (!request.isInsert || !isPoisoned(request)) return 'ok'
        return attempts++ === 0 ? noTable : REFUSED
      },
    })
    const exporter = exporterTo({ endpoint: server.url })
    await exported(exporter, [...spans(3, 'good'), ...spans(1, 'bad')])
    await eventually(() =>
      expect(statsOf(exporter)).toMatchObject({
        delivered: 3,
        dropped: { rejected: 1 },
        possibleDuplicates: 3,
      }),
    )
  })

  test('stays on disk when the exporter is shut down meanwhile', async () => {
    const directory = temporaryDirectory()
    const refusing = await scriptedServer(REFUSED)
    const first = exporterTo({ endpoint: refusing.url, spool: { directory }, shutdownTimeoutMs: 1 })
    void exported(first, spans(2000))
    await refusing.received(1)
    while (statsOf(first).errors === 0) await nextTurn()
    await first.shutdown()
    const { dropped, waiting } = statsOf(first)
    expect({ dropped, waiting }).toEqual({ dropped: {}, waiting: 2000 })

    const server = await scriptedServer()
    const second = exporterTo({ endpoint: server.url, spool: { directory } })
    await eventually(() => expect(statsOf(second).delivered).toBe(2000))
    expect(new Set(server.rows.map((row) => row['span_name'])).size).toBe(2000)
  })

  test('costs one bad row one row, also when its held-back half was let go from memory', async () => {
    const { server, answer } = await halvingServer()
    const directory = temporaryDirectory()
    const to = exporterTo({
      endpoint: server.url,
      spool: { directory },
      queue: { maxBytes: 200_000 },
      acknowledge: 'accepted',
    })
    await exported(to, [...bulky(7), ...spans(1, 'bad')])
    await eventually(() => expect(server.inserts.map(({ rows }) => rows.length)).toEqual([8, 4]))
    // These need its place: none is answered yet.
    for (let n = 0; n < 12; n++) await exported(to, bulky(60))
    answer()
    await eventually(() => expect(statsOf(to).waiting).toBe(0))
    expect(statsOf(to).dropped['rejected']).toBe(1)
    expect(server.inserts.some((request) => request.rows.length === 1 && isPoisoned(request))).toBe(
      true,
    )
    const { accepted, delivered, dropped } = statsOf(to)
    expect(delivered + 1 + (dropped['queue_full'] ?? 0)).toBe(accepted)
  })

  test('and was recovered: its parts keep its INSERT although the options have changed', async () => {
    const directory = temporaryDirectory()
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const before = exporterTo({ endpoint, spool: { directory }, schema: 'flat' })
    await exported(before, spans(4))
    await before.shutdown()

    const server = await scriptedServer({
      each: ({ rows }) => (rows.length > 2 ? { status: 413 } : 'ok'),
    })
    const after = exporterTo({ endpoint: server.url, spool: { directory }, schema: 'otel' })
    await eventually(() => expect(statsOf(after).delivered).toBe(4))
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
    const to = exporterTo({ endpoint: server.url, schema: hits })
    await exported(to, spans(4))
    await to.forceFlush()
    expect(statsOf(to).delivered).toBe(4)
    expect(server.rows).toHaveLength(4)
    const tokens = server.inserts.map(({ query }) => query.get('insert_deduplication_token'))
    expect(new Set(tokens).size).toBe(3)
  })

  test('keeps its second half back until the first is answered, whoever flushes', async () => {
    const { server, answer } = await halvingServer()
    const to = exporterTo({ endpoint: server.url, acknowledge: 'accepted' })
    await exported(to, [...spans(7), ...spans(1, 'bad')])
    await expect(to.forceFlush({ timeoutMs: 1 })).rejects.toThrow('not flushed')
    await eventually(() => expect(server.inserts).toHaveLength(2))
    await expect(to.forceFlush({ timeoutMs: 1 })).rejects.toThrow('not flushed')
    await exported(to, spans(1, 'another'))
    await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow('not flushed')
    await eventually(() => expect(server.inserts.map(({ rows }) => rows.length)).toEqual([8, 4, 1]))
    answer()
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 8, dropped: { rejected: 1 }, waiting: 0 })
    expect(server.inserts.filter((one) => one.rows.length === 4)).toHaveLength(1)
  })
})

describe('a batch that an earlier process may have stored', () => {
  const MEMORY: Behaviour = {
    status: 500,
    code: 241,
    body: 'Code: 241. DB::Exception: Query memory limit exceeded: would use 10 GiB (MEMORY_LIMIT_EXCEEDED)',
  }

  /** A process that ends before it has an answer, and the next one. The server has the rows. */
  async function nextProcess(script: Script) {
    const directory = temporaryDirectory()
    const server = await scriptedServer({
      each: ({ isInsert }) => (isInsert ? 'lose the answer' : 'ok'),
    })
    const before = exporterTo({ endpoint: server.url, spool: { directory } })
    await exported(before, bulky(600))
    await until(() => server.rows.length === 600)
    await before.shutdown()
    expect(statsOf(before).waiting).toBe(600)
    server.follow(script)
    const after = exporterTo({ endpoint: server.url, spool: { directory } })
    return { server, after }
  }

  test('is not halved because of the memory that one query may use: it is stored once', async () => {
    let refusals = 2
    const { server, after } = await nextProcess({
      each: ({ rows }) => (rows.length === 600 && refusals-- > 0 ? MEMORY : 'ok'),
    })
    await eventually(() => expect(statsOf(after).delivered).toBe(600))
    expect(server.rows).toHaveLength(600)
    expect(statsOf(after).possibleDuplicates).toBe(0)
  })

  test('is halved if one query never may use that much, and counts as possible duplicates', async () => {
    const { server, after } = await nextProcess({
      each: ({ rows }) => (rows.length === 600 ? MEMORY : 'ok'),
    })
    await eventually(() => expect(statsOf(after).delivered).toBe(600))
    expect(server.rows).toHaveLength(1200)
    expect(statsOf(after).possibleDuplicates).toBe(600)
  })

  test('is halved if a proxy does not let it pass any more, and counts as possible duplicates', async () => {
    const { server, after } = await nextProcess({
      each: ({ rows }) => (rows.length === 600 ? { status: 413 } : 'ok'),
    })
    await eventually(() => expect(statsOf(after).delivered).toBe(600))
    expect(server.rows).toHaveLength(1200)
    expect(statsOf(after).possibleDuplicates).toBe(600)
  })
})

test('a part is not sent before the time that the server named, when that was told the other part', async () => {
  const times: number[] = []
  const server = await scriptedServer({
    each: ({ rows }) => {
      if (rows.length === 0) return 'ok' // the question for the columns of the table
      times.push(performance.now())
      if (rows.length === 4) return REFUSED
      return times.length === 2 ? { status: 503, headers: { 'retry-after': '1' } } : 'ok'
    },
  })
  const to = exporterTo({ endpoint: server.url })
  await exported(to, spans(4))
  await to.forceFlush()
  const [, asked = 0, next = 0] = times
  expect(next - asked).toBeGreaterThan(950)
  expect(statsOf(to)).toMatchObject({ delivered: 4, waiting: 0 })
})

test('the same rows are never in two requests at once, when a part fails alone', async () => {
  const underWay = new Map<string, number>()
  let most = 0
  let whole = 0
  const server = await scriptedServer((request, response) => {
    const token = request.query.get('insert_deduplication_token')
    if (!token) return void response.end() // a ping
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
  const retry = { ...SOON, maxRetries: 8 }
  // An attempt that runs into its deadline may still be under way at the server.
  const to = exporterTo({ endpoint: server.url, retry, timeoutMs: PATIENT_MS })
  let others = 0
  const good = setInterval(() => void exported(to, spans(20, `other ${others++}`)), 20)
  onTestFinished(() => clearInterval(good))
  await exported(to, spans(4, 'bad'))
  await eventually(() => expect(statsOf(to).dropped).not.toEqual({}))
  expect(most).toBe(1)
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
  const to = exporterTo({ endpoint: server.url })
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

test('a batch that answers nobody knows may have stored, and that is divided in the end, counts as possible duplicates', async () => {
  const isMaybe = ({ span_name }: Record<string, unknown>) => String(span_name).startsWith('maybe')
  const engine = ['MergeTree', 'MergeTree SETTINGS non_replicated_deduplication_window = 9', '']
  const server = await scriptedServer({
    each: ({ rows, statement }) => {
      if (statement.includes('FROM system.tables'))
        return { status: 200, body: JSON.stringify(engine) }
      return rows.filter(isMaybe).length > 2
        ? { status: 500, code: 4711, body: 'Code: 4711. DB::Exception: new (NEW_ERROR)' }
        : 'ok'
    },
  })
  const to = exporterTo({ endpoint: server.url, retry: SOON })
  await exported(to, spans(1))
  await eventually(() => expect(statsOf(to).deduplication).toBe('effective'))
  const others = setInterval(() => to.export(spans(1), () => {}), 5)
  onTestFinished(() => clearInterval(others))
  await exported(to, spans(4, 'maybe'))
  await until(() => server.rows.filter(isMaybe).length === 4)
  clearInterval(others)
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ dropped: {}, waiting: 0, possibleDuplicates: 4 })
})
