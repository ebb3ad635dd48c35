import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import type { Table } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AnyOptions,
  openCollector,
  openExporter,
  type RecordCollector,
} from '../kit/entry-points.mjs'
import { eventually, flushed, LONG, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { scriptedServer } from '../kit/scripted-server.js'
import {
  type Identified,
  idOf,
  records,
  SIGNALS,
  type SignalUnderTest,
  TRACES,
  titled,
  withTable,
} from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { rowsIn } from '../kit/stored-ids.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

let server: ClickHouseServer
let next = 0
let batches = 0
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

// The server names the row if a value cannot be read. If a constraint is violated, its message does not
// name the row.
const kinds = ['an unreadable value', 'a violated constraint'] as const
type Kind = (typeof kinds)[number]

const numbers: Table<Identified> = {
  name: 'numbers',
  database: 'default',
  columns: [],
  insertColumns: ['span_id', 'number'],
  toRow: (record) => JSON.parse(numbers.toLine(record)),
  toLine: ({ attributes }) =>
    JSON.stringify({ span_id: attributes['row'], number: attributes['number'] }),
  ddl: () => [],
}

const all = SIGNALS.flatMap((of) => kinds.map((kind) => [kind, of.title, of] as const))
// A batch is divided by its lines, of whatever signal they are.
const cases = all.filter(([kind, , of]) => LONG || of === TRACES || kind === kinds[1])
const OTHERS = LONG ? 5 : 2

describe.each(cases)('%s among %s:', (kind, _, of) => {
  test.skipIf(!LONG && of !== TRACES)(
    'in one row of 10,000: 9,999 delivered, 1 rejected, at most 30 requests, other batches not held up',
    async () => {
      const { processor, database } = await open(kind, { of, batch: { maxRows: 10_000 } })
      const startedAt = performance.now()
      add(processor, kind, { of, rows: 10_000, poisoned: [6789] })
      for (let batch = 0; batch < OTHERS; batch++) add(processor, kind, { of, rows: 10_000 })
      await until(() => statsOf(processor).delivered >= OTHERS * 10_000)
      const othersMs = performance.now() - startedAt
      await flushed(processor)
      const requests = statsOf(processor).requests - OTHERS
      const rows = (OTHERS + 1) * 10_000

      figure(`one row of 10,000 ${of.title} with ${kind}`, {
        requests,
        'ms until the other batches were delivered': othersMs,
        'ms until all were settled': performance.now() - startedAt,
      })
      expect(statsOf(processor)).toMatchObject({ delivered: rows - 1, dropped: { rejected: 1 } })
      expect(await rowsIn(server, database, NUMBERS)).toBe(rows - 1)
      expect(await rejectedRows(database)).toBe(0)
      expect(requests).toBeLessThanOrEqual(30)
      await processor.shutdown()
    },
  )

  const onlySpans: [where: string, poisoned: number[], rows: number, maxRequests: number][] = [
    ['the first row', [0], 10_000, 30],
    ['the last row', [9999], 10_000, 30],
    ['two rows far apart', [17, 8000], 10_000, 60],
  ]
  test.each([
    ...(LONG || of === TRACES ? onlySpans : []),
    ['two neighbours', [4999, 5000], 10_000, 60],
    ['a batch of one row', [0], 1, 1],
    ['every row of a small batch', [0, 1, 2, 3, 4, 5, 6, 7], 8, 16],
  ])('%s', async (_where, poisoned, rows, maxRequests) => {
    const { processor, database } = await open(kind, { of, batch: { maxRows: 10_000 } })
    add(processor, kind, { of, rows, poisoned })
    await flushed(processor)
    const { delivered, dropped, requests } = statsOf(processor)
    expect({ delivered, dropped }).toEqual({
      delivered: rows - poisoned.length,
      dropped: { rejected: poisoned.length },
    })
    expect(await rowsIn(server, database, NUMBERS)).toBe(rows - poisoned.length)
    expect(await rejectedRows(database)).toBe(0)
    expect(requests).toBeLessThanOrEqual(maxRequests)
    await processor.shutdown()
  })
})

test.each([
  ['the first row', 1],
  ['the row before', 6789],
  ['the row after', 6791],
  ['the last row', 10_000],
  ['a row that the batch does not have', 10_001],
  ['row 0', 0],
  ['none', undefined],
])('a hint of the server at %s, which is wrong: still at most 30 requests', async (_, said) => {
  const poison = 6789
  const scripted = await scriptedServer({
    each: ({ isInsert, rows }) =>
      isInsert && rows.some((row) => row['number'] === 'none')
        ? {
            status: 400,
            code: 27,
            body: `Code: 27. DB::Exception: Cannot parse input${said === undefined ? '' : `: (at row ${said})`}\n. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)`,
          }
        : 'ok',
  })
  const processor = openCollector('traces', {
    endpoint: scripted.url,
    schema: numbers,
    batch: { maxRows: 10_000 },
  })
  add(processor, 'an unreadable value', { rows: 10_000, poisoned: [poison] })
  await flushed(processor)
  expect(statsOf(processor)).toMatchObject({ delivered: 9999, dropped: { rejected: 1 } })
  expect(new Set(scripted.rows.map((row) => row['span_id'])).size).toBe(9999)
  expect(scripted.rows.length).toBe(9999)
  expect(scripted.inserts.length).toBeLessThanOrEqual(30)
  await processor.shutdown()
})

describe('dead letters', () => {
  test('in a directory: one line of NDJSON a row, readable only by the owner, up to the byte limit', async () => {
    const parent = temporaryDirectory()
    const directory = join(parent, 'dead')
    const { processor, database } = await open('an unreadable value', {
      deadLetter: { directory, maxBytes: 1500 },
    })
    add(processor, 'an unreadable value', { rows: 100, poisoned: [3, 50] })
    await flushed(processor)
    const file = join(directory, 'primary.ndjson')
    const letters = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
    const expected = {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      destination: 'primary',
      signal: 'traces',
      database,
      table: 'numbers',
      code: 27,
      message: expect.stringContaining('CANNOT_PARSE_INPUT_ASSERTION_FAILED'),
      attempts: expect.any(Number),
      token: expect.stringMatching(/^v1-[0-9a-f]{32}$/),
    }
    expect(letters.sort((a, b) => a.row.length - b.row.length)).toEqual([
      { ...expected, row: expect.stringMatching(/^{"span_id":"\d+ row 3","number":"none"}$/) },
      { ...expected, row: expect.stringMatching(/^{"span_id":"\d+ row 50","number":"none"}$/) },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(statsOf(processor)).toMatchObject({ delivered: 98, dropped: { dead_lettered: 2 } })

    add(processor, 'an unreadable value', { rows: 20, poisoned: [...Array(20).keys()] })
    await flushed(processor)
    const { dropped } = statsOf(processor)
    expect(dropped).toMatchObject({ rejected: expect.any(Number) })
    expect((dropped.rejected ?? 0) + (dropped.dead_lettered ?? 0)).toBe(22)
    expect(statSync(file).size).toBeLessThanOrEqual(1500)
    expect(readFileSync(file, 'utf8').split('\n').length - 1).toBe(dropped.dead_lettered)
    expect(await rowsIn(server, database, NUMBERS)).toBe(98)
    await processor.shutdown()
  })

  test('in a table of the destination, which is created for them', async () => {
    const { processor, database } = await open('an unreadable value', {
      deadLetter: { table: 'dead letters' },
    })
    add(processor, 'an unreadable value', { rows: 100, poisoned: [3] })
    await flushed(processor)
    const text = await server.query(
      `SELECT event, dlq_name, source_nanos, source_logical, data_after, data_before FROM ${database}.\`dead letters\` FORMAT JSONEachRow`,
    )
    const letter = JSON.parse(text)
    expect(letter).toEqual({
      event: expect.stringMatching(/^[0-9a-f-]{36}$/),
      dlq_name: 'numbers',
      source_nanos: expect.anything(),
      source_logical: expect.anything(),
      data_after: expect.stringMatching(/^{"span_id":"\d+ row 3","number":"none"}$/),
      data_before: expect.stringContaining(`"database":"${database}","code":27`),
    })
    expect(Math.abs(Number(letter.source_nanos) / 1e6 - Date.now())).toBeLessThan(60_000)
    expect(statsOf(processor)).toMatchObject({ delivered: 99, dropped: { dead_lettered: 1 } })
    await processor.shutdown()
  })

  test('that cannot be stored are counted as rejected, and the other rows are delivered', async () => {
    const { processor } = await open('an unreadable value', {
      deadLetter: { directory: '/dev/null/nowhere' },
    })
    add(processor, 'an unreadable value', { rows: 100, poisoned: [3] })
    await flushed(processor)
    await eventually(() =>
      expect(statsOf(processor)).toMatchObject({ delivered: 99, dropped: { rejected: 1 } }),
    )
    await processor.shutdown()
  })
})

// A table of the user's; what its enum does not list is refused.
const enums: Table<Identified> = {
  name: 'kinds',
  database: 'kinds',
  columns: [],
  insertColumns: ['kind', 'span_id'],
  toRow: (record) => JSON.parse(enums.toLine(record)),
  toLine: (record) =>
    JSON.stringify({ kind: record.attributes['kind'] ?? 'ok', span_id: idOf(record) }),
  ddl: () => [],
}

test.each(titled(SIGNALS))(
  'one of 100 %s that no enum lists costs one row, while others go on',
  async (_, of) => {
    await server.query('CREATE DATABASE IF NOT EXISTS kinds')
    await server.query(`CREATE OR REPLACE TABLE kinds.kinds (kind Enum8('ok' = 1), span_id String)
    ENGINE = MergeTree ORDER BY span_id SETTINGS non_replicated_deduplication_window = 100`)
    const exporter = openExporter(of.signal, {
      endpoint: server.url,
      schema: enums,
      manageSchema: 'off',
      retry: { initialDelayMs: 50, maxDelayMs: 100 },
    })
    const others = setInterval(() => exporter.export(records(of, 1), () => {}), 50)
    try {
      exporter.export([...records(of, 99), of.with({ kind: 'strange' })], () => {})
      await eventually(() => expect(statsOf(exporter).dropped).toEqual({ rejected: 1 }))
    } finally {
      clearInterval(others)
    }
    await flushed(exporter)
    const { accepted, delivered, dropped } = statsOf(exporter)
    expect({ delivered, dropped }).toEqual({ delivered: accepted - 1, dropped: { rejected: 1 } })
    expect(Number(await server.query('SELECT count() FROM kinds.kinds'))).toBe(delivered)
    await exporter.shutdown()
  },
)

const NUMBERS = withTable(TRACES, numbers)

async function open(
  kind: Kind,
  { of = TRACES, ...options }: AnyOptions & { of?: SignalUnderTest },
) {
  const database = `poison${next++}`
  await server.query(`CREATE DATABASE ${database}`)
  await server.query(
    `CREATE TABLE ${database}.numbers (span_id String, number UInt64${
      kind === 'a violated constraint' ? ', CONSTRAINT below CHECK number < 100' : ''
    }) ENGINE = MergeTree ORDER BY span_id SETTINGS non_replicated_deduplication_window = 1000`,
  )
  const processor = openCollector(of.signal, {
    endpoint: server.url,
    database,
    schema: numbers,
    ...options,
  })
  return { processor, database }
}

function add(
  to: RecordCollector,
  kind: Kind,
  { rows, poisoned = [], of = TRACES }: { rows: number; poisoned?: number[]; of?: SignalUnderTest },
): void {
  const bad = new Set(poisoned)
  const poison = kind === 'an unreadable value' ? 'none' : 100
  const batch = batches++ // the server would treat batches of the same rows as one
  for (let row = 0; row < rows; row++)
    to.add(of.with({ row: `${batch} row ${row}`, number: bad.has(row) ? poison : row % 100 }))
}

async function rejectedRows(database: string): Promise<number> {
  return Number(await server.query(`SELECT count() FROM ${database}.numbers WHERE number > 99`))
}
