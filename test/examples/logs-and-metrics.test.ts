// The example that sends all three signals, run as its README says. Its queries have tests of their own.
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { asked, databaseOf, ended, root, runExample } from './run-example.js'

type Row = Record<string, unknown>

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

// What its customers do: 30 rounds, before and after the restart.
const CONCERTS = 60
const ORDERS = 50
const REFUSED = 10
const PLANS = 6
const REQUESTS = CONCERTS + ORDERS + REFUSED + PLANS

// In a short run the other way to start it writes into the Collector's tables.
const SCRIPTS = LONG ? ['start', 'start:env'] : ['start']

describe.each(SCRIPTS)('logs-and-metrics, npm run %s', (script) => {
  const database = databaseOf('logs-and-metrics', script)
  const ask = (sql: string) => asked<Row>(server, sql.replaceAll('FROM ', `FROM ${database}.`))

  test('its queries answer with what its customers did', async () => {
    const { exitCode, stdout, stderr, rows } = await runExample(server, 'logs-and-metrics', {
      script,
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain(
      `Customers made ${REQUESTS} requests: ${ORDERS} orders were placed, ${REFUSED} refused.`,
    )
    expect(rows.filter(({ span_kind }) => span_kind === 'SERVER')).toHaveLength(REQUESTS)
    const answer = (name: string) => cellsOf(stdout, `queries/flat/${name}.sql`)
    const refused = answer('error-logs-of-slow-traces')
    expect(refused).toHaveLength(REFUSED)
    for (const cells of refused)
      expect(cells.slice(2, 5)).toEqual(['tickets', 'the bank refused the card', 'POST /orders'])
    const around = answer('logs-around-a-trace')
    expect(around.filter((cells) => cells[5] === '1').map((cells) => cells.slice(3, 5))).toEqual([
      ['info', 'order received'],
      ['error', 'the bank refused the card'],
    ])
    expect(totals(answer('p99-by-route'), 2, 3)).toEqual({
      '/concerts/:id': CONCERTS,
      '/orders': ORDERS + REFUSED,
      '/seating-plan': PLANS,
    })
    expect(totals(answer('rate-of-a-counter'), 2, 3)).toEqual({
      "{ 'ticket.kind': 'seat' }": 30,
      "{ 'ticket.kind': 'standing' }": 20,
    })
    const loop = answer('event-loop-and-latency')
    expect(loop.reduce((sum, cells) => sum + Number(cells[2]), 0)).toBe(REQUESTS)
    // The seating plan blocks for 120 ms. The delay counts from when a timer was due, so it is shorter by some of its intervals.
    expect(Math.max(...loop.map((cells) => Number(cells[4])))).toBeGreaterThan(60)
  })

  test('lines of pino and of the console are in the span that was active', async () => {
    const lines = await ask(`
      SELECT body, severity_text, severity_number, scope_name LIKE '%pino' AS is_pino, span_name, count() AS lines
      FROM logs AS log
      LEFT JOIN (SELECT trace_id, span_name FROM traces WHERE span_kind = 'SERVER') AS span ON span.trace_id = log.trace_id
      WHERE span_id IN (SELECT span_id FROM traces) GROUP BY ALL ORDER BY body`)
    const [pino, spoken] = [{ is_pino: 1 }, { is_pino: 0 }]
    const order = { ...pino, span_name: 'POST /orders' }
    const info = { severity_text: 'info', severity_number: 9 }
    expect(lines).toEqual([
      { body: 'order received', ...info, ...order, lines: ORDERS + REFUSED },
      {
        body: 'the bank refused the card',
        severity_text: 'error',
        severity_number: 17,
        ...order,
        lines: REFUSED,
      },
      {
        body: 'the seating plan took 120 ms without a pause',
        severity_text: 'INFO',
        severity_number: 9,
        ...spoken,
        span_name: 'GET /seating-plan',
        lines: PLANS,
      },
    ])
    expect(
      await ask("SELECT count() AS lines FROM logs WHERE body LIKE 'The box office%'"),
    ).toEqual([{ lines: 2 }])
  })

  test('metrics of HTTP, the runtime and the host are there, of two processes', async () => {
    const [{ names, processes } = {}] = await ask(`
      SELECT groupUniqArray(metric_name) AS names, uniqExact(resource_attributes['process.pid']) AS processes FROM metrics`)
    expect(processes).toBe(2)
    expect(names).toEqual(
      expect.arrayContaining([
        'http.server.request.duration',
        'nodejs.eventloop.delay.p99',
        'v8js.memory.heap.used',
        'process.cpu.time',
        'system.memory.usage',
        'tickets.orders',
      ]),
    )
  })
})

test.each(LONG ? ['start', 'start:env'] : ['start:env'])(
  'logs-and-metrics, npm run %s, into the Collector’s tables: the same questions, the same answers',
  async (script) => {
    const env = {
      OTEL_EXPORTER_CLICKHOUSE_SCHEMA: 'otel',
      OTEL_EXPORTER_CLICKHOUSE_DATABASE: `otel_${databaseOf('', script)}`,
    }
    const how = { script, env }
    const { exitCode, stdout, stderr } = await runExample(server, 'logs-and-metrics', how)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    const answer = (name: string) => cellsOf(stdout, `queries/otel/${name}.sql`)
    expect(answer('error-logs-of-slow-traces')).toHaveLength(REFUSED)
    expect(answer('logs-around-a-trace').length).toBeGreaterThan(1)
    expect(totals(answer('p99-by-route'), 2, 3)).toMatchObject({ '/orders': ORDERS + REFUSED })
    expect(Object.values(totals(answer('rate-of-a-counter'), 2, 3))).toEqual([30, 20])
    expect(answer('event-loop-and-latency').length).toBeGreaterThan(0)
    const lines = `SELECT Body AS body, count() AS lines FROM ${env.OTEL_EXPORTER_CLICKHOUSE_DATABASE}.otel_logs WHERE SpanId != '' GROUP BY body ORDER BY body`
    expect(await asked<Row>(server, lines)).toEqual([
      { body: 'order received', lines: ORDERS + REFUSED },
      { body: 'the bank refused the card', lines: REFUSED },
      { body: 'the seating plan took 120 ms without a pause', lines: PLANS },
    ])
  },
)

test('the console’s bridge: severities, errors, and no record of what is printed while one is taken', async () => {
  const code = `
    import { logs } from '@opentelemetry/api-logs'
    const records = []
    const emit = (record) => {
      records.push({ ...record, exception: record.exception?.message })
      console.error('the SDK complains')
    }
    logs.setGlobalLoggerProvider({ getLogger: () => ({ emit }) })
    const print = console.log
    await import('./console-to-logs.mjs')
    console.warn('%d of %s', 3, 'four', { five: 5 })
    console.error('failed:', new Error('no card'))
    console.debug()
    print(JSON.stringify(records))`
  const cwd = join(root, 'examples/logs-and-metrics')
  const how = { cwd, env: process.env }
  const args = ['--input-type=module', '-e', code]
  const { exitCode, stdout, stderr } = await ended(process.execPath, args, how)
  expect(exitCode, stderr).toBe(0)
  expect(stderr).toMatch(/^3 of four { five: 5 }\nthe SDK complains\nfailed: Error: no card\n/)
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([
    { severityNumber: 13, severityText: 'WARN', body: '3 of four { five: 5 }' },
    {
      severityNumber: 17,
      severityText: 'ERROR',
      body: expect.stringMatching(/^failed: Error: no card\n +at /),
      exception: 'no card',
    },
    { severityNumber: 5, severityText: 'DEBUG', body: '' },
  ])
})

/** The cells of the table that stands below a heading, without quotes. */
function cellsOf(text: string, heading: string): string[][] {
  const [, below = ''] = text.split(`(${heading})\n`)
  const [table = ''] = below.split('\n\n')
  return table
    .split('\n')
    .filter((line) => /^│ \d/.test(line))
    .map((line) =>
      line
        .split('│')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^'(.*)'$/, '$1')),
    )
}

/** A run may lie in two minutes. */
function totals(rows: string[][], key: number, value: number): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const cells of rows)
    sums[cells[key] ?? ''] = (sums[cells[key] ?? ''] ?? 0) + Number(cells[value])
  return sums
}
