// The queries about metrics that ClickStack asks (hyperdxio/hyperdx at b52a6fa8, 2026-08-21: packages/common-utils, renderChartConfig and
// histogram), in our words: the same columns, the same functions and the same way to a figure. Grafana's data source has none of its own.
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import type { MetricPointLike, MetricType } from '@spanhouse/transform'
import { otelMetricsTables } from '@spanhouse/transform/internal'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makePoint } from '../../packages/transform/test/points.js'
import { collectorDdl, GENERATIONS, type Generation } from '../kit/collector-metrics.js'
import { COUNTER, HISTOGRAM, hrTime, pointsOf, quantileOf, toldIn } from '../kit/measurements.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { beside, lives, RANGE } from '../kit/shop-lives.js'
import { insert } from '../kit/stored-rows.js'

type Row = Record<string, unknown>

const MINUTE_MS = 60_000
const bucket = 'toStartOfInterval(toDateTime(TimeUnix), INTERVAL 1 minute)'
// One bucket more on both sides, so that the first one has one before it.
const inRange = `(TimeUnix >= fromUnixTimestamp64Milli(${RANGE.fromMs - MINUTE_MS}) AND TimeUnix <= fromUnixTimestamp64Milli(${RANGE.toMs + MINUTE_MS}))`
const isShown = `time >= fromUnixTimestamp64Milli(${RANGE.fromMs}) AND time < fromUnixTimestamp64Milli(${RANGE.toMs})`
const ofProcess = "ResourceAttributes['process.pid'] = '2'"
const series = 'cityHash64(ScopeAttributes, ResourceAttributes, Attributes)'

let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

describe.each<'ours' | Generation>(['ours', ...GENERATIONS])('tables of metrics: %s', (tables) => {
  describe.each(['cumulative', 'delta'] as const)('%s', (temporality) => {
    const database = `${tables}_${temporality}`
    const ask = async (sql: string): Promise<Row[]> => {
      const settings = `SETTINGS short_circuit_function_evaluation = 'force_enable', output_format_json_quote_64bit_integers = 0`
      const placed = sql.replaceAll('FROM otel_', `FROM ${database}.otel_`)
      const text = await server.query(`${placed} ${settings} FORMAT JSONEachRow`)
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    }

    beforeAll(async () => {
      await server.query(`CREATE DATABASE ${database}`)
      const points = [...lives.flatMap((life) => pointsOf(life, temporality)), ...gauges()]
      for (const type of Object.keys(otelMetricsTables) as MetricType[]) {
        const table = otelMetricsTables[type]
        const ddl =
          tables === 'ours'
            ? table.ddl({ database })
            : [collectorDdl(tables, type, `${database}.${table.name}`)]
        for (const statement of ddl) await server.query(statement)
        const ofType = points.filter(({ metric }) => metric.type === type)
        await insert(server, table, ofType, {}, { database, name: table.name })
      }
    })

    test('how a sum grows in each minute, by AggregationTemporality and IsMonotonic', async () => {
      const rows = await ask(`
        WITH Source AS (
          SELECT *, ${series} AS hash,
            if(AggregationTemporality = 1,
              sum(Value) OVER (PARTITION BY hash ORDER BY hash, TimeUnix ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
              if(IsMonotonic = 0, Value,
                deltaSum(Value) OVER (PARTITION BY hash ORDER BY hash, TimeUnix ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))) AS Rate
          FROM otel_metrics_sum WHERE ${inRange} AND MetricName = '${COUNTER}' AND ${ofProcess}
        ),
        Bucketed AS (
          SELECT ${bucket} AS time, hash, last_value(Source.Rate) AS high,
            any(high) OVER (PARTITION BY hash ORDER BY time ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) AS high_before,
            if(IsMonotonic = 1, high - high_before, high) AS Rate,
            any(Attributes) AS Attributes, any(IsMonotonic) AS IsMonotonic
          FROM Source GROUP BY hash, time ORDER BY hash, time
        )
        SELECT time, Attributes['http.route'] AS route, sum(Rate) AS value
        FROM Bucketed WHERE ${isShown} GROUP BY time, route ORDER BY time, route`)
      expect(rows).toEqual(
        perMinuteAndRoute().map(([time, route, requests]) => ({
          time,
          route,
          value: requests.length,
        })),
      )
    })

    test.each([0.5, 0.99])('quantile %d from BucketCounts and ExplicitBounds', async (q) => {
      const rows = await ask(`
        WITH source AS (
          SELECT ExplicitBounds, ${bucket} AS time, Attributes['http.route'] AS route, sumForEach(deltas) AS rates
          FROM (
            SELECT TimeUnix, Attributes, ExplicitBounds,
              any(hash) OVER (ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) AS hash_before,
              any(counts) OVER (ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) AS counts_before,
              if(AggregationTemporality = 1 OR hash_before != hash OR arrayExists(x -> x.2 < x.1, arrayZip(counts_before, counts)),
                counts, counts - counts_before) AS deltas
            FROM (
              SELECT *, ${series} AS hash, CAST(BucketCounts AS Array(Int64)) AS counts
              FROM otel_metrics_histogram WHERE ${inRange} AND MetricName = '${HISTOGRAM}' AND ${ofProcess}
              ORDER BY hash, TimeUnix
            )
          )
          GROUP BY time, route, ExplicitBounds
        ),
        points AS (
          SELECT time, route, arrayZipUnaligned(arrayCumSum(rates), ExplicitBounds) AS point, length(point) AS n FROM source
        )
        SELECT time, route, point[n].1 AS total,
          arrayFirstIndex(x -> x.1 > ${q} * total, point) AS upper,
          if(upper > 1, point[upper - 1].2, 0) AS low,
          if(upper > 1, point[upper - 1].1, 0) AS low_count,
          if(point[upper].2 IS NULL, low, low + (point[upper].2 - low) * ((${q} * total - low_count) / (point[upper].1 - low_count))) AS value
        FROM points WHERE n > 1 AND total > 0 AND ${isShown} ORDER BY time, route`)
      expect(rows.map(({ time, route, total, value }) => ({ time, route, total, value }))).toEqual(
        perMinuteAndRoute().map(([time, route, requests]) => ({
          time,
          route,
          total: requests.length,
          value: expect.closeTo(quantileOf(q, requests, beside.bounds), 9),
        })),
      )
    })

    test('how many values a histogram took in each minute', async () => {
      const rows = await ask(`
        WITH source AS (
          SELECT ${bucket} AS time, Attributes['http.route'] AS route, toInt64(Count) AS current,
            lagInFrame(toNullable(current), 1, NULL) OVER (
              PARTITION BY ${series}, cityHash64(ExplicitBounds), AggregationTemporality ORDER BY TimeUnix) AS before,
            CASE WHEN AggregationTemporality = 1 THEN current
              WHEN AggregationTemporality = 2 THEN greatest(0, current - coalesce(before, 0)) ELSE 0 END AS delta
          FROM otel_metrics_histogram WHERE ${inRange} AND MetricName = '${HISTOGRAM}' AND ${ofProcess}
        )
        SELECT time, route, sum(delta) AS value FROM source WHERE ${isShown} GROUP BY time, route ORDER BY time, route`)
      expect(rows).toEqual(
        perMinuteAndRoute().map(([time, route, requests]) => ({
          time,
          route,
          value: requests.length,
        })),
      )
    })

    test('the last value of a gauge in each minute', async () => {
      const rows = await ask(`
        WITH Source AS (
          SELECT *, ${series} AS hash FROM otel_metrics_gauge WHERE ${inRange} AND MetricName = 'v8js.memory.heap.used'
        ),
        Bucketed AS (
          SELECT ${bucket} AS time, hash, last_value(Value) AS LastValue, any(Attributes) AS Attributes
          FROM Source GROUP BY hash, time ORDER BY hash, time
        )
        SELECT time, avg(toFloat64OrDefault(toString(LastValue))) AS value FROM Bucketed WHERE ${isShown} GROUP BY time ORDER BY time`)
      expect(rows).toEqual(
        [0, 1, 2].map((minute) => ({
          time: minuteText(RANGE.fromMs + minute * MINUTE_MS),
          value: minute + 0.5,
        })),
      )
    })
  })
})

/** What the requests of the process without a restart say: those that an export of the minute told of. */
function perMinuteAndRoute() {
  const groups = new Map<string, ReturnType<typeof toldIn>>()
  for (const told of toldIn(beside, RANGE)) {
    const key = `${minuteText(told.toldMs)} ${told.route}`
    groups.set(key, [...(groups.get(key) ?? []), told])
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, requests]) => [key.slice(0, 19), key.slice(20), requests] as const)
}

/** Of two spaces in each of three minutes; the last of each counts. */
function gauges(): MetricPointLike[] {
  return [0, 1, 2].flatMap((minute) =>
    [10, 50].flatMap((second) =>
      [0, 1].map((space) =>
        makePoint(
          'gauge',
          {
            time: hrTime(RANGE.fromMs + minute * MINUTE_MS + second * 1000),
            value: second === 50 ? minute + space : 99,
            attributes: { 'v8js.heap.space.name': `space ${space}` },
          },
          { name: 'v8js.memory.heap.used' },
        ),
      ),
    ),
  )
}

function minuteText(ms: number): string {
  const minute = new Date(Math.floor(ms / MINUTE_MS) * MINUTE_MS)
  return minute.toISOString().slice(0, 19).replace('T', ' ')
}
