import type { Records, Signal } from '../declared/fields.js'
import type { AnyColumn } from '../row/column.js'
import { type Extension, extendTable } from '../table/extend.js'
import { defineTable, shapeOf, type Table, type TableDefinition } from '../table/table.js'
import { withDefaults } from './defaults.js'
import {
  type Ask,
  type DescribedColumn,
  descriptionOf,
  type TableDescription,
} from './description.js'
import { codecIn, keysOf } from './keys.js'
import { type AnyDefinition, type Mapped, mappedColumn, type Unmapped } from './mapped.js'
import { isHeld, isSame, type Preset, presetOf } from './presets.js'
import { remarksOf } from './remarks.js'
import { signalOf } from './signal-of.js'

/** A definition made of what a server says about a table. */
export interface ImportedTable<On extends Signal = Signal> {
  readonly signal: On
  /** For the option `schema` of an exporter or processor. */
  readonly table: Table<Records[On]>
  /** The table of ours that it is made from, by the name that this package exports it by; undefined for one from nothing. */
  readonly base?: string | undefined
  /** What `defineTable` takes, or `extendTable` with the table `base`. It is plain data. */
  readonly definition: TableDefinition<Records[On]> | Extension<Records[On]>
  /** How many of its columns get a value. */
  readonly mapped: number
  /** The columns that get no value although they should have one: each row has the empty value of their type. */
  readonly unmapped: readonly Unmapped[]
  /** The columns that need no value: the server computes them, or they are NULL. */
  readonly left: readonly Unmapped[]
  /** What was taken to be so although no name says it, by column. */
  readonly guesses: ReadonlyMap<string, string>
  /** What else is worth knowing, one sentence each. */
  readonly remarks: readonly string[]
}

/** Where a description is asked for. */
export interface ServerTable<On extends Signal = Signal> {
  /**
   * Runs a SELECT and resolves with its rows, for example
   * `async (query) => (await client.query({ query, format: 'JSONEachRow' })).json()` with `@clickhouse/client`.
   */
  readonly ask: Ask
  /** Default: `default`. */
  readonly database?: string | undefined
  readonly table: string
  /** Whose records the rows are made of. Default: what the columns tell. */
  readonly signal?: On | undefined
}

/**
 * Makes a definition of a table that is there already. Rejects with a TypeError if there is no such table, if rows cannot be inserted into it,
 * if its columns do not tell the signal, or if none of them can be filled; and as `ask` does.
 */
export async function tableFromServer<const On extends Signal = Signal>({
  ask,
  database = 'default',
  table,
  signal,
}: ServerTable<On>): Promise<ImportedTable<On>> {
  const described = await descriptionOf(ask, database, table)
  if (described === undefined)
    throw new TypeError(`there is no table ${database}.${table}, or this user may not see it`)
  return tableFromDescription(described, signal === undefined ? {} : { signal })
}

/** The same without a server: a pure function of what `system.tables` and `system.columns` say. Throws the same errors. */
export function tableFromDescription<const On extends Signal = Signal>(
  described: TableDescription,
  { signal: given }: { readonly signal?: On | undefined } = {},
): ImportedTable<On> {
  const named = `${described.database}.${described.table}`
  const source = /^(MaterializedView|View|LiveView|WindowView|Dictionary|System\w*)$/.exec(
    described.engine,
  )
  if (source)
    throw new TypeError(
      `${named} is a ${source[0] === 'Dictionary' ? 'dictionary' : 'view'} (${described.engine}): name the table that holds its rows`,
    )
  const columns = described.columns.filter(
    ({ default_kind }) => default_kind !== 'ALIAS' && default_kind !== 'MATERIALIZED',
  )
  const preset = presetOf(columns, given)
  const signal = given ?? preset?.signal ?? signalOf(columns)
  if (signal === undefined)
    throw new TypeError(
      `the columns of ${named} do not tell whether they are for traces, logs or metrics: name the signal`,
    )
  const made =
    (preset && fromPreset(described, columns, preset)) ?? fromNothing(described, columns, signal)
  if (made.mapped === 0)
    throw new TypeError(`${named} has no column that could be filled with ${signal}`)
  return {
    signal,
    ...made,
    ...divided(described, made.gaps),
    remarks: [...remarksOf(described, preset, made.without)],
  } as unknown as ImportedTable<On>
}

interface Made {
  readonly table: Table<Records[Signal]>
  readonly base?: string
  readonly definition: ImportedTable['definition']
  readonly mapped: number
  readonly gaps: readonly Unmapped[]
  readonly guesses: ReadonlyMap<string, string>
  readonly without: readonly string[]
}

function fromNothing(
  described: TableDescription,
  columns: readonly DescribedColumn[],
  signal: Signal,
): Made {
  const { found, gaps, guesses } = mappedColumns(columns, signal)
  const defined = withDefaults(found, byName(columns))
  const { keys, without } = keysOf(described, defined)
  const { database, table: name } = described
  const definition = { signal, name, database, columns: defined, ...keys }
  return {
    table: defineTable<Records[Signal]>(definition as TableDefinition<Records[Signal]>),
    definition: definition as TableDefinition<Records[Signal]>,
    mapped: defined.length,
    gaps,
    guesses,
    without,
  }
}

function fromPreset(
  described: TableDescription,
  columns: readonly DescribedColumn[],
  { table: base, exported, signal }: Preset,
): Made | undefined {
  const own = base.columns as readonly AnyColumn[]
  const there = byName(columns)
  const kept = own.filter((column) => isHeld(column, there.get(column.name)?.type))
  const names = new Set(kept.map(({ name }) => name))
  const { found, gaps, guesses } = mappedColumns(
    columns.filter(({ name }) => !names.has(name)),
    signal,
  )
  const omit = own.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const retype = Object.fromEntries(
    kept.flatMap((column) => {
      const { type = '', compression_codec = '' } = there.get(column.name) ?? {}
      return isSame(column, type) ? [] : [[column.name, { type, ...codecIn(compression_codec) }]]
    }),
  )
  const add = withDefaults(found, there)
  const shapes = [
    ...kept.map((column) => ({ ...column, type: there.get(column.name)?.type ?? '' })),
    ...add,
  ]
  const { keys, without } = keysOf(described, shapes)
  const { orderBy, partitionBy = 'tuple()', engine } = keys
  const shape = shapeOf(base)
  const definition = {
    name: described.table,
    database: described.database,
    ...(omit.length > 0 && { omit }),
    ...(Object.keys(retype).length > 0 && { retype }),
    ...(add.length > 0 && { add }),
    ...(plainSql(orderBy) !== plainSql(shape?.orderBy) && { orderBy }),
    ...(plainSql(partitionBy) !== plainSql(shape?.partitionBy) && { partitionBy }),
    ...(engine !== undefined && { engine }),
  } as Extension<Records[Signal]>
  const table = extended(base, definition)
  if (!table) return undefined
  return {
    table,
    base: exported,
    definition,
    mapped: kept.length + add.length,
    gaps,
    guesses,
    without,
  }
}

/** Undefined if what remains of the preset is no table, for example without the column that its rows are partitioned by. */
function extended(
  base: Table<Records[Signal]>,
  extension: Extension<Records[Signal]>,
): Table<Records[Signal]> | undefined {
  try {
    return extendTable(base, extension) as unknown as Table<Records[Signal]>
  } catch {
    return undefined
  }
}

function plainSql(sql: string | undefined): string | undefined {
  return sql?.replaceAll(/[\s()]/g, '')
}

function mappedColumns(columns: readonly DescribedColumn[], signal: Signal) {
  const found: AnyDefinition[] = []
  const gaps: Unmapped[] = []
  const guesses = new Map<string, string>()
  for (const column of columns) {
    const one: Mapped | Unmapped = mappedColumn(column, signal)
    if (!('type' in one)) {
      found.push(one.column)
      if (one.guess !== undefined) guesses.set(column.name, one.guess)
    } else gaps.push(one)
  }
  return { found, gaps, guesses }
}

/** A column that has a default or may be NULL is right without a value. */
function divided(
  { columns }: TableDescription,
  gaps: readonly Unmapped[],
): Pick<ImportedTable, 'unmapped' | 'left'> {
  const there = byName(columns)
  const reasonOf = ({ column, type }: Unmapped): string | undefined => {
    const kind = there.get(column)?.default_kind ?? ''
    if (kind !== '') return `the server fills it (${kind})`
    return /^(LowCardinality\()?Nullable\(/.test(type) ? 'it stays NULL' : undefined
  }
  const computed = columns
    .filter(({ default_kind }) => default_kind === 'ALIAS' || default_kind === 'MATERIALIZED')
    .map(({ name, type, default_kind }) => ({
      column: name,
      type,
      why: `the server computes it (${default_kind})`,
    }))
  return {
    unmapped: gaps.filter((gap) => reasonOf(gap) === undefined),
    left: [
      ...gaps.flatMap((gap) => {
        const why = reasonOf(gap)
        return why === undefined ? [] : [{ ...gap, why }]
      }),
      ...computed,
    ],
  }
}

function byName(columns: readonly DescribedColumn[]): ReadonlyMap<string, DescribedColumn> {
  return new Map(columns.map((column) => [column.name, column]))
}
