import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatMetrics, flatTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { otelMetricsTables } from '../../packages/transform/src/internal.js'
import { type DoctorRun, runDoctor } from '../kit/run-doctor.js'

const PASSWORD = 'not-to-be-seen'
let server: ClickHouseServer

beforeAll(async () => {
  server = await startClickHouse({
    users: [
      {
        name: 'spans_only',
        password: PASSWORD,
        grants: ['INSERT, SELECT ON good.traces', 'SELECT ON good.logs'],
      },
    ],
  })
  await make('good', flatTraces, flatLogs, flatMetrics)
  await make('bad', flatTraces, flatLogs)
  await server.query('ALTER TABLE bad.logs DROP COLUMN event_name')
})
afterAll(() => server?.stop())

async function make(database: string, ...tables: readonly Table<never>[]): Promise<void> {
  for (const table of tables)
    for (const statement of table.ddl({ database })) await server.query(statement)
}

const EVERY = {
  OTEL_TRACES_EXPORTER: 'clickhouse',
  OTEL_LOGS_EXPORTER: 'clickhouse',
  OTEL_METRICS_EXPORTER: 'clickhouse',
}

function doctor(
  options: Record<string, string>,
  env: Record<string, string> = EVERY,
  args: string[] = ['--json'],
  width = 100,
): Promise<DoctorRun> {
  const ours = { ENDPOINT: server.url, ...options }
  const all = Object.fromEntries(
    Object.entries(ours).map(([name, value]) => [`OTEL_EXPORTER_CLICKHOUSE_${name}`, value]),
  )
  return runDoctor([...args, '--no-test-span'], { env: { ...all, ...env }, output: { width } })
}

const brief = (run: DoctorRun, check: string) =>
  run.of(check).map(({ level, text }) => `${level}: ${text}`)

test('where all is well, each signal has one line', async () => {
  const run = await doctor({ DATABASE: 'good' })
  expect(brief(run, 'logs')).toEqual(['ok: good.logs: rights, columns, deduplication are fine'])
  expect(brief(run, 'metrics')).toEqual([
    'ok: good.metrics: rights, columns, deduplication are fine',
  ])
  expect(brief(run, 'logs-exporter')).toEqual(['ok: clickhouse (OTEL_LOGS_EXPORTER=clickhouse)'])
  expect(run.json.findings.filter(({ level }) => level !== 'ok' && level !== 'skipped')).toEqual([])
  expect(run.code).toBe(0)
})

test.each([
  ['unset', undefined],
  ['empty', ' '],
  ['otlp', 'otlp,console'],
  ['none', 'none'],
])('a signal that does not go to ClickHouse is not looked at: %s', async (_, value) => {
  const run = await doctor(
    { DATABASE: 'bad' },
    {
      OTEL_TRACES_EXPORTER: 'clickhouse',
      ...(value !== undefined && { OTEL_LOGS_EXPORTER: value, OTEL_METRICS_EXPORTER: value }),
    },
  )
  expect([...run.of('logs'), ...run.of('metrics')]).toEqual([])
  expect(run.code).toBe(0)
})

test('a column that is missing, and a table that is, are said with their table and what mends them', async () => {
  const run = await doctor({ DATABASE: 'bad', MANAGE_SCHEMA: 'validate' })
  expect(brief(run, 'logs')).toEqual(['problem: bad.logs: a column is missing: event_name'])
  expect(run.of('logs')[0]?.commands.map(({ text }) => text)).toEqual([
    expect.stringContaining('ADD COLUMN IF NOT EXISTS `event_name`'),
  ])
  expect(brief(run, 'metrics')[0]).toBe('problem: the table bad.metrics does not exist')
  expect(
    run
      .of('metrics')[0]
      ?.commands.map(({ text }) => text)
      .join(),
  ).toContain('CREATE TABLE IF NOT EXISTS `bad`.`metrics`')
  expect(run.code).toBe(2)
})

test('rights are asked for each table', async () => {
  const run = await doctor({ DATABASE: 'good', USERNAME: 'spans_only', PASSWORD })
  const texts = brief(run, 'logs')
  expect(texts).toContain('problem: the user may not INSERT on good.logs: no row is stored')
  expect(brief(run, 'metrics').join()).toContain('cannot look at the metrics')
  expect(brief(run, 'rights').join()).not.toContain('good.logs')
  expect(run.out).not.toContain(PASSWORD)
})

test('--fix --yes creates the tables of all signals', async () => {
  const first = await doctor({ DATABASE: 'made' }, EVERY, ['--json', '--fix', '--yes'])
  expect(first.code).toBe(0)
  expect(await server.query('SHOW TABLES FROM made')).toBe('logs\nmetrics\ntraces\n')
})

test('the five tables of metrics of the Collector are looked at, and are one line', async () => {
  await make('otel', ...Object.values(otelMetricsTables), flatTraces)
  const options = { DATABASE: 'otel', METRICS_SCHEMA: 'otel' }
  const env = { OTEL_TRACES_EXPORTER: 'clickhouse', OTEL_METRICS_EXPORTER: 'clickhouse' }
  expect(brief(await doctor(options, env), 'metrics')).toEqual([
    expect.stringMatching(/^ok: otel\.otel_metrics_gauge and 4 more tables: /),
  ])
  await server.query('DROP TABLE otel.otel_metrics_summary')
  expect(brief(await doctor(options, env), 'metrics')).toEqual([
    'warning: the table otel.otel_metrics_summary does not exist yet',
  ])
})

describe('a destination that does not take every signal', () => {
  test('is looked at for those that it takes', async () => {
    const run = await doctor({ DATABASE: 'good', SIGNALS: 'logs' })
    expect(run.of('test-span')).toEqual([])
    expect(brief(run, 'columns')).toEqual([expect.stringMatching(/^ok: all \d+ columns are there/)])
    expect(run.json.findings.find(({ check }) => check === 'table')?.text).toBe('good.logs exists')
    expect(run.of('logs')).toEqual([])
    expect(brief(run, 'metrics-exporter')).toEqual([
      'warning: nowhere: OTEL_METRICS_EXPORTER names clickhouse, and no destination takes metrics',
    ])
  })
})

test('a name that no exporter has is said, without what it may contain', async () => {
  const run = await doctor(
    { DATABASE: 'good' },
    { ...EVERY, OTEL_LOGS_EXPORTER: 'https://user:hush-hush@host' },
  )
  expect(brief(run, 'logs-exporter')[0]).toMatch(/^warning: OTEL_LOGS_EXPORTER contains something/)
  expect(run.out).not.toContain('hush-hush')
})

test.each([80, 140])('the report at %i columns is as in the golden files', async (width) => {
  for (const database of ['good', 'bad']) {
    const options = { DATABASE: database, MANAGE_SCHEMA: 'validate' }
    const { out } = await doctor(options, EVERY, ['--fix'], width)
    const lines = out.split('\n').filter((line) => /logs|metrics|traces/.test(line))
    const steady = lines.join('\n').replaceAll(String(server.httpPort), '12345')
    await expect(`${steady}\n`).toMatchFileSnapshot(`golden/signals-${database}-${width}.txt`)
  }
})
