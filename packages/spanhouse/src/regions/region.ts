import { quoteIdentifier } from '@spanhouse/transform'
import { type DestinationConfig, openLink, openSender, type Sender } from '#exporter'
import { LONG_LIMITS } from '../clickhouse/limits.js'
import { openReader } from '../clickhouse/open-reader.js'
import type { Reader } from '../clickhouse/reader.js'
import { connectionOf } from '../config/source.js'
import { CommandError } from '../terminal/command-error.js'

/** One of the two servers that are compared. */
export interface Region {
  readonly side: 'A' | 'B'
  /** Without credentials. */
  readonly url: string
  readonly reader: Reader
  /** Writes as the exporter does. Used only for a repair. */
  readonly sender: Sender
  /** The cluster on which tables are created (ON CLUSTER), if the configuration names one. */
  readonly cluster: string | undefined
  close(): Promise<void>
}

export interface TableAt {
  readonly database: string
  readonly table: string
}

/** The table of one server, as it stands in a query. */
export interface RegionTable extends TableAt {
  readonly region: Region
  /** As the server describes it, with its arguments and all that follows them. */
  readonly engine: string
  /** For engines that merge rows: how many there are must not depend on merges that are still to come. */
  readonly final: '' | ' FINAL'
}

/** Rows can be written and read through a Distributed table, but not deleted. */
export function isDistributed({ engine }: RegionTable): boolean {
  return engine.startsWith('Distributed')
}

/** Whether the server that is asked need not be the one that has just taken rows. */
export function mayLag({ engine }: RegionTable): boolean {
  return /^(?:Distributed|Replicated|Shared)/.test(engine)
}

/** A repair writes in steps of some thousand rows. A mutation reads whole parts. */
const WRITE_TIMEOUT_MS = 300_000

export function openRegion(side: 'A' | 'B', config: DestinationConfig): Region {
  const patient = { ...config, timeoutMs: WRITE_TIMEOUT_MS }
  const reader = openReader(connectionOf(config))
  const link = openLink(patient)
  const sender = openSender(patient, () => {}, link)
  return {
    side,
    url: reader.connection.url,
    reader,
    sender,
    cluster: config.targets[0].creation.cluster,
    async close() {
      sender.close()
      link.close()
      await reader.close()
    },
  }
}

export async function rowsOf<Row>(
  { reader }: Region,
  name: string,
  sql: string,
  signal: AbortSignal,
  parameters: Readonly<Record<string, string>> = {},
): Promise<readonly Row[]> {
  const query = { name, sql, parameters } as { name: string; sql: string; parameters: object }
  const { rows, truncated } = await reader.ask<Row>(query as never, signal, LONG_LIMITS)
  if (truncated)
    throw new CommandError(
      `The answer to "${name}" is larger than this command reads: give it a shorter --window.`,
    )
  return rows
}

export function quoted({ database, table }: TableAt): string {
  return `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
}
