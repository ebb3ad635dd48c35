import { setTimeout as sleep } from 'node:timers/promises'
import type { SpanTable } from '@spanhouse/queries'
import { oneLine } from '#exporter'
import { openReader } from '../clickhouse/open-reader.js'
import { ReadError } from '../clickhouse/read-error.js'
import type { Reader } from '../clickhouse/reader.js'
import { CommandError } from '../terminal/command-error.js'
import { type Source, type Surroundings, sourceFor } from './source.js'

export interface OpenReader {
  readonly reader: Reader
  /** The one that `--table` names, or the configured one, or the first. */
  readonly table: SpanTable
  readonly tables: readonly SpanTable[]
}

export interface OpenOptions {
  /** Default: what `--endpoint` names, else what the exporter sends to. */
  readonly source?: Source
  /** Is told, once, that there is no table yet. With it, the first one is waited for. */
  readonly onWait?: (sentence: string) => void
}

const PAUSE_MS = 1000

/**
 * Opens a ClickHouse and finds its tables of spans. Rejects with a CommandError if it cannot be read or has no such table. The caller
 * closes the reader.
 */
export async function openReaderFor(
  around: Surroundings,
  { source = sourceFor(around), onWait }: OpenOptions = {},
): Promise<OpenReader> {
  const { connection, target } = source
  const reader = openReader(connection)
  try {
    const found = await reader.tables(around.signal)
    if (found.length === 0 && onWait) onWait(`${noTable(reader)} yet. Waiting for the first span …`)
    const there = found.length === 0 && onWait ? await firstTables(reader, around.signal) : found
    const tables = configuredFirst(there, target)
    return { reader, tables, table: chooseTable(tables, around.values['table'], reader) }
  } catch (error) {
    await reader.close()
    throw error
  }
}

/** Looks again until there is a table. Rejects when the user ends it. A server that is away for a while may come back. */
async function firstTables(reader: Reader, signal?: AbortSignal): Promise<readonly SpanTable[]> {
  for (;;) {
    await sleep(PAUSE_MS, undefined, { signal })
    const tables = await reader.tables(signal).catch((error) => {
      if (error instanceof ReadError && error.problem === 'unreachable') return []
      throw error
    })
    if (tables.length > 0) return tables
  }
}

function noTable({ connection: { url, username } }: Reader): string {
  return `ClickHouse at ${url} has no table of spans that the user '${oneLine(username)}' may read`
}

/** The table that the exporter is configured to write comes first. */
export function configuredFirst(
  tables: readonly SpanTable[],
  target: { readonly database: string; readonly table: string },
): readonly SpanTable[] {
  const isTarget = ({ database, table }: SpanTable) =>
    database === target.database && table === target.table
  return [...tables.filter(isTarget), ...tables.filter((one) => !isTarget(one))]
}

function chooseTable(tables: readonly SpanTable[], named: unknown, reader: Reader): SpanTable {
  const [first] = tables
  if (first === undefined)
    throw new CommandError(
      `${noTable(reader)}: send the first spans (spanhouse run -- node app.js), or create the table (spanhouse ddl).`,
    )
  if (typeof named !== 'string') return first
  const found = tableNamed(tables, named)
  if (found) return found
  const names = tables.slice(0, 10).map(({ database, table }) => `${database}.${table}`)
  throw new CommandError(
    `ClickHouse at ${reader.connection.url} has no table of spans ${oneLine(named)}: it has ${oneLine(names.join(', '))}.`,
  )
}

/** Finds `database.table`, or `table` if only one database has it. */
export function tableNamed(tables: readonly SpanTable[], named: string): SpanTable | undefined {
  const short = tables.filter(({ table }) => table === named)
  return (
    tables.find(({ database, table }) => `${database}.${table}` === named) ??
    (short.length === 1 ? short[0] : undefined)
  )
}
