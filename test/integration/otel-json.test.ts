import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import {
  extendTable,
  type LogRecordLike,
  type MetricPointLike,
  otelLogsJson,
  otelMetricsHistogramJson,
  otelMetricsSummaryJson,
  otelTracesJson,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/traces/span-exporter.js'
import { hostileSpan } from '../../packages/transform/test/arbitraries.js'
import { hostileLog } from '../../packages/transform/test/arbitrary-logs.js'
import { hostilePoint } from '../../packages/transform/test/arbitrary-points.js'
import { makeLog } from '../../packages/transform/test/logs.js'
import { makePoint } from '../../packages/transform/test/points.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { PATIENT_MS } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { emptied, insert, placed } from '../kit/stored-rows.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

/** As the Collector makes its table with `json: true`. */
const COLLECTORS = `CREATE TABLE json.otel_traces (
  Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String,
  SpanName LowCardinality(String), SpanKind LowCardinality(String), ServiceName LowCardinality(String),
  ResourceAttributes JSON, ResourceAttributesKeys Array(LowCardinality(String)), ScopeName String, ScopeVersion String,
  SpanAttributes JSON, SpanAttributesKeys Array(LowCardinality(String)), Duration UInt64,
  StatusCode LowCardinality(String), StatusMessage String,
  Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes JSON),
  Links Nested (TraceId String, SpanId String, TraceState String, Attributes JSON)
) ENGINE = MergeTree PARTITION BY toDate(Timestamp) ORDER BY (ServiceName, SpanName, toDateTime(Timestamp), Timestamp)`

const span = makeSpan({
  attributes: {
    'http.response.status_code': 500,
    'http.route': '/cart',
    'cache.hit': true,
    ratio: 0.5,
    day: '1900-01-01',
    tags: ['a', 'b'],
    user: { id: 7, name: 'x' },
    'user.id': 8,
  },
})

async function exported(schema: 'otel_json' | Table<SpanLike>, spans: SpanLike[]): Promise<void> {
  const to = new ClickHouseSpanExporter({ endpoint: server.url, database: 'json', schema })
  onTestFinished(() => to.shutdown())
  for (let round = 0; round < 2; round++) {
    to.export(spans, () => {})
    await to.forceFlush({ timeoutMs: PATIENT_MS })
  }
  expect(statsOf(to)).toMatchObject({ delivered: 2 * spans.length, dropped: {}, errors: 0 })
}

test.each([
  ['that the Collector made', COLLECTORS],
  ['that the exporter makes', 'SELECT 1'],
])('schema otel_json: attributes keep their types in a table %s', async (_whose, statement) => {
  await server.query('DROP DATABASE IF EXISTS json')
  await server.query('CREATE DATABASE json')
  await server.query(statement)
  await exported('otel_json', [span])
  const row = await server.query(
    `SELECT DISTINCT SpanAttributes.http.response.status_code.:Int64, SpanAttributes.cache.hit.:Bool, SpanAttributes.ratio.:Float64,
      SpanAttributes.user.id.:Int64, SpanAttributes.user.name.:String, SpanAttributes.day.:String, SpanAttributesKeys, ResourceAttributes.service.name.:String,
      toJSONString(Events.Attributes[1])
    FROM json.otel_traces FORMAT JSONCompactEachRow`,
  )
  expect(
    row
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  ).toEqual([
    [
      '500',
      true,
      0.5,
      '7',
      'x',
      '1900-01-01',
      [
        'cache.hit',
        'day',
        'http.response.status_code',
        'http.route',
        'ratio',
        'tags',
        'user.id',
        'user.name',
      ],
      'shop',
      '{"exception":{"type":"E"}}',
    ].map((value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value)),
  ])
})

test('tables from before the lists of paths take the rows of a table without them', async () => {
  await server.query('DROP DATABASE IF EXISTS json')
  await server.query('CREATE DATABASE json')
  await server.query(COLLECTORS.replaceAll(/ \w+Keys Array\(LowCardinality\(String\)\),/g, ''))
  const older = extendTable(otelTracesJson, {
    omit: ['ResourceAttributesKeys', 'SpanAttributesKeys'],
  })
  await exported(older, [span])
})

// Each row brings new paths, and so new files: most of the time goes into them.
const HOSTILE_RECORDS = process.env['SPANHOUSE_LONG'] === '1' ? 200 : 25

type Case = [string, Table<never>, object, fc.Arbitrary<unknown>]
const cases: Case[] = [
  ['spans', otelTracesJson, span, hostileSpan],
  ['log records', otelLogsJson, makeLog() as LogRecordLike, hostileLog],
  ['histograms', otelMetricsHistogramJson, makePoint('histogram') as MetricPointLike, hostilePoint],
  ['summaries', otelMetricsSummaryJson, makePoint('summary') as MetricPointLike, hostilePoint],
]

test.each(cases)(
  '%s: the statements are taken, and no hostile record is refused',
  async (_what, given, record, hostile) => {
    const table = given as Table<unknown>
    await emptied(server, table)
    await insert(server, table, [record])
    await insert(server, table, fc.sample(hostile, { numRuns: HOSTILE_RECORDS, seed: 11 }))
    expect(await server.query(`SELECT count() FROM ${placed(table)}`)).toBe(
      `${1 + HOSTILE_RECORDS}\n`,
    )
  },
)
