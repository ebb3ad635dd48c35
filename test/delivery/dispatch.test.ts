import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import { diagLines } from '../kit/diag-lines.js'
import { openCollector, openExporter } from '../kit/entry-points.mjs'
import { eventually, flushed, until } from '../kit/patience.js'
import { records, SIGNALS } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
})
/** Without those about slow functions: a busy machine may take the CPU from any of them. */
const said = () => lines.filter((line) => !line.includes(' is slow: '))

const [spans] = SIGNALS

let databases = 0

/** A database with the table of spans, and what counts the rows of a table in it. */
async function newDatabase() {
  const database = `dispatched_${++databases}`
  await server.query(`CREATE DATABASE ${database}`)
  for (const statement of spans.tables[0]?.ddl({ database }) ?? []) await server.query(statement)
  const count = async (table: string) =>
    Number(await server.query(`SELECT count() FROM ${database}.${table}`))
  const createUsage = () =>
    server.query(`CREATE TABLE ${database}.usage (id String) ENGINE = MergeTree ORDER BY id`)
  return { database, count, createUsage }
}

const BOTH = {
  dispatch: (row, { table }) => ({ [table]: row, usage: { id: row['span_id'] } }),
} satisfies Pick<Options, 'dispatch'>

test.each([
  ['create', {}],
  ['create, with a spool', { spool: true }],
  ['validate', {}],
  ['off', {}],
] as const)(
  'manageSchema: %s: rows that dispatch returns for a table that does not exist wait for it, and other rows do not wait for them',
  async (mode, { spool }: { spool?: boolean }) => {
    const { database, count, createUsage } = await newDatabase()
    const collector = openCollector('traces', {
      endpoint: server.url,
      database,
      manageSchema: mode.split(',')[0],
      ...(spool && { spool: { directory: temporaryDirectory() } }),
      ...BOTH,
    } as never)
    for (let made = 20; made <= 200; made += 20) {
      for (const record of records(spans, 20)) collector.add(record)
      void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
      await eventually(async () => expect(await count('traces')).toBe(made))
    }
    await until(() => said().length > 0)
    await until(() => statsOf(collector).delivered === 200)
    expect(statsOf(collector)).toMatchObject({ waiting: 200, dropped: {}, failing: false })
    expect(said()).toEqual([
      expect.stringMatching(
        /the server refuses the rows that `dispatch` returns for `dispatched_\d+`\.`usage`: .*Create `dispatched_\d+`\.`usage`: only configured tables are created\. These rows are kept and tried again every 30 s; other rows do not wait for them\.$/,
      ),
    ])
    await createUsage()
    await flushed(collector)
    expect(await count('usage')).toBe(200)
    expect(await count('traces')).toBe(200)
    expect(statsOf(collector)).toMatchObject({ delivered: 400, waiting: 0, dropped: {} })
    expect(said()).toHaveLength(1)
    await collector.shutdown()
  },
)

const LACKS_COLUMN = (table: string, column: string) =>
  new RegExp(
    `the server refuses the rows that \`dispatch\` returns for \`dispatched_\\d+\`\\.\`${table}\`: .*\\b${column}\\b.*\\. \`dispatch\` returns a column that \`dispatched_\\d+\`\\.\`${table}\` lacks: add it to the table, or do not return it\\. These rows are kept and tried again every 30 s; other rows do not wait for them\\.$`,
  )

test.each(['create', 'validate', 'off'])(
  'manageSchema: %s: rows with a column that the configured table lacks wait alone, and the advice is about that column',
  async (manageSchema) => {
    const { database, count } = await newDatabase()
    const collector = openCollector('traces', {
      endpoint: server.url,
      database,
      manageSchema,
      dispatch: (row: Record<string, unknown>, { table }: { table: string }) => ({
        [table]: [row, { ...row, tenant: 'a' }],
      }),
    } as never)
    for (const record of records(spans, 20)) collector.add(record)
    void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
    await eventually(async () => expect(await count('traces')).toBe(20))
    await until(() => said().length > 0)
    await until(() => statsOf(collector).delivered === 20) // the answer comes after the rows are stored
    expect(statsOf(collector)).toMatchObject({ waiting: 20, dropped: {} })
    expect(said()).toEqual([expect.stringMatching(LACKS_COLUMN('traces', 'tenant'))])
    await server.query(`ALTER TABLE ${database}.traces ADD COLUMN tenant String`)
    await flushed(collector)
    expect(await count('traces')).toBe(40)
    expect(statsOf(collector)).toMatchObject({ delivered: 40, waiting: 0, dropped: {} })
    await collector.shutdown()
  },
)

test('rows with a column that a table of the user lacks wait, and the advice is about that column', async () => {
  const { database, count, createUsage } = await newDatabase()
  await createUsage()
  const collector = openCollector('traces', {
    endpoint: server.url,
    database,
    dispatch: (row: Record<string, unknown>) => ({ usage: { id: row['span_id'], size: 1 } }),
  } as never)
  for (const record of records(spans, 20)) collector.add(record)
  void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
  await until(() => said().length > 0)
  expect(said()).toEqual([expect.stringMatching(LACKS_COLUMN('usage', 'size'))])
  await server.query(`ALTER TABLE ${database}.usage ADD COLUMN size UInt8`)
  await flushed(collector)
  expect(await count('usage')).toBe(20)
  await collector.shutdown()
})

test('many small exports are answered and lose no row, whether the table is there or not', async () => {
  const { database, count, createUsage } = await newDatabase()
  const exporter = openExporter('traces', { endpoint: server.url, database, ...BOTH } as never)
  const exportOne = () =>
    new Promise((resolve) => exporter.export([...records(spans, 1)], resolve as never))
  const all = await Promise.all(Array.from({ length: 100 }, exportOne))
  expect(all).toEqual(Array(100).fill({ code: 0 }))
  expect(statsOf(exporter)).toMatchObject({ accepted: 200, dropped: {} })
  await createUsage()
  await flushed(exporter)
  await Promise.all(Array.from({ length: 100 }, exportOne))
  await flushed(exporter)
  expect(await count('usage')).toBe(200)
  expect(await count('traces')).toBe(200)
  expect(statsOf(exporter)).toMatchObject({ delivered: 400, waiting: 0, dropped: {} })
  await exporter.shutdown()
})
