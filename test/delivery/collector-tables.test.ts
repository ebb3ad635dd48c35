// The tables that Collectors and ClickStack have made, with everything that is in them, under each value of `manageSchema`.
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { collectorLogsDdl } from '../kit/collector-logs.js'
import { COLLECTOR_TABLES } from '../kit/collector-tables.js'
import { diagLines } from '../kit/diag-lines.js'
import { openCollector } from '../kit/entry-points.mjs'
import type { SignalName } from '../kit/numbered-records.mjs'
import { flushed, until } from '../kit/patience.js'
import { records, SIGNALS } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'

let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
})

let databases = 0

async function described(database: string): Promise<string> {
  return server.query(
    `SELECT name, create_table_query FROM system.tables WHERE database = '${database}' ORDER BY name FORMAT TSV`,
  )
}

async function deliver(signal: SignalName, database: string, manageSchema: 'create' | 'validate') {
  const [of] = SIGNALS.filter((one) => one.signal === signal)
  const collector = openCollector(signal, {
    endpoint: server.url,
    database,
    schema: 'otel',
    manageSchema,
  })
  for (let round = 0; round < 2; round++) {
    for (const record of of ? records(of, 30) : []) collector.add(record)
    await flushed(collector)
  }
  expect(statsOf(collector)).toMatchObject({ delivered: 60, dropped: {}, waiting: 0 })
  await until(() => statsOf(collector).deduplication !== 'unknown')
  await collector.shutdown()
  const rows = await server.query(
    `SELECT sum(total_rows) FROM system.tables WHERE database = '${database}' AND name LIKE 'otel_%' AND name NOT LIKE '%_trace_id_ts'`,
  )
  expect(rows).toBe('60\n')
}

const CASES = COLLECTOR_TABLES.filter(({ isEarly }) => !isEarly).map(
  (of) => [of.signal, of.generation, of] as const,
)

describe.each(CASES)('%s: %s', (signal, _, { statements }) => {
  test.each(['create', 'validate'] as const)(
    'with %s all rows arrive once, nothing of the tables is changed, and nothing is lost or narrowed',
    async (manageSchema) => {
      const database = `collector_${databases++}`
      await server.query(`CREATE DATABASE ${database}`)
      for (const statement of statements(database)) await server.query(statement)
      const before = await described(database)
      await deliver(signal, database, manageSchema)
      expect(await described(database)).toBe(before)
      // Their tables have no window for tokens, which is said in a line of its own.
      expect(lines.filter((line) => !line.includes('does not deduplicate'))).toEqual([])
    },
  )
})

describe('the first log tables, which have no EventName', () => {
  const without = async () => {
    const database = `collector_${databases++}`
    await server.query(`CREATE DATABASE ${database}`)
    await server.query(collectorLogsDdl('L1', `${database}.otel_logs`))
    await server.query(`ALTER TABLE ${database}.otel_logs DROP COLUMN EventName`)
    return database
  }

  test('with create this one column is added, as the next Collector has it, and rows go on', async () => {
    const database = await without()
    await deliver('logs', database, 'create')
    const names = `SELECT count(), countIf(name = 'EventName') FROM system.columns WHERE database = '${database}' AND table = 'otel_logs'`
    expect(await server.query(names)).toBe('17\t1\n')
  })

  test('with validate rows wait, and one line says what is missing', async () => {
    const database = await without()
    const [, logs] = SIGNALS
    const collector = openCollector('logs', {
      endpoint: server.url,
      database,
      schema: 'otel',
      manageSchema: 'validate',
      shutdownTimeoutMs: 1,
    })
    for (const record of records(logs, 10)) collector.add(record)
    void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
    await until(() => lines.some((line) => line.includes('differs from the schema')))
    const said = lines.filter((line) => line.includes('differs from the schema'))
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(/: EventName is missing\.$/)
    expect(statsOf(collector)).toMatchObject({ waiting: 10, dropped: {} })
    await collector.shutdown()
  })
})
