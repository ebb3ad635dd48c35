import type { SpanTable } from '@spanhouse/queries'
import { oneLine } from '#exporter'
import { openReader } from '../clickhouse/open-reader.js'
import type { Reader } from '../clickhouse/reader.js'
import { CommandError } from '../terminal/command-error.js'
import { type Surroundings, sourceFor } from './source.js'

export interface OpenReader {
  readonly reader: Reader
  /** The one that `--table` names, or the configured one, or the first. */
  readonly table: SpanTable
  readonly tables: readonly SpanTable[]
}

/**
 * Opens the ClickHouse that `--endpoint` names, else the one that the exporter sends to, and finds its tables of spans. Rejects with a
 * CommandError if it cannot be read or has no such table. The caller closes the reader.
 */
export async function openReaderFor(around: Surroundings): Promise<OpenReader> {
  const { connection, target } = sourceFor(around)
  const reader = openReader(connection)
  try {
    const found = await reader.tables(around.signal)
    const tables = configuredFirst(found, target)
    return { reader, tables, table: chooseTable(tables, around.values['table'], reader) }
  } catch (error) {
    await reader.close()
    throw error
  }
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

function chooseTable(
  tables: readonly SpanTable[],
  named: unknown,
  { connection }: Reader,
): SpanTable {
  const { url, username } = connection
  const [first] = tables
  if (first === undefined)
    throw new CommandError(
      `ClickHouse at ${url} has no table of spans that the user '${oneLine(username)}' may read: send the first spans (spanhouse run -- node app.js), or create the table (spanhouse ddl).`,
    )
  if (typeof named !== 'string') return first
  const found = tableNamed(tables, named)
  if (found) return found
  const names = tables.slice(0, 10).map(({ database, table }) => `${database}.${table}`)
  throw new CommandError(
    `ClickHouse at ${url} has no table of spans ${oneLine(named)}: it has ${oneLine(names.join(', '))}.`,
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
