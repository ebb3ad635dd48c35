import type { LogTable, SpanTable } from '@spanhouse/queries'
import type { Reader } from '../clickhouse/reader.js'
import { besideFirst } from '../clickhouse/tables.js'
import { configuredFirst, tableNamed } from '../config/connect.js'
import { Refusal } from './refusal.js'

/** Tables rarely change, and every view asks. */
const KEPT_MS = 5000

export interface Target {
  readonly database: string
  readonly table: string
}

export interface TableFinder {
  /** The configured table first. */
  all(signal: AbortSignal): Promise<readonly SpanTable[]>
  /** The table of this name, else the first; undefined if the server has none. */
  chosen(name: string | undefined, signal: AbortSignal): Promise<SpanTable | undefined>
  /** The tables of logs; those beside the chosen table of spans first. */
  logs(name: string | undefined, signal: AbortSignal): Promise<readonly LogTable[]>
}

/** `target` and `logs` are the tables that the exporter writes. */
export function newTableFinder(reader: Reader, target: Target, logs: Target): TableFinder {
  const all = kept(async (signal) => configuredFirst(await reader.tables(signal), target))
  const allLogs = kept((signal) => reader.logTables(signal))
  const chosen = async (name: string | undefined, signal: AbortSignal) => {
    const tables = await all(signal)
    if (name === undefined || tables.length === 0) return tables[0]
    const table = tableNamed(tables, name)
    if (table) return table
    throw new Refusal(404, 'There is no such table of spans.', 'Choose another one.')
  }
  return {
    all,
    chosen,
    async logs(name, signal) {
      const [spans, found] = await Promise.all([chosen(name, signal), allLogs(signal)])
      return besideFirst(found, spans, logs)
    },
  }
}

function kept<Table>(
  find: (signal: AbortSignal) => Promise<readonly Table[]>,
): (signal: AbortSignal) => Promise<readonly Table[]> {
  let found: readonly Table[] = []
  let foundAt = Number.NEGATIVE_INFINITY
  return async (signal) => {
    // While there is none, the first row may come at any time.
    if (found.length > 0 && performance.now() - foundAt < KEPT_MS) return found
    found = await find(signal)
    foundAt = performance.now()
    return found
  }
}
