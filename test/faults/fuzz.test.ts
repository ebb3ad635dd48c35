import { isDeepStrictEqual } from 'node:util'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { type Limits, quoteIdentifier, type SpanLike, type Table } from '@spanhouse/transform'
import {
  compactFormOf,
  compactRowsOf,
  KeyLists,
  newEncoding,
  ROW_ROOM,
  wholeRow,
} from '@spanhouse/transform/internal'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { realClickHouse } from '../kit/clickhouse-backend.js'
import { readInsert } from '../kit/insert-request.js'
import { LONG } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { exporterTo } from './exports.js'
import { figures } from './figures.js'
import { hostileSpans, SHAPE_COUNT } from './hostile-spans.js'
import { TABLES } from './hostile-tables.js'
import { type Random, randomOf, SEED } from './seed.js'

const SPANS = LONG ? 1_000_000 : 10_000
// Each shape at least once.
const STORED_SPANS = LONG ? 20_000 : SHAPE_COUNT + 50
const SPANS_AT_ONCE = LONG ? 300 : 100
// So little room that some rows keep their keys.
const KEY_LISTS_ROOM = 5000
const ROWS_A_BATCH = 100
const LONG_MS = 3_600_000

const tables = Object.entries(TABLES)
const CODECS = ['gzip', 'br'] as const
const STORED = tables.flatMap(([name, table], index) =>
  CODECS.filter((_, n) => LONG || n === index % 2).map((codec) => ({ name, table, codec })),
)

test(
  'any span becomes a line that is its row, and its compact row is the same row: in every table',
  async () => {
    const random = randomOf(SEED)
    const startedAt = performance.now()
    const checks = tables.map(([, table]) => checkOf(table))
    const spans = hostileSpans(random)
    const seen = { 'compact rows': 0, 'rows too long for that': 0, MiB: 0 }
    for (let n = 0; n < SPANS; n++) {
      const { shape, span } = spans.next().value
      const limits = random.chance(0.25) ? anyLimits(random) : undefined
      for (const [index, check] of checks.entries()) {
        try {
          const { length, isCompact } = check(span, limits)
          seen[isCompact ? 'compact rows' : 'rows too long for that']++
          seen.MiB += length / 2 ** 20
        } catch (cause) {
          const where = `span ${n} (${shape}) of seed ${SEED}, table ${tables[index]?.[0]}`
          throw new Error(`${where}: ${(cause as Error)?.message ?? cause}`, { cause })
        }
      }
      if (n % 5000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(SPANS).toBeGreaterThan(SHAPE_COUNT)
    expect(seen['rows too long for that']).toBeLessThan(seen['compact rows'] / 50)
    expect(Object.keys(Object.prototype)).toEqual([])
    figures('fuzz: spans to lines', {
      spans: SPANS,
      shapes: SHAPE_COUNT,
      ...seen,
      seconds: (performance.now() - startedAt) / 1000,
    })
  },
  LONG ? LONG_MS : undefined,
)

/** As in the exporter: one encoding for all rows, with the full room for each. */
function checkOf(table: Table<SpanLike>) {
  const compact = compactRowsOf(table)
  if (!compact) throw new Error(`the table ${table.name} has no compact rows`)
  const columns = table.insertColumns.join('\n')
  let keyLists = new KeyLists(KEY_LISTS_ROOM)
  let rows = 0

  return (span: SpanLike, limits: Limits | undefined): { length: number; isCompact: boolean } => {
    const line = table.toLine(span, undefined, limits)
    if (/[\r\n]/.test(line)) throw new Error('the line is several')
    if (!line.isWellFormed()) throw new Error('the line is no UTF-8')
    const row: Record<string, unknown> = JSON.parse(line)
    if (Object.keys(row).join('\n') !== columns) throw new Error(`the columns are others: ${line}`)

    if (rows++ % ROWS_A_BATCH === 0) keyLists = new KeyLists(KEY_LISTS_ROOM)
    const encoding = newEncoding({ sparse: true, limits, keyLists })
    const constants = compact.resourceFormOf(span, encoding)
    if (!constants) return { length: line.length, isCompact: false }
    encoding.out.length = 0
    encoding.room = ROW_ROOM
    compact.write(span, encoding)
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

describe('a real server', () => {
  let server: ClickHouseServer
  beforeAll(async () => {
    server = await startClickHouse()
  })
  afterAll(() => server?.stop())

  test.each(STORED)(
    'stores the rows that the exporter sends as it stores the lines themselves, for any span: table $name, $codec',
    async ({ name, table, codec }) => {
      const startedAt = performance.now()
      const spans = hostileSpans(randomOf(SEED))
      const sample = Array.from({ length: STORED_SPANS }, () => spans.next().value.span)
      const database = `fuzz_${tables.findIndex(([one]) => one === name)}_${codec}`
      const { counted, endpoint } = await frontOf(server)
      const exporter = exporterTo({
        endpoint,
        database,
        schema: table,
        compression: { codec },
        timeoutMs: 60_000,
      })
      // Few at once: if an export has more than eight resources, its rows go whole.
      for (let at = 0; at < sample.length; at += SPANS_AT_ONCE) {
        const spans = sample.slice(at, at + SPANS_AT_ONCE)
        await new Promise<void>((resolve) => exporter.export(spans, () => resolve()))
        await exporter.forceFlush({ timeoutMs: 60_000 })
      }
      expect(statsOf(exporter)).toMatchObject({
        accepted: sample.length,
        delivered: sample.length,
        dropped: {},
        errors: 0,
      })

      const plain = `${database}_plain`
      for (const statement of table.ddl({ database: plain })) await server.query(statement)
      await insertLines(server, plain, table, sample)
      await expectSameRows(server, table, [database, plain])
      expect(counted.compact).toBeGreaterThan(sample.length / 2)
      figures(`fuzz: rows in a server (${name}, ${codec})`, {
        rows: sample.length,
        'compact rows sent': counted.compact,
        inserts: counted.inserts,
        seconds: (performance.now() - startedAt) / 1000,
      })
    },
    LONG ? LONG_MS : undefined,
  )
})

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
  table: Table<SpanLike>,
  sample: readonly SpanLike[],
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
    body: sample.map((span) => table.toLine(span)).join('\n'),
  })
  expect(await reply.text()).toBe('')
}

async function expectSameRows(
  server: ClickHouseServer,
  table: Table<SpanLike>,
  [one, other]: readonly [string, string],
): Promise<void> {
  const columns = table.columns.map(({ name }) => quoteIdentifier(name))
  const rowsOf = (database: string) =>
    `SELECT ${columns.join(', ')} FROM ${database}.${quoteIdentifier(table.name)}`
  const sums = (database: string) =>
    server.query(`SELECT count(), sum(cityHash64(*)) FROM (${rowsOf(database)})`)
  if ((await sums(one)) === (await sums(other))) return
  const differences = await server.query(
    `SELECT * FROM (${rowsOf(one)} EXCEPT ${rowsOf(other)}) LIMIT 2 FORMAT JSONEachRow`,
  )
  expect([await sums(one), differences.slice(0, 5000)]).toEqual([await sums(other), ''])
}
