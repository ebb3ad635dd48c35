import { randomUUID } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Backend, MemoryClickHouse, realClickHouse } from '../kit/clickhouse-backend.js'
import { exception, STYLES } from '../kit/exceptions.js'
import { type RawRequest, readInsert } from '../kit/insert-request.js'
import { ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { randomOf, SEED } from './seed.js'

const WINDOW = 3

interface Block {
  token: string
  values: string[]
  settings?: Record<string, string>
}

function insertOf({ token, values, settings = {} }: Block): RawRequest {
  const query = new URLSearchParams({
    query: 'INSERT INTO `d`.`t` (`value`) FORMAT JSONEachRow',
    async_insert: '0',
    insert_deduplicate: '1',
    insert_deduplication_token: token,
    query_id: randomUUID(),
    ...settings,
  })
  const body = gzipSync(values.map((value) => `${JSON.stringify({ value })}\n`).join(''))
  const headers = { 'content-encoding': 'gzip' }
  return { head: { method: 'POST', target: `/?${query}`, headers, bodyBytes: body.length }, body }
}

describe('the table in memory', () => {
  let server: ClickHouseServer
  let real: ReturnType<typeof realClickHouse>
  beforeAll(async () => {
    server = await startClickHouse()
    real = realClickHouse(() => server.httpPort)
    await server.query('CREATE DATABASE d')
  })
  afterAll(async () => {
    real?.close()
    await server?.stop()
  })

  async function inBoth(blocks: readonly Block[]): Promise<Record<'real' | 'memory', string[]>> {
    await server.query('DROP TABLE IF EXISTS d.t SYNC')
    await server.query(
      `CREATE TABLE d.t (value String) ENGINE = MergeTree ORDER BY value SETTINGS non_replicated_deduplication_window = ${WINDOW}`,
    )
    const memory = new MemoryClickHouse({ window: WINDOW })
    for (const block of blocks)
      for (const backend of [real, memory] satisfies Backend[])
        expect(await backend.execute(insertOf(block))).toMatchObject({ status: 200 })
    const stored = await server.query('SELECT value FROM d.t ORDER BY value FORMAT TSV')
    return {
      real: stored.split('\n').slice(0, -1),
      memory: memory
        .table('d.t')
        .rows.map((row) => String(row['value']))
        .sort(),
    }
  }

  test.each<[string, Block[], number]>([
    ['knows a token', [block('1', 'a'), block('1', 'a')], 1],
    ['goes by the token, not by the rows', [block('1', 'a'), block('2', 'a')], 2],
    ['goes by the token, though the rows are others', [block('1', 'a'), block('1', 'b')], 1],
    [
      'has forgotten a token after as many others as its window',
      [block('1', 'a'), block('2', 'b'), block('3', 'c'), block('4', 'd'), block('1', 'a')],
      5,
    ],
    [
      'has not forgotten it before',
      [block('1', 'a'), block('2', 'b'), block('3', 'c'), block('1', 'a')],
      3,
    ],
    [
      'does not remember it longer because it came again',
      [
        block('1', 'a'),
        block('2', 'b'),
        block('3', 'c'),
        block('1', 'a'),
        block('4', 'd'),
        block('1', 'a'),
      ],
      5,
    ],
  ])('%s, and so does the real one', async (_, blocks, rows) => {
    const { real, memory } = await inBoth(blocks)
    expect(memory).toEqual(real)
    expect(real).toHaveLength(rows)
  })

  test('holds the same rows as the real one after any inserts', async () => {
    const random = randomOf(SEED)
    for (let round = 0; round < 3; round++) {
      const blocks = Array.from({ length: 20 }, () => {
        const token = random.between(1, 6)
        return block(String(token), ...Array.from({ length: token }, (_, n) => `${token}.${n}`))
      })
      const { real, memory } = await inBoth(blocks)
      expect(memory, `seed ${SEED}`).toEqual(real)
    }
  })

  test('reports the tokens that were used for different rows', async () => {
    const memory = new MemoryClickHouse()
    await memory.execute(insertOf(block('1', 'a')))
    await memory.execute(insertOf(block('1', 'a')))
    expect(memory.table('d.t').misused).toEqual([])
    await memory.execute(insertOf(block('1', 'b')))
    expect(memory.table('d.t').misused).toEqual(['1'])
  })

  test('doubles what has no token, what is gathered by the server, and what it is told to', async () => {
    for (const settings of [{ async_insert: '1' }, { insert_deduplicate: '0' }] as const) {
      const memory = new MemoryClickHouse()
      for (let n = 0; n < 2; n++) await memory.execute(insertOf({ ...block('1', 'a'), settings }))
      expect(memory.table('d.t').rows).toHaveLength(2)
    }
  })

  test('stores nothing of a body that was cut or altered', async () => {
    const memory = new MemoryClickHouse()
    const { head, body } = insertOf(block('1', 'a'))
    for (let at = 0; at < body.length; at++) {
      const cut = { head, body: body.subarray(0, at) }
      expect((await memory.execute(cut)).status, `cut at ${at}`).toBe(400)
    }
    expect(memory.table('d.t').rows).toEqual([])
  })
})

describe('a request is read', () => {
  const rows = '{"span_id":"1","attributes":{"a":"FORMAT JSONEachRow\\n"}}\n{"span_id":"2"}\n'

  test('with the statement in the URL', () => {
    const statement = 'INSERT INTO `d`.`t` (`span_id`, `attributes`) FORMAT JSONEachRow'
    const body = gzipSync(rows)
    const query = new URLSearchParams({ query: statement, insert_deduplication_token: 'v1-x' })
    const head = {
      method: 'POST',
      target: `/?${query}`,
      headers: { 'content-encoding': 'gzip' },
      bodyBytes: 0,
    }
    expect(readInsert({ head, body })).toMatchObject({
      table: 'd.t',
      statement,
      token: 'v1-x',
      rows: [{ span_id: '1' }, { span_id: '2' }],
    })
  })

  const compact =
    "INSERT INTO `d``b`.`t` (`span_id`, `service_name`, `attributes`) SELECT a, 'it\\'s, (me)', b FROM input('a String, b Map(String, String)') FORMAT JSONEachRow"
  const compactRows = '{"a":"1","b":{"x":" FORMAT JSONEachRow\\n"}}\n{"a":"2"}\n'
  const asStored = [
    { span_id: '1', service_name: "it's, (me)", attributes: { x: ' FORMAT JSONEachRow\n' } },
    { span_id: '2', service_name: "it's, (me)", attributes: {} },
  ]

  test('with the statement in a gzip member of its own, before the rows, and columns in it', () => {
    const body = Buffer.concat([gzipSync(`${compact}\n`), gzipSync(compactRows)])
    const head = {
      method: 'POST',
      target: '/?async_insert=0&insert_deduplication_token=v1-x',
      headers: { 'content-encoding': 'gzip' },
      bodyBytes: 0,
    }
    expect(readInsert({ head, body })).toMatchObject({
      table: 'd`b.t',
      token: 'v1-x',
      statement: compact,
      rows: asStored,
    })
  })

  test('with such a statement in the URL, and brotli', () => {
    const head = {
      method: 'POST',
      target: `/?${new URLSearchParams({ query: compact })}`,
      headers: { 'content-encoding': 'br' },
      bodyBytes: 0,
    }
    const body = brotliCompressSync(compactRows)
    expect(readInsert({ head, body })).toMatchObject({ statement: compact, rows: asStored })
  })

  test('and no other statement is read as rows', () => {
    const head = { method: 'POST', target: '/', headers: {}, bodyBytes: 0 }
    expect(readInsert({ head, body: Buffer.from('CREATE TABLE x') })).toBeUndefined()
    const letter = 'INSERT INTO `d`.`dead` FORMAT JSONEachRow {"event":"1"}'
    expect(readInsert({ head, body: Buffer.from(letter) })).toBeUndefined()
  })
})

describe('the server', () => {
  test.each(STYLES)('reports an exception in the style of %j', (style) => {
    const { status, headers, body } = exception({ code: 516, name: 'AUTHENTICATION_FAILED' }, style)
    const expected = {
      header: [403, '516', 'Code: 516. DB::Exception: '],
      'old body': [403, undefined, 'Code: 516, e.displayText() = '],
      '200 and header': [200, '516', ''],
      '200 and tail': [200, undefined, '__exception__\r\n'],
    }[style]
    expect([status, headers['x-clickhouse-exception-code']]).toEqual(expected.slice(0, 2))
    expect(body).toContain(expected[2])
  })

  test('refuses, and listens again where it was', async () => {
    const server = await new ScriptedClickHouse().listen()
    onTestFinished(() => server.close())
    const { url } = server
    const ping = () => fetch(`${url}/ping`).then((reply) => reply.text())
    expect(await ping()).toBe('Ok.\n')
    await server.refuse()
    await expect(ping()).rejects.toThrow()
    await server.listen()
    expect(server.url).toBe(url)
    expect(await ping()).toBe('Ok.\n')
  })
})

function block(token: string, ...values: string[]): Block {
  return { token, values }
}
