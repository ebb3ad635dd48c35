import { defineTable, quoteIdentifier, type SpanLike } from '@spanhouse/transform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batch, type CompressedBatch, isCompressed } from '../../src/batching/batch.js'
import { insertOf, isOurs, postOf, statementPath } from '../../src/clickhouse/insert.js'
import { VERSION } from '../../src/common/version.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'

function config(options: Options = {}) {
  const [first] = parseConfig('traces', options, {}).destinations
  if (!first) throw new Error('no destination')
  return first
}

/** A batch of rows that have ids. */
async function batchOf(lines: readonly string[], options: Options = {}): Promise<CompressedBatch> {
  const { compression } = config(options)
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const batch = Batch.of({ rows: lines.length, bytes }, compression, undefined, '')
  await batch.compress(compression)
  if (!isCompressed(batch)) throw new Error('not compressed')
  return batch
}

async function queryOf(options: Options = {}, lines: readonly string[] = ['{}']) {
  const batch = await batchOf(lines, options)
  const post = postOf(
    insertOf(config(options).targets[0], config(options), batch),
    batch,
    new Set(),
    {
      deadlineMs: 1000,
      repeatable: true,
    },
  )
  return new URL(post.path, 'http://server').searchParams
}

async function tokenOf(options: Options = {}, lines?: readonly string[]) {
  return (await queryOf(options, lines)).get('insert_deduplication_token')
}

function table(columns: string[], name = 't') {
  return defineTable<SpanLike>({
    name,
    columns: columns.map((column) => ({ name: column, type: 'String', value: () => 'x' })),
    orderBy: 'tuple()',
  })
}

describe('an INSERT', () => {
  test('says everything explicitly', async () => {
    const query = await queryOf({ schema: table(['a', 'b']), database: 'db' })
    const { query_id, insert_deduplication_token, ...rest } = Object.fromEntries(query)
    expect(rest).toEqual({
      query: 'INSERT INTO `db`.`t` (`a`, `b`) FORMAT JSONEachRow',
      async_insert: '0',
      wait_for_async_insert: '1',
      insert_deduplicate: '1',
      insert_distributed_sync: '1',
      deduplicate_insert: 'enable',
      deduplicate_insert_select: 'enable_when_possible',
      deduplicate_blocks_in_dependent_materialized_views: '1',
      limit: '0',
      offset: '0',
      timeout_overflow_mode: 'throw',
      min_insert_block_size_rows: '4294967295',
      min_insert_block_size_bytes: '0',
      input_format_parallel_parsing: '0',
      input_format_allow_errors_num: '0',
      input_format_allow_errors_ratio: '0',
      input_format_connection_handling: '0',
      input_format_force_null_for_omitted_fields: '0',
      input_format_json_map_as_array_of_tuples: '0',
      date_time_input_format: 'best_effort',
      enforce_strict_identifier_format: '0',
      additional_table_filters: '{}',
      additional_result_filter: '',
      wait_end_of_query: '1',
      log_comment: `spanhouse-exporter-clickhouse/${VERSION}`,
    })
    expect(query_id).toMatch(/^spanhouse-[0-9a-f]{8}-[0-9a-f-]{36}$/)
    expect(insert_deduplication_token).toMatch(/^v1-[0-9a-f]{32}$/)
  })

  test('holds no credentials but in headers', async () => {
    const options = { username: 'canary-user', password: 'canary-password' }
    const batch = await batchOf(['{}'])
    const post = postOf(
      insertOf(config(options).targets[0], config(options), batch),
      batch,
      new Set(),
      {
        deadlineMs: 1000,
        repeatable: true,
      },
    )
    expect(JSON.stringify({ ...post, body: '' })).not.toContain('canary')
  })

  test('names the columns of the table in their order', async () => {
    const statement = (await queryOf()).get('query')
    expect(statement).toMatch(/^INSERT INTO `telemetry`\.`traces` \(`trace_id`, `span_id`, /)
    expect(statement).toContain('`events.timestamp`, `events.name`, `events.attributes`')
    expect(statement).toMatch(/\) FORMAT JSONEachRow$/)
  })

  // Nothing but backslash escapes and plain characters between two backticks.
  const IDENTIFIER = /^`(?:[^`\\\n\r\t]|\\[`\\nrt0bf])*`$/

  test.each([
    'a`b',
    'a\\b',
    'a\\',
    'a\nb',
    "a'b",
    'a"b',
    'a`; DROP TABLE x; --',
    '.a.b',
    'ä€😀',
    '`',
    ' ',
  ])('quotes %j wherever it stands', async (name) => {
    const options = { schema: table([name]), database: name, table: name }
    const quoted = quoteIdentifier(name)
    expect(quoted).toMatch(IDENTIFIER)
    expect((await queryOf(options)).get('query')).toBe(
      `INSERT INTO ${quoted}.${quoted} (${quoted}) FORMAT JSONEachRow`,
    )
  })

  test('quotes any name so that nothing of it gets out', async () => {
    // A database and a table in one are refused before.
    const names = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((name) => !/^[`"]?[\w-]+[`"]?\.[`"]?[\w-]+[`"]?$/.test(name))
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const query =
          (await queryOf({ database: name, table: 't', schema: table(['a']) })).get('query') ?? ''
        const rest = '.`t` (`a`) FORMAT JSONEachRow'
        expect(query.endsWith(rest)).toBe(true)
        expect(query.slice('INSERT INTO '.length, -rest.length)).toMatch(IDENTIFIER)
      }),
      { numRuns: 60 },
    )
  })

  test('leaves most of the 8 KiB that proxies pass on to the statement', async () => {
    const query = await queryOf()
    query.delete('query')
    expect(`${query}`.length).toBeLessThan(1200)
    expect(`${await queryOf({ schema: 'otel' })}`.length).toBeLessThan(2000)
  })

  test('says what its body is', async () => {
    const post = async (options: Options) => {
      const batch = await batchOf(['{}'], options)
      return postOf(
        insertOf(config(options).targets[0], config(options), batch),
        batch,
        new Set(),
        {
          deadlineMs: 1234,
          repeatable: true,
        },
      )
    }
    expect(await post({})).toMatchObject({
      headers: {
        'user-agent': `spanhouse-exporter-clickhouse/${VERSION}`,
        'content-encoding': 'gzip',
      },
      deadlineMs: 1234,
    })
    expect((await post({ compression: { codec: 'none' } })).headers).not.toHaveProperty(
      'content-encoding',
    )
  })

  test('takes settings of the user’s own, over ours where those carry no guarantee', async () => {
    const query = await queryOf({
      settings: { max_threads: 2, log_comment: 'mine', flag: true },
    })
    expect(query.get('max_threads')).toBe('2')
    expect(query.get('log_comment')).toBe('mine')
    expect(query.getAll('log_comment')).toHaveLength(1)
    expect(query.get('flag')).toBe('1')
  })

  test('that the server gathers has no token', async () => {
    const query = await queryOf({ asyncInsert: true })
    expect(query.get('async_insert')).toBe('1')
    expect(query.get('wait_for_async_insert')).toBe('1')
    expect(query.has('insert_deduplication_token')).toBe(false)
  })
})

describe('the token', () => {
  test('is the same for the same bytes, wherever they are sent', async () => {
    const token = await tokenOf()
    expect(await tokenOf()).toBe(token)
    expect(await tokenOf({ endpoint: 'http://elsewhere', username: 'u', password: 'p' })).toBe(
      token,
    )
    expect(await tokenOf({ timeoutMs: 1, retry: { maxRetries: 1 }, headers: { a: 'b' } })).toBe(
      token,
    )
    expect(await tokenOf({ settings: { a: 1, b: 2 } })).toBe(
      await tokenOf({ settings: { b: 2, a: 1 } }),
    )
  })

  test('differs for anything else', async () => {
    const tokens = await Promise.all([
      tokenOf(),
      tokenOf({ database: 'other' }),
      tokenOf({ table: 'other' }),
      tokenOf({ schema: 'otel' }),
      tokenOf({ schema: table(['a']), database: 'telemetry', table: 'traces' }),
      tokenOf({ schema: table(['b']), database: 'telemetry', table: 'traces' }),
      tokenOf({ settings: { max_insert_block_size: 1 } }),
      tokenOf({ settings: { max_insert_block_size: 2 } }),
      tokenOf({}, ['{"a":1}']),
      tokenOf({}, ['{}', '{}']),
      tokenOf({}, ['{} ']),
    ])
    expect(new Set(tokens).size).toBe(tokens.length)
  })

  test('stays from attempt to attempt, while the query id does not', async () => {
    const batch = await batchOf(['{}'])
    const insert = insertOf(config().targets[0], config(), batch)
    const attempts = [1, 2, 3].map(
      () =>
        new URL(
          postOf(insert, batch, new Set(), { deadlineMs: 1, repeatable: true }).path,
          'http://x',
        ).searchParams,
    )
    const distinct = (name: string) => new Set(attempts.map((query) => query.get(name))).size
    expect(distinct('insert_deduplication_token')).toBe(1)
    expect(distinct('query_id')).toBe(3)
  })
})

describe('settings that an old server does not know', () => {
  test('are left out, the others and the token stay', async () => {
    const batch = await batchOf(['{}'])
    const insert = insertOf(config().targets[0], config(), batch)
    const without = new Set(['async_insert', 'log_comment'])
    const all = new URL(
      postOf(insert, batch, new Set(), { deadlineMs: 1, repeatable: true }).path,
      'http://x',
    ).searchParams
    const fewer = new URL(
      postOf(insert, batch, without, { deadlineMs: 1, repeatable: true }).path,
      'http://x',
    ).searchParams
    expect([...all.keys()].filter((name) => !fewer.has(name))).toEqual(
      expect.arrayContaining([...without]),
    )
    expect([...fewer.keys()]).toHaveLength([...all.keys()].length - 2)
    expect(fewer.get('insert_deduplication_token')).toBe(all.get('insert_deduplication_token'))
  })

  test('may be any of ours', async () => {
    const batch = await batchOf(['{}'])
    for (const setting of Object.keys(insertOf(config().targets[0], config(), batch).settings))
      expect(isOurs(setting, config()), setting).toBe(true)
    const { searchParams } = new URL(statementPath('SELECT 1', new Set()), 'http://x')
    for (const setting of searchParams.keys()) expect(isOurs(setting, config()), setting).toBe(true)
    expect(searchParams.get('limit')).toBe('0')
    expect(searchParams.get('data_type_default_nullable')).toBe('0')
    expect(statementPath('SELECT 1', new Set(['limit']))).not.toContain('limit=')
  })

  test('of an INSERT that is one of our own statements, no profile of a user may lose a row either', () => {
    const { searchParams } = new URL(statementPath('INSERT INTO t', new Set()), 'http://x')
    for (const setting of searchParams.keys()) expect(isOurs(setting, config()), setting).toBe(true)
    expect(Object.fromEntries(searchParams)).toMatchObject({
      async_insert: '0',
      wait_for_async_insert: '1',
      insert_distributed_sync: '1',
      input_format_allow_errors_num: '0',
      limit: '0',
    })
  })

  test('but none of the user’s own, and no property of every object', () => {
    const own = config({ settings: { max_threads: 1, log_comment: 'mine' } })
    for (const setting of [
      'max_threads',
      'log_comment',
      'toString',
      'constructor',
      '__proto__',
      '',
    ])
      expect(isOurs(setting, own), setting).toBe(false)
  })
})
