import type { Records, Signal } from '../declared/fields.js'
import type { AnyColumn } from '../row/column.js'
import { columnOf, referencesIn } from '../sql/references.js'
import { extendTable } from '../table/extend.js'
import type { Extension } from '../table/extension.js'
import { defineTable, shapeOf, type Table, type TableDefinition } from '../table/table.js'
import { withDefaults } from './defaults.js'
import { columnsByName, type DescribedColumn, type TableDescription } from './description.js'
import { codecIn, keysOf } from './keys.js'
import { type AnyDefinition, type Mapped, mappedColumn, type Unmapped } from './mapped.js'
import { isHeld, isSame, type Preset } from './presets.js'

/** A table, and what became of the columns of the one on the server. */
export interface Made {
  readonly table: Table<Records[Signal]>
  readonly base?: string
  readonly definition: TableDefinition<Records[Signal]> | Extension<Records[Signal]>
  readonly mapped: number
  readonly gaps: readonly Unmapped[]
  readonly guesses: ReadonlyMap<string, string>
  readonly without: readonly string[]
}

/** A table that is not made from one of ours. */
export function fromNothing(
  described: TableDescription,
  columns: readonly DescribedColumn[],
  signal: Signal,
): Made {
  const { found, gaps, guesses } = mappedColumns(columns, signal)
  const defined = withDefaults(found, columnsByName(columns))
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

/** A table made from one of ours, with columns added, left out or of another type. Undefined if that is not a valid table. */
export function fromPreset(
  described: TableDescription,
  columns: readonly DescribedColumn[],
  { table: base, exported, signal }: Preset,
): Made | undefined {
  const own = base.columns as readonly AnyColumn[]
  const there = columnsByName(columns)
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
  // The table exists, so the definition need not repeat its indexes.
  const { keys, without } = keysOf({ ...described, indexes: [] }, shapes)
  const { orderBy, partitionBy = 'tuple()', engine } = keys
  const hasKeys = described.sortingKey || /MergeTree$/.test(described.engine)
  const shape = shapeOf(base)
  const definition = {
    name: described.table,
    database: described.database,
    ...(omit.length > 0 && { omit }),
    ...(Object.keys(retype).length > 0 && { retype }),
    ...(add.length > 0 && { add }),
    ...(hasKeys && plainSql(orderBy) !== plainSql(shape?.orderBy) && { orderBy }),
    ...(hasKeys && plainSql(partitionBy) !== plainSql(shape?.partitionBy) && { partitionBy }),
    ...(engine !== undefined && { engine }),
  } as Extension<Records[Signal]>
  const table = extended(base, definition)
  if (!table || mentions(shape?.ttl, omit)) return undefined
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

/** Undefined if the result is not a valid table, for example because the column is gone that its rows are partitioned by. */
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

function mentions(sql: string | undefined, names: readonly string[]): boolean {
  return referencesIn(sql ?? '').some((one) => columnOf(one, (name) => names.includes(name)))
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
