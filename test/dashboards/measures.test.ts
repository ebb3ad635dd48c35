// The dashboards about exporters and about k6: their SQL, taken from the files, asked of a real server.

import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatMetrics } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { k6Samples, k6Thresholds } from '../../packages/spanhouse/src/k6/tables.js'
import { otelMetricsTables } from '../../packages/transform/src/internal.js'
import { READER } from '../queries/kit/tables.js'
import { sqlOf } from './kit/dashboards.js'
import { frame, inUtc } from './kit/data-source.js'
import { opened } from './kit/world.js'

const FROM_S = Date.UTC(2026, 10, 29, 10) / 1000
const RANGE = { fromMs: FROM_S * 1000, toMs: (FROM_S + 300) * 1000 }

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({ users: [READER] })
  const { gauge, sum } = otelMetricsTables
  for (const table of [flatMetrics, gauge, sum])
    for (const statement of table.ddl()) await server.query(statement)
  for (const statement of [...k6Samples.ddl(), ...k6Thresholds.ddl()]) await server.query(statement)
  await writeMetrics()
  await writeRun()
})
afterAll(() => server?.stop())

async function insert(table: string, rows: readonly object[]): Promise<void> {
  const lines = rows.map((row) => JSON.stringify(row)).join('\n')
  await server.query(`INSERT INTO ${table} FORMAT JSONEachRow ${lines}`)
}

async function ask(path: string, title: string, given: Record<string, string> = {}) {
  const look = await opened(server, path, given, RANGE)
  return (await frame(server, sqlOf(path, title), look)).rows
}

const EXPORTED = 'otel.sdk.exporter.span.exported'
const COMPONENT = { 'otel.component.type': 'clickhouse_http_span_exporter' }
const at = (destination: string, more = {}) => ({ destination, signal: 'traces', ...more })

interface Point {
  readonly name: string
  /** Seconds since the begin of the range. */
  readonly second: number
  readonly value: number
  readonly attributes: Readonly<Record<string, string>>
  readonly instance?: string
  readonly isDelta?: boolean
}

const POINTS: readonly Point[] = [
  // Began long before the range: 300 more in its first step, 600 in its third.
  ...[
    [-60, 1000],
    [10, 1300],
    [70, 1900],
  ].map(([second = 0, value = 0]) => ({
    name: EXPORTED,
    second,
    value,
    attributes: { ...COMPONENT, ...at('east') },
  })),
  // Another process, which is new, and starts anew in between: 90, 60, then 30.
  ...[
    [40, 90],
    [70, 150],
    [100, 30],
  ].map(([second = 0, value = 0]) => ({
    name: EXPORTED,
    second,
    value,
    attributes: { ...COMPONENT, ...at('east') },
    instance: 'i2',
  })),
  // Reports changes.
  { name: EXPORTED, second: 20, value: 15, attributes: at('west'), isDelta: true },
  { name: EXPORTED, second: 25, value: 15, attributes: at('west'), isDelta: true },
  // The same drops twice: as ours, and as the conventions of OpenTelemetry have them.
  {
    name: 'spanhouse.dropped',
    second: 40,
    value: 60,
    attributes: at('west', { reason: 'queue_full' }),
  },
  {
    name: EXPORTED,
    second: 40,
    value: 60,
    attributes: at('west', { 'error.type': 'queue_full' }),
  },
  { name: 'spanhouse.errors', second: 40, value: 6, attributes: at('west') },
  { name: 'otel.sdk.exporter.span.inflight', second: 35, value: 9, attributes: at('west') },
  { name: 'otel.sdk.exporter.span.inflight', second: 40, value: 7, attributes: at('west') },
  {
    name: 'otel.sdk.exporter.span.inflight',
    second: 41,
    value: 5,
    attributes: at('west'),
    instance: 'i2',
  },
  { name: 'spanhouse.queue.bytes', second: 40, value: 2048, attributes: at('west') },
  { name: 'spanhouse.spool.bytes', second: 40, value: 4096, attributes: at('west') },
  // The application's, and another exporter's.
  { name: 'http.server.requests', second: 40, value: 99, attributes: {} },
  { name: EXPORTED, second: 40, value: 99, attributes: { 'otel.component.type': 'otlp' } },
]

const isGauge = ({ name }: Point) => name.endsWith('.bytes')

async function writeMetrics() {
  const flat = POINTS.map((one) => ({
    timestamp: `${FROM_S + one.second}`,
    metric_name: one.name,
    value: one.value,
    temporality: one.isDelta ? 'delta' : isGauge(one) ? '' : 'cumulative',
    service_name: "o'shop",
    attributes: one.attributes,
    resource_attributes: { 'service.instance.id': one.instance ?? 'i1' },
  }))
  await insert('telemetry.metrics', flat)
  const otel = (points: readonly Point[], isSum: boolean) =>
    points.map((one) => ({
      TimeUnix: `${FROM_S + one.second}`,
      MetricName: one.name,
      Value: one.value,
      ServiceName: "o'shop",
      Attributes: one.attributes,
      ResourceAttributes: { 'service.instance.id': one.instance ?? 'i1' },
      ...(isSum && { AggregationTemporality: one.isDelta ? 1 : 2 }),
    }))
  await insert(
    'otel_metrics_sum',
    otel(
      POINTS.filter((one) => !isGauge(one)),
      true,
    ),
  )
  await insert('otel_metrics_gauge', otel(POINTS.filter(isGauge), false))
}

describe.each(['flat', 'otel'])('exporters of %s', (family) => {
  const path = `${family}/exporters.json`

  /** [second of the step, line, value] */
  async function points(title: string) {
    const found = await frame(server, sqlOf(path, title), await opened(server, path, {}, RANGE))
    return inUtc(found).map(({ time, line, value }) => [
      Date.parse(`${String(time).replace(' ', 'T')}Z`) / 1000 - FROM_S,
      line,
      value,
    ])
  }

  test('what was delivered is what counters grew by, across restarts, a second', async () => {
    expect(await points('Delivered')).toEqual([
      [0, 'east, traces', 10],
      [0, 'west, traces', 1],
      [30, 'east, traces', 3],
      [60, 'east, traces', 22],
      [90, 'east, traces', 1],
    ])
  })

  test('drops have their reasons, and failed attempts their destination', async () => {
    expect(await points('Dropped')).toEqual([[30, 'west, traces: queue_full', 2]])
    expect(await points('Failed attempts')).toEqual([[30, 'west, traces', 0.2]])
  })

  test('what waits is added up over processes, the newest value of each', async () => {
    expect(await points('Waiting')).toEqual([[30, 'west, traces', 12]])
    expect(await points('In memory')).toEqual([[30, 'west, traces', 2048]])
    expect(await points('On disk')).toEqual([[30, 'west, traces', 4096]])
  })

  test('each process has a row for each destination and signal, what lost rows first', async () => {
    const rows = await ask(path, 'Exporters')
    const none = { delivered: 0, waiting: 0, dropped: 0, errors: 0, queue_bytes: 0, spool_bytes: 0 }
    const of = {
      ...none,
      service: "o'shop",
      signal: 'traces',
      reasons: '',
      last: expect.anything(),
    }
    expect(rows).toEqual([
      {
        ...of,
        instance: 'i1',
        destination: 'west',
        delivered: 30,
        waiting: 7,
        dropped: 60,
        errors: 6,
        queue_bytes: 2048,
        spool_bytes: 4096,
        reasons: 'queue_full',
      },
      { ...of, instance: 'i2', destination: 'west', waiting: 5 },
      { ...of, instance: 'i1', destination: 'east', delivered: 1900 },
      { ...of, instance: 'i2', destination: 'east', delivered: 30 },
    ])
  })
})

const RUN = "nightly '\\ 1"

async function writeRun() {
  const sample = (second: number, metric: string, value: number, tags = {}, run_id = RUN) => ({
    timestamp: `${FROM_S + second}`,
    run_id,
    metric,
    value,
    tags,
  })
  const samples = Array.from({ length: 100 }, (_, n) => {
    const tags = { name: n % 4 === 0 ? '/cart' : '/', method: 'GET' }
    return [
      sample(n, 'http_reqs', 1, tags),
      sample(n, 'http_req_failed', n % 10 === 0 ? 1 : 0, tags),
      sample(n, 'http_req_duration', n, tags),
      sample(n, 'checks', n % 5 === 0 ? 0 : 1, { check: 'is 200', group: '::cart' }),
      sample(n, 'vus', Math.min(n, 20)),
      sample(n, 'iterations', 1),
    ]
  }).flat()
  await insert('telemetry.k6_samples', [...samples, sample(0, 'http_reqs', 1, {}, 'older')])
  const threshold = (
    id: number,
    metric: string,
    source: string,
    verdict: string,
    run_id = RUN,
  ) => ({
    timestamp: `${FROM_S + 3600}`,
    run_id,
    id,
    metric,
    threshold: source,
    verdict,
    verdict_by: 'k6',
    observed: 7,
  })
  await insert('telemetry.k6_thresholds', [
    threshold(1, 'checks', 'rate>0.5', 'passed'),
    threshold(2, 'http_req_duration', 'p(95)<50', 'failed'),
    threshold(1, 'checks', 'rate>0.5', 'failed', 'older'),
  ])
}

describe('k6', () => {
  const asked = (title: string) => ask('k6.json', title, { run: RUN })

  test('the newest run comes first', async () => {
    const look = await opened(server, 'k6.json', {}, RANGE)
    expect(look.values).toMatchObject({
      samples: 'telemetry.k6_samples',
      thresholds: 'telemetry.k6_thresholds',
      run: RUN,
    })
  })

  test('totals of the run', async () => {
    expect(await asked('Run $run')).toEqual([
      {
        requests: 100,
        rate: expect.closeTo(100 / 99),
        failed: expect.closeTo(0.1),
        p95: expect.closeTo(94.05),
        iterations: 100,
        vus: 20,
        checks: expect.closeTo(0.8),
      },
    ])
  })

  test('thresholds with their verdicts, failures first, also those that end after the range', async () => {
    const rows = await asked('Thresholds')
    expect(
      rows.map(({ metric, threshold, verdict, observed, decided_by }) => [
        metric,
        threshold,
        verdict,
        observed,
        decided_by,
      ]),
    ).toEqual([
      ['http_req_duration', 'p(95)<50', 'failed', 7, 'k6'],
      ['checks', 'rate>0.5', 'passed', 7, 'k6'],
    ])
  })

  test('requests, durations and users over time', async () => {
    const requests = await asked('Requests')
    expect(requests.map(({ requests: rate, failed }) => [rate, failed])).toEqual([
      [1, 0.1],
      [1, 0.1],
      [1, 0.1],
      [expect.closeTo(1 / 3), expect.closeTo(1 / 30)],
    ])
    const [first] = await asked('Duration of requests')
    expect(first).toMatchObject({
      p50: 14.5,
      p95: expect.closeTo(27.55),
      p99: expect.closeTo(28.71),
    })
    const users = await asked('Users and iterations')
    expect(users.map(({ users: vus }) => vus)).toEqual([20, 20, 20, 20])
  })

  test('requests by name, and checks', async () => {
    expect(await asked('Requests by name')).toEqual([
      {
        request: '/',
        method: 'GET',
        requests: 75,
        failed: expect.closeTo(5 / 75),
        p50: 50,
        p95: expect.any(Number),
        max: 99,
      },
      {
        request: '/cart',
        method: 'GET',
        requests: 25,
        failed: expect.closeTo(0.2),
        p50: 48,
        p95: expect.any(Number),
        max: 96,
      },
    ])
    expect(await asked('Checks')).toEqual([
      { check: 'is 200', group: '::cart', passed: 80, failed: 20, rate: 0.8 },
    ])
  })
})
