import { randomBytes } from 'node:crypto'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { ClickHouseSpanProcessor, type Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { until } from '../kit/patience.js'
import { type Habits, type Message, rewritingProxy } from '../kit/rewriting-proxy.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn, tally } from '../kit/stored-ids.js'

// Proxies between an application and its ClickHouse, with the real server behind them.

let server: ClickHouseServer
let lines: string[] = []
let database = ''
let databases = 0
beforeAll(async () => {
  server = await startClickHouse({
    users: [
      { name: 'narrow', settings: { max_ast_elements: 40 } },
      { name: 'short', settings: { max_query_size: 700 } },
      { name: 'shallow', settings: { max_ast_depth: 5 } },
      { name: 'few_columns', settings: { max_temporary_columns: 10 } },
      { name: 'tiny', settings: { max_query_size: 100 } },
      { name: 'poor', settings: { max_memory_usage: 24_000_000, max_threads: 1 } },
      { name: 'no_comment', constraints: { log_comment: { readonly: true } } },
      {
        name: 'no_token',
        settings: { insert_deduplicate: 0 },
        constraints: { insert_deduplicate: { readonly: true } },
      },
      {
        name: 'ten_rows',
        settings: { limit: 10 },
        constraints: { limit: { readonly: true } },
      },
      {
        name: 'guarded',
        constraints: {
          limit: { readonly: true },
          timeout_overflow_mode: { readonly: true },
          min_insert_block_size_rows: { max: 2_000_000 },
          min_insert_block_size_bytes: { readonly: true },
        },
      },
      {
        name: 'small_blocks',
        settings: { min_insert_block_size_rows: 10, min_insert_block_size_bytes: 0 },
        constraints: { min_insert_block_size_rows: { max: 1000 } },
      },
      { name: 'no_threads', constraints: { max_insert_threads: { max: 2 } } },
    ],
  })
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
  database = `answers_${++databases}`
})

describe('a proxy delivers every row once that', () => {
  const harmless: Record<string, Habits> = {
    'removes all headers of ClickHouse': {
      answer: ({ headers }) => remove(headers, /^x-clickhouse/),
    },
    'replaces our query ids by its own, as chproxy does': {
      request: (message) => {
        const id = randomBytes(8).toString('hex').toUpperCase()
        message.path = message.path.replace(/query_id=[^&]*/, `query_id=${id}`)
      },
    },
    'compresses answers without being asked': {
      answer: (message) => {
        message.body = gzipSync(message.body)
        message.headers['content-encoding'] = 'gzip'
      },
    },
    'puts a byte order mark before each answer': {
      answer: (message) => {
        message.body = Buffer.from(`\ufeff${message.body}`)
      },
    },
    'doubles each header': {
      answer: ({ headers }) => {
        for (const [name, value] of Object.entries(headers))
          if (name.startsWith('x-clickhouse')) headers[name] = [String(value), String(value)]
      },
    },
    'answers 203 because it has transformed the answer': {
      answer: (message) => {
        message.status = 203
      },
    },
  }
  test.each(Object.entries(harmless))('%s', async (_, habits) => {
    const { url } = await rewritingProxy(server.httpPort, habits)
    const processor = open({ endpoint: url })
    for (let batch = 1; batch <= 3; batch++) {
      add(processor, 50)
      await processor.forceFlush()
      expect(statsOf(processor)).toMatchObject({ delivered: batch * 50, dropped: {} })
    }
    expect(await tally(server, database, 150)).toEqual({ rows: 150, lost: 0, duplicated: 0 })
    // The first request meets no table; nothing else fails.
    expect(lines).toEqual([])
    await processor.shutdown()
  })
})

describe('rows are held, and one log line says what answers, when a proxy', () => {
  const page = { 'content-type': 'text/html; charset=utf-8', server: 'nginx/1.25.3' }
  const liars: Record<string, [answer: Partial<Message>, says: RegExp]> = {
    'shows a maintenance page with 200': [
      { headers: page, body: html('Down for maintenance') },
      /HTTP status 200 with an HTML page \(text\/html, from nginx\/1\.25\.3, Down for maintenance\)\. Something other than ClickHouse answers there/,
    ],
    'shows the login page of a gateway': [
      { headers: { ...page, 'set-cookie': ['session=s3cret'] }, body: html('Sign in') },
      /HTTP status 200 with an HTML page \(text\/html, from nginx\/1\.25\.3, Sign in\)/,
    ],
    'takes the rows for OTLP': [
      {
        headers: { 'content-type': 'application/json' },
        body: Buffer.from('{"partialSuccess":{}}'),
      },
      /HTTP status 200 with a body, which ClickHouse does not send \(application\/json\)/,
    ],
    'says 204': [{ status: 204 }, /HTTP status 204 without the headers of ClickHouse/],
    'says 202': [{ status: 202 }, /HTTP status 202 without the headers of ClickHouse/],
    'says 200 and nothing': [{}, /HTTP status 200 without the headers of ClickHouse/],
    'repeats the answer to another request': [
      { headers: { 'x-clickhouse-summary': '{}', 'x-clickhouse-query-id': 'first' } },
      /HTTP status 200 that belongs to another request/,
    ],
    'garbles the header of an exception': [
      { headers: { 'x-clickhouse-exception-code': 'abc', 'x-clickhouse-summary': '{}' } },
      /HTTP status 200 with an exception that is cut or garbled/,
    ],
    'doubles the header of an exception': [
      { headers: { 'x-clickhouse-exception-code': '241, 241' } },
      /ClickHouse error 241/,
    ],
  }
  test.each(Object.entries(liars))('%s', async (_, [answer, says]) => {
    const proxy = await rewritingProxy(server.httpPort, {})
    const processor = open({ endpoint: proxy.url })
    let firstId = ''
    proxy.habits.request = ({ path }) => {
      firstId = /query_id=([^&]*)/.exec(path)?.[1] ?? ''
    }
    add(processor, 20)
    await processor.forceFlush()
    let lies = 0
    proxy.habits = {
      instead: ({ path }) => {
        if (path === '/ping') return undefined
        lies++
        const headers = { ...answer.headers }
        if (headers['x-clickhouse-query-id']) headers['x-clickhouse-query-id'] = firstId
        return { ...answer, headers }
      },
    }
    add(processor, 30)
    await held(processor, 30)
    expect(lies).toBeGreaterThan(0)
    expect(statsOf(processor)).toMatchObject({ delivered: 20, waiting: 30, dropped: {} })
    expect(statsOf(processor).lastError).toMatch(new RegExp(says.source.split('\\.')[0] as string))
    expect(lines[0]).toMatch(says)
    expect(lines[0]).not.toMatch(/s3cret|storefront/)
    proxy.habits = {}
    await processor.forceFlush()
    expect(statsOf(processor)).toMatchObject({ delivered: 50, waiting: 0, dropped: {} })
    expect(await tally(server, database, 50)).toEqual({ rows: 50, lost: 0, duplicated: 0 })
    await processor.shutdown()
  })
})

test('rows are delivered when a proxy begins to remove the headers of ClickHouse', async () => {
  const proxy = await rewritingProxy(server.httpPort, {})
  const processor = open({ endpoint: proxy.url })
  add(processor, 20)
  await processor.forceFlush()
  proxy.habits = { answer: ({ headers }) => remove(headers, /^x-clickhouse/) }
  for (let n = 0; n < 3; n++) {
    add(processor, 20)
    await processor.forceFlush()
  }
  expect(statsOf(processor)).toMatchObject({ delivered: 80, errors: 0, waiting: 0, dropped: {} })
  expect(await tally(server, database, 80)).toEqual({ rows: 80, lost: 0, duplicated: 0 })
  await processor.shutdown()
})

describe('rows are held, none is refused, and the log line says what to do, when a proxy', () => {
  const unzip = (message: Message) => {
    const { headers, body } = message
    if (headers['content-encoding'] === 'gzip') message.body = gunzipSync(body)
    if (headers['content-encoding'] === 'br') message.body = brotliDecompressSync(body)
  }
  const spoilers: [name: string, request: (message: Message) => void, codec: 'gzip' | 'br'][] = [
    ['takes Content-Encoding away', ({ headers }) => remove(headers, /^content-encoding/), 'gzip'],
    ['takes Content-Encoding away', ({ headers }) => remove(headers, /^content-encoding/), 'br'],
    ['inflates the body and keeps the header', unzip, 'gzip'],
    ['inflates the body and keeps the header', unzip, 'br'],
    [
      'knows only its own name for gzip',
      ({ headers }) => {
        headers['content-encoding'] = 'gzip;q=1'
      },
      'gzip',
    ],
  ]
  test.each(spoilers)('%s (%s, %s)', async (_, request, codec) => {
    const proxy = await rewritingProxy(server.httpPort, {})
    const processor = open({ endpoint: proxy.url, compression: { codec } })
    add(processor, 10)
    await processor.forceFlush()
    proxy.habits = {
      request: (message) => {
        if (message.headers['content-encoding']) request(message)
      },
    }
    add(processor, 20)
    await held(processor, 20)
    expect(lines[0]).toMatch(/set `compression\.codec: 'none'`/)
    expect(statsOf(processor)).toMatchObject({ dropped: {}, waiting: 20 })
    await processor.shutdown()
  })

  test('takes the query string away', async () => {
    const proxy = await rewritingProxy(server.httpPort, {})
    const processor = open({ endpoint: proxy.url, compression: { codec: 'br' } })
    add(processor, 10)
    await processor.forceFlush()
    proxy.habits = {
      request: (message) => {
        message.path = '/'
      },
    }
    add(processor, 20)
    await held(processor, 20)
    expect(lines.join()).toMatch(/removes the query string of the URL/)
    await processor.shutdown()
  })
})

test.each(['gzip', 'br'] as const)(
  'a path that ClickHouse does not serve: the line says to leave it out, and shows nothing of our statement (%s)',
  async (codec) => {
    const processor = open({ endpoint: `${server.url}/clickhouse`, compression: { codec } })
    add(processor, 10)
    await held(processor, 10)
    expect(lines[0]).toMatch(
      /HTTP status 404: There is no handle \/clickhouse\/\. ClickHouse does not serve that path: remove the path from `endpoint`/,
    )
    expect(lines[0]).not.toMatch(/INSERT|query|storefront/)
    await processor.shutdown()
  },
)

test('the native port is named as such', async () => {
  const processor = open({ endpoint: `http://127.0.0.1:${server.tcpPort}` })
  add(processor, 10)
  await held(processor, 10)
  expect(lines[0]).toMatch(/native port: `endpoint` must name its HTTP port \(8123\)/)
  await processor.shutdown()
})

describe('a user whose profile allows only small statements', () => {
  test.each(['narrow', 'short', 'shallow', 'few_columns'])(
    '%s: gets its rows whole, from then on at once',
    async (username) => {
      await createTables()
      const processor = open({ username })
      add(processor, 50)
      await processor.forceFlush()
      const { requests } = statsOf(processor)
      expect(requests).toBe(2)
      add(processor, 50)
      await processor.forceFlush()
      expect(statsOf(processor)).toMatchObject({ delivered: 100, dropped: {} })
      expect(statsOf(processor).requests - requests).toBe(1)
      expect(await tally(server, database, 100)).toEqual({ rows: 100, lost: 0, duplicated: 0 })
      await processor.shutdown()
    },
  )

  test('too small for any statement: the rows are held, and the line names the setting', async () => {
    await createTables()
    const processor = open({ username: 'tiny' })
    add(processor, 50)
    await held(processor, 50)
    expect(lines[0]).toMatch(/Raise `max_query_size`/)
    expect(statsOf(processor)).toMatchObject({ dropped: {}, waiting: 50 })
    await processor.shutdown()
  })
})

test('a batch that needs more than one query may use is halved until it fits', async () => {
  await createTables()
  const processor = open({ username: 'poor', batch: { maxRows: 12_000 } })
  add(processor, 12_000)
  await until(() => statsOf(processor).delivered === 12_000, 60_000)
  expect(await tally(server, database, 12_000)).toEqual({ rows: 12_000, lost: 0, duplicated: 0 })
  expect(lines[0]).toMatch(/MEMORY|[Mm]emory limit.* If this continues, the batch is divided/)
  await processor.shutdown()
})

describe('a setting that a constraint forbids', () => {
  test('and on which nothing depends is left out once, and named with the consequence', async () => {
    const processor = open({ username: 'no_comment' })
    for (let n = 0; n < 2; n++) {
      add(processor, 10)
      await processor.forceFlush()
    }
    await until(() => lines.length > 0)
    expect(statsOf(processor)).toMatchObject({ delivered: 20, dropped: {} })
    expect(statsOf(processor).requests).toBeLessThanOrEqual(4)
    expect(lines).toEqual([
      expect.stringMatching(
        /forbids this user some settings, so they are left out: `log_comment` \(Our statements are not marked/,
      ),
    ])
    await processor.shutdown()
  })

  test('and that deduplicates is left out, and stats() and the log show the consequence', async () => {
    const processor = open({ username: 'no_token' })
    add(processor, 10)
    await processor.forceFlush()
    await until(() => lines.length > 1)
    expect(statsOf(processor)).toMatchObject({ delivered: 10, deduplication: 'ineffective' })
    expect(lines[0]).toMatch(
      /does not deduplicate: .* The profile of this user switches `insert_deduplicate` off\.$/,
    )
    await processor.shutdown()
  })

  test('and on which rows depend holds the rows; the line names the setting and the consequence of leaving it out', async () => {
    await createTables()
    const processor = open({ username: 'ten_rows' })
    add(processor, 20)
    await held(processor, 20)
    expect(lines[0]).toMatch(
      /error 452: .*limit.*\. `limit` must be 0: allow this user to set it, or change the profile of the user\. Otherwise: Rows above the limit are not stored\./,
    )
    expect(await rowsIn(server, database)).toBe(0)
    await processor.shutdown()
  })

  test('and whose value on the server is good enough is left out without a log line', async () => {
    await createTables()
    const processor = open({ username: 'guarded', batch: { maxRows: 5 } }) // several batches are under way at once
    for (let n = 0; n < 2; n++) {
      add(processor, 20)
      await processor.forceFlush()
    }
    expect(statsOf(processor)).toMatchObject({ delivered: 40, dropped: {}, errors: 0 })
    expect(statsOf(processor).requests).toBeLessThanOrEqual(16)
    expect(lines).toEqual([])
    await processor.shutdown()
  })

  test('and whose value on the server cuts batches into blocks holds them', async () => {
    await createTables()
    const processor = open({ username: 'small_blocks' })
    add(processor, 20)
    await held(processor, 20)
    expect(lines[0]).toContain('`min_insert_block_size_rows` must be 4294967295')
    await processor.shutdown()
  })

  test('and that the application has set is named, and the line says to remove it', async () => {
    await createTables()
    const processor = open({ username: 'no_threads', settings: { max_insert_threads: 4 } })
    add(processor, 10)
    await held(processor, 10)
    expect(lines[0]).toMatch(
      /Remove `max_insert_threads` from `settings`, or allow this user to set it/,
    )
    await processor.shutdown()
  })
})

test.each(['daily', "odd 'view"])(
  'a materialised view that fails is named, and no value of a row is shown: %s',
  async (name) => {
    await createTables()
    await server.query(`CREATE TABLE ${database}.target (n UInt64) ENGINE = MergeTree ORDER BY n`)
    await server.query(
      `CREATE MATERIALIZED VIEW ${database}.\`${name}\` TO ${database}.target AS SELECT toUInt64(span_name) AS n FROM ${database}.traces`,
    )
    const processor = open()
    add(processor, 10)
    await held(processor, 10)
    expect(lines[0]).toMatch(/error 6: CANNOT_PARSE_TEXT in the materialised view answers_\d+\./)
    expect(lines[0]).toContain(name)
    expect(lines[0]).toContain('Repair or drop that view')
    expect(lines[0]).not.toContain('GET /')
    await server.query(`DROP VIEW ${database}.\`${name}\``)
    await processor.forceFlush()
    expect(await tally(server, database, 10)).toEqual({ rows: 10, lost: 0, duplicated: 0 })
    await processor.shutdown()
  },
)

describe('an engine without tokens is named, without advice that cannot be followed', () => {
  test.each([
    ['Null', /The engine of the table, Null, does not support deduplication tokens\.$/],
    ['Memory', /The engine of the table, Memory, does not support deduplication tokens\.$/],
    ['Log', /The engine of the table, Log, does not support deduplication tokens\.$/],
    [
      "Buffer('DATABASE', 'behind', 1, 10, 100, 10000, 1000000, 10000000, 100000000)",
      /The engine of the table, Buffer, does not support deduplication tokens\. Insert into the MergeTree table behind it, if you can\.$/,
    ],
    ['MergeTree ORDER BY tuple()', /Set non_replicated_deduplication_window on the table/],
  ])('%s', async (engine, says) => {
    await createTables()
    await server.query(`RENAME TABLE ${database}.traces TO ${database}.behind`)
    await server.query(
      `CREATE TABLE ${database}.traces AS ${database}.behind ENGINE = ${engine.replace('DATABASE', database)}`,
    )
    const processor = open()
    add(processor, 10)
    await processor.forceFlush()
    await until(() => statsOf(processor).deduplication === 'ineffective')
    expect(lines[0]).toMatch(says)
    await processor.shutdown()
  })
})

function open(options: Options = {}): ClickHouseSpanProcessor {
  return new ClickHouseSpanProcessor({
    endpoint: server.url,
    database,
    retry: { initialDelayMs: 10, maxDelayMs: 100 },
    shutdownTimeoutMs: 100,
    ...options,
  })
}

function add(processor: ClickHouseSpanProcessor, rows: number): void {
  for (const span of shopSpans(rows)) processor.onEnd(span)
}

/** The rows wait, and one line says why. */
async function held(processor: ClickHouseSpanProcessor, rows: number): Promise<void> {
  await expect(processor.forceFlush({ timeoutMs: 100 })).rejects.toThrow(`primary (${rows} rows)`)
  await until(() => statsOf(processor).failing && lines.length > 0)
  expect(statsOf(processor)).toMatchObject({ waiting: rows, dropped: {} })
  expect(lines.filter((line) => line.includes(' takes no rows: '))).toHaveLength(1)
}

async function createTables(): Promise<void> {
  const processor = open()
  add(processor, 1)
  await processor.forceFlush()
  await processor.shutdown()
  await server.query(`TRUNCATE TABLE ${database}.traces`)
}

function html(title: string): Buffer {
  return Buffer.from(
    `<!doctype html><html><head><title>${title}</title></head><body>…</body></html>`,
  )
}

function remove(headers: Message['headers'], names: RegExp): void {
  for (const name of Object.keys(headers)) if (names.test(name)) delete headers[name]
}
