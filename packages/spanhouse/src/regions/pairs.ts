import type { Query } from '@spanhouse/queries'
import { CommandError } from '../terminal/command-error.js'
import { type Common, commonColumns, type ServerColumn, type Sides } from './common-columns.js'
import type { Types } from './copy.js'
import { expiryOf } from './expiry.js'
import { both } from './minutes.js'
import type { Region, RegionTable, TableAt } from './region.js'

/** Two tables of one name, before they are compared. */
export interface Matched {
  readonly tables: Sides<RegionTable>
  readonly common: Common
  readonly types: Sides<Types>
}

/** `lacking`: the server that has no such table; `neither` if both lack it. */
export type Match = Matched | { readonly lacking: Region } | { readonly lacking: 'neither' }

interface TableColumn extends ServerColumn {
  /** The engine with its arguments. A Replicated engine in a Replicated database has none: that database gives each table a path of its own. */
  readonly engine: string
}

const COLUMNS: Query<TableColumn> = {
  name: 'columns to compare',
  sql: `SELECT name, type, default_kind, toUInt32(is_in_sorting_key) AS is_in_sorting_key,
  (SELECT any(if(engine LIKE 'Replicated%' AND database IN (SELECT name FROM system.databases WHERE engine = 'Replicated'), engine, engine_full))
    FROM system.tables WHERE database = {database:String} AND name = {table:String}) AS engine
FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position`,
  parameters: {},
}

/** Reads what both tables are. Throws a CommandError if they cannot be compared. */
export async function match(
  regions: Sides<Region>,
  at: Sides<TableAt>,
  ignored: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Match> {
  const places = [
    { region: regions[0], ...at[0] },
    { region: regions[1], ...at[1] },
  ] as const
  const columns = await both(places, async ({ region, database, table }) => {
    const { rows } = await region.reader.ask(
      { ...COLUMNS, parameters: { database, table } },
      signal,
    )
    return rows
  })
  const lacking = regions.filter((_, side) => columns[side]?.length === 0)
  if (lacking.length === 2) return { lacking: 'neither' }
  if (lacking[0]) return { lacking: lacking[0] }
  const common = commonColumns(columns, ignored)
  if (common === undefined)
    throw new CommandError(
      `${at[0].database}.${at[0].table} cannot be compared: both tables need a column of type DateTime or DateTime64 with one name, and another column.`,
    )
  const tableOf = (side: 0 | 1): RegionTable => {
    const engine = columns[side][0]?.engine ?? ''
    const final = /^\w*(Replacing|Collapsing|Summing|Aggregating|Coalescing)/.test(engine)
    return { ...places[side], engine, final: final ? ' FINAL' : '' }
  }
  const typesOf = (side: 0 | 1): Types =>
    new Map(
      columns[side]
        .filter(
          ({ default_kind }) => !['ALIAS', 'EPHEMERAL', 'MATERIALIZED'].includes(default_kind),
        )
        .map(({ name, type }) => [name, type]),
    )
  const tables = [tableOf(0), tableOf(1)] as const
  const { kept, remarks } = await expiryOf(tables, signal)
  return {
    tables,
    common: { ...common, kept, remarks: [...common.remarks, ...remarks] },
    types: [typesOf(0), typesOf(1)],
  }
}
