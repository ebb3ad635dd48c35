import { type CompactRows, compactRows } from '../compact/compact-rows.js'
import { checkShape } from '../declared/checks.js'
import type { ColumnDefinition } from '../declared/definition.js'
import type { FieldNames, Records, Signal } from '../declared/fields.js'
import { resolveColumns } from '../declared/resolve.js'
import type { RowOfColumns } from '../declared/row-type.js'
import type { Column } from '../row/column.js'
import { rowWriter } from '../row/row.js'
import { createWithCompanions } from '../sql/cluster.js'
import { createDatabase, type DdlOptions, type Placement, type TableShape } from '../sql/ddl.js'
import { newEncoding } from '../writing/encoding.js'
import type { Limits } from '../writing/limits.js'
import type { Tally } from '../writing/tally.js'
import { ownIds } from './own-ids.js'
import { partitionDayOf } from './partition-day.js'

/** A table as its author defines it. */
export interface TableDefinition<Input> extends TableShape {
  /** Table name unless the caller gives another. */
  readonly name: string
  /** Database unless the caller gives another. Default: `default`. */
  readonly database?: string | undefined
  /** Whose records the rows are made of. With it, `field` and the row's type are checked. */
  readonly signal?: Signal | undefined
  readonly columns: readonly ColumnDefinition<Input>[]
  /** Statements that create what belongs to the table (for example a view and its target), in order. They run after those of the table. */
  companions?(at: Placement): string[]
  /** @internal The columns that no two records share, if there are any. */
  readonly identity?: readonly string[] | undefined
}

/** A definition whose columns all have functions that read their values. */
export interface Resolved<Input> extends TableDefinition<Input> {
  readonly columns: readonly Column<Input>[]
}

/** A table: its list of columns, and the functions that follow from it. */
export interface Table<Input, Row = Record<string, unknown>> {
  readonly name: string
  readonly database: string
  readonly columns: readonly Column<Input>[]
  /** The names of the INSERT's column list, in order, unquoted. */
  readonly insertColumns: readonly string[]
  /** The row as an object: the result of `JSON.parse(toLine(…))`. Integers of 64 bits and more are strings. Never throws. */
  toRow(input: Input, tally?: Tally, limits?: Limits): Row
  /** The row as one line of JSONEachRow, without the newline. Never throws; adds what it altered or dropped to `tally`. */
  toLine(input: Input, tally?: Tally, limits?: Limits): string
  /** The UTC day (days since 1970, below 65536) of the partition the row falls in, for tables partitioned by `toDate(column)`. One INSERT may touch 100 partitions. On a server in another time zone the days begin at other times. */
  partitionDay?(input: Input): number
  /** Idempotent statements, CREATE DATABASE first; send each separately. Throws a TypeError for an empty name and for `distributed` without a cluster, a RangeError for a bad `ttl`. */
  ddl(options?: DdlOptions): string[]
}

/** The type of a table's rows, as `toRow` gives them. */
export type RowOf<Of> = Of extends Table<never, infer Row> ? Row : never

type DefinitionFor<On extends Signal, Columns> = Omit<
  TableDefinition<Records[On]>,
  'signal' | 'columns'
> & { readonly signal: On; readonly columns: Columns }

/**
 * Makes a table from its definition. Throws a TypeError that names the column for what the server would refuse, or cannot be written: an
 * unknown type, a name that stands twice, a key with a column that does not exist.
 */
export function defineTable<
  On extends Signal,
  const Columns extends readonly ColumnDefinition<Records[On], FieldNames[On]>[],
>(definition: DefinitionFor<On, Columns>): Table<Records[On], RowOfColumns<Columns>>
export function defineTable<Input>(definition: TableDefinition<Input>): Table<Input>
export function defineTable<Input>(given: TableDefinition<Input>): Table<Input> {
  const columns = resolveColumns(given.columns, given.signal)
  const definition = { ...given, columns }
  checkShape(definition)
  return makeTable(definition)
}

export function databaseOf({ database = 'default' }: TableDefinition<never>): string {
  return database
}

function makeTable<Input>(definition: Resolved<Input>): Table<Input> {
  const { name, columns } = definition
  const database = databaseOf(definition)
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
  definitions.set(ddl, definition)
  const compact = compactRows(columns)
  if (compact) compactOf.set(toLine, compact)
  if (definition.identity) identified.set(toLine, ownIds(columns, definition.identity))
  return {
    name,
    database,
    columns,
    insertColumns: columns.map((column) => column.name.toWellFormed()),
    toLine,
    toRow: (input, tally, limits) => JSON.parse(toLine(input, tally, limits)),
    ...(partitionDay && { partitionDay }),
    ddl,
  }
}

// The key is `toLine`: a copy of a table with another `toLine` must be written by that one.
const compactOf = new WeakMap<object, CompactRows<never>>()
const identified = new WeakMap<object, (record: never) => boolean>()
// The key is `ddl`, for the same reason.
const definitions = new WeakMap<object, Resolved<never>>()

/** The compact rows of a table; undefined if only its `toLine` can write them. */
export function compactRowsOf<Input>({ toLine }: Table<Input>): CompactRows<Input> | undefined {
  return compactOf.get(toLine) as CompactRows<Input> | undefined
}

/** What the CREATE TABLE of a table says; undefined if its `ddl` is not ours. */
export function shapeOf<Input>(table: Table<Input>): TableShape | undefined {
  return definitionOf(table)
}

/** The definition of a table; undefined if it was not made here, or is a copy with other functions. */
export function definitionOf<Input>({ ddl }: Table<Input, unknown>): Resolved<Input> | undefined {
  return definitions.get(ddl) as Resolved<Input> | undefined
}

/**
 * Tells whether a record has the ids of a span, so that its row differs from those of all other records. Undefined if the table has no such
 * ids: its rows may be equal.
 */
export function ownIdsOf<Input>({
  toLine,
}: Pick<Table<Input>, 'toLine'>): ((record: Input) => boolean) | undefined {
  return identified.get(toLine) as ((record: Input) => boolean) | undefined
}
