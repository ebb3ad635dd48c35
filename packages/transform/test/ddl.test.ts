import { expect, test } from 'vitest'
import { defineTable, flatTraces, otelTraces, quoteIdentifier } from '../src/index.js'
import { addColumn, addIndex, shapeOf } from '../src/internal.js'
import { userTable } from './user-table.js'

test.each([
  ['plain', '`plain`'],
  ['a`b', '`a\\`b`'],
  ['a\\', '`a\\\\`'],
  ['a\nb\r\t\0', '`a\\nb\\r\\t\\0`'],
  [`it's "x"; -- /*`, `\`it's "x"; -- /*\``],
  ['\ud800', '`\ufffd`'],
])('identifier %j', (name, quoted) => {
  expect(quoteIdentifier(name)).toBe(quoted)
})

test('an empty identifier is refused', () => {
  expect(() => quoteIdentifier('')).toThrow(TypeError)
  expect(() => flatTraces.ddl({ table: '' })).toThrow('an identifier must not be empty')
})

test('flat: database and table, every column in order', () => {
  const [database, table, ...more] = flatTraces.ddl()
  expect(database).toBe('CREATE DATABASE IF NOT EXISTS `telemetry`')
  expect(table).toMatch(/^CREATE TABLE IF NOT EXISTS `telemetry`\.`traces`\n/)
  expect([...(table ?? '').matchAll(/^ {4}`([^`]+)`/gm)].map(([, name]) => name)).toEqual(
    flatTraces.insertColumns,
  )
  expect(more).toEqual([])
})

test('otel: companions are named after the table', () => {
  const statements = otelTraces.ddl({ database: 'd`b', table: 'spans' })
  expect(statements.map((statement) => statement.split('\n')[0])).toEqual([
    'CREATE DATABASE IF NOT EXISTS `d\\`b`',
    'CREATE TABLE IF NOT EXISTS `d\\`b`.`spans`',
    'CREATE TABLE IF NOT EXISTS `d\\`b`.`spans_trace_id_ts`',
    'CREATE MATERIALIZED VIEW IF NOT EXISTS `d\\`b`.`spans_trace_id_ts_mv`',
  ])
  expect(statements[3]).toContain('TO `d\\`b`.`spans_trace_id_ts`')
  expect(statements[3]).toContain('FROM `d\\`b`.`spans`')
})

test('every table that is inserted into remembers tokens', () => {
  for (const table of [flatTraces, otelTraces, userTable]) {
    const tables = table.ddl().filter((statement) => statement.startsWith('CREATE TABLE'))
    for (const statement of tables)
      expect(statement).toContain('non_replicated_deduplication_window = 10000')
  }
})

test('ttl, cluster and engine reach every statement they belong to', () => {
  const statements = otelTraces.ddl({ ttl: 3600, cluster: 'c`1', engine: 'ReplicatedMergeTree' })
  for (const statement of statements)
    expect(statement.split('\n')[0]).toMatch(/ ON CLUSTER `c\\`1`$/)
  for (const statement of statements.slice(1, 3)) {
    expect(statement).toMatch(/^ENGINE = ReplicatedMergeTree\('/m)
    expect(statement).toMatch(/^TTL .* \+ toIntervalSecond\(3600\)$/m)
  }
  expect(otelTraces.ddl().join('\n')).not.toContain('TTL')
})

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a ttl of %d is refused', (ttl) => {
  expect(() => flatTraces.ddl({ ttl })).toThrow(RangeError)
})

test('settings of the definition are added to ours or replace them', () => {
  const settings = { non_replicated_deduplication_window: 5, storage_policy: "it's \\ hot" }
  const table = defineTable({ name: 't', columns: [], orderBy: 'tuple()', settings })
  expect(table.ddl()[1]).toContain(
    "SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 5, storage_policy = 'it\\'s \\\\ hot'",
  )
})

test('a column and an index can be added to a table that lacks them, also on a cluster', () => {
  const at = { database: 'd`b', table: 'spans', cluster: 'c' }
  const column = { name: 'events.name', type: 'Array(String)', codec: 'ZSTD(1)' }
  expect(addColumn(column, at)).toBe(
    'ALTER TABLE `d\\`b`.`spans` ON CLUSTER `c`\n    ADD COLUMN IF NOT EXISTS `events.name` Array(String) CODEC(ZSTD(1))',
  )
  expect(addIndex('i duration_ns TYPE minmax', { ...at, cluster: undefined })).toBe(
    'ALTER TABLE `d\\`b`.`spans`\n    ADD INDEX IF NOT EXISTS i duration_ns TYPE minmax',
  )
})

test('what a table is made of is known, unless somebody else writes its statements', () => {
  expect(shapeOf(flatTraces)?.columns).toBe(flatTraces.columns)
  expect(shapeOf(flatTraces)?.indexes).toHaveLength(6)
  expect(shapeOf({ ...flatTraces, ddl: () => [] })).toBeUndefined()
})
