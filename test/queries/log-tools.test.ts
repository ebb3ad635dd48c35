// The queries about logs that Grafana's data source for ClickHouse and ClickStack ask, in our words: the same columns, functions and
// conditions. Each is asked of the tables that our rows go into, and its answer compared with that of the lines themselves.
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { otelLogs } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectorLogsDdl, LOG_GENERATIONS, type LogGeneration } from '../kit/collector-logs.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { insert } from '../kit/stored-rows.js'
import {
  counted,
  grafanaRow,
  type Line,
  makeLines,
  minuteOf,
  recordOf,
  T0_MS,
  TRACE,
  timeText,
  tokensOf,
} from './kit/log-lines.js'

type Row = Record<string, unknown>
type Table = 'ours' | LogGeneration

interface Asked {
  readonly name: string
  /** The tables that have the columns it reads; all, if absent. */
  readonly on?: (table: Table) => boolean
  readonly sql: string
  readonly truth: (lines: readonly Line[]) => Row[]
}

const [FROM_MS, TO_MS] = [T0_MS + 60_000, T0_MS + 600_000]
const between = `fromUnixTimestamp64Milli(${FROM_MS}) AND Timestamp <= fromUnixTimestamp64Milli(${TO_MS})`
const hasTimestampTime = (table: Table) => table === 'L1'

const lines = makeLines()
const inRange = lines.filter(({ atMs }) => atMs >= FROM_MS && atMs <= TO_MS)

/** grafana/clickhouse-datasource 4.20.0: the query builder with the OpenTelemetry presets, and the bundled dashboards. */
const GRAFANA: Asked[] = [
  {
    name: 'lines of a level with all attributes (preset 1.3.0)',
    sql: `SELECT Timestamp AS "timestamp", Body AS "body", SeverityText AS "level", TraceId AS "traceID",
        "ResourceAttributes", "ScopeAttributes", "LogAttributes"
      FROM "otel_logs" WHERE ( timestamp >= ${between} ) AND ( level IN ('ERROR', 'FATAL') )
      ORDER BY timestamp DESC LIMIT 1000`,
    truth: (all) =>
      all
        .filter(({ level }) => ['ERROR', 'FATAL'].includes(level))
        .map(grafanaRow)
        .reverse(),
  },
  {
    name: 'the same by TimestampTime (preset 1.2.9)',
    on: hasTimestampTime,
    sql: `SELECT Timestamp AS "timestamp", Body AS "body", SeverityText AS "level", TraceId AS "traceID",
        "ResourceAttributes", "ScopeAttributes", "LogAttributes"
      FROM "otel_logs" WHERE ( TimestampTime >= toDateTime(${FROM_MS / 1000}) AND TimestampTime <= toDateTime(${TO_MS / 1000}) )
        AND ( level IN ('ERROR', 'FATAL') )
      ORDER BY TimestampTime DESC, timestamp DESC LIMIT 1000`,
    // Whole seconds: the last one counts to its end.
    truth: () =>
      lines
        .filter(({ atMs }) => atMs >= FROM_MS && atMs < TO_MS + 1000)
        .filter(({ level }) => ['ERROR', 'FATAL'].includes(level))
        .map(grafanaRow)
        .reverse(),
  },
  {
    name: 'from a trace to its lines',
    sql: `SELECT Timestamp AS "timestamp", Body AS "body", SeverityText AS "level", TraceId AS "traceID"
      FROM "otel_logs" WHERE ( traceID = '${TRACE}' ) ORDER BY timestamp ASC LIMIT 1000`,
    truth: () =>
      lines
        .filter(({ traceId }) => traceId === TRACE)
        .map(({ body, level }) => ({ body, level, traceID: TRACE })),
  },
  {
    name: 'lines with a text and an attribute',
    sql: `SELECT Timestamp AS "timestamp", Body AS "body" FROM "otel_logs"
      WHERE ( timestamp >= ${between} ) AND ( LogAttributes['user.id'] = 'u-2' ) AND (body LIKE '%declined%')
      ORDER BY timestamp ASC LIMIT 1000`,
    truth: (all) =>
      all
        .filter(({ user, body }) => user === 'u-2' && body.includes('declined'))
        .map(({ body }) => ({ body })),
  },
  {
    name: 'how many lines of each level in each minute',
    sql: `SELECT toStartOfInterval(Timestamp, INTERVAL 60 second) AS time, SeverityText AS metric, count() AS count
      FROM otel_logs WHERE Timestamp >= ${between} AND hasToken(Body, 'request')
      GROUP BY time, metric ORDER BY time, metric`,
    truth: (all) =>
      counted(
        all.filter(({ body }) => tokensOf(body).includes('request')),
        ({ atMs, level }) => [minuteOf(atMs), level],
      ).map(([[time, metric], count]) => ({ time, metric, count })),
  },
  {
    name: 'the most frequent messages of errors without their ids',
    sql: `SELECT SeverityText AS Level, ServiceName AS Service,
        replaceRegexpAll(Body, '(user|request)=[a-zA-Z0-9-]+', '\\\\1=…') AS Message, count() AS Count
      FROM otel_logs WHERE Timestamp >= ${between} AND SeverityText IN ('ERROR', 'WARN', 'FATAL')
      GROUP BY Level, Service, Message ORDER BY Count DESC, Level, Service, Message LIMIT 20`,
    truth: (all) =>
      counted(
        all.filter(({ level }) => level !== 'INFO'),
        ({ level, service, body }) => [
          level,
          service,
          body.replace(/(user|request)=[a-zA-Z0-9-]+/g, '$1=…'),
        ],
      )
        .map(([[Level, Service, Message], Count]) => ({ Level, Service, Message, Count }))
        .sort((a, b) => b.Count - a.Count)
        .slice(0, 20),
  },
  {
    name: 'recent lines of a service with their pod',
    sql: `SELECT Timestamp AS timestamp, Body AS body, SeverityText AS level, ServiceName, TraceId, SpanId,
        ResourceAttributes['k8s.pod.name'] AS k8s_pod
      FROM otel_logs WHERE Timestamp >= ${between} AND ServiceName = 'mail' ORDER BY Timestamp DESC LIMIT 200`,
    truth: (all) =>
      all
        .filter(({ service }) => service === 'mail')
        .map(({ body, level, service, traceId, pod }) => ({
          body,
          level,
          ServiceName: service,
          TraceId: traceId,
          SpanId: traceId && 'b7ad6b7169203331',
          k8s_pod: pod,
        }))
        .reverse()
        .slice(0, 200),
  },
]

const hyperdxTime = `(Timestamp >= ${between}) AND (toStartOfFiveMinutes(Timestamp) >= toStartOfFiveMinutes(fromUnixTimestamp64Milli(${FROM_MS}))
  AND toStartOfFiveMinutes(Timestamp) <= toStartOfFiveMinutes(fromUnixTimestamp64Milli(${TO_MS})))`

/** hyperdxio/hyperdx at b52a6fa8 (2026-08-21), the page of ClickStack: what its search and its charts ask. */
const CLICKSTACK: Asked[] = [
  {
    name: 'words in any case, by a table’s index of words',
    sql: `SELECT Timestamp, ServiceName, SeverityText, Body FROM otel_logs WHERE ${hyperdxTime}
      AND (hasAllTokens(lower(Body), lower('Card DECLINED')) AND (lower(Body) LIKE lower('%card declined%')))
      ORDER BY (toStartOfFiveMinutes(Timestamp), Timestamp) DESC LIMIT 200 OFFSET 0`,
    truth: (all) =>
      all
        .filter(({ body }) => body.toLowerCase().includes('card declined'))
        .map(({ service, level, body }) => ({
          ServiceName: service,
          SeverityText: level,
          Body: body,
        }))
        .reverse()
        .slice(0, 200),
  },
  {
    name: 'words in any case, by a bloom filter of words',
    sql: `SELECT count() AS count FROM otel_logs WHERE ${hyperdxTime}
      AND (hasToken(lower(Body), lower('Card')) AND hasToken(lower(Body), lower('DECLINED')))`,
    truth: (all) => [
      {
        count: all.filter(({ body }) =>
          ['card', 'declined'].every((word) => tokensOf(body.toLowerCase()).includes(word)),
        ).length,
      },
    ],
  },
  {
    name: 'a level, an attribute and an attribute of the resource',
    sql: `SELECT Body FROM otel_logs WHERE ${hyperdxTime} AND (SeverityText = 'ERROR')
      AND (\`LogAttributes\`['user.id'] = 'u-2' AND indexHint(mapContains(\`LogAttributes\`, 'user.id')))
      AND (\`ResourceAttributes\`['k8s.pod.name'] ILIKE '%POD-1%' AND indexHint(mapContains(\`ResourceAttributes\`, 'k8s.pod.name')))
      ORDER BY Timestamp`,
    truth: (all) =>
      all
        .filter(({ level, user, pod }) => level === 'ERROR' && user === 'u-2' && pod === 'pod-1')
        .map(({ body }) => ({ Body: body })),
  },
  {
    name: 'attributes by the column of their items',
    on: (table) => table === 'ClickStack',
    sql: `SELECT Body, \`__hdx_materialized_k8s.pod.name\` AS pod, _block_number > 0 AS is_numbered FROM otel_logs WHERE ${hyperdxTime}
      AND (has(\`LogAttributeItems\`, concat('user.id', '=', 'u-2'))) AND (has(\`ResourceAttributeItems\`, concat('k8s.pod.name', '=', 'pod-1')))
      ORDER BY Timestamp`,
    truth: (all) =>
      all
        .filter(({ user, pod }) => user === 'u-2' && pod === 'pod-1')
        .map(({ body }) => ({ Body: body, pod: 'pod-1', is_numbered: 1 })),
  },
  {
    name: 'how many lines of each level in five minutes',
    sql: `SELECT count() AS count, SeverityText AS level, toStartOfInterval(toDateTime(Timestamp), INTERVAL 5 minute) AS time
      FROM otel_logs WHERE ${hyperdxTime} GROUP BY level, time ORDER BY time, level`,
    truth: (all) =>
      counted(all, ({ atMs, level }) => [
        timeText(Math.floor(atMs / 300_000) * 300_000),
        level,
      ]).map(([[time, level], count]) => ({ count, level, time })),
  },
  {
    name: 'the attributes that there are, and the values of one',
    sql: `SELECT groupUniqArrayArray(mapKeys(LogAttributes)) AS keys, arraySort(groupUniqArray(LogAttributes['user.id'])) AS users
      FROM otel_logs WHERE ${hyperdxTime}`,
    truth: (all) => [
      { keys: ['user.id'], users: [...new Set(all.map(({ user }) => user))].sort() },
    ],
  },
]

let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

describe.each<Table>(['ours', ...LOG_GENERATIONS])('a table of logs: %s', (table) => {
  const database = `logs_${table.replaceAll(/\W/g, '_')}`
  beforeAll(async () => {
    await server.query(`CREATE DATABASE ${database}`)
    const ddl =
      table === 'ours'
        ? otelLogs.ddl({ database })
        : [collectorLogsDdl(table, `${database}.otel_logs`)]
    for (const statement of ddl) await server.query(statement)
    await insert(server, otelLogs, lines.map(recordOf), {}, { database, name: 'otel_logs' })
  })

  describe.each([
    ['Grafana', GRAFANA],
    ['ClickStack', CLICKSTACK],
  ] as const)('%s', (_tool, queries) => {
    test.each(queries.filter(({ on }) => on === undefined || on(table)))('$name', async (query) => {
      const truth = query.truth(inRange)
      expect(truth.length).toBeGreaterThan(0)
      const text = await server.query(
        `${query.sql.replaceAll(/FROM ("?otel_logs"?)/g, `FROM ${database}.$1`)} FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0`,
      )
      const rows = text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
      expect(rows).toHaveLength(truth.length)
      expect(rows).toMatchObject(truth)
    })
  })
})
