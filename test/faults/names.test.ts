import type { Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { defineTable, flatTraces, quoteIdentifier, type SpanLike } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { flushed, until } from '../kit/patience.js'
import { ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { exporterTo } from './exports.js'
import { NAMES } from './hostile-names.js'

describe('names, in a real server', () => {
  let server: ClickHouseServer
  beforeAll(async () => {
    server = await startClickHouse()
  })
  afterAll(() => server?.stop())

  async function everything(): Promise<string[]> {
    const text = await server.query(
      "SELECT database, name FROM system.tables WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema') UNION ALL SELECT name, '' FROM system.databases FORMAT JSONCompactEachRow",
    )
    return text.split('\n').filter((line) => line !== '')
  }

  /** What is there after some work and was not there before: databases, and tables in them. */
  async function madeBy(work: () => Promise<unknown>): Promise<[string, string][]> {
    const before = new Set(await everything())
    await work()
    return (await everything())
      .filter((line) => !before.has(line))
      .map((line) => JSON.parse(line))
      .sort()
  }

  async function delivered(options: Options, span = makeSpan()): Promise<void> {
    const exporter = exporterTo({
      endpoint: server.url,
      retry: { initialDelayMs: 1, maxDelayMs: 2 },
      ...options,
    })
    await new Promise((resolve) => exporter.export([span], resolve))
    await flushed(exporter)
    expect(statsOf(exporter)).toMatchObject({ delivered: 1, dropped: {} })
    // Asked after the first rows, by name.
    await until(() => statsOf(exporter).deduplication === 'effective')
  }

  test.each(NAMES)(
    '%j is a database and a table of exactly that name, and nothing else is made',
    async (name) => {
      const made = await madeBy(() => delivered({ database: `db ${name}`, table: name }))
      expect(made).toEqual([
        [`db ${name}`, ''],
        [`db ${name}`, name],
      ])
      const place = `${quoteIdentifier(`db ${name}`)}.${quoteIdentifier(name)}`
      expect(await server.query(`SELECT span_name, service_name FROM ${place} FORMAT TSV`)).toBe(
        'GET /cart\tshop\n',
      )
    },
  )

  test.each(["a`b\\'\n; DROP TABLE x; --", 'ü ../"'])(
    'tables that belong to one named %j are named after it',
    async (name) => {
      const made = await madeBy(() =>
        delivered({ database: `otel ${name}`, table: name, schema: 'otel' }),
      )
      expect(made).toEqual(
        [
          [`otel ${name}`, ''],
          [`otel ${name}`, name],
          [`otel ${name}`, `${name}_trace_id_ts`],
          [`otel ${name}`, `${name}_trace_id_ts_mv`],
        ].sort(),
      )
    },
  )

  test.each(["dead `\\' letters\n; DROP TABLE x; --", 'ü\0../"'])(
    '%j is a table of dead letters of exactly that name',
    async (name) => {
      const database = `dead ${name}`
      for (const statement of flatTraces.ddl({ database })) await server.query(statement)
      const traces = `${quoteIdentifier(database)}.traces`
      await server.query(`ALTER TABLE ${traces} ADD CONSTRAINT c CHECK span_name = ''`)
      const made = await madeBy(async () => {
        const exporter = exporterTo({ endpoint: server.url, database, deadLetter: { table: name } })
        await new Promise((resolve) => exporter.export([makeSpan()], resolve))
        await flushed(exporter)
        expect(statsOf(exporter).dropped).toEqual({ dead_lettered: 1 })
      })
      expect(made).toEqual([[database, name]])
    },
  )

  test.each([false, true])(
    'any may be that of a column, of rows that are whole: %s',
    async (isWhole) => {
      // Compact rows do not tell a column of such a name from what every object inherits (transform's compact-rows.ts).
      const inherited = isWhole ? ['__proto__', 'constructor', 'toString'] : []
      const names = [...NAMES, 'x'.repeat(1000), ...inherited]
      // What stands before a dot is a file, and those of two maps must not be the same.
      const ofMaps = names.filter((name) => !name.includes('.'))
      const table = defineTable<SpanLike>({
        name: `columns ${isWhole}`,
        database: 'columns',
        columns: [
          ...names.map((name, index) => ({
            name,
            type: 'String',
            ...(index % 2 === 0 ? ({ from: 'resource' } as const) : {}),
            value: () => `value of ${name}`,
          })),
          ...ofMaps.map((name) => ({
            name: `map ${name}`,
            type: 'Map(String, String)',
            from: 'resource' as const,
            value: () => ({ [name]: name }),
          })),
        ],
        orderBy: 'tuple()',
      })
      const schema = isWhole ? { ...table, toLine: (span: SpanLike) => table.toLine(span) } : table
      await delivered({ schema })
      const text = await server.query(
        `SELECT * FROM ${quoteIdentifier('columns')}.${quoteIdentifier(table.name)} FORMAT JSONEachRow`,
      )
      expect(sorted(JSON.parse(text))).toEqual(
        sorted(
          Object.fromEntries([
            ...names.map((name) => [name, `value of ${name}`]),
            ...ofMaps.map((name) => [`map ${name}`, Object.fromEntries([[name, name]])]),
          ]),
        ),
      )
    },
  )

  // In the name of a cluster braces stand for a macro of the server's.
  const clusters = NAMES.filter((name) => !name.startsWith('{'))
  test.each(clusters)('%j is a cluster of exactly that name', async (cluster) => {
    const made = await madeBy(async () => {
      const [createDatabase = ''] = flatTraces.ddl({ database: 'on_cluster', cluster })
      await expect(server.query(createDatabase)).rejects.toThrow(
        `'${cluster}' not found`.slice(0, 60),
      )
    })
    expect(made).toEqual([])
  })

  test('a name that no server takes is refused by it, and nothing is made', async () => {
    const exporter = exporterTo({
      endpoint: server.url,
      database: 'long',
      table: 'x'.repeat(10_000),
    })
    const made = await madeBy(async () => {
      await new Promise((resolve) => exporter.export([makeSpan()], resolve))
      await until(() => statsOf(exporter).lastError !== null)
    })
    expect(made).toEqual([['long', '']])
    expect(statsOf(exporter).lastError).toMatch(/^ClickHouse error \d+: .{1,220}$/)
  })

  test('the value of a setting is a text, whatever it holds', async () => {
    const database = 'of_settings'
    for (const statement of flatTraces.ddl({ database })) await server.query(statement)
    await server.query(
      `ALTER TABLE ${database}.traces ADD COLUMN said String DEFAULT getSetting('log_comment')`,
    )
    const values = [...NAMES, '', '&async_insert=1', 'a=b&c', '#', '+', 'a%20b']
    for (const value of values)
      await delivered({ database, settings: { log_comment: value } }, makeSpan({ name: value }))
    const wrong = await server.query(
      `SELECT count(), countIf(said != span_name) FROM ${database}.traces FORMAT TSV`,
    )
    expect(wrong).toBe(`${values.length}\t0\n`)
  })
})

// Names that are numbers come first in an object, and those of every object are not compared by toEqual.
function sorted(row: object): string[] {
  return Object.entries(row)
    .map((entry) => JSON.stringify(entry))
    .sort()
}

describe('names of destinations', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '-', '0'])(
    '%s is one like any other: in statistics, in the spool, and after a restart',
    async (name) => {
      const directory = temporaryDirectory()
      const server = await new ScriptedClickHouse().listen()
      await server.refuse()
      const options: Options = {
        spool: { directory },
        retry: { initialDelayMs: 1, maxDelayMs: 2 },
        destinations: [{ name, endpoint: server.url }],
      }
      const first = exporterTo(options)
      await new Promise((resolve) => first.export([makeSpan()], resolve))
      expect(Object.keys(first.stats().destinations)).toEqual([name])
      expect(statsOf(first, name)).toMatchObject({ accepted: 1, waiting: 1 })
      await first.shutdown()
      expect(statsOf(first, name)).toMatchObject({ dropped: {} })

      await server.listen()
      onTestFinished(() => server.close())
      const second = exporterTo(options)
      await until(() => statsOf(second, name).delivered === 1)
      expect(server.inserts).toHaveLength(1)
    },
  )
})
