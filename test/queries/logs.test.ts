import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type LogTable,
  levelOf,
  logsOfTraceQuery,
  logTables,
  newestLogsQuery,
  spanTables,
  type TableColumnRow,
  tablesQuery,
} from '../../packages/queries/src/index.js'
import { createLogTable, insertLines, type Line, type LogTableName } from '../kit/log-tables.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { BASE_US, WORDS } from './kit/model.js'
import { ask, askCopied, READER } from './kit/tables.js'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const NAMES: readonly LogTableName[] = ['logs', 'otel_logs', 'old_logs', 'own_logs']
const hostile = Object.fromEntries(WORDS.map((word) => [word, word]))

const line: Line = {
  timeUs: BASE_US,
  traceId: TRACE,
  spanId: SPAN,
  severity: 9,
  severityText: 'INFO',
  service: 'shop',
  body: 'order placed',
}
const LINES: readonly Line[] = [
  { ...line, timeUs: BASE_US + 2000, severity: 17, severityText: 'ERROR', body: 'card declined' },
  { ...line, attributes: hostile, eventName: 'order' },
  // Within one tick of the clock, in the order in which they were written.
  ...['one', 'two', 'three'].map((body) => ({ ...line, timeUs: BASE_US + 1000, body })),
  {
    ...line,
    timeUs: BASE_US + 1500,
    spanId: '',
    severityText: 'warning',
    severity: 0,
    body: '{"a":1}',
  },
  { ...line, traceId: 'f'.repeat(32), timeUs: BASE_US + 1, body: 'another trace' },
  { ...line, traceId: '', spanId: '', timeUs: BASE_US + 3000, service: 'stock', body: 'no trace' },
]
const IN_ORDER = ['order placed', 'one', 'two', 'three', '{"a":1}', 'card declined']

let server: ClickHouseServer
let tables: LogTable[]

beforeAll(async () => {
  server = await sharedClickHouse([READER])
  for (const name of NAMES) {
    await createLogTable(server, 'telemetry', name)
    await insertLines(server, 'telemetry', name, LINES)
  }
  tables = logTables((await ask<TableColumnRow>(server, tablesQuery())).rows)
})
afterAll(() => server?.stop())

const tableNamed = (name: string) => tables.find(({ table }) => table === name) as LogTable

test('tables of logs are found by their columns, ours and the Collector’s first, and none of them is a table of spans', async () => {
  expect(tables.map(({ table, family }) => [table, family])).toEqual([
    ['logs', 'flat'],
    ['old_logs', 'otel'],
    ['otel_logs', 'otel'],
    ['own_logs', 'own'],
  ])
  expect(spanTables((await ask<TableColumnRow>(server, tablesQuery())).rows)).toEqual([])
})

describe.each(NAMES)('%s', (name) => {
  test('the lines of a trace are found by its id, in the order of time', async () => {
    const { rows } = await ask(server, logsOfTraceQuery(tableNamed(name), TRACE))
    expect(rows.map(({ body }) => body)).toEqual(IN_ORDER)
    expect(rows.map((row) => levelOf(row))).toEqual([
      'info',
      'info',
      'info',
      'info',
      'warn',
      'error',
    ])
    expect(rows[0]).toMatchObject({
      time_us: BASE_US,
      trace_id: TRACE,
      span_id: SPAN,
      service: 'shop',
      severity_text: 'INFO',
      body: 'order placed',
      attributes: hostile,
    })
    expect(rows[4]).toMatchObject({ span_id: '', time_us: BASE_US + 1500 })
  })

  test('near a time they are found, far from it not, and the limit leaves the last ones out', async () => {
    const found = async (aroundUs: number) =>
      (await ask(server, logsOfTraceQuery(tableNamed(name), TRACE, { aroundUs }))).rows.length
    expect(await found(BASE_US + 3500e6)).toBe(6)
    expect(await found(BASE_US - 3500e6)).toBe(6)
    expect(await found(BASE_US + 3700e6)).toBe(0)
    expect(await found(BASE_US - 3700e6)).toBe(0)
    const { rows } = await ask(server, logsOfTraceQuery(tableNamed(name), TRACE, { limit: 2 }))
    expect(rows.map(({ body }) => body)).toEqual(['order placed', 'one'])
  })

  test('no id and no time is an error, and neither is part of the statement', async () => {
    const table = tableNamed(name)
    for (const id of ['', ...WORDS, '\ud800'])
      expect((await ask(server, logsOfTraceQuery(table, id))).rows.length).toBe(id === '' ? 1 : 0)
    for (const aroundUs of [-1e18, -1, 0, 0.5, 1e15, 1e18, Number.POSITIVE_INFINITY, Number.NaN])
      await ask(server, logsOfTraceQuery(table, TRACE, { aroundUs }))
    const one = logsOfTraceQuery(table, "it's", { aroundUs: 1 })
    expect(one.sql).not.toContain("it's")
  })

  test('the statement to copy gives the same rows', async () => {
    const query = logsOfTraceQuery(tableNamed(name), TRACE, { aroundUs: BASE_US })
    expect(await askCopied(server, query)).toEqual((await ask(server, query)).rows)
  })

  test('lines are found by service, severity, text, attribute and time, the newest first', async () => {
    const table = tableNamed(name)
    const bodies = async (search: Parameters<typeof newestLogsQuery>[1], limit = 100) =>
      (await ask(server, newestLogsQuery(table, search, { limit }))).rows.map(({ body }) => body)
    expect(await bodies({}, 2)).toEqual(['no trace', 'card declined'])
    expect(await bodies({ services: ['stock'] })).toEqual(['no trace'])
    expect(await bodies({ minSeverity: 13 })).toEqual(['card declined', '{"a":1}'])
    expect(await bodies({ minSeverity: 17 })).toEqual(['card declined'])
    expect(await bodies({ text: ['DECLINED'] })).toEqual(['card declined'])
    expect(await bodies({ traceId: 'ffff' })).toEqual(['another trace'])
    expect(await bodies({ fromUs: BASE_US + 2000, toUs: BASE_US + 3000 })).toEqual([
      'card declined',
    ])
    for (const word of WORDS)
      expect(
        await bodies({ attributes: [{ key: word, op: '=', value: word }], text: [word] }),
      ).toEqual(['order placed'])
  })
})

test('near a time only the days around it are read, in old tables of the Collector too', async () => {
  const noonUs = BASE_US + 12 * 3600e6
  const days = Array.from({ length: 10 }, (_, day) =>
    Array.from({ length: 200 }, (_, i) => ({
      ...line,
      timeUs: noonUs + day * 86400e6 + i,
      traceId: i % 2 === 0 ? TRACE : `${day}${'0'.repeat(31)}`,
    })),
  )
  for (const name of NAMES.filter((one) => one !== 'own_logs')) {
    await createLogTable(server, 'days', name)
    await insertLines(server, 'days', name, days.flat())
    const table = { ...tableNamed(name), database: 'days' }
    const near = logsOfTraceQuery(table, TRACE, { aroundUs: noonUs + 5 * 86400e6 })
    const { rows, rowsRead } = await ask(server, near)
    expect(rows).toHaveLength(100)
    // Few rows of many columns are read in two steps.
    expect(rowsRead).toBeLessThanOrEqual(2 * 200)
    // Without a time the index on the ids leaves the other days out.
    const everywhere = await ask(server, logsOfTraceQuery(table, `5${'0'.repeat(31)}`))
    expect(everywhere.rows).toHaveLength(100)
    expect(everywhere.rowsRead).toBeLessThanOrEqual(2 * 200)
  }
})
