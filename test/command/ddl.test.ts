import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatMetrics, flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, statementsOf } from './command-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

let databases = 0
const newDatabase = () => `d${databases++}`

async function apply(out: string) {
  for (const statement of statementsOf(out)) await server.query(statement)
}

const ddl = (...args: string[]) => run(['ddl', ...args])
const diff = (...args: string[]) => run(['ddl', ...args, '--diff', server.url])

const FAMILIES = ['flat', 'otel'].flatMap((schema) =>
  ['traces', 'logs', 'metrics', 'all'].map((signal) => [schema, signal] as const),
)

test.each([
  ['logs', [flatLogs]],
  ['metrics', [flatMetrics]],
  ['metrics,logs', [flatLogs, flatMetrics]],
  ['all', [flatTraces, flatLogs, flatMetrics]],
])(
  '--signal %s prints the statements of its tables, and the database once',
  async (signal, tables) => {
    const { code, out } = await ddl('--signal', signal)
    expect(code).toBe(0)
    expect(statementsOf(out)).toEqual([...new Set(tables.flatMap((table) => table.ddl()))])
  },
)

test.each([
  [['--table', 'c.x'], { database: 'c', table: 'x' }],
  [['--table', 'c.x', '--database', 'c'], { database: 'c', table: 'x' }],
  [['--table', 'c.x.y'], { database: 'c', table: 'x.y' }],
])('%j names the database before the first dot, as in every command', async (args, at) => {
  const { code, out } = await ddl(...args)
  expect(code).toBe(0)
  expect(statementsOf(out)).toEqual(flatTraces.ddl(at))
})

test('--signal metrics --schema otel prints the five tables of the Collector', async () => {
  const { out } = await ddl('--signal', 'metrics', '--schema', 'otel', '--database', 'd')
  expect(out.match(/CREATE TABLE IF NOT EXISTS `d`\.`otel_metrics_\w+`/g)).toHaveLength(5)
  expect(out.match(/CREATE DATABASE/g)).toHaveLength(1)
})

test('the help says for which schemas the defaults are others', async () => {
  const help = (await ddl('--help')).out.replaceAll(/\s+/g, ' ')
  expect(help).toContain('default: telemetry, with --schema otel or otel_json: default')
  expect(help).toContain(
    'default: traces, logs or metrics, with --schema otel or otel_json: otel_traces, …',
  )
  for (const schema of ['otel', 'otel_json']) {
    const { out } = await ddl('--schema', schema, '--signal', 'all')
    expect(new Set(out.match(/(?<=CREATE TABLE IF NOT EXISTS `)\w+`\.`otel/g))).toEqual(
      new Set(['default`.`otel']),
    )
  }
})

test('--table is for one table, and --signal for signals', async () => {
  const one = await ddl('--signal', 'logs', '--table', 'lines')
  expect(statementsOf(one.out)).toEqual(flatLogs.ddl({ table: 'lines' }))
  const two = await ddl('--signal', 'all', '--table', 'lines')
  expect(two).toMatchObject({ code: 2, out: '' })
  expect(two.err).toContain('--table names one table, and these are 3: traces, logs, metrics.')
  const wrong = await ddl('--signal', 'spans')
  expect(wrong.code).toBe(2)
  expect(wrong.err).toContain('--signal must be one of traces, logs, metrics, all')
})

test('--diff adds what the table of one signal lacks, and names the table of a difference', async () => {
  const database = newDatabase()
  const args = ['--signal', 'all', '--database', database]
  await apply((await ddl(...args)).out)
  await server.query(`ALTER TABLE ${database}.logs DROP COLUMN event_name`)
  await server.query(`ALTER TABLE ${database}.metrics MODIFY COLUMN unit String`)
  const { code, out } = await diff(...args)
  expect(code).toBe(1)
  expect(statementsOf(out)).toEqual([
    `ALTER TABLE \`${database}\`.\`logs\`\n    ADD COLUMN IF NOT EXISTS \`event_name\` LowCardinality(String) CODEC(ZSTD(1))`,
  ])
  expect(out).toContain('-- metrics: Column unit is String; the schema has LowCardinality(String).')
})

test('prints the statements of our table', async () => {
  const { code, out } = await ddl()
  expect(code).toBe(0)
  expect(statementsOf(out)).toEqual(flatTraces.ddl())
})

test('takes schema, database, table, ttl and cluster', async () => {
  const { out } = await ddl(
    '--schema',
    'otel',
    '--database',
    'd',
    '--table',
    't',
    '--ttl',
    '30d',
    '--cluster',
    'main',
  )
  expect(statementsOf(out)).toEqual(
    otelTraces.ddl({ database: 'd', table: 't', ttl: 30 * 86_400, cluster: 'main' }),
  )
  expect(out.match(/ ON CLUSTER `main`/g)).toHaveLength(4)
})

test.each(FAMILIES)(
  'the server takes the statements of %s for %s, and then lacks nothing',
  async (schema, signal) => {
    const args = [
      '--signal',
      signal,
      '--schema',
      schema,
      '--database',
      newDatabase(),
      '--ttl',
      '30d',
    ]
    await apply((await ddl(...args)).out)
    expect(await diff(...args)).toMatchObject({ code: 0, out: '' })
  },
)

test.each(FAMILIES)(
  'the server understands ON CLUSTER in the statements of %s for %s',
  async (schema, signal) => {
    const { out } = await ddl('--signal', signal, '--schema', schema, '--cluster', 'main')
    for (const statement of statementsOf(out)) {
      const tree = await server.query(`EXPLAIN AST ${statement}`)
      expect(tree).toMatch(/^Create/)
    }
    // The test server belongs to no cluster: that is the only thing it has against these.
    for (const statement of statementsOf(out).slice(0, 2))
      await expect(server.query(statement)).rejects.toThrow(/cluster/i)
  },
)

test('the server understands ON CLUSTER in what --diff prints', async () => {
  const database = newDatabase()
  await apply((await ddl('--database', database)).out)
  await server.query(
    `ALTER TABLE ${database}.traces DROP COLUMN trace_state, DROP INDEX idx_duration`,
  )
  const { out } = await diff('--database', database, '--cluster', 'main')
  expect(statementsOf(out)).toHaveLength(2)
  for (const statement of statementsOf(out)) {
    expect(statement).toContain(' ON CLUSTER `main`')
    expect(await server.query(`EXPLAIN AST ${statement}`)).toMatch(/^AlterQuery/)
  }
})

describe('--diff', () => {
  test('prints everything for an empty server', async () => {
    const database = newDatabase()
    const { code, out } = await diff('--database', database)
    expect(code).toBe(1)
    expect(statementsOf(out)).toEqual(flatTraces.ddl({ database }))
  })

  test('adds the columns and indexes that a table lacks, and then there is no difference', async () => {
    const database = newDatabase()
    await apply((await ddl('--database', database)).out)
    const table = `${database}.traces`
    await server.query(`ALTER TABLE ${table} DROP INDEX idx_duration`)
    await server.query(`ALTER TABLE ${table} DROP COLUMN \`events.name\``)
    await server.query(`ALTER TABLE ${table} DROP COLUMN trace_state`)
    const { code, out } = await diff('--database', database)
    expect(code).toBe(1)
    expect(statementsOf(out)).toEqual([
      `ALTER TABLE \`${database}\`.\`traces\`\n    ADD COLUMN IF NOT EXISTS \`trace_state\` String CODEC(ZSTD(1))`,
      `ALTER TABLE \`${database}\`.\`traces\`\n    ADD COLUMN IF NOT EXISTS \`events.name\` Array(LowCardinality(String)) CODEC(ZSTD(1))`,
      `ALTER TABLE \`${database}\`.\`traces\`\n    ADD INDEX IF NOT EXISTS idx_duration duration_ns TYPE minmax GRANULARITY 1`,
    ])
    await apply(out)
    expect(await diff('--database', database)).toMatchObject({ code: 0, out: '' })
  })

  test('creates a companion that is missing', async () => {
    const database = newDatabase()
    const args = ['--schema', 'otel', '--database', database]
    await apply((await ddl(...args)).out)
    await server.query(`DROP VIEW ${database}.otel_traces_trace_id_ts_mv`)
    const { code, out } = await diff(...args)
    expect(code).toBe(1)
    expect(statementsOf(out)).toEqual(otelTraces.ddl({ database }).slice(3))
  })

  test('says as comments what differs and is not changed', async () => {
    const database = 'differs'
    await server.query(`CREATE DATABASE ${database}`)
    const [, create = ''] = flatTraces.ddl({ database })
    await server.query(
      create
        .replace('`duration_ms` Float64', '`duration_ms` Float32')
        .replace('PARTITION BY toDate(timestamp)', 'PARTITION BY toYYYYMM(timestamp)')
        .replace('ORDER BY (service_name, span_name, timestamp)', 'ORDER BY trace_id')
        .replace(
          'non_replicated_deduplication_window = 10000',
          'non_replicated_deduplication_window = 0',
        ),
    )
    const { code, out } = await diff('--database', database, '--ttl', '1d')
    expect(code).toBe(1)
    expect(statementsOf(out)).toEqual([])
    expect(out).toMatchInlineSnapshot(`
      "-- Column duration_ms is Float32; the schema has Float64.
      -- PARTITION BY is toYYYYMM(timestamp); the schema has toDate(timestamp).
      -- ORDER BY is trace_id; the schema has (service_name, span_name, timestamp).
      -- TTL is missing; asked for was toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) + toIntervalSecond(86400).
      -- ALTER TABLE \`differs\`.\`traces\` MODIFY TTL toDateTime(least(timestamp, toDateTime64('2100-01-01 00:00:00', 9, 'UTC'))) + toIntervalSecond(86400);
      -- non_replicated_deduplication_window is 0: rows that are sent twice are stored twice.
      -- ALTER TABLE \`differs\`.\`traces\` MODIFY SETTING non_replicated_deduplication_window = 10000;
      "
    `)
  })

  test('a comment stays one line, whatever the server says', async () => {
    const database = newDatabase()
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(
      `CREATE TABLE ${database}.traces (trace_id Enum('a\nDROP TABLE x;' = 1)) ENGINE = Memory`,
    )
    const { out } = await diff('--database', database)
    for (const line of out.split('\n')) expect(line).not.toMatch(/^DROP/)
    expect(out).toContain('-- The engine is Memory.')
  })

  test('a server that cannot be asked is a failure, not a difference', async () => {
    const { code, err } = await run(['ddl', '--diff', 'http://127.0.0.1:1'])
    expect(code).toBe(2)
    expect(err).toMatch(/^spanhouse: .+\n$/)
  })
})

test.each([
  [['--ttl', '30'], '--ttl must be a length of time'],
  [['--ttl', '1500ms'], '--ttl must be whole seconds'],
  [['--schema', 'jaeger'], '--schema must be one of flat, otel'],
  [['--table', ''], '--table must not be empty'],
  [['--table', '.x'], '--table must be TABLE or DATABASE.TABLE.'],
  [['--table', 'c.'], '--table must be TABLE or DATABASE.TABLE.'],
  [
    ['--table', 'c.x', '--database', 'd'],
    '--table names the database c, and --database names d: name one.',
  ],
])('%j is refused', async (args, message) => {
  const { code, err } = await ddl(...args)
  expect(code).toBe(2)
  expect(err).toContain(message)
})
