import { describe, expect, test } from 'vitest'
import { defineTable, flatLogs, flatMetrics, flatTraces, otelTraces } from '../src/index.js'
import { userTable } from './user-table.js'

const firstLines = (statements: string[]) => statements.map((one) => one.split('\n')[0])

describe('a Replicated engine', () => {
  test('gets path and name from the macros of the server, if it is created on a cluster', () => {
    const statements = otelTraces.ddl({ cluster: 'main', engine: 'ReplicatedMergeTree' })
    const engine =
      "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')"
    expect(statements.filter((one) => one.includes(engine))).toHaveLength(2) // the companion too
  })

  test.each([
    ['ReplicatedMergeTree', undefined],
    ["ReplicatedMergeTree('/own/{shard}', '{replica}')", 'main'],
    ['ReplicatedReplacingMergeTree(ver)', 'main'],
    ['SharedMergeTree', 'main'],
    ['MergeTree', 'main'],
  ])('%s is left as it is on cluster %s', (engine, cluster) => {
    expect(flatTraces.ddl({ engine, cluster })[1]).toContain(`\nENGINE = ${engine}\n`)
  })

  test('may be written with empty parentheses', () => {
    const [, table] = flatTraces.ddl({ engine: ' ReplicatedMergeTree () ', cluster: 'main' })
    expect(table).toContain("\nENGINE = ReplicatedMergeTree('/clickhouse/")
  })
})

describe('distributed', () => {
  const on = { cluster: 'c`1', distributed: {} }

  test('creates local tables, and one of the name of the table over them', () => {
    const [database, local, over, ...more] = flatTraces.ddl({
      ...on,
      engine: 'ReplicatedMergeTree',
      ttl: 60,
    })
    expect(database).toBe('CREATE DATABASE IF NOT EXISTS `telemetry` ON CLUSTER `c\\`1`')
    expect(local).toMatch(
      /^CREATE TABLE IF NOT EXISTS `telemetry`\.`traces_local` ON CLUSTER `c\\`1`\n/,
    )
    expect(local).toMatch(/^ENGINE = ReplicatedMergeTree\('/m)
    expect(local).toMatch(/^TTL /m)
    expect(over).toBe(
      [
        'CREATE TABLE IF NOT EXISTS `telemetry`.`traces` ON CLUSTER `c\\`1`',
        'AS `telemetry`.`traces_local`',
        'ENGINE = Distributed(`c\\`1`, `telemetry`, `traces_local`, cityHash64(`trace_id`))',
      ].join('\n'),
    )
    expect(more).toEqual([])
  })

  test('does the same for companions, whose views read and fill local tables', () => {
    const statements = otelTraces.ddl({ ...on, cluster: 'main', database: 'd`b', table: 'spans' })
    expect(firstLines(statements).slice(1)).toEqual([
      'CREATE TABLE IF NOT EXISTS `d\\`b`.`spans_local` ON CLUSTER `main`',
      'CREATE TABLE IF NOT EXISTS `d\\`b`.`spans` ON CLUSTER `main`',
      'CREATE TABLE IF NOT EXISTS `d\\`b`.`spans_local_trace_id_ts` ON CLUSTER `main`',
      'CREATE MATERIALIZED VIEW IF NOT EXISTS `d\\`b`.`spans_local_trace_id_ts_mv` ON CLUSTER `main`',
      'CREATE TABLE IF NOT EXISTS `d\\`b`.`spans_trace_id_ts` ON CLUSTER `main`',
    ])
    expect(statements[4]).toContain('TO `d\\`b`.`spans_local_trace_id_ts`')
    expect(statements[4]).toContain('FROM `d\\`b`.`spans_local`')
    expect(statements[5]).toContain('Distributed(`main`, `d\\`b`, `spans_local_trace_id_ts`)')
  })

  test('shards by the trace id, log records without one by their time, all others by what sorts them', () => {
    const key = (table: { ddl: typeof flatLogs.ddl }) =>
      /Distributed\(`main`, `\w+`, `\w+`, (.*)\)$/.exec(
        table.ddl({ ...on, cluster: 'main' })[2] ?? '',
      )?.[1]
    expect(key(otelTraces)).toBe('cityHash64(`TraceId`)')
    expect(key(flatLogs)).toBe("cityHash64(if(trace_id = '', toString(timestamp), trace_id))")
    expect(key(flatMetrics)).toMatch(/^cityHash64\(\(service_name, /)
    const own = defineTable({
      name: 't',
      columns: [{ name: 'x', type: 'UInt64', field: 'traceId' }],
      orderBy: 'x',
      shardingKey: 'intHash64(x)',
    })
    expect(key(own)).toBe('intHash64(x)')
  })

  test('takes another key, and another name of the local tables', () => {
    const distributed = { table: 'shard_{table}', shardingKey: 'rand()' }
    const [, local, over] = userTable.ddl({ cluster: 'main', distributed, table: 'mine' })
    expect(local).toContain('`shard_mine` ON CLUSTER')
    expect(over).toContain('`shard_mine`, rand())')
  })

  test('needs a cluster, and local tables that have other names', () => {
    expect(() => flatTraces.ddl({ distributed: {} })).toThrow('distributed needs a cluster')
    const distributed = { table: 'local' }
    expect(() => flatTraces.ddl({ cluster: 'main', distributed })).toThrow('must contain {table}')
    expect(() => flatTraces.ddl({ cluster: 'main', distributed: { table: '{table}' } })).toThrow(
      'must contain more than {table}',
    )
  })
})
