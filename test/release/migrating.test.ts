// docs/migrating.md, as a reader follows it: each of its blocks is run, against a real ClickHouse with the Collector's own tables.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collectorLogsDdl } from '../kit/collector-logs.js'
import { collectorTracesDdl, type TraceGeneration } from '../kit/collector-traces.js'
import { type OtlpReceiver, otlpReceiver } from '../kit/otlp-receiver.js'
import { flushed, LONG, until } from '../kit/patience.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'
import { blocksOf } from '../packed/documents.js'
import { root } from '../packed/packed.js'
import { application, setUp, shell } from './application.js'

const doc = blocksOf('docs/migrating.md')
// Each block is taken here, and none may be left.
const blocks = {
  both: doc.take(
    'sh',
    'clickhouse,otlp\nexport OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=http://localhost:8123\n',
  ),
  before: doc.take('js', 'traceExporter: new OTLPTraceExporter'),
  during: doc.take('js', 'BatchSpanProcessor(old)'),
  after: doc.take(
    'js',
    "serviceName: 'checkout',\n  spanProcessors: [new ClickHouseSpanProcessor({ endpoint: 'http://localhost:8123' })]",
  ),
  beside: doc.take('sh', 'database=direct'),
  minutes: doc.take('sql', 'HAVING otel != direct'),
  lacking: doc.take('sql', 'NOT IN'),
  differing: doc.take('sql', 'INNER JOIN'),
  window: doc.take('sql', 'ALTER TABLE'),
  switched: doc.take('sh', 'database=otel'),
  twice: doc.take('sql', 'HAVING copies'),
  clickstack: doc.take('sh', 'database=default'),
  byHand: doc.take('js', 'client.insert'),
  imported: doc.take('sh', 'table import'),
  ownTable: doc.take('js', 'schema: requests'),
  back: doc.take('sh', 'OTEL_TRACES_EXPORTER=otlp'),
}

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())
beforeEach(async () => {
  for (const name of ['telemetry', 'otel', 'direct', 'shop'])
    await server.query(`DROP DATABASE IF EXISTS ${name}`)
})

const linesOf = async (sql: string): Promise<string[]> =>
  (await server.query(`${sql.trim()} FORMAT TSV`)).split('\n').filter((line) => line !== '')
const spansIn = (table: string) => linesOf(`SELECT SpanName FROM ${table}`)

const statementsOf = (block: string): string[] =>
  block
    .split(';')
    .map((one) => one.trim())
    .filter(Boolean)

/** The code of a block, with the servers of this test in place of those that it names. */
function here(code: string, otlp?: OtlpReceiver): string {
  return code
    .replaceAll('http://localhost:8123', server.url)
    .replaceAll('http://localhost:4318', otlp?.url ?? 'http://127.0.0.1:9')
}

/** The tables that a Collector has made, in a database of their own. */
async function collectorHasMade(generation: TraceGeneration, database = 'otel') {
  await server.query(`CREATE DATABASE IF NOT EXISTS ${database}`)
  for (const statement of collectorTracesDdl(generation, `${database}.otel_traces`))
    await server.query(statement)
}

/** Stands for the Collector: the spans that the application has written beside it. */
async function collectorWrites(condition = '1') {
  const columns = otelTraces.insertColumns.map((column) => `\`${column}\``).join(', ')
  await server.query(
    `INSERT INTO otel.otel_traces (${columns}) SELECT ${columns} FROM direct.otel_traces WHERE ${condition}`,
  )
}

test('no block is left out here', () => {
  expect(doc.left()).toEqual([])
})

describe('from the OTLP exporter', () => {
  test('by variables, every span is in both places, once', async () => {
    const otlp = await otlpReceiver()
    await shell(application(), here(blocks.both, otlp))
    expect(otlp.spanIds).toEqual(await linesOf('SELECT span_id FROM telemetry.traces'))
    expect(otlp.spanIds).toHaveLength(1)
  })

  test.each([
    ['before', 1, 0],
    ['during', 1, 1],
    ['after', 0, 1],
  ] as const)('in code, %s: %i by OTLP, %i in ClickHouse', async (stage, sent, stored) => {
    const otlp = await otlpReceiver()
    await setUp(application(), here(blocks[stage], otlp))
    expect(otlp.spanIds).toHaveLength(sent)
    const rows = stored ? await linesOf('SELECT service_name FROM telemetry.traces') : []
    expect(rows).toEqual(Array.from({ length: stored }, () => 'checkout'))
    expect(await linesOf("SELECT count() FROM system.databases WHERE name = 'telemetry'")).toEqual([
      String(stored),
    ])
  })

  test('and back: by OTLP alone', async () => {
    const otlp = await otlpReceiver()
    await shell(application(), here(blocks.back, otlp))
    expect(otlp.spanIds).toHaveLength(1)
    expect(await linesOf("SELECT name FROM system.databases WHERE name = 'telemetry'")).toEqual([])
  })
})

describe('from the Collector', () => {
  test('beside it, the comparisons find what is missing and what differs, and nothing else', async () => {
    await collectorHasMade('T1')
    const otlp = await otlpReceiver()
    await shell(application(3), here(blocks.beside, otlp))
    expect(otlp.spanIds).toHaveLength(3)
    expect(await spansIn('direct.otel_traces')).toHaveLength(3)
    const compared = () =>
      Promise.all([blocks.minutes, blocks.lacking, blocks.differing].map(linesOf))
    await collectorWrites()
    expect(await compared()).toEqual([[], [], []])

    await server.query('TRUNCATE TABLE otel.otel_traces')
    await collectorWrites(`SpanId != '${otlp.spanIds[0]}'`)
    const [minutes = [], lacking = [], differing] = await compared()
    expect(minutes).toHaveLength(1)
    expect(lacking).toHaveLength(1)
    expect(lacking[0]).toContain(otlp.spanIds[0])
    expect(differing).toEqual([])

    await server.query(
      `ALTER TABLE direct.otel_traces UPDATE SpanAttributes = map('price', '12') WHERE SpanId = '${otlp.spanIds[1]}' SETTINGS mutations_sync = 1`,
    )
    const [, , changed = []] = await compared()
    expect(changed).toHaveLength(1)
    expect(changed[0]).toContain(otlp.spanIds[1])
  })

  // Those of T1 take spans in the tests below.
  const GENERATIONS = ['early', 'T2', 'ClickStack', 'T1'] as const
  test.each(LONG ? GENERATIONS : GENERATIONS.slice(0, 3))(
    'after the switch its tables (%s) take spans beside the old rows, and view and TTL go on',
    async (generation) => {
      await collectorHasMade(generation)
      await server.query(
        'ALTER TABLE otel.otel_traces MODIFY TTL toDateTime(Timestamp) + INTERVAL 3 DAY',
      )
      await server.query(
        `INSERT INTO otel.otel_traces (Timestamp, TraceId, SpanId, SpanName, ServiceName) VALUES (now64(9), repeat('a', 32), repeat('b', 16), 'old', 'checkout')`,
      )
      for (const statement of statementsOf(blocks.window)) await server.query(statement)
      await shell(application(), here(blocks.switched))
      expect((await spansIn('otel.otel_traces')).sort()).toEqual(['charge card', 'old'])
      expect(await linesOf(blocks.twice)).toEqual([])
      expect(await linesOf('SELECT count() FROM otel.otel_traces_trace_id_ts')).toEqual(['2'])
      const [definition] = await linesOf('SHOW CREATE TABLE otel.otel_traces')
      expect(definition).toMatch(/TTL toDateTime\(Timestamp\) \+ toIntervalDay\(3\)/)
      expect(definition).toContain('non_replicated_deduplication_window = 10000')
    },
  )

  test('its tables know no tokens until they have a window', async () => {
    await collectorHasMade('T1')
    const endpoint = `${server.url}/?database=otel&schema=otel`
    const known = async () => {
      const processor = new ClickHouseSpanProcessor({ endpoint })
      for (const span of shopSpans(2)) processor.onEnd(span)
      await flushed(processor)
      await until(() => statsOf(processor).deduplication !== 'unknown')
      await processor.shutdown()
      return statsOf(processor).deduplication
    }
    expect(await known()).toBe('ineffective')
    for (const statement of statementsOf(blocks.window)) await server.query(statement)
    expect(await known()).toBe('effective')
  })

  test('a span that both have written is found', async () => {
    await collectorHasMade('T1')
    await shell(application(), here(blocks.switched))
    await server.query('INSERT INTO otel.otel_traces SELECT * FROM otel.otel_traces')
    expect(await linesOf(blocks.twice)).toHaveLength(1)
  })
})

test("from ClickStack's SDK: spans are in the tables that ClickStack reads", async () => {
  await collectorHasMade('ClickStack', 'default')
  await server.query(collectorLogsDdl('ClickStack', 'default.otel_logs'))
  await shell(application(), here(blocks.clickstack))
  expect(await linesOf('SELECT ServiceName, SpanName, SpanKind FROM default.otel_traces')).toEqual([
    'checkout\tcharge card\tInternal',
  ])
})

test('from a writer by hand: its table becomes a definition, and spans come into it beside the old rows', async () => {
  const folder = application()
  const at = join(folder, 'node_modules')
  const linked = {
    '@clickhouse/client': 'node_modules/@clickhouse/client',
    '@spanhouse/transform': 'packages/transform',
  }
  for (const [name, from] of Object.entries(linked)) {
    mkdirSync(dirname(join(at, name)), { recursive: true })
    if (!existsSync(join(at, name))) symlinkSync(realpathSync(join(root, from)), join(at, name))
  }
  writeFileSync(join(folder, 'writer.mjs'), here(blocks.byHand))
  await shell(folder, 'node writer.mjs')
  expect(await linesOf('SELECT name FROM shop.requests')).toEqual(['GET /cart'])

  const command = join(root, 'packages/spanhouse/dist/cli.js')
  const line = here(blocks.imported).replace('npx spanhouse', `node ${command}`)
  writeFileSync(join(folder, 'import.sh'), line)
  await promisify(execFile)('bash', ['-eu', 'import.sh'], { cwd: folder })
  await setUp(folder, here(blocks.ownTable))
  const rows =
    'SELECT name, service, length(trace_id), toYear(start_time) > 2025 FROM shop.requests ORDER BY start_time'
  expect((await linesOf(rows)).at(-1)).toBe('charge card\tcheckout\t32\t1')
  expect(await linesOf(rows)).toHaveLength(2)
})
