// The queries of examples/logs-and-metrics, asked about data whose answers are computed here from single requests, spans and log lines.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  flatLogs,
  flatMetrics,
  flatTraces,
  type LogRecordLike,
  type MetricPointLike,
  type MetricType,
  otelLogs,
  otelTraces,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import { otelMetricsTables } from '@spanhouse/transform/internal'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeLog } from '../../packages/transform/test/logs.js'
import { makePoint } from '../../packages/transform/test/points.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { randomOf } from '../faults/seed.js'
import {
  COUNTER,
  hrTime,
  type Life,
  pointsOf,
  quantileOf,
  type Temporality,
  toldIn,
} from '../kit/measurements.js'
import { lives, RANGE, silentBefore, T0_MS } from '../kit/shop-lives.js'
import { insert } from '../kit/stored-rows.js'
import { root } from './run-example.js'

type Schema = 'flat' | 'otel'
type Row = Record<string, unknown>

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const range = { from: timeText(RANGE.fromMs), to: timeText(RANGE.toMs), service: 'shop' }

describe.each(['flat', 'otel'] as const)('%s', (schema) => {
  describe.each(['cumulative', 'delta'] as const)('%s', (temporality) => {
    const database = `${schema}_${temporality}`
    beforeAll(async () => {
      await write(
        schema,
        database,
        lives.flatMap((life) => pointsOf(life, temporality)),
      )
    })

    test.each([60, 7, 600])('what a counter grew by in %d seconds', async (step) => {
      const rows = await ask(schema, database, 'rate-of-a-counter', {
        ...range,
        metric: COUNTER,
        step,
      })
      const told = toldTo(temporality)
      const expected = groups(told, ({ toldMs, route }) => `${bucket(toldMs, step)} ${route}`)
      expect(
        rows
          .filter(({ total }) => total !== 0)
          .map(({ time, attributes, total, per_second }) => [
            `${time} ${(attributes as Row)['http.route']}`,
            total,
            per_second,
          ]),
      ).toEqual([...expected].map(([key, { length }]) => [key, length, length / step]))
    })

    test.each([60, 600])('the p99 of each route in %d seconds', async (step) => {
      const rows = await ask(schema, database, 'p99-by-route', { ...range, step })
      const told = toldTo(temporality)
      const expected = groups(
        told,
        ({ toldMs, route, bounds }) => `${bucket(toldMs, step)} ${route} ${bounds.length}`,
      )
      const truth = [...expected].map(([key, requests]) => ({
        time: key.slice(0, 19),
        route: key.split(' ')[2],
        requests: requests.length,
        p99_s: expect.closeTo(quantileOf(0.99, requests, requests[0]?.bounds ?? []), 9),
      }))
      expect(rows.sort(inOrder)).toEqual(truth.sort(inOrder))
    })
  })

  describe('logs and traces', () => {
    const database = `${schema}_traces`
    const { spans, logs } = requests()
    beforeAll(() => write(schema, database, loopPoints(), logs, spans))

    test('error logs of slow traces, the slowest first', async () => {
      const rows = await ask(schema, database, 'error-logs-of-slow-traces', {
        ...range,
        slow_ms: 400,
      })
      const slow = new Map(
        spans
          .filter((span) => span.parentSpanContext === undefined && durationMs(span) > 400)
          .filter(isInRange)
          .map((span) => [span.spanContext().traceId, span]),
      )
      const truth = logs.flatMap((line) => {
        const root = slow.get(line.spanContext?.traceId ?? '')
        if (!root || (line.severityNumber ?? 0) < 17) return []
        const { name: request } = root
        const { traceId: trace_id } = root.spanContext()
        return [
          { body: line.body, request, duration_ms: durationMs(root), service: 'shop', trace_id },
        ]
      })
      expect(truth.length).toBeGreaterThan(20)
      expect(truth.length).toBeLessThan(100)
      truth.sort((a, b) => b.duration_ms - a.duration_ms || (a.trace_id < b.trace_id ? -1 : 1))
      expect(rows).toMatchObject(truth)
    })

    test('all that the services of a trace said around it', async () => {
      const around = spans.filter((span) => span.spanContext().traceId === idOf(20))
      const [start, end] = [Math.min(...around.map(startMs)), Math.max(...around.map(endMs))]
      const truth = logs
        .map((line) => ({ line, atMs: msOf(line.hrTime as [number, number]) }))
        .filter(({ atMs }) => atMs >= start - 1500 && atMs <= end + 1500)
        .filter(({ line }) => line.resource.attributes?.['service.name'] !== 'mail')
        .sort((a, b) => a.atMs - b.atMs)
        .map(({ line }) => ({
          body: line.body,
          is_of_the_trace: Number(line.spanContext?.traceId === idOf(20)),
        }))
      expect(new Set(truth.map(({ is_of_the_trace }) => is_of_the_trace)).size).toBe(2)
      const parameters = { trace_id: idOf(20), seconds: 1.5 }
      expect(await ask(schema, database, 'logs-around-a-trace', parameters)).toMatchObject(truth)
    })

    test('event loop beside requests, also where there is only one of the two', async () => {
      const rows = await ask(schema, database, 'event-loop-and-latency', { ...range, step: 60 })
      const servers = spans.filter((span) => span.kind === 1 && isInRange(span))
      const byMinute = groups(servers, (span) => bucket(startMs(span), 60))
      const minutes = Array.from({ length: 10 }, (_, i) => bucket(T0_MS + i * 60_000, 60))
      expect(rows).toEqual(
        minutes.map((time, i) => {
          const durations = byMinute.get(time)?.map(durationMs)
          const hasLoop = i !== 3
          return {
            time,
            requests: durations?.length ?? null,
            p99_ms: durations ? Math.max(...durations) : null,
            delay_p99_ms: hasLoop ? expect.closeTo(30 + i, 9) : null,
            utilization: hasLoop ? 0.25 : null,
          }
        }),
      )
      expect(rows[6]?.['requests']).toBe(null)
    })
  })
})

/** The requests of the service that its points tell of: a series that was silent for longer than a query looks back begins with a point that adds nothing. */
function toldTo(temporality: Temporality) {
  return lives
    .filter(({ service }) => service === 'shop')
    .flatMap((life) => toldIn(life, RANGE).map((told) => ({ ...told, bounds: life.bounds, life })))
    .filter(
      ({ life, toldMs }) =>
        temporality === 'delta' || life !== silentBefore || toldMs !== firstInRange(life),
    )
}

function firstInRange({ exportsMs }: Life): number | undefined {
  return exportsMs.find((at) => at >= RANGE.fromMs)
}

async function write(
  schema: Schema,
  database: string,
  points: readonly MetricPointLike[],
  logs: readonly LogRecordLike[] = [],
  spans: readonly SpanLike[] = [],
): Promise<void> {
  await server.query(`CREATE DATABASE ${database}`)
  const into = async <Input>(table: Table<Input>, inputs: readonly Input[]) => {
    for (const statement of table.ddl({ database })) await server.query(statement)
    await insert(server, table, inputs, {}, { database, name: table.name })
  }
  await into(schema === 'flat' ? flatLogs : otelLogs, logs)
  await into(schema === 'flat' ? flatTraces : otelTraces, spans)
  if (schema === 'flat') return into(flatMetrics, points)
  for (const type of Object.keys(otelMetricsTables) as MetricType[])
    await into(
      otelMetricsTables[type],
      points.filter(({ metric }) => metric.type === type),
    )
}

async function ask(
  schema: Schema,
  database: string,
  name: string,
  parameters: Row,
): Promise<Row[]> {
  const file = join(root, 'examples/logs-and-metrics/queries', schema, `${name}.sql`)
  const url = new URL(server.url)
  for (const [key, value] of Object.entries(parameters))
    url.searchParams.set(`param_${key}`, String(value))
  url.searchParams.set('database', database)
  url.searchParams.set('default_format', 'JSONEachRow')
  const response = await fetch(url, { method: 'POST', body: readFileSync(file, 'utf8') })
  const text = await response.text()
  expect(response.status, text).toBe(200)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/** Its request begins within the range and ends after it. */
const LATE = 178

/** Two hundred requests of two services, and a thousand lines, most of them within the span of a request. */
function requests(): { spans: SpanLike[]; logs: LogRecordLike[] } {
  const { between, chance, pick } = randomOf(3)
  const spans: SpanLike[] = []
  const logs: LogRecordLike[] = []
  for (let n = 0; n < 200; n++) {
    // Two begin before the range and two at its end; none in its seventh minute.
    const start = T0_MS + (n - 2) * 3050 + (n > 119 ? 61_000 : 0)
    const lasts = n === LATE ? 5000 : n % 10 === 0 ? 400 : between(1, 500)
    const traceId = idOf(n)
    const span = (spanId: string, changes: object) =>
      makeSpan({
        startTime: hrTime(start),
        spanContext: () => ({ traceId, spanId }),
        parentSpanContext: undefined,
        ...changes,
      })
    const name = pick(['GET /', 'POST /cart'])
    spans.push(span(`${traceId.slice(0, 15)}1`, { name, kind: 1, endTime: hrTime(start + lasts) }))
    spans.push(
      span(`${traceId.slice(0, 15)}2`, {
        name: 'SELECT',
        kind: 2,
        endTime: hrTime(start + lasts + 700),
        parentSpanContext: { traceId, spanId: `${traceId.slice(0, 15)}1` },
        ...(n % 20 === 0 && { resource: { attributes: { 'service.name': 'stock' } } }),
      }),
    )
    for (let i = 0; i < 5; i++)
      logs.push(
        makeLog({
          hrTime: hrTime(start + i * 40),
          body: `line ${i} of request ${n}`,
          severityNumber: pick([5, 9, 13, 17, 21]),
          spanContext: chance(0.8) ? { traceId, spanId: `${traceId.slice(0, 15)}1` } : undefined,
          ...(i === 4 && {
            resource: { attributes: { 'service.name': pick(['stock', 'mail']) } },
            severityNumber: 9,
            spanContext: undefined,
          }),
        }),
      )
  }
  const traceId = idOf(LATE)
  logs.push(
    makeLog({
      hrTime: hrTime(RANGE.toMs + 1000),
      body: 'after the range',
      spanContext: { traceId, spanId: `${traceId.slice(0, 15)}1` },
    }),
  )
  return { spans, logs }
}

/** The event loop of two processes, in every minute but one. */
function loopPoints(): MetricPointLike[] {
  return Array.from({ length: 10 }, (_, i) => i)
    .filter((i) => i !== 3)
    .flatMap((i) =>
      [0.02, 0.03].flatMap((delay) => {
        const at = { time: hrTime(T0_MS + i * 60_000 + 5000), exemplars: undefined }
        const gauge = (name: string, value: number) =>
          makePoint('gauge', { ...at, value }, { name: `nodejs.eventloop.${name}` })
        return [gauge('delay.p99', delay + i / 1000), gauge('utilization', 0.25)]
      }),
    )
}

const idOf = (n: number): string => `${n + 1}`.padStart(4, 'a').padEnd(32, 'b')
const msOf = ([seconds, nanoseconds]: readonly [number, number]): number =>
  seconds * 1000 + nanoseconds / 1e6
const startMs = (span: SpanLike): number => msOf(span.startTime as [number, number])
const endMs = (span: SpanLike): number => msOf(span.endTime as [number, number])
const durationMs = (span: SpanLike): number => endMs(span) - startMs(span)
const isInRange = (span: SpanLike): boolean =>
  startMs(span) >= RANGE.fromMs && startMs(span) < RANGE.toMs

/** Sorted by key, as the queries sort. */
function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>()
  for (const item of items) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item])
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function bucket(ms: number, step: number): string {
  return timeText(Math.floor(ms / 1000 / step) * step * 1000).slice(0, 19)
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
}

const keyOf = ({ time, route, requests }: Row): string => `${time} ${route} ${requests}`
const inOrder = (a: Row, b: Row): number => (keyOf(a) < keyOf(b) ? -1 : 1)
