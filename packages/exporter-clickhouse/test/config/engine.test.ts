import { describe, expect, test } from 'vitest'
import { env, envWithFile, errorOf, only, P, parse } from './config-kit.js'

const FIXED = "ReplicatedMergeTree('/clickhouse/tables/{shard}/x', '{replica}')"
const ADVICE = 'write {table} or {uuid} in it, or name the signals that are sent in `signals`'
const same = (tables: string) =>
  `engine: the tables ${tables} would have the same path in ZooKeeper: ${ADVICE}`

describe('a path in ZooKeeper that several tables would have is a mistake', () => {
  test.each<[string, object, string]>([
    ['of all signals', {}, 'traces, logs and metrics'],
    ['of two', { signals: ['traces', 'logs'], traces: { table: 'spans' } }, 'spans and logs'],
    [
      'of the metrics of the Collector',
      { schema: 'otel', signals: ['metrics'] },
      'otel_metrics_gauge, otel_metrics_sum, otel_metrics_histogram, otel_metrics_exponential_histogram and otel_metrics_summary',
    ],
    [
      'of spans and of the times of their traces',
      { schema: 'otel', signals: ['traces'] },
      'otel_traces and otel_traces_trace_id_ts',
    ],
    [
      'of local tables',
      { signals: ['traces', 'logs'], cluster: 'c', distributed: {} },
      'traces_local and logs_local',
    ],
  ])('%s', (_what, options, tables) => {
    expect(errorOf({ engine: FIXED, ...options }).problems).toEqual([same(tables)])
    expect(errorOf({}, envWithFile({ engine: FIXED, ...options })).message).toContain(same(tables))
  })

  test('in a destination, which is named', () => {
    const destinations = [{ name: 'b', endpoint: 'http://b', engine: FIXED }]
    expect(errorOf({ destinations }).message).toContain(
      `destinations[b].${same('traces, logs and metrics')}`,
    )
  })

  test('a variable is ignored, and said so', () => {
    const { destinations, doubts } = parse({}, env({ ENGINE: FIXED }))
    expect(destinations[0]?.targets[0].creation.engine).toBeUndefined()
    expect(doubts.join()).toContain(
      `${P}ENGINE cannot be used: ${same('traces, logs and metrics')}. It is ignored`,
    )
  })
})

test.each<[string, object]>([
  ['the table is in the path', { engine: FIXED.replace('/x', '/{table}') }],
  ['its id is in the path', { engine: FIXED.replace('/x', '/{uuid}') }],
  ['the engine has no path', { engine: 'ReplicatedMergeTree' }],
  ['the engine is not replicated', { engine: "ReplacingMergeTree('x')" }],
  ['there is one table', { engine: FIXED, signals: ['traces'] }],
  ['the exporter creates none', { engine: FIXED, manageSchema: 'validate' }],
])('an engine may be used if %s', (_why, options) => {
  expect(only(options).targets[0].creation.engine).toBe((options as { engine: string }).engine)
})
