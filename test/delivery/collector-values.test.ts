// What arrives in the tables that each generation of the Collector, and ClickStack, have made: every column of every row, by its value.
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  type LogRecordLike,
  type MetricPointLike,
  otelLogs,
  otelTraces,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import { otelMetricsTables } from '@spanhouse/transform/internal'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'
import { Pipeline } from '../../packages/exporter-clickhouse/src/pipeline/pipeline.js'
import { hostileSpan } from '../../packages/transform/test/arbitraries.js'
import { hostileLog } from '../../packages/transform/test/arbitrary-logs.js'
import { allLogs } from '../../packages/transform/test/logs.js'
import { allPoints } from '../../packages/transform/test/points.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { COLLECTOR_TABLES, type CollectorTables } from '../kit/collector-tables.js'
import { openExporter } from '../kit/entry-points.mjs'
import { LONG, PATIENT_MS } from '../kit/patience.js'
import { statsOf } from '../kit/stats.js'
import { asStored, sorted, stored } from '../kit/stored-rows.js'

type Row = Record<string, unknown>

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const HOSTILE = { numRuns: LONG ? 1000 : 15, seed: 14 }
const hostile = <T>(of: fc.Arbitrary<T>): T[] => fc.sample(of, HOSTILE)

/** Records of every sort, and the rows that each table gets of them. */
interface Sent {
  readonly records: readonly unknown[]
  readonly tables: readonly [table: Table<never>, inputs: readonly never[]][]
}

/** `isEarly`: only what the first tables can hold. */
const SENT: Readonly<Record<CollectorTables['signal'], (isEarly: boolean) => Sent>> = {
  traces(isEarly) {
    // Their duration is an Int64.
    const fits = (span: SpanLike) =>
      !isEarly || BigInt(String(otelTraces.toRow(span)['Duration'])) < 2n ** 63n
    const spans = [...allSpans(), ...hostile(hostileSpan)].filter(fits)
    return { records: spans, tables: [[otelTraces as Table<never>, spans as never[]]] }
  },
  logs(isEarly) {
    // Their key has toUnixTimestamp(Timestamp), which the server refuses to compute after 2106.
    const fits = (log: LogRecordLike) =>
      !isEarly || Number(otelLogs.toRow(log)['Timestamp']) < 2 ** 32
    const logs = [...allLogs(), ...hostile(hostileLog)].filter(fits)
    return { records: logs, tables: [[otelLogs as Table<never>, logs as never[]]] }
  },
  metrics() {
    const points = allPoints()
    const tables = Object.entries(otelMetricsTables).map(
      ([type, table]): [Table<never>, never[]] => [
        table as Table<never>,
        points.filter(({ metric }) => metric.type === type) as never[],
      ],
    )
    return { records: points, tables }
  },
}

/** Spans of every kind and status, with and without what a span may lack. */
function allSpans(): SpanLike[] {
  const times = [
    [0, 0],
    [1_729_627_200, 1],
    [4_294_967_296, 999_999_999],
  ]
  return [
    makeSpan(),
    ...[-1, 0, 1, 2, 3, 4].map((kind) => makeSpan({ kind })),
    ...[0, 1, 2].map((code) => makeSpan({ status: { code, message: `code ${code}` } })),
    ...times.map((startTime) =>
      makeSpan({ startTime, events: [{ name: 'e', time: startTime, attributes: { a: 1 } }] }),
    ),
    makeSpan({ attributes: {}, events: [], links: [], resource: {}, instrumentationScope: {} }),
  ]
}

async function send(signal: CollectorTables['signal'], records: readonly unknown[], to: object) {
  const options = { endpoint: server.url, schema: 'otel', ...to } as const
  if (signal === 'metrics') {
    // The SDK makes neither summaries nor exemplars: these points come in where those of a reader do.
    const pipeline = new Pipeline<MetricPointLike>(parseConfig('metrics', options))
    await pipeline.export(records as MetricPointLike[])
    await pipeline.flush(PATIENT_MS)
    return pipeline
  }
  const exporter = openExporter(signal, options)
  exporter.export(records as never[], () => {})
  await exporter.forceFlush({ timeoutMs: PATIENT_MS })
  return exporter
}

/** The table as this generation has it: with fractions of a second where its times have them. */
async function asMade(table: Table<never>, database: string): Promise<Table<never>> {
  const text = await server.query(
    `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${table.name}' FORMAT JSONCompactEachRow`,
  )
  const types = new Map<string, string>(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
  const columns = table.columns.map((column) => {
    const { sentAs, ...others } = column
    const hasFractions = sentAs !== undefined && types.get(column.name) === sentAs
    return hasFractions ? { ...others, type: sentAs } : column
  })
  return { ...table, columns }
}

/** Rows of the schema, whose DateTime is sent as whole nanoseconds, with the point that a DateTime64(9) is read with. */
function withPoints(table: Table<never>, made: Table<never>, rows: readonly Row[]): Row[] {
  const changed = made.columns.filter(({ type }, index) => type !== table.columns[index]?.type)
  const pointed = (row: Row) =>
    changed.map(({ name }) => [
      name,
      JSON.parse(JSON.stringify(row[name]).replaceAll(/(\d{10})(\d{9})/g, '$1.$2')),
    ])
  return sorted(rows.map((row) => ({ ...row, ...Object.fromEntries(pointed(row)) })))
}

let databases = 0

const CASES = COLLECTOR_TABLES.map((of) => [of.signal, of.generation, of] as const)
// With `off` the exporter asks nothing about the tables, so one generation of a signal shows it.
const isWithOff = (of: CollectorTables) =>
  !of.isEarly && (LONG || COLLECTOR_TABLES.findLast(({ signal }) => signal === of.signal) === of)

describe.each(CASES)('%s: %s', (signal, _, of) => {
  const { statements, isEarly } = of
  // Columns that an early table lacks are added, or rows would have to wait.
  test.each(isWithOff(of) ? (['create', 'off'] as const) : (['create'] as const))(
    'with %s every column of every row reads back as toRow gives it',
    async (manageSchema) => {
      const database = `values_${databases++}`
      await server.query(`CREATE DATABASE ${database}`)
      for (const statement of statements(database)) await server.query(statement)
      const { records, tables } = SENT[signal](isEarly)
      const to = await send(signal, records, { database, manageSchema })
      expect(statsOf(to)).toMatchObject({ delivered: records.length, dropped: {}, waiting: 0 })
      for (const [table, inputs] of tables) {
        const made = await asMade(table, database)
        const found = await stored(server, made, { database, name: table.name })
        expect(found).toEqual(withPoints(table, made, asStored(made, inputs)))
      }
      await to.shutdown()
    },
  )
})
