// spanhouse table import: the table on a real server, the module on disk, compiled, written by the exporter, and the rows read again.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  flatTraces,
  type ImportedTable,
  otelTraces,
  otelTracesJson,
  quoteIdentifier,
  type Table,
  tableFromServer,
} from '@spanhouse/transform'
import { transform } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FAMILIES } from '../../packages/exporter-clickhouse/src/config/targets.js'
import { collectorLogsDdl, LOG_GENERATIONS } from '../kit/collector-logs.js'
import { collectorDdl, GENERATIONS } from '../kit/collector-metrics.js'
import { diagLines } from '../kit/diag-lines.js'
import { openCollector } from '../kit/entry-points.mjs'
import { freePort } from '../kit/free-port.js'
import type { AnyRecord, SignalName } from '../kit/numbered-records.mjs'
import { flushed, until } from '../kit/patience.js'
import { SIGNALS } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { run } from './command-kit.js'

// Beside the packages, which the modules import.
const folder = mkdtempSync(join(import.meta.dirname, '.modules-'))
let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  const tcpPort = await freePort()
  server = await startClickHouse({ tcpPort, clusters: { here: [[tcpPort]] } })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server?.stop()
})
beforeEach(() => {
  lines = diagLines()
})

let number = 0
async function newDatabase(): Promise<string> {
  const database = `d${number++}`
  await server.query(`CREATE DATABASE ${database}`)
  return database
}

const importing = (...args: string[]) => run(['table', 'import', server.url, ...args])

/** The table in a module: what somebody gets who compiles it and imports it. */
async function tableIn(source: string): Promise<Table<never>> {
  const name = `m${number++}`
  writeFileSync(join(folder, `${name}.ts`), source)
  const { code } = await transform(source, { loader: 'ts' })
  const file = join(folder, `${name}.mjs`)
  writeFileSync(file, code)
  const [exported] = Object.values(await import(pathToFileURL(file).href))
  return exported as Table<never>
}

const recordsOf = (signal: SignalName, count = 20): AnyRecord[] =>
  Array.from({ length: count }, () => SIGNALS.find((one) => one.signal === signal)?.make()).filter(
    (one) => one !== undefined,
  )

/** Writes records with the imported definition, and expects that every row arrives as it is defined. */
async function written(
  signal: SignalName,
  schema: Table<never>,
  records: readonly AnyRecord[],
  manageSchema: 'validate' | 'create' = 'validate',
) {
  const collector = openCollector(signal, { endpoint: server.url, schema, manageSchema })
  for (const record of records) collector.add(record)
  await flushed(collector)
  await until(() => statsOf(collector).deduplication !== 'unknown')
  expect(statsOf(collector)).toMatchObject({
    accepted: records.length,
    delivered: records.length,
    dropped: {},
    waiting: 0,
    errors: 0,
  })
  await collector.shutdown()
  const complaints = lines.filter((line) => !/does not deduplicate|duplicate/.test(line))
  expect(complaints).toEqual([])
}

async function rowsOf(placed: string, columns = '*'): Promise<string[]> {
  const rows = await server.query(
    `SELECT ${columns} FROM ${placed} SETTINGS output_format_json_quote_64bit_integers = 1 FORMAT JSONEachRow`,
  )
  return rows.trim().split('\n').sort()
}

const PRESETS = SIGNALS.filter(({ family }) => family === 'flat').flatMap(({ signal }) =>
  (['flat', 'otel', 'otel_json'] as const).map((schema) => [signal, schema] as const),
)

test.each(PRESETS)(
  'a table of %s of the schema %s is imported as what it is',
  async (signal, schema) => {
    for (const table of FAMILIES[signal][schema] as readonly Table<never>[]) {
      const database = await newDatabase()
      for (const statement of table.ddl({ database })) await server.query(statement)
      const { code, out, err } = await importing(`${database}.${table.name}`)
      expect(err).toContain(
        `Mapped ${table.columns.length} of ${table.columns.length} columns to ${signal}`,
      )
      expect(code).toBe(0)
      expect(out).toMatch(/= extendTable\(\w+, \{\n {2}name: '\w+',\n {2}database: 'd\d+',\n\}\)/)
      const imported = await tableIn(out)
      const records = recordsOf(signal)
      await written(signal, imported, records)
      for (const statement of table.ddl({ database, table: 'same' })) await server.query(statement)
      const same = openCollector(signal, {
        endpoint: server.url,
        schema: table,
        database,
        table: 'same',
      })
      for (const record of records) same.add(record)
      await flushed(same)
      await same.shutdown()
      expect(await rowsOf(`${database}.${table.name}`)).toEqual(await rowsOf(`${database}.same`))
    }
  },
)

const OTHERS = [
  ...LOG_GENERATIONS.map(
    (generation) =>
      [
        `logs of ${generation}`,
        'logs',
        (at: string) => [collectorLogsDdl(generation, at)],
      ] as const,
  ),
  ...GENERATIONS.map(
    (generation) =>
      [
        `metrics of ${generation}`,
        'metrics',
        (at: string) => [collectorDdl(generation, 'sum', at)],
      ] as const,
  ),
  ['spans of ClickStack', 'traces', clickStackSpans] as const,
  [
    'spans of the Collector with JSON columns, before it had lists of paths',
    'traces',
    jsonSpans,
  ] as const,
  ['spans of an early Collector', 'traces', earlySpans] as const,
]

function jsonSpans(at: string): string[] {
  const [database = '', table = ''] = at.split('.')
  const [, create = ''] = otelTracesJson.ddl({ database, table })
  return [
    create.replaceAll(/^.*AttributesKeys.*\n/gm, '').replace(/\nCOMMENT .*/, ''),
    `ALTER TABLE ${at} MODIFY COLUMN SpanAttributes JSON(max_dynamic_paths = 100)`,
  ]
}

function earlySpans(at: string): string[] {
  const [database = '', table = ''] = at.split('.')
  const [, create = ''] = otelTraces.ddl({ database, table })
  return [
    create
      .replace('`SpanName` LowCardinality(String)', '`SpanName` String')
      .replace('`Duration` UInt64', '`Duration` Int64')
      .replace(/\nCOMMENT .*/, ''),
    `ALTER TABLE ${at} DROP COLUMN ScopeName, DROP COLUMN ScopeVersion, DROP COLUMN \`Links.TraceState\``,
  ]
}

function clickStackSpans(at: string): string[] {
  const [database = '', table = ''] = at.split('.')
  const [, create = ''] = otelTraces.ddl({ database, table })
  return [
    create,
    `ALTER TABLE ${at} ADD COLUMN SampleRate UInt64 MATERIALIZED greatest(toUInt64OrZero(SpanAttributes['SampleRate']), 1)`,
    `ALTER TABLE ${at} ADD COLUMN SpanAttributeItems Array(String) ALIAS arrayMap((k, v) -> concat(k, '=', v), mapKeys(SpanAttributes), mapValues(SpanAttributes))`,
    `ALTER TABLE ${at} ADD COLUMN \`__hdx_materialized_rum.sessionId\` String MATERIALIZED ResourceAttributes['rum.sessionId']`,
  ]
}

test.each(OTHERS)(
  '%s: all columns are mapped, and all rows arrive',
  async (_, signal, statements) => {
    const database = await newDatabase()
    for (const statement of statements(`${database}.t`)) await server.query(statement)
    const { code, out, err } = await importing(`${database}.t`)
    expect({ code, err }).toMatchObject({ code: 0, err: expect.not.stringContaining('not mapped') })
    const imported = await tableIn(out)
    const before = await server.query(`SHOW CREATE TABLE ${database}.t`)
    await written(signal, imported, recordsOf(signal))
    await written(signal, imported, recordsOf(signal), 'create')
    expect(await rowsOf(`${database}.t`)).toHaveLength(40)
    expect(await server.query(`SHOW CREATE TABLE ${database}.t`)).toBe(before)
  },
)

const HAND_MADE = `(
  trace_id FixedString(32), span_id String, parent_id Nullable(String), operation LowCardinality(String),
  kind Enum8('UNSPECIFIED' = 0, 'INTERNAL' = 1, 'SERVER' = 2, 'CLIENT' = 3, 'PRODUCER' = 4, 'CONSUMER' = 5),
  ts DateTime64(6, 'Asia/Tokyo') CODEC(DoubleDelta, ZSTD(1)), day Date MATERIALIZED toDate(ts), end_ms UInt64, took_us Float64,
  service LowCardinality(String) DEFAULT 'nobody', env String, http_route String DEFAULT 'none', http_status_code UInt16,
  user_id Nullable(String), attributes Map(String, String), resource Map(LowCardinality(String), String),
  events Nested(name String, time DateTime64(9)), slow Bool ALIAS took_us > 1e6, tenant LowCardinality(String),
  raw String EPHEMERAL, uniq AggregateFunction(uniq, String), place Tuple(x Float64, y Float64), kept UInt8 DEFAULT length(raw),
  INDEX by_route http_route TYPE bloom_filter(0.01) GRANULARITY 1, CONSTRAINT positive CHECK took_us >= 0
)`

describe('a table that somebody made by hand', () => {
  const keys =
    'ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (service, ts) TTL toDateTime(ts) + INTERVAL 30 DAY'

  test('the report says what was mapped, and why the rest was not', async () => {
    const database = await newDatabase()
    await server.query(`CREATE TABLE ${database}.spans ${HAND_MADE} ${keys}`)
    const { code, out, err } = await importing(`${database}.spans`)
    expect(code).toBe(1)
    expect(err).toBe(`Mapped 17 of 20 columns to traces; 4 more need no value.
  not mapped: tenant LowCardinality(String): no field and no attribute of OpenTelemetry has this name
  not mapped: uniq AggregateFunction(uniq, String): a column of this type cannot be written
  not mapped: place Tuple(x Float64, y Float64): no field and no attribute of OpenTelemetry has this name
It has constraints: the server refuses every batch with a row that does not meet them.
EPHEMERAL columns (raw) are not stored: check what is computed from them.
Give it to the exporter or processor of traces: { schema: spans }.
`)
    expect(out).toContain("{ name: 'took_us', type: 'Float64', field: 'duration', unit: 'us' },")
    expect(out).toContain(
      "indexes: [\n    'by_route http_route TYPE bloom_filter(0.01) GRANULARITY 1',",
    )
    expect(out).toContain("partitionBy: 'toYYYYMM(ts)',")
    expect(out).toContain("ttl: 'toDateTime(ts)',")
  })

  const OVER: readonly (readonly [string, (database: string) => string[]])[] = [
    ['MergeTree', (d) => [`CREATE TABLE ${d}.spans ${HAND_MADE} ${keys}`]],
    [
      'Distributed over local tables',
      (d) => [
        `CREATE TABLE ${d}.stored ${HAND_MADE} ${keys}`,
        `CREATE TABLE ${d}.spans AS ${d}.stored ENGINE = Distributed('here', '${d}', 'stored', cityHash64(trace_id))`,
      ],
    ],
    [
      'Null with a materialized view behind it',
      (d) => [
        `CREATE TABLE ${d}.stored ${HAND_MADE} ${keys}`,
        `CREATE TABLE ${d}.spans ${HAND_MADE.replace(/ INDEX .*?,/, '').replace('AggregateFunction(uniq, String)', 'String')} ENGINE = Null`,
        `CREATE MATERIALIZED VIEW ${d}.mv TO ${d}.stored AS SELECT * EXCEPT (uniq, place) FROM ${d}.spans`,
      ],
    ],
  ]
  test.each(OVER)('%s: rows are what the module says', async (engine, statements) => {
    const database = await newDatabase()
    for (const statement of statements(database)) await server.query(statement)
    const { out, err } = await importing(`${database}.spans`)
    if (engine !== 'MergeTree') expect(err).toMatch(/^Its engine is (Distributed|Null): /m)
    const imported = await tableIn(out)
    const records = recordsOf('traces', 1)
    await written('traces', imported, records)
    const table = engine === 'MergeTree' ? 'spans' : 'stored'
    await until(
      async () => (await server.query(`SELECT count() FROM ${database}.${table}`)) === '1\n',
    )
    const [stored = ''] = await rowsOf(
      `${database}.${table}`,
      `* EXCEPT (uniq, tenant, place, kept, ts), toUnixTimestamp64Micro(ts) AS us`,
    )
    const [span] = records as unknown as [
      { startTime: [number, number]; name: string; attributes: Record<string, string> },
    ]
    const expected = imported.toRow(span as never)
    const { ts: _, ...others } = expected
    expect(JSON.parse(stored)).toEqual({
      ...others,
      us: `${span.startTime[0]}${String(Math.floor(span.startTime[1] / 1000)).padStart(6, '0')}`,
      'events.time': expect.any(Array),
    })
    expect(expected).toMatchObject({ operation: span.name, service: 'storefront' })
  })

  test('a Distributed table has the keys of the local one, and is what the local one is', async () => {
    const database = await newDatabase()
    for (const statement of flatTraces.ddl({ database, table: 'local' }))
      await server.query(statement)
    await server.query(
      `CREATE TABLE ${database}.\`my spans\` AS ${database}.local ENGINE = Distributed(here, ${database}, local, cityHash64(trace_id))`,
    )
    const { code, out } = await importing(`${database}.my spans`)
    expect(code).toBe(0)
    expect(out).toMatch(/= extendTable\(flatTraces, \{\n {2}name: 'my spans',\n.*\n\}\)/)
    const imported = await tableIn(out)
    expect(imported.partitionDay).toBeDefined()
    await written('traces', imported, recordsOf('traces'))
    await server.query(
      `CREATE TABLE ${database}.own_local (span_id String, parent_span_id String, day Date, INDEX i span_id TYPE minmax) ENGINE = MergeTree PARTITION BY day ORDER BY (span_id, day)`,
    )
    await server.query(
      `CREATE TABLE ${database}.own AS ${database}.own_local ENGINE = Buffer('${database}', own_local, 1, 1, 1, 1, 1, 1, 1)`,
    )
    const buffered = await importing(`${database}.own`)
    expect(buffered.out).toContain("orderBy: '(span_id, day)',\n  partitionBy: 'day',")
    expect(buffered.err).toMatch(/^Its engine is Buffer: /m)
  })

  test('columns of addresses, and of values of several types, get attributes', async () => {
    const database = await newDatabase()
    await server.query(
      `CREATE TABLE ${database}.s (span_id String, span_name String, client_address IPv6, server_address Nullable(IPv4), network_peer_address Nullable(IPv6), http_status_code Variant(UInt16, String), \`app.tenant\` Dynamic) ENGINE = MergeTree ORDER BY span_id`,
    )
    const { code, out, err } = await importing(`${database}.s`)
    expect(err).toContain('Mapped 7 of 7 columns to traces.')
    expect(code).toBe(0)
    const [span] = recordsOf('traces', 1)
    const attributes = {
      'client.address': '2001:db8::1',
      'server.address': '10.0.0.7',
      'http.response.status_code': 500,
      'app.tenant': 'blue',
    }
    await written('traces', await tableIn(out), [{ ...(span as object), attributes } as never])
    const columns =
      'client_address, server_address, network_peer_address, http_status_code, `app.tenant` AS tenant'
    expect((await rowsOf(`${database}.s`, columns)).map((row) => JSON.parse(row))).toEqual([
      {
        client_address: '2001:db8::1',
        server_address: '10.0.0.7',
        network_peer_address: null,
        http_status_code: 500,
        tenant: 'blue',
      },
    ])
  })

  test('lists of objects that are not flattened are written as such', async () => {
    const database = await newDatabase()
    await server.query(
      `CREATE TABLE ${database}.s (span_id String, span_name String, events Nested(name String, timestamp DateTime64(9, 'UTC'))) ENGINE = MergeTree ORDER BY span_id SETTINGS flatten_nested = 0`,
    )
    const { code, out } = await importing(`${database}.s`)
    expect(code).toBe(0)
    const imported = await tableIn(out)
    const [span] = recordsOf('traces', 1)
    const events = [{ name: 'e', time: [1_700_000_000, 5], attributes: {} }]
    await written('traces', imported, [{ ...(span as object), events } as never])
    expect(await rowsOf(`${database}.s`, 'events')).toEqual([
      '{"events":[{"name":"e","timestamp":"2023-11-14 22:13:20.000000005"}]}',
    ])
  })
})

describe('what cannot be imported is one sentence and the exit code 2', () => {
  const CASES: readonly (readonly [string, readonly string[], string])[] = [
    ['a misspelt table', ['shop.span'], 'There is no table shop.span: did you mean spans?'],
    [
      'another table',
      ['shop.invoices'],
      'There is no table shop.invoices: there are nothing, spans, v.',
    ],
    ['a misspelt database', ['shp.spans'], 'There is no database shp: did you mean shop?'],
    ['a view', ['shop.v'], 'Shop.v has the engine View: name the table that holds its rows.'],
    [
      'columns that tell nothing',
      ['shop.nothing'],
      'The columns of shop.nothing do not tell whether they are for traces, logs or metrics: name the signal, with --signal.',
    ],
    [
      'no column that could be filled',
      ['shop.nothing', '--signal', 'logs'],
      'Shop.nothing has no column that could be filled with logs.',
    ],
    [
      'a signal that is none',
      ['shop.spans', '--signal', 'spans'],
      '--signal must be one of traces, logs, metrics.',
    ],
    ['a format that is none', ['shop.spans', '--format', 'py'], '--format must be one of ts, js.'],
  ]
  beforeAll(async () => {
    await server.query('CREATE DATABASE shop')
    await server.query(
      'CREATE TABLE shop.spans (span_id String, parent_span_id String) ENGINE = MergeTree ORDER BY span_id',
    )
    await server.query('CREATE TABLE shop.nothing (a UInt8) ENGINE = MergeTree ORDER BY a')
    await server.query('CREATE VIEW shop.v AS SELECT * FROM shop.spans')
  })
  test.each(CASES)('%s', async (_, args, sentence) => {
    const { code, out, err } = await importing(...args)
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: `spanhouse: ${sentence}\n` })
  })

  test.each([
    [['table', 'export', 'a', 'b'], 'The first word after spanhouse table is import'],
    [['table', 'import'], 'Name the table'],
    [['table', 'import', 'http://localhost:1'], 'Name the table'],
    [['table'], 'The form is: spanhouse table import [URL] DATABASE.TABLE [options]'],
    [['table', 'import', 'http://u:secret@127.0.0.1:1', 'a.b'], 'does not answer'],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await run(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(sentence)
    expect(err).not.toContain('secret')
  })

  test('without a URL it is the ClickHouse of the exporter; without a database that of the URL', async () => {
    const env = { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url }
    const configured = await run(['table', 'import', 'shop.spans', '--format', 'js'], { env })
    expect(configured).toMatchObject({ code: 0, out: expect.not.stringContaining('RowOf') })
    const url = `${server.url.replace('http:', 'clickhouse:')}/shop`
    expect(await run(['table', 'import', url, 'spans'])).toMatchObject({ code: 0 })
    const option = ['table', 'import', 'spans', '--endpoint', url]
    expect(await run(option)).toMatchObject({ code: 0, out: expect.stringContaining("'shop'") })
    expect(await importing('spans')).toMatchObject({ code: 2, out: '' })
  })
})

const HOSTILE = [
  "'); process.exit(1) //",
  '\u2028throw 1//',
  '*/ throw 1 /*',
  '$' + '{throw 1}',
  'a`b\\',
  'line\nbreak\u001b[31m',
  '\u202ereversed',
  '__proto__',
  'constructor',
  'ünï.cödé',
]

test('names, defaults and comments are texts, whatever they say', async () => {
  const database = "it's `hostile`\n\u202e"
  await server.query(`CREATE DATABASE ${quoteIdentifier(database)}`)
  for (const name of HOSTILE) {
    const q = quoteIdentifier(name)
    const text = `'${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    const placed = `${quoteIdentifier(database)}.${q}`
    await server.query(
      `CREATE TABLE ${placed} (span_id String, parent_span_id String, ${q} Nullable(String), http_route String DEFAULT ${text}) ENGINE = MergeTree ORDER BY (span_id, ${q}) SETTINGS allow_nullable_key = 1 COMMENT ${text}`,
    )
    const { code, out, err } = await run([
      'table',
      'import',
      `${server.url}`,
      `${database}.${name}`,
    ])
    expect(err + out).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S} \n]*$/u)
    expect(code, err).toBe(0)
    const imported = await tableIn(out)
    expect(imported).toMatchObject({ database, name })
    await written('traces', imported, recordsOf('traces', 3))
    expect(await server.query(`SELECT count(), any(http_route) = ${text} FROM ${placed}`)).toBe(
      '3\t0\n',
    )
  }
})

test('in code, with any client that answers a query with rows', async () => {
  const database = await newDatabase()
  await server.query(
    `CREATE TABLE ${database}.lines (ts DateTime64(9), level LowCardinality(String), message String, host UInt8) ENGINE = MergeTree ORDER BY ts`,
  )
  const ask = async (sql: string) => {
    const text = await server.query(`${sql} FORMAT JSONEachRow`)
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown)
  }
  const found: ImportedTable<'logs'> = await tableFromServer({
    ask,
    database,
    table: 'lines',
    signal: 'logs',
  })
  expect(found.unmapped).toEqual([{ column: 'host', type: 'UInt8', why: expect.any(String) }])
  await written('logs', found.table as Table<never>, recordsOf('logs'))
  expect(await rowsOf(`${database}.lines`)).toHaveLength(20)
})

test('every module compiles under strict TypeScript, and the exporter takes its table', async () => {
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    isolatedModules: true,
    verbatimModuleSyntax: true,
    module: 'nodenext',
    target: 'es2022',
    types: ['node'],
    noEmit: true,
    skipLibCheck: true,
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, include: ['*.ts'] }),
  )
  const tsc = join(import.meta.dirname, '../../node_modules/.bin/tsc')
  const { stdout } = await promisify(execFile)(tsc, ['-p', folder]).catch((error) => error)
  expect(stdout).toBe('')
})
