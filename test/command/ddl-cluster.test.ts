// A server that is the only shard of the cluster `main`. It knows no ON CLUSTER: statements are run without.
import { readFileSync } from 'node:fs'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { run, statementsOf } from './command-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  const tcpPort = await freePort()
  server = await startClickHouse({ tcpPort, clusters: { main: [[tcpPort]] } })
})
afterAll(() => server?.stop())

let database = ''
let databases = 0
beforeEach(() => {
  database = `d${databases++}`
})

const remarksOf = (out: string) => out.split('\n').filter((line) => line.startsWith('-- '))

async function apply(out: string) {
  for (const statement of statementsOf(out))
    await server.query(statement.replace(' ON CLUSTER `main`', ''))
}

const CLUSTER = ['--cluster', 'main', '--distributed']
const ddl = (...args: string[]) => run(['ddl', '--database', database, ...args])
const diff = (...args: string[]) => ddl(...args, '--diff', server.url)

test.each<[string, Table<never>]>([
  ['flat', flatTraces],
  ['otel', otelTraces],
])(
  '--engine and --distributed print what the exporter would create with these options: %s',
  async (schema, table) => {
    const engine = 'ReplicatedMergeTree'
    const { code, out } = await ddl('--schema', schema, ...CLUSTER, '--engine', engine)
    expect(code).toBe(0)
    const options = { database, cluster: 'main', engine, distributed: {} }
    expect(statementsOf(out)).toEqual(table.ddl(options))
    expect(out).toContain("ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}'")
  },
)

test.each([
  [['--distributed'], '--distributed goes with --cluster NAME.'],
  [['--engine', 'Memory'], '--engine must be'],
  [['--engine', ''], '--engine must be'],
])('%j is refused', async (args, sentence) => {
  const { code, err } = await ddl(...args)
  expect(code).toBe(2)
  expect(err).toContain(sentence)
})

test('the commands of docs/clusters.md print statements that create all tables, and then find no difference', async () => {
  const page = readFileSync(new URL('../../docs/clusters.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  const commands = blocks.join('').trim().split('\n')
  expect(commands).toHaveLength(2)
  const [create, compare] = await Promise.all(
    commands.map((line) => run(line.replace('http://ch1:8123', server.url).split(' ').slice(2))),
  )
  expect([create?.code, compare?.code]).toEqual([0, 1])
  // This server has no ZooKeeper.
  await apply(create?.out.replaceAll(/ReplicatedMergeTree\('.*'\)/g, 'MergeTree') ?? '')
  expect(
    await run(commands[1]?.replace('http://ch1:8123', server.url).split(' ').slice(2) ?? []),
  ).toMatchObject({ code: 0, out: '' })
})

describe('--diff with a Distributed table', () => {
  test.each(['flat', 'otel'])(
    'finds no difference where all tables are as printed, with and without --distributed: %s',
    async (schema) => {
      const args = ['--schema', schema, '--ttl', '30d']
      await apply((await ddl(...args, ...CLUSTER)).out)
      for (const more of [CLUSTER, ['--cluster', 'main'], []])
        expect(await diff(...args, ...more)).toMatchObject({ code: 0, out: '' })
    },
  )

  test('adds columns to the local table first, then to the Distributed one, and indexes to the local one only', async () => {
    await apply((await ddl(...CLUSTER)).out)
    await server.query(
      `ALTER TABLE ${database}.traces_local DROP INDEX idx_duration, DROP COLUMN trace_state`,
    )
    await server.query(`ALTER TABLE ${database}.traces DROP COLUMN trace_state`)
    const { code, out } = await diff('--cluster', 'main')
    expect(code).toBe(1)
    const added = (table: string) =>
      `ALTER TABLE \`${database}\`.\`${table}\` ON CLUSTER \`main\`\n    ADD `
    expect(statementsOf(out).map((one) => one.replace(/ IF NOT EXISTS.*/s, ''))).toEqual([
      `${added('traces_local')}COLUMN`,
      `${added('traces_local')}INDEX`,
      `${added('traces')}COLUMN`,
    ])
    expect(remarksOf(out)).toEqual([])
    await apply(out)
    expect(await diff()).toMatchObject({ code: 0, out: '' })
  })

  test('compares TTL, settings, engine, keys and types of the local table, and says where statements must run', async () => {
    const [, create = ''] = flatTraces.ddl({ database, table: 'spans of shard' })
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(
      create
        .replace('`duration_ms` Float64', '`duration_ms` Float32')
        .replace('ORDER BY (service_name, span_name, timestamp)', 'ORDER BY trace_id')
        .replace(
          'non_replicated_deduplication_window = 10000',
          'non_replicated_deduplication_window = 0',
        ),
    )
    await server.query(
      `CREATE TABLE ${database}.traces AS ${database}.\`spans of shard\` ENGINE = Distributed(main, ${database}, 'spans of shard', rand())`,
    )
    const { code, out } = await diff('--ttl', '1d', '--engine', 'ReplicatedMergeTree')
    expect(code).toBe(1)
    expect(out.replaceAll(database, 'd')).toMatchInlineSnapshot(`
      "-- spans of shard: Column duration_ms is Float32; the schema has Float64.
      -- spans of shard: The engine is MergeTree; asked for was ReplicatedMergeTree.
      -- spans of shard: ORDER BY is trace_id; the schema has (service_name, span_name, timestamp).
      -- spans of shard: TTL is missing; asked for was toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) + toIntervalSecond(86400).
      -- ALTER TABLE \`d\`.\`spans of shard\` MODIFY TTL toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) + toIntervalSecond(86400);
      -- spans of shard: non_replicated_deduplication_window is 0: rows that are sent twice are stored twice.
      -- ALTER TABLE \`d\`.\`spans of shard\` MODIFY SETTING non_replicated_deduplication_window = 10000;
      -- traces: Column duration_ms is Float32; the schema has Float64.
      -- Run the statements on every server of the cluster main, or name the cluster: --cluster main.
      "
    `)
  })

  test('on a server without the local table, a remark says where to look', async () => {
    await apply((await ddl(...CLUSTER)).out)
    await server.query(`DROP TABLE ${database}.traces_local`)
    const { code, out } = await diff()
    expect(code).toBe(1)
    expect(out).toBe(
      `-- traces is a Distributed table over ${database}.traces_local, which is not on this server: give --diff a server of the cluster main that has it.\n`,
    )
    // With the name of the cluster it is created there, as it should have been.
    await apply((await diff('--cluster', 'main')).out)
    expect(await diff()).toMatchObject({ code: 0, out: '' })
  })

  test('a table that exists is not made Distributed', async () => {
    await apply((await ddl()).out)
    const { code, out } = await diff(...CLUSTER)
    expect(code).toBe(1)
    expect(out).toBe('-- The engine is MergeTree; asked for was Distributed.\n')
  })

  test('companions that are missing are created beside the local table', async () => {
    await apply((await ddl('--schema', 'otel', ...CLUSTER)).out)
    await server.query(`DROP VIEW ${database}.otel_traces_local_trace_id_ts_mv`)
    const { out } = await diff('--schema', 'otel')
    expect(statementsOf(out)).toEqual([
      expect.stringMatching(/^CREATE MATERIALIZED VIEW .*`otel_traces_local_trace_id_ts_mv`/),
    ])
    expect(out).not.toContain('ON CLUSTER')
    expect(remarksOf(out)).toEqual([
      '-- Run the statements on every server of the cluster main, or name the cluster: --cluster main.',
    ])
    await apply(out)
    expect(await diff('--schema', 'otel')).toMatchObject({ code: 0, out: '' })
  })
})
