import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import {
  type Behaviour,
  type Received,
  type Script,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'

// What the exporter makes of answers, as it learns who answers.

const GZIP = { 'content-encoding': 'gzip' }
const BROTLI = { 'content-encoding': 'br' }
const HEADERS = { 'x-clickhouse-summary': '{}', 'x-clickhouse-server-display-name': 'ch' }

/** Takes the rows, as a ClickHouse that names itself. */
function taken({ query }: Received): Behaviour {
  const id = query.get('query_id') ?? 'a statement'
  return (_, res) => void res.writeHead(200, { ...HEADERS, 'x-clickhouse-query-id': id }).end()
}

/** One behaviour for each INSERT in turn, then the last one. */
function inTurn(...behaviours: ((request: Received) => Behaviour)[]): Script {
  let next = 0
  return {
    each: (request) => {
      if (!request.isInsert) return 'ok'
      const behaviour = behaviours[Math.min(next++, behaviours.length - 1)]
      return behaviour ? behaviour(request) : 'ok'
    },
  }
}

describe('an answer without the headers of ClickHouse', () => {
  test('will do from a server that never showed any', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    for (let n = 0; n < 3; n++) await exported(to, spans(5))
    expect(statsOf(to)).toMatchObject({ delivered: 15, errors: 0 })
  })

  test('is doubted after the first answer that had them, and the same is sent again with its token', async () => {
    const server = await scriptedServer(inTurn(taken, () => 'ok', taken))
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(5))
    await exported(to, spans(5))
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 10, errors: 1, retries: 1 })
    const [, second, third] = server.inserts.map(({ query }) => query)
    expect(third?.get('insert_deduplication_token')).toBe(second?.get('insert_deduplication_token'))
    expect(third?.get('query_id')).not.toBe(second?.get('query_id'))
  })

  test('is doubted after a refusal that had them', async () => {
    const refusal = () => ({ status: 500, code: 242, headers: HEADERS })
    const server = await scriptedServer(inTurn(refusal, () => 'ok', taken))
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(5))
    await to.forceFlush()
    expect(server.inserts).toHaveLength(3)
    expect(statsOf(to)).toMatchObject({ delivered: 5, errors: 2 })
  })

  test('will do again when the server is found to answer behind something that takes them away', async () => {
    let isBare = false
    const server = await scriptedServer({
      each: (request) => {
        const word = /^SELECT reverse\('(.+)'\)/.exec(request.statement)?.[1]
        if (isBare && word) return { status: 200, body: `${[...word].reverse().join('')}\n` }
        return isBare ? 'ok' : taken(request)
      },
    })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(5))
    // The last that is asked of a server after its first success.
    await eventually(() =>
      expect(server.requests.some((one) => one.statement.startsWith('SELECT comment'))).toBe(true),
    )
    isBare = true
    for (let n = 0; n < 3; n++) await exported(to, spans(5))
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 20, errors: 0, retries: 0 })
    expect(server.inserts).toHaveLength(4)
    const asked = server.requests.filter(({ statement }) => statement.includes('reverse('))
    expect(asked).toHaveLength(1)
  })

  test('is doubted by one destination alone', async () => {
    const named = await scriptedServer({ each: taken })
    const bare = await scriptedServer()
    const to = exporterTo({
      destinations: [
        { name: 'named', endpoint: named.url },
        { name: 'bare', endpoint: bare.url },
      ],
    })
    for (let n = 0; n < 3; n++) await exported(to, spans(5))
    for (const stats of Object.values(to.stats().destinations))
      expect(stats).toMatchObject({ delivered: 15, errors: 0 })
  })
})

test('an answer that belongs to another request of ours is doubted; one with an id of a proxy’s is not', async () => {
  let first = ''
  const withId = (id: string) => (): Behaviour => ({
    status: 200,
    headers: { ...HEADERS, 'x-clickhouse-query-id': id },
  })
  const remember = (request: Received) => {
    first = request.query.get('query_id') ?? ''
    return taken(request)
  }
  const server = await scriptedServer(
    inTurn(remember, withId('17A0C5E6F1B2C3D4'), () => withId(first)(), taken),
  )
  const to = exporterTo({ endpoint: server.url })
  for (let n = 0; n < 3; n++) await exported(to, spans(5))
  await to.forceFlush()
  expect(server.inserts).toHaveLength(4)
  expect(statsOf(to)).toMatchObject({ delivered: 15, errors: 1 })
})

test('a page that stands in for a server costs no row, and one line says what it is', async () => {
  const lines = diagLines()
  const page = {
    status: 200,
    headers: { 'content-type': 'text/html', server: 'nginx' },
    body: '<title>Back soon</title>',
  }
  const server = await scriptedServer(page)
  const to = exporterTo({ endpoint: server.url })
  await exported(to, spans(5))
  await expect(to.forceFlush({ timeoutMs: 100 })).rejects.toThrow('primary (5 rows)')
  expect(statsOf(to)).toMatchObject({ delivered: 0, waiting: 5, dropped: {}, failing: true })
  expect(statsOf(to).lastError).toContain(
    'HTTP status 200 with an HTML page (text/html, from nginx, Back soon)',
  )
  expect(lines).toHaveLength(1)
  server.follow('ok')
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 5, waiting: 0 })
})

test('a dead letter that something else takes is not kept', async () => {
  const lines = diagLines()
  const server = createHttpServer((req, res) => {
    const isRow = req.url?.includes('insert_deduplication_token=')
    req.resume().on('end', () => {
      if (isRow) res.writeHead(400, { 'x-clickhouse-exception-code': '27' }).end()
      else res.writeHead(200, { 'content-type': 'text/plain' }).end('Hello')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const to = exporterTo({ endpoint: `http://127.0.0.1:${port}`, deadLetter: { table: 'dead' } })
  await exported(to, spans(1))
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ dropped: { rejected: 1 } })
  expect(lines.join()).toContain('cannot be kept as a dead letter')
})

describe('a setting that a constraint forbids', () => {
  const forbids = (setting: string) =>
    scriptedServer({
      each: ({ query, isInsert }) =>
        isInsert && query.has(setting)
          ? {
              status: 500,
              code: 452,
              body: `Code: 452. DB::Exception: Setting ${setting} should not be changed. (SETTING_CONSTRAINT_VIOLATION)`,
            }
          : 'ok',
    })

  test.each(['log_comment', 'wait_for_async_insert', 'insert_deduplicate', 'wait_end_of_query'])(
    'is left out if no row depends on it: %s',
    async (setting) => {
      const server = await forbids(setting)
      const to = exporterTo({ endpoint: server.url })
      for (let n = 0; n < 3; n++) await exported(to, spans(5))
      expect(server.inserts).toHaveLength(4)
      expect(statsOf(to)).toMatchObject({ delivered: 15, errors: 0 })
    },
  )

  test.each(['limit', 'async_insert', 'timeout_overflow_mode', 'date_time_input_format'])(
    'holds the rows if they depend on it: %s',
    async (setting) => {
      const lines = diagLines()
      const server = await forbids(setting)
      const to = exporterTo({ endpoint: server.url })
      await exported(to, spans(5))
      await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow('primary (5 rows)')
      expect(statsOf(to)).toMatchObject({ delivered: 0, waiting: 5, dropped: {} })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`\`${setting}\` must be `)
    },
  )

  test('so does the wait for the server’s own batches, where it makes them', async () => {
    const server = await forbids('wait_for_async_insert')
    const to = exporterTo({ endpoint: server.url, asyncInsert: true })
    await exported(to, spans(5))
    await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow('primary (5 rows)')
  })
})

describe('a batch that is more than one query may use', () => {
  const MAX = 300
  const body =
    'Code: 241. DB::Exception: Query memory limit exceeded: would use 2.00 GiB, maximum: 1.00 GiB. (MEMORY_LIMIT_EXCEEDED)'
  const tooMuch = { status: 500, code: 241, body }
  const small = { each: ({ rows }: Received) => (rows.length > MAX ? tooMuch : 'ok') } as const
  const bulk = { text: 'x'.repeat(400) }

  test('is halved until it fits, and each row is stored once', async () => {
    const server = await scriptedServer(small)
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(1000, 'span', bulk))
    await eventually(() => expect(statsOf(to).delivered).toBe(1000))
    expect(server.rows).toHaveLength(1000)
    // Twice whole; then two halves and four quarters.
    expect(server.inserts).toHaveLength(8)
    expect(statsOf(to)).toMatchObject({ dropped: {}, waiting: 0 })
  })

  test('is not halved for the memory of the user or of the server', async () => {
    let refusals = 0
    const server = await scriptedServer({
      each: ({ isInsert }) =>
        isInsert && refusals++ < 4
          ? { ...tooMuch, body: body.replace('Query memory', 'User memory') }
          : 'ok',
    })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(1000, 'span', bulk))
    await to.forceFlush()
    expect(server.inserts.map(({ rows }) => rows.length)).toEqual(Array(5).fill(1000))
  })

  test('is not halved if it may have been stored: halves would not be known for the same rows', async () => {
    const behaviours: Behaviour[] = ['lose the answer', tooMuch, tooMuch, tooMuch, tooMuch]
    const server = await scriptedServer({
      each: ({ isInsert }) => (isInsert ? (behaviours.shift() ?? 'ok') : 'ok'),
    })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(1000, 'span', bulk))
    await eventually(() => expect(statsOf(to).delivered).toBe(1000))
    expect(server.inserts.every(({ rows }) => rows.length === 1000)).toBe(true)
  })

  test('is not halved once it is small: a server without memory is not flooded', async () => {
    const server = await scriptedServer({ each: ({ isInsert }) => (isInsert ? tooMuch : 'ok') })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(100))
    await eventually(() => expect(server.inserts.length).toBeGreaterThan(10))
    expect(server.inserts.map(({ rows }) => rows.length)).toEqual(
      Array(server.inserts.length).fill(100),
    )
    server.follow('ok')
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 100, dropped: {} })
  })
})

describe('delivers, whatever the wire looks like', () => {
  const OK = 'HTTP/1.1 200 OK\r\n'
  const id = 'x-clickhouse-summary: {}\r\n'
  const zipped = gzipSync('')
  test.each<[string, (string | Buffer)[]]>([
    ['HTTP/1.0, whose end is the end of the connection', ['HTTP/1.0 200 OK\r\n\r\n']],
    ['HTTP/1.0 with a length', ['HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n']],
    ['upper case', [`${OK}X-CLICKHOUSE-SUMMARY: {}\r\nCONTENT-LENGTH: 0\r\n\r\n`]],
    ['chunks', [`${OK}${id}transfer-encoding: chunked\r\n\r\n0\r\n\r\n`]],
    [
      '1xx before it',
      [`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${OK}${id}content-length: 0\r\n\r\n`],
    ],
    ['what follows is garbage', [`${OK}${id}content-length: 0\r\n\r\ngarbage`]],
    [
      'compressed, without being asked',
      [`${OK}${id}content-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`, zipped],
    ],
    ['no reason', [`HTTP/1.1 200\r\n${id}content-length: 0\r\n\r\n`]],
  ])('%s', async (_, answer) => {
    const server = await rawServer((socket) => {
      let seen = ''
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1')
        const length = Number(/content-length: (\d+)/i.exec(seen)?.[1])
        const end = seen.indexOf('\r\n\r\n')
        if (end < 0 || seen.length < end + 4 + length) return
        seen = ''
        for (const part of answer) socket.write(part)
        socket.end()
      })
    })
    const to = exporterTo({ endpoint: server.url })
    await exported(to, spans(3))
    await exported(to, spans(3))
    await to.forceFlush()
    expect(statsOf(to)).toMatchObject({ delivered: 6, dropped: {}, errors: 0 })
  })
})

test('an exception in a compressed answer is read', async () => {
  const body = gzipSync(
    "Code: 60. DB::Exception: Table default.traces doesn't exist. (UNKNOWN_TABLE)",
  )
  const server = await scriptedServer({
    each:
      ({ isInsert }) =>
      (_, res) => {
        if (isInsert) res.writeHead(404, { 'content-encoding': 'gzip' }).end(body)
        else res.end()
      },
  })
  const to = exporterTo({ endpoint: server.url, manageSchema: 'off' })
  await exported(to, spans(1))
  await expect(to.forceFlush({ timeoutMs: 50 })).rejects.toThrow('primary')
  expect(statsOf(to).lastError).toBe(
    "ClickHouse error 60: Table default.traces doesn't exist. (UNKNOWN_TABLE)",
  )
})

describe('an exception that quotes a long value', () => {
  const quoted = (length: number) =>
    `Code: 6. DB::Exception: Cannot parse string '${randomBytes(length / 2).toString('hex')}' as Int64: syntax error at begin of string`
  const inView = (length: number) =>
    `${quoted(length)}: while executing 'FUNCTION toInt64(v)': while pushing to view telemetry.mv (9b8d). (CANNOT_PARSE_TEXT) (version 26.7.1)`

  test.each<[string, { headers?: Record<string, string>; body: string | Buffer }]>([
    ['of 70 KB', { body: inView(70_000) }],
    ['of two megabytes', { body: inView(2_000_000) }],
    ['of 70 KB, in gzip', { headers: GZIP, body: gzipSync(inView(70_000)) }],
    ['of two megabytes, in gzip', { headers: GZIP, body: gzipSync(inView(2_000_000)) }],
    ['of 70 KB, in brotli', { headers: BROTLI, body: brotliCompressSync(inView(70_000)) }],
  ])(
    '%s, and names a view at its end: the table has the rows, so the same is sent again',
    async (_, { headers, body }) => {
      const refuse: Behaviour = (_, res) =>
        void res.writeHead(400, { 'x-clickhouse-exception-code': '6', ...headers }).end(body)
      const server = await scriptedServer(inTurn(() => refuse, taken))
      const to = exporterTo({ endpoint: server.url })
      await exported(to, spans(4))
      await to.forceFlush()
      const tokens = server.inserts.map(({ query }) => query.get('insert_deduplication_token'))
      expect(tokens).toEqual([tokens[0], tokens[0]])
      expect(statsOf(to)).toMatchObject({ delivered: 4, dropped: {}, retries: 1 })
    },
  )

  test.each<[string, { headers?: Record<string, string>; body: string | Buffer }]>([
    ['longer than what is read', { body: quoted(20_000_000) }],
    ['longer than what is inflated', { headers: GZIP, body: gzipSync(quoted(20_000_000)) }],
    ['that is spoilt', { headers: GZIP, body: 'no gzip' }],
  ])(
    '%s may name a view: the batch is divided, and counts as possible duplicates',
    async (_, { headers, body }) => {
      const refuse: Behaviour = (_, res) =>
        void res.writeHead(400, { 'x-clickhouse-exception-code': '6', ...headers }).end(body)
      const server = await scriptedServer(inTurn(() => refuse, taken))
      const to = exporterTo({ endpoint: server.url })
      await exported(to, spans(4))
      await to.forceFlush()
      expect(statsOf(to)).toMatchObject({ delivered: 4, dropped: {}, possibleDuplicates: 4 })
    },
  )
})

test('rows that a proxy spoils are held, and none becomes a dead letter', async () => {
  const directory = temporaryDirectory()
  const spoiled =
    "Code: 27. DB::Exception: Cannot parse input: expected '{' before: '\u001f\ufffd\\b\\0': (at row 1)\n: While executing ParallelParsingBlockInputFormat. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)"
  const server = await scriptedServer({ status: 400, code: 27, body: spoiled })
  const to = exporterTo({ endpoint: server.url, deadLetter: { directory, maxBytes: 1e6 } })
  await exported(to, spans(8))
  await expect(to.forceFlush({ timeoutMs: 200 })).rejects.toThrow('primary (8 rows)')
  expect(statsOf(to)).toMatchObject({ waiting: 8, dropped: {} })
  expect(() => readFileSync(join(directory, 'primary.ndjson'))).toThrow('ENOENT')
})

test.each([
  ['1048449', { delivered: 40, waiting: 0, errors: 0 }],
  ['10', { delivered: 0, waiting: 40 }],
])(
  'a setting that rows depend on may be missing where the server has as good a value: %s',
  async (value, expected) => {
    const server = await scriptedServer({
      each: ({ isInsert, query, statement }) => {
        if (statement.includes('FROM system.settings')) return { status: 200, body: `${value}\n` }
        if (!isInsert || !query.has('min_insert_block_size_rows')) return 'ok'
        const body =
          "Code: 452. DB::Exception: Setting min_insert_block_size_rows shouldn't be greater than 2000000."
        return { status: 500, code: 452, body }
      },
    })
    const to = exporterTo({ endpoint: server.url })
    await Promise.all(Array.from({ length: 8 }, () => exported(to, spans(5)))) // several are under way at once
    await to.forceFlush({ timeoutMs: 300 }).catch(() => {})
    expect(statsOf(to)).toMatchObject({ ...expected, dropped: {} })
  },
)
