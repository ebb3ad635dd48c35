import type { SpanTable } from '@spanhouse/queries'
import type { Reader } from '../clickhouse/reader.js'
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
}

export function newTableFinder(reader: Reader, target: Target): TableFinder {
  let found: readonly SpanTable[] = []
  let foundAt = Number.NEGATIVE_INFINITY
  const all = async (signal: AbortSignal) => {
    // While there is none, the first span may come at any time.
    if (found.length > 0 && performance.now() - foundAt < KEPT_MS) return found
    found = configuredFirst(await reader.tables(signal), target)
    foundAt = performance.now()
    return found
  }
  return {
    all,
    async chosen(name, signal) {
      const tables = await all(signal)
      if (name === undefined || tables.length === 0) return tables[0]
      const table = tableNamed(tables, name)
      if (table) return table
      throw new Refusal(404, 'There is no such table of spans.', 'Choose another one.')
    },
  }
}
