// Two databases of one server stand for two servers.

import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  flatLogs,
  flatMetrics,
  flatTraces,
  type LogRecordLike,
  otelTraces,
  otelTracesJson,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { FAMILIES } from '../../packages/exporter-clickhouse/src/config/targets.js'
import { LONG } from '../kit/patience.js'
import { type Message, rewritingProxy } from '../kit/rewriting-proxy.js'
import { withoutProgress } from '../kit/without-progress.js'
import { BASE_MS, insert, run, spanId, type TestSpan } from './command-kit.js'
import { project, spanhouse } from './processes.js'
import { twoRegions } from './two-regions.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({ users: [{ name: 'reader', password: 'r', readonly: 1 }] })
})
afterAll(() => server?.stop())

let east = ''
let west = ''
beforeEach(async () => {
  ;[east, west] = await twoRegions(server, [flatTraces, flatLogs, flatMetrics] as Table<never>[])
})

const address = (database: string) => `${server.url.replace('http:', 'clickhouse:')}/${database}`
const UNTIL = ['--window', '1h', '--until', new Date(BASE_MS + 1_800_000).toISOString()]

function compare(...args: string[]) {
  return run(['compare', ...UNTIL, ...args, address(east), address(west)])
}

const traceOf = (number: number) => String(number + 1).padStart(32, '0')
const span = (number: number, more: Partial<TestSpan> = {}): TestSpan => ({
  id: `s${number}`,
  trace: traceOf(number),
  at: [number * 1000, number * 1000 + 5],
  attributes: { number: String(number), route: '/pay', 'it\'s "quoted"': 'ü 🦊\n\\' },
  ...more,
})
const spans = (from: number, to: number, more: Partial<TestSpan> = {}) =>
  Array.from({ length: to - from }, (_, i) => span(from + i, more))

const put = (database: string, all: readonly TestSpan[]) =>
  insert(server, all, { table: `${database}.traces` })

async function ask(sql: string): Promise<string> {
  return (await server.query(sql)).trim()
}
const rowsIn = async (database: string, table = 'traces') =>
  Number(await ask(`SELECT count() FROM ${database}.${table}`))

async function bothAre(rows: number, table = 'traces') {
  expect([await rowsIn(east, table), await rowsIn(west, table)]).toEqual([rows, rows])
  const { code, out } = await compare('--signal', table === 'traces' ? 'traces' : table)
  expect(out).toContain('Equal: ')
  expect(code).toBe(0)
}

describe('spanhouse compare', () => {
  test('says that servers with the same rows are equal, and counts them', async () => {
    for (const database of [east, west]) await put(database, spans(0, 90))
    const { code, out, err } = await compare()
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' })
    expect(out).toContain(
      `${east}.traces and ${west}.traces, 2023-11-14 21:43:20 to 2023-11-14 22:43:20 UTC`,
    )
    expect(out).toContain('Equal: 90 rows in 2 minutes.')
    expect(out).not.toContain('differs')
  })

  test('shows each minute that differs, and the ids that each server lacks', async () => {
    await put(east, spans(0, 90))
    await put(west, [...spans(0, 40), ...spans(41, 88), span(200)])
    const { code, out } = await compare('--signal', 'traces')
    expect(code).toBe(1)
    const lines = out.split('\n').filter((line) => line.endsWith('differs'))
    expect(
      lines.map((line) => line.replaceAll(/\b[0-9a-f]{10,16}\b/g, 'hash').replaceAll(/ +/g, ' ')),
    ).toEqual([
      '2023-11-14 22:14 A 50 rows hash B 47 rows hash differs',
      '2023-11-14 22:16 A 0 rows - B 1 row hash differs',
    ])
    const missing = (number: number, side: string) =>
      `missing in ${side}: ${traceOf(number)} ${spanId(`s${number}`)} INTERNAL`
    for (const [number, side] of [
      [40, 'B'],
      [88, 'B'],
      [89, 'B'],
      [200, 'A'],
    ] as const)
      expect(out).toContain(missing(number, side))
    expect(out).toContain('Missing: 1 row in A, 3 rows in B. Other content: 0 ids.')
  })

  test('a window of centuries takes no longer than its rows', async () => {
    const past = { at: [Date.UTC(1970, 1) - BASE_MS, Date.UTC(1970, 1) - BASE_MS] } as const
    await put(east, [span(1), span(2), span(3, past)])
    await put(west, [span(1)])
    const { code, out } = await run([
      ...[
        'compare',
        '--window',
        '5000000d',
        '--until',
        '9999-01-01T00:00:00Z',
        '--signal',
        'traces',
      ],
      ...['--minutes', address(east), address(west)],
    ])
    expect(code).toBe(1)
    expect(out).toContain('1900-01-01 00:00:00 to 2262-01-01 00:00:00 UTC')
    expect(out.match(/^\S+ \d\d:\d\d {2}A /gm)).toEqual([
      '1970-02-01 00:00  A ',
      '2023-11-14 22:13  A ',
    ])
    expect(out).toContain('Missing: 0 rows in A, 2 rows in B.')
  })

  // A server takes toDate() of the partition for monotonic, which it is not at 1970: so no window reaches from before to after it.
  test.each([
    [
      'after 2106',
      '9999-01-01T00:00:00Z',
      ['1970-01-01 00:00:30', '2106-02-07 06:29:00', '2200-01-01 00:00:00'],
    ],
    ['before 1970', '1969-12-31T23:59:59Z', ['1969-12-31 23:58:30.5', '1969-12-31 23:59:00']],
  ])('minutes %s are not taken for others', async (_when, until, times) => {
    const values = times.map((at, n) => `('${traceOf(n)}', '${spanId(`s${n}`)}', '${at}')`)
    await server.query(`INSERT INTO ${east}.traces (trace_id, span_id, timestamp) VALUES ${values}`)
    const { code, out } = await run([
      ...['compare', '--window', '5000000d', '--until', until],
      ...['--signal', 'traces', '--json', address(east), address(west)],
    ])
    expect(code).toBe(1)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.flatMap(({ minute, rows }) => (minute ? [[minute, rows]] : []))).toEqual(
      times.map((at) => [`${at.slice(0, 16).replace(' ', 'T')}:00.000Z`, [1, 0]]),
    )
    expect(lines.filter(({ missingIn }) => missingIn)).toHaveLength(times.length)
  })

  test('does not depend on the order in maps, of columns, or on parts, types and missing columns', async () => {
    await server.query(`DROP TABLE ${west}.traces`)
    const [, create = ''] = flatTraces.ddl({ database: west })
    // Other order of columns, other types of equal values, a column of its own.
    const columns = flatTraces.columns
      .map(
        ({ name, type }) =>
          `\`${name}\` ${type.replace(/LowCardinality\((\w+)\)/g, '$1').replace(", 'UTC'", ", 'Asia/Tokyo'")}`,
      )
      .reverse()
    await server.query(
      `CREATE TABLE ${west}.traces (region String DEFAULT 'west', ${columns.join(', ')}) ENGINE = MergeTree ORDER BY timestamp`,
    )
    expect(create).toContain('LowCardinality')
    await put(east, spans(0, 30))
    for (const one of spans(0, 30).reverse())
      await put(west, [
        { ...one, attributes: Object.fromEntries(Object.entries(one.attributes ?? {}).reverse()) },
      ])
    const order = (database: string) =>
      ask(`SELECT mapKeys(attributes)[1] FROM ${database}.traces LIMIT 1`)
    expect(await order(east)).not.toBe(await order(west))
    const { code, out } = await compare('--signal', 'traces')
    expect(out).toContain('Only B has region: not compared and not copied.')
    expect(out).toContain('Equal: 30 rows')
    expect(code).toBe(0)
  })

  test('one other value in any column of any table is a difference', async () => {
    for (const database of [east, west]) await put(database, spans(0, 3))
    const columns = [
      ['attributes', "map('number', '1')"],
      ['status_message', "' '"],
    ]
    const more = [
      ['duration_ns', '6'],
      ['scope_version', "'1'"],
      ['resource_attributes', 'map()'],
    ]
    for (const [column, value] of LONG ? [...columns, ...more] : columns) {
      await server.query(`TRUNCATE TABLE ${west}.traces`)
      await server.query(
        `INSERT INTO ${west}.traces SELECT * REPLACE (if(span_id = '${spanId('s1')}', ${value}, ${column}) AS ${column}) FROM ${east}.traces`,
      )
      const { code, out } = await compare('--signal', 'traces')
      expect({ column, code }).toEqual({ column, code: 1 })
      expect(out).toContain('Other content: 1 id.')
    }
  })

  test('--ignore leaves a column out of the comparison, and --json writes one object a line', async () => {
    for (const database of [east, west])
      await server.query(
        `ALTER TABLE ${database}.traces ADD COLUMN inserted_by String DEFAULT '${database}'`,
      )
    for (const database of [east, west]) await put(database, spans(0, 3))
    expect((await compare('--signal', 'traces')).code).toBe(1)
    expect((await compare('--signal', 'traces', '--ignore', 'inserted_by')).code).toBe(0)
    const { out } = await compare('--signal', 'traces', '--json')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ minute: '2023-11-14T22:13:00.000Z', rows: [3, 3] })
    expect(lines.filter(({ missingIn }) => missingIn)).toHaveLength(6)
    expect(lines.at(-1)).toMatchObject({ equal: false, rows: [3, 3], conflicts: 3 })
  })

  test('mistakes get one sentence and exit code 2', async () => {
    const cases: [string[], string | RegExp][] = [
      [[address(east)], 'The form is: spanhouse compare'],
      [['--window', '5', address(east), address(west)], '--window must be a length of time'],
      [['--without-ids', address(east), address(west)], '--without-ids goes with --repair.'],
      [['--until', 'yesterday', address(east), address(west)], '--until must be'],
      [['--table', 'nope', address(east), address(west)], /Neither .* has east\d+\.nope/],
      [['http://127.0.0.1:1', address(west)], 'http://127.0.0.1:1 does not answer'],
      [['ftp://secret@x', address(west)], 'The address must begin with http://'],
    ]
    for (const [args, sentence] of cases) {
      const { code, err, out } = await run(['compare', ...args])
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' })
      expect(err).toMatch(sentence)
      expect(err).not.toContain('secret')
    }
  })

  test('a user who may only read, and change no setting, compares but cannot repair', async () => {
    await put(east, spans(0, 5))
    await put(west, spans(0, 4))
    const asReader = (...args: string[]) =>
      run(
        [
          'compare',
          ...UNTIL,
          '--signal',
          'traces',
          '--user',
          'reader',
          ...args,
          address(east),
          address(west),
        ],
        { env: { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'r' } },
      )
    const { code, out } = await asReader()
    expect(out).toContain('Missing: 0 rows in A, 1 row in B.')
    expect(code).toBe(1)
    const repair = await asReader('--repair')
    expect(repair.code).toBe(2)
    expect(repair.err).toMatch(/Copying rows into west\d+\.traces at .* failed: /)
    expect(await rowsIn(west)).toBe(4)
  })

  test('a table that dispatch fills is compared with --table, and the help says so', async () => {
    for (const database of [east, west])
      for (const statement of flatTraces.ddl({ database, table: 'audit' }))
        await server.query(statement)
    await insert(server, spans(0, 3), { table: `${east}.audit` })
    expect((await compare()).code).toBe(0)
    const { code, out } = await compare('--table', 'audit')
    expect(out).toContain('Missing: 0 rows in A, 3 rows in B.')
    expect(code).toBe(1)
    const help = (await run(['compare', '--help'])).out.replaceAll(/\s+/g, ' ')
    expect(help).toContain('name each table that dispatch fills in a call of its own')
  })

  test('a table that only one server has is a difference', async () => {
    await put(east, spans(0, 3))
    await server.query(`DROP TABLE ${west}.traces`)
    const { code, out } = await compare('--signal', 'traces')
    expect(code).toBe(1)
    expect(out).toMatch(
      new RegExp(`B \\(.*\\) has no table ${west}.traces, or this user may not see it`),
    )
  })
})

describe('spanhouse compare --repair', () => {
  test('copies exactly the rows that are missing, both ways, and nothing the second time', async () => {
    await put(east, spans(0, 90))
    await put(west, [...spans(0, 40), ...spans(60, 120)])
    const { code, out } = await compare('--repair', '--signal', 'traces')
    expect(out).toContain('Copied 30 rows to A and 20 rows to B.')
    expect(out).toContain('Equal: 120 rows on both servers.')
    expect(code).toBe(0)
    await bothAre(120)
    expect((await compare('--repair', '--signal', 'traces')).out).not.toContain('Copied')
    const differ = `SELECT count() FROM (SELECT * FROM ${east}.traces EXCEPT SELECT * FROM ${west}.traces)`
    expect(await ask(differ)).toBe('0')
  })

  test('rows that were deleted after a repair are copied again', async () => {
    await put(east, spans(0, 10))
    for (let i = 0; i < (LONG ? 3 : 2); i++) {
      expect((await compare('--repair', '--signal', 'traces')).code).toBe(0)
      await bothAre(10)
      await server.query(`DELETE FROM ${west}.traces WHERE 1`)
    }
  })

  test('of rows with the same ids the newest stays, and the others become dead letters on both servers', async () => {
    await put(east, spans(0, 10))
    await put(
      west,
      spans(0, 10).map((one, i) =>
        i < 4
          ? { ...one, at: [one.at[0] + (i < 2 ? 1 : -1), one.at[1]] as const, name: 'west' }
          : one,
      ),
    )
    const before = await compare('--signal', 'traces')
    expect(before.out).toContain('Missing: 0 rows in A, 0 rows in B. Other content: 4 ids.')
    const { code, out } = await compare('--repair', '--signal', 'traces')
    expect(out).toContain('4 rows')
    expect(code).toBe(0)
    await bothAre(10)
    expect(await ask(`SELECT span_name FROM ${east}.traces ORDER BY trace_id`)).toBe(
      ['west', 'west', ...Array.from({ length: 8 }, (_, i) => `s${i + 2}`)].join('\n'),
    )
    const letters = (database: string) =>
      ask(
        `SELECT event, JSONExtractString(data_after, 'trace_id') AS id, JSONExtractString(data_after, 'span_name'), JSONExtractString(data_before, 'reason') FROM ${database}.dead_letters ORDER BY id FORMAT JSONEachRow`,
      )
    const kept = (await letters(east)).split('\n').map((line) => JSON.parse(line))
    expect(kept.map((one) => Object.values(one).slice(2))).toEqual([
      ['s0', 'conflict'],
      ['s1', 'conflict'],
      ['west', 'conflict'],
      ['west', 'conflict'],
    ])
    expect(await letters(west)).toBe(await letters(east))
  })

  test('the column _timestamp decides which row is newer, and is no content itself', async () => {
    for (const database of [east, west])
      await server.query(
        `ALTER TABLE ${database}.traces ADD COLUMN _source LowCardinality(String), ADD COLUMN _timestamp DateTime64(6, 'UTC') DEFAULT now64(6) + 1`,
      )
    await put(west, spans(0, 5))
    await put(
      east,
      spans(0, 5).map((one, i) =>
        i < 2 ? { ...one, at: [one.at[0] - 1, one.at[1]] as const, name: 'later' } : one,
      ),
    )
    expect((await compare('--repair', '--signal', 'traces')).code).toBe(0)
    await bothAre(5)
    expect(await ask(`SELECT countIf(span_name = 'later') FROM ${west}.traces`)).toBe('2')
    const stamps = `SELECT groupArray(_timestamp) FROM (SELECT _timestamp FROM {db}.traces WHERE span_name = 'later' ORDER BY span_id)`
    expect(await ask(stamps.replace('{db}', west))).toBe(await ask(stamps.replace('{db}', east)))
  })

  test('rows that stand there twice stand there once afterwards', async () => {
    for (const database of [east, west]) await put(database, spans(0, 10))
    await put(west, spans(2, 5))
    await put(east, [...spans(4, 6), { ...span(4) }])
    const { code, out } = await compare('--signal', 'traces')
    expect(code).toBe(1)
    expect(out).toMatch(/There more often than once: \d rows too many in A, 3 rows in B/)
    expect((await compare('--repair', '--signal', 'traces')).code).toBe(0)
    await bothAre(10)
  })

  test('log records and data points without an identity are copied by their content, as often as the other server has them', async () => {
    const time = (ms: number): [number, number] => [Math.floor((BASE_MS + ms) / 1000), 0]
    const record = (number: number): LogRecordLike => ({
      hrTime: time(number * 1000),
      hrTimeObserved: time(number * 1000),
      body: `line ${number}`,
      attributes: { number },
      resource: { attributes: { 'service.name': 'shop' } },
      instrumentationScope: { name: 'test' },
    })
    const lines = (numbers: readonly number[]) => numbers.map((one) => flatLogs.toLine(record(one)))
    const putLogs = async (database: string, numbers: readonly number[]) => {
      const columns = flatLogs.insertColumns.map((name) => `\`${name}\``).join(', ')
      await server.query(
        `INSERT INTO ${database}.logs (${columns}) FORMAT JSONEachRow ${lines(numbers).join('\n')}`,
      )
    }
    await putLogs(east, [1, 2, 2, 2, 3, 70])
    await putLogs(west, [1, 2, 4])
    const { code, out } = await compare('--signal', 'logs')
    expect(code).toBe(1)
    expect(out).toMatch(/missing in B: hash \d+ \(2 times\)/)
    expect(out).toContain('Missing: 1 row in A, 4 rows in B.')
    expect((await compare('--repair', '--without-ids', '--signal', 'logs')).code).toBe(0)
    await bothAre(7, 'logs')
    expect(await ask(`SELECT count() FROM ${west}.logs WHERE body = 'line 2'`)).toBe('3')
  })

  test('values of every type are hashed alike on both servers, and copied as they are', async () => {
    const columns = {
      id: ['UInt64', 'number'],
      at: ['DateTime', `toDateTime(${BASE_MS / 1000} + number)`],
      at3: ['DateTime64(3)', `toDateTime64(${BASE_MS / 1000} + number, 3)`],
      early: ["DateTime64(3, 'Asia/Tokyo')", "toDateTime64('1925-01-01 00:00:00.5', 3)"],
      text: ['String', "concat('\\0\\'\\\\ü', unhex('ff00fe'))"],
      fixed: ['FixedString(4)', "'ab'"],
      maybe: ['LowCardinality(Nullable(String))', "if(number % 2 = 0, NULL, 'x')"],
      none: ['Nullable(Float64)', 'if(number % 2 = 0, NULL, nan)'],
      small: ['Float32', '-inf'],
      big: ['UInt256', 'toUInt256(2) * number'],
      money: ['Decimal(38, 9)', "toDecimal128('1.500000001', 9)"],
      kind: ["Enum8('a' = 1, 'b' = 2)", "'b'"],
      uuid: ['UUID', "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')"],
      ip4: ['IPv4', "'127.0.0.1'"],
      ip6: ['IPv6', "'::1'"],
      date: ['Date32', "'1950-01-01'"],
      flag: ['Bool', 'number % 2 = 0'],
      list: ['Array(Nullable(Int8))', '[NULL, 1]'],
      maps: [
        'Array(Map(LowCardinality(String), Array(UInt8)))',
        "[map('a', [1], 'b', [2, 3]), map()]",
      ],
      pair: [
        'Tuple(a String, b Tuple(Float64, Map(String, String)))',
        "('x', (0.1, map('k', 'v')))",
      ],
      empty: ['Array(Array(String))', "[[], ['']]"],
      json: ['JSON', `concat('{"b":{"c":[1,"x"]},"a":', toString(number), '}')`],
      'n.a': ['Array(UInt8)', '[1, 2]'],
      'n.b': ['Array(String)', "['1', '2']"],
      state: ['AggregateFunction(sum, UInt64)', "arrayReduce('sumState', [number])"],
      counted: ['SimpleAggregateFunction(max, UInt64)', 'number'],
    }
    const names = Object.keys(columns).map((name) => `\`${name}\``)
    const types = Object.values(columns).map(([type], i) => `${names[i]} ${type}`)
    const create = (database: string, all: readonly string[]) =>
      server.query(
        `CREATE TABLE ${database}.all_types (${all.join(', ')}, twice UInt64 MATERIALIZED id * 2) ENGINE = MergeTree ORDER BY id`,
      )
    await create(east, types)
    await create(west, [...types].reverse())
    const values = Object.values(columns).map(([, value]) => value)
    await server.query(
      `INSERT INTO ${east}.all_types (${names.join(', ')}) SELECT ${values.join(', ')} FROM numbers(20)`,
    )
    const { code, out } = await compare('--repair', '--without-ids', '--table', 'all_types')
    expect(out).toContain('state is not compared: its type is AggregateFunction(sum, UInt64).')
    expect(out).toContain('Copied 0 rows to A and 20 rows to B.')
    expect(code).toBe(0)
    const all = (database: string) =>
      ask(
        `SELECT ${names.filter((name) => name !== '`state`').join(', ')}, finalizeAggregation(state) FROM ${database}.all_types ORDER BY id FORMAT TSV`,
      )
    expect(await all(west)).toBe(await all(east))
    // The same object, written in another order.
    await server.query(`TRUNCATE TABLE ${west}.all_types`)
    const other = values.map((value) =>
      value === columns.json[1]
        ? `concat('{"a":', toString(number), ',"b":{"c":[1,"x"]}}')`
        : value,
    )
    await server.query(
      `INSERT INTO ${west}.all_types (${names.join(', ')}) SELECT ${other.join(', ')} FROM numbers(20)`,
    )
    expect((await compare('--table', 'all_types')).out).toContain('Equal: 20 rows')
  })

  test('data points are repaired, too', async () => {
    await server.query(
      `INSERT INTO ${east}.metrics (timestamp, metric_name, value, sum, attributes) SELECT toDateTime64(${BASE_MS / 1000} + number, 9), 'm', if(number = 3, nan, number / 7), if(number % 2 = 0, NULL, number), map('a', toString(number)) FROM numbers(50)`,
    )
    expect((await compare('--repair', '--without-ids', '--signal', 'metrics')).code).toBe(0)
    await bothAre(50, 'metrics')
  })

  const JSON_COLUMNS = ['otel_json', otelTracesJson] as const
  test.each(LONG ? [JSON_COLUMNS, ['otel', otelTraces] as const] : [JSON_COLUMNS])(
    '--schema %s names the tables of the Collector, and they are repaired, too',
    async (schema, table) => {
      for (const database of [east, west])
        for (const statement of table.ddl({ database })) await server.query(statement)
      const into = (database: string, all: readonly TestSpan[]) =>
        insert(server, all, {
          table: `${database}.otel_traces`,
          schema: table as Table<SpanLike>,
        })
      const [other] = spans(0, 1, { attributes: { number: 'other' } })
      await into(east, spans(0, 30))
      await into(west, other ? [other] : [])
      const args = ['--signal', 'traces', '--schema', schema]
      const found = await compare(...args)
      expect(found.out).toContain('Missing: 0 rows in A, 29 rows in B. Other content: 1 id.')
      expect(found.code).toBe(1)
      const { code, out } = await compare('--repair', ...args)
      expect(out).toContain(
        'Copied 1 row to A and 30 rows to B; 2 rows became dead letters (1 in A, 1 in B).',
      )
      expect(code).toBe(0)
      expect((await compare(...args)).out).toContain('Equal: 30 rows')
      const all = (database: string) =>
        ask(`SELECT * FROM ${database}.otel_traces ORDER BY SpanId FORMAT JSONEachRow`)
      expect(await all(west)).toBe(await all(east))
      expect(
        Number(await ask(`SELECT count() FROM ${west}.otel_traces_trace_id_ts`)),
      ).toBeGreaterThanOrEqual(30)
    },
  )

  test('--schema otel_json --signal all compares seven tables', async () => {
    for (const database of [east, west])
      for (const statement of Object.values(FAMILIES).flatMap((one) =>
        (one.otel_json as readonly Table<never>[]).flatMap((table) => table.ddl({ database })),
      ))
        await server.query(statement)
    const { code, out } = await compare('--schema', 'otel_json')
    expect(out.match(/^Equal: 0 rows/gm)).toHaveLength(7)
    expect(code).toBe(0)
  })

  test('the help names every schema, and another word is refused with their names', async () => {
    const help = (await run(['compare', '--help'])).out
    expect(help).toContain('flat|otel|otel_json')
    const { code, err } = await compare('--schema', 'otel-json')
    expect(err).toContain('--schema must be one of flat, otel, otel_json.')
    expect(code).toBe(2)
  })

  test('an id that has several contents on both servers is no difference, and keeps the newest only with --repair', async () => {
    for (const database of [east, west]) {
      await put(database, spans(0, 10))
      await put(database, spans(0, 3, { name: 'again', at: [120_000, 120_005] }))
    }
    const { code, out } = await compare('--signal', 'traces')
    expect(code).toBe(0)
    expect(out).toContain('3 ids with several contents, the same on both servers')
    expect((await compare('--repair', '--signal', 'traces')).code).toBe(0)
    await bothAre(10)
    expect(await ask(`SELECT count() FROM ${west}.dead_letters`)).toBe('3')
  })

  test('many rows in one minute are compared in slices', async () => {
    const rows = (from: number, to: number, database: string) =>
      server.query(
        `INSERT INTO ${database}.traces (trace_id, span_id, span_name, timestamp, attributes) SELECT lower(hex(sipHash128(number))), lower(hex(sipHash64(number))), 'many', toDateTime64(${BASE_MS / 1000} + number / 10000, 9), map('n', toString(number)) FROM numbers(${from}, ${to - from})`,
      )
    const last = LONG ? 60_000 : 24_000 // 20,000 are in a slice
    await rows(0, last, east)
    await rows(5000, last + 6000, west)
    const { code, out } = await compare('--repair', '--signal', 'traces', '--limit', '3')
    expect(out).toContain('Copied 6,000 rows to A and 5,000 rows to B.')
    expect(out.match(/missing in/g)).toHaveLength(3)
    expect(code).toBe(0)
    await bothAre(last + 6000)
  })

  test('a repair that is killed at any write is finished by the next one, and no row is there twice', async () => {
    const many = (from: number, to: number, name: string, database: string) =>
      server.query(
        `INSERT INTO ${database}.traces (trace_id, span_id, span_name, timestamp) SELECT lower(hex(sipHash128(number))), lower(hex(sipHash64(number))), '${name}', toDateTime64(${BASE_MS / 1000} + number / 100, 9) FROM numbers(${from}, ${to - from})`,
      )
    await many(0, 3000, 'one', east)
    await many(2000, 3000, 'one', west)
    await many(2990, 3500, 'other', west)
    const cwd = project()
    const isWrite = ({ path, body }: Message) =>
      path.includes('insert_deduplication_token') || /^(INSERT|DELETE)/.test(body.toString())
    // Each life ends at a write: before the server has it, or after, before its answer is passed on.
    for (let life = 0; life < (LONG ? 8 : 4); life++) {
      let writes = 0
      let kill = () => {}
      const [nth, isAfter] = [1 + (life % 3), life % 2 === 1]
      const proxy = await rewritingProxy(Number(new URL(server.url).port), {
        instead: (message) => {
          if (!isWrite(message) || ++writes !== nth || isAfter) return undefined
          kill()
          return { status: 503, body: Buffer.from('') }
        },
        answer: () => {
          if (writes === nth && isAfter) kill()
        },
      })
      const through = (database: string) =>
        `${proxy.url.replace('http:', 'clickhouse:')}/${database}`
      const line = [
        'compare',
        ...UNTIL,
        '--repair',
        '--signal',
        'traces',
        through(east),
        through(west),
      ]
      const running = spanhouse(line, { cwd })
      kill = () => void running.child.kill('SIGKILL')
      const [code] = await running.ended
      expect(code, running.err).toBe(null)
    }
    expect((await compare('--repair', '--signal', 'traces')).code).toBe(0)
    await bothAre(3500)
    const twice = (table: string) =>
      `SELECT count() - uniqExact(${table === 'traces' ? 'trace_id, span_id' : 'event'}), count() FROM {db}.${table}`
    for (const database of [east, west]) {
      expect(await ask(twice('traces').replace('{db}', database))).toBe('0\t3500')
      expect(await ask(twice('dead_letters').replace('{db}', database))).toBe('0\t10')
    }
  })
})
