import { expect, test } from 'vitest'
import { createDeadLetters } from '../../src/delivery/dead-letter-table.js'

const letters = { database: 'telemetry', table: 'dead_letters' }
const traces = { database: 'telemetry', table: 'traces' }
const engineOf = (statement: string) => /ENGINE = (.*) ORDER BY/s.exec(statement)?.[1]

test('a table of dead letters is replicated where the table beside it is, under a path of its own', () => {
  const cases: [engine: string | undefined, letters: string][] = [
    [undefined, 'MergeTree'],
    ['MergeTree PARTITION BY d ORDER BY a', 'MergeTree'],
    ['SharedMergeTree', 'MergeTree'], // ClickHouse Cloud makes it one of its own
    ['ReplicatedMergeTree', 'ReplicatedMergeTree'],
    ['ReplicatedMergeTree() ORDER BY a', 'ReplicatedMergeTree'],
    [
      "ReplicatedMergeTree('/ch/{shard}/{database}/{table}', '{replica}')",
      "ReplicatedMergeTree('/ch/{shard}/{database}/{table}', '{replica}')",
    ],
    [
      "ReplicatedMergeTree('/ch/tables/{shard}/telemetry/traces', '{replica}') ORDER BY a SETTINGS storage_policy = 'x'",
      "ReplicatedMergeTree('/ch/tables/{shard}/telemetry/dead_letters', '{replica}')",
    ],
    [
      "ReplicatedMergeTree('/ch/01/spans\\'', 'r1')",
      "ReplicatedMergeTree('/ch/01/spans\\'-dead_letters', 'r1')",
    ],
  ]
  for (const [engine, expected] of cases)
    expect([engine, engineOf(createDeadLetters(letters, { ...traces, engine }))]).toEqual([
      engine,
      expected,
    ])
  const other = createDeadLetters(
    { database: 'other', table: 'dead_letters' },
    { ...traces, engine: "ReplicatedMergeTree('/traces/telemetry/traces', 'r')" },
  )
  expect(engineOf(other)).toBe("ReplicatedMergeTree('/traces/other/dead_letters', 'r')")
})

test('dead letters never get an engine that merges rows: two of one millisecond are two', () => {
  const engine = (text: string) => engineOf(createDeadLetters(letters, { ...traces, engine: text }))
  expect(engine('ReplacingMergeTree(version)')).toBe('MergeTree')
  expect(engine("ReplicatedReplacingMergeTree('/t/{table}', '{replica}', version)")).toBe(
    "ReplicatedMergeTree('/t/{table}', '{replica}')",
  )
})

test('with a cluster it is created on every server, and a replicated one gets the path of all our tables', () => {
  const statement = createDeadLetters(letters, {
    ...traces,
    cluster: 'main',
    engine: 'ReplicatedMergeTree',
  })
  expect(statement).toMatch(
    /^CREATE TABLE IF NOT EXISTS `telemetry`.`dead_letters` ON CLUSTER `main` \(/,
  )
  expect(engineOf(statement)).toBe(
    "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
  )
})
