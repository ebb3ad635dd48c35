import { type CompactRows, compactRows } from '../compact/compact-rows.js'
import type { Column } from '../row/column.js'
import { rowWriter } from '../row/row.js'
import { createWithCompanions } from '../sql/cluster.js'
import { createDatabase, type DdlOptions, type Placement, type TableShape } from '../sql/ddl.js'
import { newEncoding } from '../writing/encoding.js'
import type { Limits } from '../writing/limits.js'
import type { Tally } from '../writing/tally.js'
import { partitionDayOf } from './partition-day.js'

/** A table as its author defines it. */
export interface TableDefinition<Input> extends TableShape {
  /** Table name unless the caller gives another. */
  readonly name: string
  /** Database unless the caller gives another. Default: `default`. */
  readonly database?: string | undefined
  readonly columns: readonly Column<Input>[]
  /** Statements that create what belongs to the table (for example a view and its target), in order. They run after those of the table. */
  companions?(at: Placement): string[]
}

/** A table: its list of columns, and the functions that follow from it. */
export interface Table<Input> {
  readonly name: string
  readonly database: string
  readonly columns: readonly Column<Input>[]
  /** The names of the INSERT's column list, in order, unquoted. */
  readonly insertColumns: readonly string[]
  /** The row as an object: the result of `JSON.parse(toLine(…))`. Integers of 64 bits and more are strings. Never throws. */
  toRow(input: Input, tally?: Tally, limits?: Limits): Record<string, unknown>
  /** The row as one line of JSONEachRow, without the newline. Never throws; adds what it altered or dropped to `tally`. */
  toLine(input: Input, tally?: Tally, limits?: Limits): string
  /** The UTC day (days since 1970, below 65536) of the partition the row falls in, for tables partitioned by `toDate(column)`. One INSERT may touch 100 partitions. On a server in another time zone the days begin at other times. */
  partitionDay?(input: Input): number
  /** Idempotent statements, CREATE DATABASE first; send each separately. Throws a TypeError for an empty name and for `distributed` without a cluster, a RangeError for a bad `ttl`. */
  ddl(options?: DdlOptions): string[]
}

/** Makes a table from its definition. Throws a TypeError for two columns of one name and for types that cannot be written. */
export function defineTable<Input>(definition: TableDefinition<Input>): Table<Input> {
  const { name, database = 'default', columns } = definition
  const insertColumns = distinctNames(columns)
  const write = rowWriter(columns)
  const partitionDay = partitionDayOf(definition)
  const toLine = (input: Input, tally?: Tally, limits?: Limits): string => {
    const encoding = newEncoding({ tally, limits })
    write(input, encoding)
    return encoding.out.toString()
  }
  const ddl: Table<Input>['ddl'] = (options = {}) => {
    const at = {
      ...options,
      database: options.database ?? database,
      table: options.table ?? name,
    }
    const companions = (place: Placement) => definition.companions?.(place) ?? []
    return [createDatabase(at), ...createWithCompanions(definition, companions, at)]
  }
  shapes.set(ddl, definition)
  const compact = compactRows(columns)
  if (compact) compactOf.set(toLine, compact)
  return {
    name,
    database,
    columns,
    insertColumns,
    toLine,
    toRow: (input, tally, limits) => JSON.parse(toLine(input, tally, limits)),
    ...(partitionDay && { partitionDay }),
    ddl,
  }
}

// The key is `toLine`: a copy of a table with another `toLine` must be written by that one.
const compactOf = new WeakMap<object, CompactRows<never>>()
// The key is `ddl`, for the same reason.
const shapes = new WeakMap<object, TableShape>()

/** The compact rows of a table; undefined if only its `toLine` can write them. */
export function compactRowsOf<Input>({ toLine }: Table<Input>): CompactRows<Input> | undefined {
  return compactOf.get(toLine) as CompactRows<Input> | undefined
}

/** What the CREATE TABLE of a table says; undefined if its `ddl` is not ours. */
export function shapeOf<Input>({ ddl }: Table<Input>): TableShape | undefined {
  return shapes.get(ddl)
}

function distinctNames(columns: readonly Column<never>[]): string[] {
  const names = columns.map((column) => column.name.toWellFormed())
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new TypeError(`two columns are named ${twice}`)
  return names
}
