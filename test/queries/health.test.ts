import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatMetrics, type MetricPointLike, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  healthQuery,
  type MetricTable,
  metricTablesQuery,
} from '../../packages/queries/src/index.js'
import { otelMetricsTables } from '../../packages/transform/src/internal.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { ask, READER } from './kit/tables.js'

/** The tables of today, and one of JSON instead of maps. */
const SCHEMAS: readonly Table<MetricPointLike>[] = [
  flatMetrics,
  ...Object.values(otelMetricsTables),
]
const OF_JSON = `CREATE TABLE metrics.of_json (ResourceAttributes JSON, ServiceName String, MetricName String, Attributes JSON,
  TimeUnix DateTime64(9), Value Float64) ENGINE = MergeTree ORDER BY TimeUnix`

const NOW_US = Date.UTC(2026, 10, 28, 10) * 1000
const INSTANCE = { 'service.instance.id': 'i1' }
const one = {
  service: 'shop',
  instance: 'i1',
  destination: 'central',
  signal: 'traces',
  reason: '',
}

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse([READER])
  // Tables of the Collector may have times of either precision.
  for (const table of SCHEMAS)
    for (const statement of table.ddl({ database: 'metrics' }))
      await server.query(
        table === otelMetricsTables.sum
          ? statement.replaceAll(/(TimeUnix`?) DateTime(?:64\(9\))? /g, '$1 DateTime64(9) ')
          : statement,
      )
  await server.query(OF_JSON)
})
afterAll(() => server?.stop())

interface Point {
  readonly name: string
  readonly value: number
  readonly second: number
  readonly attributes?: Record<string, string>
  readonly resource?: Record<string, string>
  readonly isDelta?: boolean
}

type Written = 'otel_metrics_sum' | 'otel_metrics_gauge' | 'metrics'

async function write(table: Written, points: Point[]) {
  const rows = points.map((point) => {
    const time = `${NOW_US / 1e6 + point.second}`
    const attributes = point.attributes ?? { destination: 'central' }
    const resource = point.resource ?? INSTANCE
    if (table === 'metrics')
      return {
        timestamp: time,
        metric_name: point.name,
        value: point.value,
        temporality: point.isDelta ? 'delta' : 'cumulative',
        service_name: 'shop',
        attributes,
        resource_attributes: resource,
      }
    return {
      TimeUnix: time,
      MetricName: point.name,
      Value: point.value,
      ServiceName: 'shop',
      Attributes: attributes,
      ResourceAttributes: resource,
      ...(table === 'otel_metrics_sum' && { AggregationTemporality: point.isDelta ? 1 : 2 }),
    }
  })
  const lines = rows.map((row) => JSON.stringify(row)).join('\n')
  await server.query(`TRUNCATE TABLE metrics.${table}`)
  await server.query(`INSERT INTO metrics.${table} FORMAT JSONEachRow ${lines}`)
}

async function tablesNamed(...names: string[]): Promise<MetricTable[]> {
  const { rows } = await ask(server, metricTablesQuery())
  return rows.filter(({ table }) => names.includes(table))
}

test('the tables of data points with one value are found', async () => {
  expect((await ask(server, metricTablesQuery())).rows).toEqual([
    { database: 'metrics', table: 'metrics', family: 'flat', has_temporality: true },
    { database: 'metrics', table: 'otel_metrics_gauge', family: 'otel', has_temporality: false },
    { database: 'metrics', table: 'otel_metrics_sum', family: 'otel', has_temporality: true },
  ])
})

const COMPONENT = { 'otel.component.type': 'clickhouse_http_span_exporter', destination: 'central' }

test('the newest value of each of the exporter’s metrics is found, under one name each', async () => {
  await write('otel_metrics_sum', [
    { name: 'otel.sdk.exporter.span.exported', value: 10, second: 1, attributes: COMPONENT },
    { name: 'otel.sdk.exporter.span.exported', value: 30, second: 2, attributes: COMPONENT },
    // The same drop again, as the conventions of OpenTelemetry have it.
    {
      name: 'otel.sdk.exporter.span.exported',
      value: 4,
      second: 2,
      attributes: { ...COMPONENT, 'error.type': 'queue_full' },
    },
    { name: 'otel.sdk.exporter.span.inflight', value: 5, second: 2, attributes: COMPONENT },
    {
      name: 'spanhouse.dropped',
      value: 4,
      second: 2,
      attributes: { destination: 'central', reason: 'queue_full' },
    },
    { name: 'spanhouse.errors', value: 2, second: 1 },
    { name: 'spanhouse.retries_exceeded', value: 1, second: 1 },
    // Another exporter's, and the application's.
    {
      name: 'otel.sdk.exporter.span.exported',
      value: 99,
      second: 9,
      attributes: { 'otel.component.type': 'otlp_http_span_exporter' },
    },
    { name: 'http.server.request.count', value: 99, second: 9 },
  ])
  await write('otel_metrics_gauge', [
    { name: 'spanhouse.queue.bytes', value: 2048, second: 1 },
    { name: 'spanhouse.queue.bytes', value: 1024, second: 2 },
    { name: 'spanhouse.spool.bytes', value: 0, second: 2 },
  ])
  const { rows } = await ask(
    server,
    healthQuery(await tablesNamed('otel_metrics_sum', 'otel_metrics_gauge')),
  )
  const at = (second: number) => NOW_US + second * 1e6
  expect(rows).toEqual([
    { ...one, measure: 'delivered', value: 30, at_us: at(2) },
    { ...one, measure: 'dropped', reason: 'queue_full', value: 4, at_us: at(2) },
    { ...one, measure: 'errors', value: 2, at_us: at(1) },
    { ...one, measure: 'queue_bytes', value: 1024, at_us: at(2) },
    { ...one, measure: 'retries_exceeded', value: 1, at_us: at(1) },
    { ...one, measure: 'spool_bytes', value: 0, at_us: at(2) },
    { ...one, measure: 'waiting', value: 5, at_us: at(2) },
  ])
})

test.each(['metrics', 'otel_metrics_sum'] as const)(
  'processes are apart, exporters of one process are added up, and so are changes: %s',
  async (name) => {
    const exported = 'otel.sdk.exporter.span.exported'
    const named = (name: string) => ({ ...COMPONENT, 'otel.component.name': name })
    const other = { 'host.name': 'h1', 'process.pid': '7' }
    await write(name, [
      { name: exported, value: 10, second: 1, attributes: named('a') },
      { name: exported, value: 12, second: 2, attributes: named('a') },
      { name: exported, value: 5, second: 1, attributes: named('b') },
      {
        name: exported,
        value: 1,
        second: 1,
        attributes: named('a'),
        resource: other,
        isDelta: true,
      },
      {
        name: exported,
        value: 2,
        second: 2,
        attributes: named('a'),
        resource: other,
        isDelta: true,
      },
    ])
    const tables = await tablesNamed(name)
    const { rows } = await ask(server, healthQuery(tables))
    expect(rows.map(({ instance, value }) => [instance, value])).toEqual([
      ['h1 7', 3],
      ['i1', 17],
    ])
    const since = await ask(server, healthQuery(tables, { fromUs: NOW_US + 1.5e6 }))
    expect(since.rows.map(({ instance, value }) => [instance, value])).toEqual([
      ['h1 7', 2],
      ['i1', 12],
    ])
  },
)

test.each(['metrics', 'otel_metrics_sum'] as const)(
  'what was delivered of each signal is told apart, by the name or by an attribute: %s',
  async (name) => {
    const logs = { destination: 'central', signal: 'logs' }
    await write(name, [
      { name: 'otel.sdk.exporter.span.exported', value: 1, second: 1 },
      { name: 'otel.sdk.exporter.log.exported', value: 20, second: 1, attributes: logs },
      { name: 'otel.sdk.exporter.log.inflight', value: 2, second: 1, attributes: logs },
      { name: 'otel.sdk.exporter.metric_data_point.exported', value: 300, second: 1 },
      {
        name: 'spanhouse.dropped',
        value: 4,
        second: 1,
        attributes: { ...logs, reason: 'queue_full' },
      },
      {
        name: 'spanhouse.dropped',
        value: 5,
        second: 1,
        attributes: { destination: 'central', reason: 'shutdown' },
      },
    ])
    const { rows } = await ask(server, healthQuery(await tablesNamed(name)))
    expect(
      rows.map(({ signal, measure, reason, value }) => [signal, measure, reason, value]),
    ).toEqual([
      ['traces', 'delivered', '', 1],
      ['traces', 'dropped', 'shutdown', 5],
      ['metrics', 'delivered', '', 300],
      ['logs', 'delivered', '', 20],
      ['logs', 'dropped', 'queue_full', 4],
      ['logs', 'waiting', '', 2],
    ])
  },
)

test('without tables there are no rows', async () => {
  expect((await ask(server, healthQuery([]))).rows).toEqual([])
})
