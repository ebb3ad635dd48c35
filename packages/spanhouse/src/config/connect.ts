import { setTimeout as sleep } from 'node:timers/promises'
import type { LogTable, SpanTable } from '@spanhouse/queries'
import { oneLine } from '#exporter'
import { openReader } from '../clickhouse/open-reader.js'
import { ReadError } from '../clickhouse/read-error.js'
import type { Reader } from '../clickhouse/reader.js'
import { CommandError } from '../terminal/command-error.js'
import { type Source, type Surroundings, sourceFor } from './source.js'

export interface OpenReader<Table = SpanTable> {
  readonly source: Source
  readonly reader: Reader
  /** The one that `--table` names, or the configured one, or the first. */
  readonly table: Table
  readonly tables: readonly Table[]
}

export interface Named {
  readonly database: string
  readonly table: string
}

/** What a table is to hold. */
export interface Kind<Table extends Named> {
  readonly noun: 'spans' | 'logs'
  /** What is waited for. */
  readonly first: string
  /** How there comes to be one. */
  readonly remedy: string
  find(reader: Reader, signal?: AbortSignal): Promise<readonly Table[]>
  /** The one that the exporter writes. */
  target(source: Source): Named
}

export const SPANS: Kind<SpanTable> = {
  noun: 'spans',
  first: 'span',
  remedy:
    'send the first spans (spanhouse run -- node app.js), or create the table (spanhouse ddl)',
  find: (reader, signal) => reader.tables(signal),
  target: ({ target }) => target,
}

export const LOGS: Kind<LogTable> = {
  noun: 'logs',
  first: 'log line',
  remedy:
    'send the first ones (OTEL_LOGS_EXPORTER=clickhouse), or create the table (spanhouse ddl --signal logs)',
  find: (reader, signal) => reader.logTables(signal),
  target: ({ logs }) => logs,
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
export function openReaderFor(
  around: Surroundings,
  options: OpenOptions = {},
): Promise<OpenReader> {
  return openTablesFor(SPANS, around, options)
}

/** The same for any kind of tables. */
export async function openTablesFor<Table extends Named>(
  kind: Kind<Table>,
  around: Surroundings,
  { source = sourceFor(around), onWait }: OpenOptions = {},
): Promise<OpenReader<Table>> {
  const { connection } = source
  const { signal } = around
  const reader = openReader(connection)
  try {
    const found = await kind.find(reader, signal)
    const waits = found.length === 0 && onWait !== undefined
    if (waits) onWait(`${noTable(reader, kind)} yet. Waiting for the first ${kind.first} …`)
    const there = waits ? await firstTables(reader, kind, signal) : found
    const tables = configuredFirst(there, kind.target(source))
    return {
      source,
      reader,
      tables,
      table: chooseTable(tables, around.values['table'], reader, kind),
    }
  } catch (error) {
    await reader.close()
    throw error
  }
}

/** Looks again until there is a table. Rejects when the user ends it. A server that is away for a while may come back. */
async function firstTables<Table extends Named>(
  reader: Reader,
  kind: Kind<Table>,
  signal?: AbortSignal,
): Promise<readonly Table[]> {
  for (;;) {
    await sleep(PAUSE_MS, undefined, { signal })
    const tables = await kind.find(reader, signal).catch((error) => {
      if (error instanceof ReadError && error.problem === 'unreachable') return []
      throw error
    })
    if (tables.length > 0) return tables
  }
}

function noTable(
  { connection: { url, username } }: Reader,
  { noun }: Pick<Kind<Named>, 'noun'>,
): string {
  return `ClickHouse at ${url} has no table of ${noun} that the user '${oneLine(username)}' may read`
}

/** The table that the exporter is configured to write comes first; of logs, those of its database. */
export function configuredFirst<Table extends Named>(
  tables: readonly Table[],
  target: Named,
): readonly Table[] {
  const likeness = ({ database, table }: Table) =>
    2 * Number(database === target.database && table === target.table) +
    Number(database === target.database)
  return [...tables].sort((a, b) => likeness(b) - likeness(a))
}

function chooseTable<Table extends Named>(
  tables: readonly Table[],
  named: unknown,
  reader: Reader,
  kind: Kind<Table>,
): Table {
  const [first] = tables
  if (first === undefined) throw new CommandError(`${noTable(reader, kind)}: ${kind.remedy}.`)
  if (typeof named !== 'string') return first
  const found = tableNamed(tables, named)
  if (found) return found
  const names = tables.slice(0, 10).map(({ database, table }) => `${database}.${table}`)
  throw new CommandError(
    `ClickHouse at ${reader.connection.url} has no table of ${kind.noun} ${oneLine(named)}: it has ${oneLine(names.join(', '))}.`,
  )
}

/** Finds `database.table`, or `table` if only one database has it. */
export function tableNamed<Table extends Named>(
  tables: readonly Table[],
  named: string,
): Table | undefined {
  const short = tables.filter(({ table }) => table === named)
  return (
    tables.find(({ database, table }) => `${database}.${table}` === named) ??
    (short.length === 1 ? short[0] : undefined)
  )
}
