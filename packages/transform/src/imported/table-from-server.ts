import type { Records, Signal } from '../declared/fields.js'
import type { Extension } from '../table/extension.js'
import type { Table, TableDefinition } from '../table/table.js'
import { type Ask, columnsByName, descriptionOf, type TableDescription } from './description.js'
import { fromNothing, fromPreset } from './made.js'
import type { Unmapped } from './mapped.js'
import { presetOf } from './presets.js'
import { remarksOf } from './remarks.js'
import { signalOf } from './signal-of.js'

/** A definition made of what a server says about a table. */
export interface ImportedTable<On extends Signal = Signal> {
  readonly signal: On
  /** For the option `schema` of an exporter or processor. */
  readonly table: Table<Records[On]>
  /** The table of ours that it is made from, as this package exports it. Undefined if it is not made from one. */
  readonly base?: string | undefined
  /** What `defineTable` takes, or `extendTable` with the table `base`. It is plain data. */
  readonly definition: TableDefinition<Records[On]> | Extension<Records[On]>
  /** How many of its columns get a value. */
  readonly mapped: number
  /** The columns that get no value although they should have one: each row has the empty value of their type. */
  readonly unmapped: readonly Unmapped[]
  /** The columns that need no value: the server computes them, or they are NULL. */
  readonly left: readonly Unmapped[]
  /** By column, what was assumed because its name does not say it. */
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
  /** What the rows are made of. Default: what the columns tell. */
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
  if (/^(\w*View|Dictionary|System\w*)$/.test(described.engine))
    throw new TypeError(
      `${named} has the engine ${described.engine}: name the table that holds its rows`,
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
  const { gaps, without, ...others } = made
  if (made.mapped === 0)
    throw new TypeError(`${named} has no column that could be filled with ${signal}`)
  return {
    signal,
    ...others,
    ...divided(described, gaps),
    remarks: [...remarksOf(described, made.base === undefined ? undefined : preset, without)],
  } as unknown as ImportedTable<On>
}

/** A column that has a default or may be NULL is right without a value. */
function divided(
  { columns }: TableDescription,
  gaps: readonly Unmapped[],
): Pick<ImportedTable, 'unmapped' | 'left'> {
  const there = columnsByName(columns)
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
