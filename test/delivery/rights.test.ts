import { ClickHouseSpanProcessor, type Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse, type User } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { until } from '../kit/patience.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'

const ENGINE = 'TABLE ENGINE ON MergeTree'

/** What exists already: nothing, the database, the table without its companions, or all. */
type There = 'nothing' | 'database' | 'table' | 'all'

interface Case {
  grants?: string[]
  readonly?: 2
  there: There
  /** How it ends: all of it is created, only the table, or the rows wait. */
  ends: 'delivered' | 'without its view' | 'waiting'
  /** The text of the one log line. */
  says?: string
  schema?: 'flat'
}

// DB stands for the database of the case.
const CASES: Record<string, Case> = {
  every_right: { grants: ['ALL ON DB.*', ENGINE], there: 'nothing', ends: 'delivered' },
  no_create_database: {
    grants: ['INSERT, SELECT, CREATE TABLE, CREATE VIEW ON DB.*', ENGINE],
    there: 'database',
    ends: 'delivered',
  },
  no_create_database_and_none_there: {
    grants: ['INSERT, SELECT, CREATE TABLE, CREATE VIEW ON DB.*', ENGINE],
    there: 'nothing',
    ends: 'waiting',
    says: 'GRANT CREATE DATABASE ON DB.* TO USER.',
  },
  create_database_only: {
    grants: ['INSERT, CREATE DATABASE ON DB.*'],
    there: 'nothing',
    ends: 'waiting',
    says: 'GRANT CREATE TABLE ON DB.otel_traces TO USER.',
  },
  no_table_engine: {
    grants: ['INSERT, SELECT, CREATE TABLE, CREATE VIEW ON DB.*'],
    there: 'database',
    ends: 'waiting',
    says: 'GRANT TABLE ENGINE ON MergeTree TO USER.',
  },
  create_one_table: {
    grants: ['INSERT, SELECT, CREATE TABLE ON DB.otel_traces', ENGINE],
    there: 'database',
    ends: 'without its view',
    says: 'GRANT CREATE TABLE ON DB.otel_traces_trace_id_ts TO USER.',
  },
  no_select: {
    grants: ['INSERT, CREATE TABLE, CREATE VIEW ON DB.*', ENGINE],
    there: 'database',
    ends: 'without its view',
    says: 'GRANT SELECT, INSERT ON DB.otel_traces_trace_id_ts TO USER.',
  },
  insert_only: { grants: ['INSERT ON DB.otel_traces'], there: 'table', ends: 'without its view' },
  insert_only_flat: {
    schema: 'flat',
    grants: ['INSERT ON DB.traces'],
    there: 'all',
    ends: 'delivered',
  },
  insert_and_select: { grants: ['INSERT, SELECT ON DB.*'], there: 'all', ends: 'delivered' },
  insert_only_beside_a_view: {
    grants: ['INSERT ON DB.*'],
    there: 'all',
    ends: 'waiting',
    says: 'GRANT SELECT(TraceId, Timestamp) ON DB.otel_traces TO USER.',
  },
  insert_only_and_nothing_there: {
    grants: ['INSERT ON DB.*'],
    there: 'database',
    ends: 'waiting',
    says: 'GRANT CREATE TABLE ON DB.otel_traces TO USER.',
  },
  show_only: {
    grants: ['SHOW ON DB.*'],
    there: 'all',
    ends: 'waiting',
    says: 'ON DB.otel_traces TO USER.',
  },
  nothing: {
    grants: [],
    there: 'all',
    ends: 'waiting',
    says: 'ON DB.otel_traces TO USER.',
  },
  read_only: { readonly: 2, there: 'all', ends: 'waiting', says: 'set `readonly` to 0' },
}

let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  const users = Object.entries(CASES).map(([name, { grants, readonly }]): User => {
    const own = grants?.map((grant) => grant.replaceAll('DB', `db_${name}`))
    return { name, grants: own, readonly }
  })
  server = await startClickHouse({ users })
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
})

test.each(Object.entries(CASES))('a user with %s', async (name, { there, ends, says, ...rest }) => {
  const database = `db_${name}`
  const { schema = 'otel' } = rest
  const table = schema === 'flat' ? 'traces' : 'otel_traces'
  await prepare(database, there, schema)
  const processor = open({ username: name, database, schema })
  for (const span of shopSpans(20)) processor.onEnd(span)
  if (ends === 'waiting') {
    await until(() => statsOf(processor).failing)
    expect(statsOf(processor)).toMatchObject({ waiting: 20, delivered: 0, dropped: {} })
  } else {
    await processor.forceFlush()
    expect(statsOf(processor)).toMatchObject({ delivered: 20, dropped: {} })
    expect(await server.query(`SELECT count() FROM ${database}.${table}`)).toBe('20\n')
    const views = `SELECT count() FROM system.tables WHERE database = '${database}' AND engine = 'MaterializedView'`
    if (schema === 'otel')
      expect(await server.query(views)).toBe(ends === 'delivered' ? '1\n' : '0\n')
  }
  await processor.shutdown()
  const about = lines.filter((line) => / takes no rows: | could not create /.test(line))
  expect(about).toHaveLength(says === undefined ? 0 : 1)
  if (says) expect(about[0]).toContain(says.replaceAll('DB', database).replaceAll('USER', name))
})

function open(options: Options): ClickHouseSpanProcessor {
  return new ClickHouseSpanProcessor({
    endpoint: server.url,
    schema: 'otel',
    shutdownTimeoutMs: 1,
    ...options,
  })
}

async function prepare(database: string, there: There, schema: 'flat' | 'otel'): Promise<void> {
  const statements = (schema === 'flat' ? flatTraces : otelTraces).ddl({ database })
  const count = { nothing: 0, database: 1, table: 2, all: statements.length }[there]
  for (const statement of statements.slice(0, count)) await server.query(statement)
}
