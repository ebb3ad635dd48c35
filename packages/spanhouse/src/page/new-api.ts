import { copyable, healthQuery, metricTablesQuery, type Query } from '@spanhouse/queries'
import type { Answer, Reader } from '../clickhouse/reader.js'
import { findTraceLogs } from '../clickhouse/trace-logs.js'
import type { Api } from './api.js'
import { type Asked, numberIn, textIn } from './asked.js'
import { askedLogs, NAMED_QUERIES } from './named-queries.js'
import { Refusal } from './refusal.js'
import { newTableFinder, type Target } from './table-finder.js'
import { newTurns } from './turns.js'

const AT_ONCE = 6
const WAITING = 60

export interface ApiOptions {
  readonly reader: Reader
  /** The table that the exporter writes. */
  readonly target: Target
  /** The table of logs that it writes. */
  readonly logs: Target
  readonly version: string
}

/** The page's questions, asked of ClickHouse: a few at a time, so that one page cannot take a server's threads. */
export function newApi({ reader, target, logs: logsTarget, version }: ApiOptions): Api {
  const turns = newTurns(AT_ONCE, WAITING)
  const tables = newTableFinder(reader, target, logsTarget)

  const answer = async (query: Query<unknown>, limit: number | undefined, signal: AbortSignal) => {
    return answerOf(query, await reader.ask(query, signal), limit)
  }

  const metricTables = async (signal: AbortSignal) => {
    const { rows } = await reader.ask(metricTablesQuery(), signal)
    return rows
  }

  const meta = async (asked: Asked, signal: AbortSignal) => {
    const [all, chosen, logs, serverVersion, metrics] = await Promise.all([
      tables.all(signal),
      tables.chosen(textIn(asked, 'table'), signal),
      tables.logs(textIn(asked, 'table'), signal),
      reader.version(),
      metricTables(signal),
    ])
    const spans = await rowCounts(reader, signal)
    return {
      version,
      server: { url: reader.connection.url, version: serverVersion },
      tables: all.map(({ database, table, family }) => ({
        database,
        table,
        family,
        spans: spans.get(`${database}.${table}`) ?? null,
      })),
      table: chosen
        ? {
            database: chosen.database,
            table: chosen.table,
            family: chosen.family,
            missing: chosen.missing,
          }
        : null,
      live: true,
      logTables: logs.map(({ database, table }) => `${database}.${table}`),
      metricTables: metrics.map(({ database, table }) => `${database}.${table}`),
    }
  }

  const health = async (asked: Asked, signal: AbortSignal) => {
    const all = await metricTables(signal)
    const fromUs = numberIn(asked, 'from')
    return all.length > 0 ? answer(healthQuery(all, { fromUs }), undefined, signal) : EMPTY
  }

  const logs = async (asked: Asked, signal: AbortSignal) => {
    const all = await tables.logs(textIn(asked, 'table'), signal)
    const { id, ...options } = askedLogs(asked)
    const found = await findTraceLogs(reader, all, id, options, signal)
    return found ? answerOf(found.query, found, options.limit) : EMPTY
  }

  const named = async (name: string, asked: Asked, signal: AbortSignal) => {
    const make = Object.hasOwn(NAMED_QUERIES, name) ? NAMED_QUERIES[name] : undefined
    if (!make) throw new Refusal(404, 'There is no such query.')
    const table = await tables.chosen(textIn(asked, 'table'), signal)
    if (!table) return EMPTY
    const { query, limit } = make(table, asked)
    return answer(query, limit, signal)
  }

  return {
    get: (name, asked, signal) =>
      turns.take(signal, async () => {
        if (name === 'meta') return meta(asked, signal)
        if (name === 'health') return health(asked, signal)
        if (name === 'logs') return logs(asked, signal)
        return named(name, asked, signal)
      }),
    sql: (sql, asked, signal) =>
      turns.take(signal, async () => {
        const table = await tables.chosen(textIn(asked, 'table'), signal)
        return reader.askSql(sql, signal, table?.database)
      }),
  }
}

function answerOf(
  query: Query<unknown>,
  { rows, elapsedMs, rowsRead, truncated }: Answer<unknown>,
  limit: number | undefined,
) {
  const isCut = truncated || (limit !== undefined && rows.length >= limit)
  return { rows, sql: copyable(query), elapsedMs, rowsRead, truncated: isCut }
}

/** Without a table there are no spans yet, which is no error. */
const EMPTY = { rows: [], sql: '', elapsedMs: 0, rowsRead: 0, truncated: false }

interface Count {
  readonly database: string
  readonly table: string
  readonly rows: number | null
}

async function rowCounts(
  reader: Reader,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number | null>> {
  const query: Query<Count> = {
    name: 'row-counts',
    sql: "SELECT database, name AS table, toFloat64(total_rows) AS rows FROM system.tables WHERE engine LIKE '%MergeTree'",
    parameters: {},
  }
  // For the numbers beside the names only: a user may not see them.
  const rows = await reader.ask(query, signal).then(
    (answer) => answer.rows,
    () => [],
  )
  return new Map(rows.map(({ database, table, rows }) => [`${database}.${table}`, rows]))
}
