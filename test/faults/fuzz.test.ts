import { isDeepStrictEqual } from 'node:util'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  type Limits,
  type MetricPointLike,
  metricPoints,
  quoteIdentifier,
  type Table,
} from '@spanhouse/transform'
import {
  compactFormOf,
  compactRowsOf,
  KeyLists,
  newEncoding,
  ROW_ROOM,
  wholeRow,
} from '@spanhouse/transform/internal'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { FAMILIES, targetOfPoint } from '../../packages/exporter-clickhouse/src/config/targets.js'
import { realClickHouse } from '../kit/clickhouse-backend.js'
import {
  type AnyOptions,
  openCollector,
  openExporter,
  resourceMetricsOf,
} from '../kit/entry-points.mjs'
import { readInsert } from '../kit/insert-request.js'
import type { AnyRecord, MadePoint, SignalName } from '../kit/numbered-records.mjs'
import { LONG } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { figures } from './figures.js'
import type { Source } from './hostile.js'
import { HOSTILE_LOGS } from './hostile-logs.js'
import { HOSTILE_METRICS } from './hostile-metrics.js'
import { HOSTILE_POINTS } from './hostile-points.js'
import { HOSTILE_SPANS } from './hostile-spans.js'
import { LOG_TABLES, POINT_TABLES, SPAN_TABLES, type TablesOf } from './hostile-tables.js'
import { type Random, randomOf, SEED } from './seed.js'

// So little room that some rows keep their keys.
const KEY_LISTS_ROOM = 5000
const ROWS_A_BATCH = 100
const AT_ONCE = 300
const LONG_MS = 3_600_000

/** Inputs of one sort, and the tables that have a row for each. */
interface Sort {
  readonly inputs: Source<unknown>
  /** Of inputs; in `npm test` each shape once, and so many others. */
  readonly more: number
  /** The inputs of tables that one of them stands for. */
  pointsOf?(input: MadePoint): MetricPointLike[]
  readonly tables: TablesOf<never>
}

// Metrics are wrong in two ways: as the SDK gives them, and as points from anywhere.
const SORTS: Readonly<Record<string, Sort>> = {
  span: { inputs: HOSTILE_SPANS, more: LONG ? 1_000_000 : 500, tables: SPAN_TABLES },
  'log record': { inputs: HOSTILE_LOGS, more: LONG ? 300_000 : 200, tables: LOG_TABLES },
  'data point': { inputs: HOSTILE_POINTS, more: LONG ? 150_000 : 200, tables: POINT_TABLES },
  'metric of the SDK': {
    inputs: HOSTILE_METRICS,
    more: LONG ? 150_000 : 100,
    pointsOf: pointsIn,
    tables: POINT_TABLES,
  },
}

function pointsIn(made: MadePoint): MetricPointLike[] {
  return metricPoints(resourceMetricsOf([made]))
}

test.each(Object.entries(SORTS))(
  'any %s becomes lines that are its rows, and its compact rows are the same rows',
  async (sort, { inputs, more, pointsOf, tables }) => {
    const count = inputs.shapes + more
    const random = randomOf(SEED)
    const startedAt = performance.now()
    const checks = Object.entries(tables).map(([name, table]) => [name, checkOf(table)] as const)
    const source = inputs.inputs(random)
    const seen = { rows: 0, 'compact rows': 0, 'rows too long for that': 0, MiB: 0 }
    for (let n = 0; n < count; n++) {
      const { shape, input } = source.next().value
      const limits = random.chance(0.25) ? anyLimits(random) : undefined
      // In `npm test` each input in our own table, and in one of the others.
      for (const one of pointsOf ? pointsOf(input as MadePoint) : [input])
        for (const [t, [table, check]] of checks.entries())
          if (LONG || t === 0 || t === 1 + (n % (checks.length - 1)))
            try {
              const { length, isCompact } = check(one as never, limits)
              seen.rows++
              seen[isCompact ? 'compact rows' : 'rows too long for that']++
              seen.MiB += length / 2 ** 20
            } catch (cause) {
              const where = `${sort}, number ${n} (${shape}) of seed ${SEED}, table ${table}`
              throw new Error(`${where}: ${(cause as Error)?.message ?? cause}`, { cause })
            }
      if (n % 5000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(seen.rows).toBeGreaterThan(count)
    expect(seen['rows too long for that']).toBeLessThan(seen['compact rows'] / 50)
    expect(Object.keys(Object.prototype)).toEqual([])
    figures(`fuzz: ${sort}`, {
      inputs: count,
      shapes: inputs.shapes,
      ...seen,
      seconds: (performance.now() - startedAt) / 1000,
    })
  },
  LONG ? LONG_MS : undefined,
)

/** As in the exporter: one encoding for all rows, with the full room for each. */
function checkOf(table: Table<never>) {
  const compact = compactRowsOf(table)
  if (!compact) throw new Error(`the table ${table.name} has no compact rows`)
  const columns = table.insertColumns.join('\n')
  let keyLists = new KeyLists(KEY_LISTS_ROOM)
  let rows = 0

  return (input: never, limits: Limits | undefined): { length: number; isCompact: boolean } => {
    const line = table.toLine(input, undefined, limits)
    if (/[\r\n]/.test(line)) throw new Error('the line is several')
    if (!line.isWellFormed()) throw new Error('the line is no UTF-8')
    const row: Record<string, unknown> = JSON.parse(line)
    if (Object.keys(row).join('\n') !== columns) throw new Error(`the columns are others: ${line}`)

    if (rows++ % ROWS_A_BATCH === 0) keyLists = new KeyLists(KEY_LISTS_ROOM)
    const encoding = newEncoding({ sparse: true, limits, keyLists })
    const constants = compact.resourceFormOf(input, encoding)
    if (!constants) return { length: line.length, isCompact: false }
    encoding.out.length = 0
    encoding.room = ROW_ROOM
    compact.write(input, encoding)
    const whole = wholeRow(compactFormOf(constants, keyLists).shape, encoding.out.toString())
    if (whole !== JSON.stringify(row) && !isDeepStrictEqual(JSON.parse(whole), row))
      throw new Error(`the compact row is another: ${whole} instead of ${line}`)
    return { length: line.length, isCompact: true }
  }
}

function anyLimits(random: Random): Limits {
  const maybe = (most: number) => (random.chance(0.5) ? random.between(0, most) : undefined)
  return {
    attributeValueLength: random.chance(0.5) ? random.between(1, 30) : undefined,
    attributeCount: maybe(5),
    eventCount: maybe(3),
    linkCount: maybe(2),
  }
}

interface Stored {
  readonly sort: string
  readonly signal: SignalName
  readonly inputs: Source<unknown>
  pointsOf?(input: never): readonly unknown[]
  /** For titles, and the option `schema`. */
  readonly name: string
  readonly table: Table<never> | 'otel'
  readonly tables: readonly Table<never>[]
}

function storedIn(
  sort: Pick<Stored, 'sort' | 'signal' | 'inputs' | 'pointsOf'>,
  tables: TablesOf<never>,
): Stored[] {
  return Object.entries(tables).map(([name, table]) => ({ ...sort, name, table, tables: [table] }))
}

const { flat, 'a user’s own': own } = POINT_TABLES
const METRICS = {
  sort: 'metric',
  signal: 'metrics',
  inputs: HOSTILE_METRICS,
  pointsOf: pointsIn,
} as const
const BY_TYPE = FAMILIES.metrics.otel

const CODECS = ['gzip', 'br'] as const
const STORED = [
  ...storedIn({ sort: 'span', signal: 'traces', inputs: HOSTILE_SPANS }, SPAN_TABLES),
  ...storedIn({ sort: 'log record', signal: 'logs', inputs: HOSTILE_LOGS }, LOG_TABLES),
  ...storedIn(METRICS, { flat, own } as TablesOf<never>),
  { ...METRICS, name: 'otel, by type', table: 'otel', tables: BY_TYPE } as const,
].flatMap((one, index) =>
  CODECS.filter((_, n) => LONG || n === index % 2).map((codec) => ({ ...(one as Stored), codec })),
)

const itself = (input: never) => [input]
const tableOf = (point: never) => BY_TYPE[targetOfPoint(point)]

describe('a real server', () => {
  let server: ClickHouseServer
  let databases = 0
  beforeAll(async () => {
    server = await startClickHouse()
  })
  afterAll(() => server?.stop())

  test.each(STORED.map((one) => [one.sort, one.name, one.codec, one] as const))(
    'stores the rows that the exporter sends as it stores the lines themselves, for any %s: table %s, %s',
    async (_sort, name, codec, { signal, table, tables, inputs, pointsOf = itself }) => {
      const startedAt = performance.now()
      const source = inputs.inputs(randomOf(SEED))
      // Each shape at least once, in one table of each signal: which lines they become, the test above shows for all tables.
      const count = LONG ? 20_000 : name === 'flat' ? inputs.shapes + 50 : 300
      const sample = Array.from({ length: count }, () => source.next().value.input as AnyRecord)
      const rows = sample.flatMap((input) => pointsOf(input as never)) as never[]
      const database = `fuzz_${databases++}`
      const { counted, endpoint } = await frontOf(server)
      const options = { endpoint, database, schema: table, compression: { codec } }
      const exporter = exporting(signal, { ...options, timeoutMs: 60_000 })
      // Few at once: if an INSERT has more than eight resources, its rows go whole.
      for (let at = 0; at < sample.length; at += AT_ONCE) {
        exporter.export(sample.slice(at, at + AT_ONCE))
        await exporter.forceFlush({ timeoutMs: 60_000 })
      }
      const { dropped, ...stats } = statsOf(exporter)
      expect(stats).toMatchObject({ delivered: rows.length, errors: 0 })
      // Only what was no data point at all.
      expect(Object.keys(dropped)).toEqual(signal === 'metrics' ? ['encode_error'] : [])

      const plain = `${database}_plain`
      for (const one of tables) {
        // Those of the exporter exist, unless no row was for them.
        for (const at of [database, plain])
          for (const statement of one.ddl({ database: at })) await server.query(statement)
        const into = (input: never) => tables.length === 1 || tableOf(input) === one
        await insertLines(server, plain, one, rows.filter(into))
        await expectSameRows(server, one, [database, plain])
      }
      if (tables.length === 1) expect(counted.compact).toBeGreaterThan(rows.length / 2)
      figures(`fuzz: rows of ${signal} in a server (${name}, ${codec})`, {
        rows: rows.length,
        'compact rows sent': counted.compact,
        inserts: counted.inserts,
        seconds: (performance.now() - startedAt) / 1000,
      })
    },
    LONG ? LONG_MS : undefined,
  )
})

/** Takes records of any resources at once, also points. */
function exporting(signal: SignalName, options: AnyOptions) {
  if (signal === 'metrics') {
    const collector = openCollector(signal, options)
    onTestFinished(() => collector.shutdown())
    return {
      ...collector,
      export: (points: readonly AnyRecord[]) => points.forEach(collector.add),
    }
  }
  const exporter = openExporter(signal, options)
  onTestFinished(() => exporter.shutdown())
  return {
    ...exporter,
    export: (records: readonly AnyRecord[]) => exporter.export(records, () => {}),
  }
}

/** A proxy before the server, which counts the INSERTs. */
async function frontOf(server: ClickHouseServer) {
  const backend = realClickHouse(() => server.httpPort)
  const counted = { inserts: 0, compact: 0 }
  const front = await new ScriptedClickHouse(backend, async (exchange) => {
    const insert = readInsert(await exchange.whole())
    if (insert) counted.inserts++
    if (insert?.statement.includes(' FROM input(')) counted.compact += insert.rows.length
    await answer(exchange)
  }).listen()
  onTestFinished(async () => {
    await front.close()
    backend.close()
    expect(front.bugs).toEqual([])
  })
  return { counted, endpoint: front.url }
}

async function insertLines(
  server: ClickHouseServer,
  database: string,
  table: Table<never>,
  sample: readonly never[],
): Promise<void> {
  const columns = table.insertColumns.map(quoteIdentifier).join(', ')
  const query = `INSERT INTO ${database}.${quoteIdentifier(table.name)} (${columns}) FORMAT JSONEachRow`
  const settings = {
    query,
    date_time_input_format: 'best_effort',
    max_partitions_per_insert_block: '0',
  }
  const reply = await fetch(`${server.url}/?${new URLSearchParams(settings)}`, {
    method: 'POST',
    body: sample.map((input) => table.toLine(input)).join('\n'),
  })
  expect(await reply.text()).toBe('')
}

async function expectSameRows(
  server: ClickHouseServer,
  table: Table<never>,
  [one, other]: readonly [string, string],
): Promise<void> {
  const columns = table.columns.map(({ name, type }) => inOneOrder(quoteIdentifier(name), type))
  const rowsOf = (database: string) =>
    `SELECT ${columns.join(', ')} FROM ${database}.${quoteIdentifier(table.name)}`
  const sums = (database: string) =>
    server.query(`SELECT count(), sum(cityHash64(*)) FROM (${rowsOf(database)})`)
  if ((await sums(one)) === (await sums(other))) return
  const onlyIn = async (database: string, without: string) => {
    const rows = `${rowsOf(database)} EXCEPT ${rowsOf(without)}`
    const text = await server.query(
      `SELECT * FROM (${rows}) ORDER BY ALL LIMIT 1 FORMAT JSONEachRow`,
    )
    return text.slice(0, 5000)
  }
  expect([await sums(one), await onlyIn(one, other)]).toEqual([
    await sums(other),
    await onlyIn(other, one),
  ])
}

/** Rows that were made whole again have keys such as `10` before all others (transform's `whole-row.ts`): only their maps are sorted. */
function inOneOrder(column: string, type: string): string {
  if (!type.includes('Map(')) return column
  const sorted = (map: string) =>
    `if(arrayExists(k -> match(k, '^[0-9]+$'), mapKeys(${map})), mapSort(${map}), ${map})`
  return type.startsWith('Array(') ? `arrayMap(m -> ${sorted('m')}, ${column})` : sorted(column)
}
