import { resolveColumns } from '../declared/resolve.js'
import type { AnyColumn, Column } from '../row/column.js'
import { columnOf, referencesIn, withNames } from '../sql/references.js'
import { hexId } from '../types/hex-id.js'
import type { ExtendedRow, Extension, NewType } from './extension.js'
import { type Promotion, promotedColumn, withoutAttributes } from './promote.js'
import { defineTable, definitionOf, type Resolved, type Table } from './table.js'

/**
 * A table made from another. `indexes` and `settings` are added to those there are; one of the same name replaces it. Views and tables
 * that belong to the table are left out if they read a column that changes. Throws a TypeError as `defineTable` does.
 */
export function extendTable<Input, Row, const With extends Extension<Input>>(
  table: Table<Input, Row>,
  extension: With,
): Table<Input, ExtendedRow<Row, With>> {
  const base = definitionOf(table)
  if (!base)
    throw new TypeError(`table ${table.name}: only a table from defineTable can be extended`)
  return defineTable(extended(base, extension)) as Table<Input, ExtendedRow<Row, With>>
}

const promoted = new WeakMap<object, Map<string, Table<never>>>()

/** The table with promoted attributes, the same for the same attributes: batches and tokens go by the identity of tables. */
export function promotedTable<Input>(
  table: Table<Input>,
  promote: readonly Promotion[],
  keepPromoted: boolean,
): Table<Input> {
  const made = promoted.get(table) ?? new Map<string, Table<never>>()
  promoted.set(table, made)
  const key = JSON.stringify([promote, keepPromoted])
  const known = made.get(key) ?? (extendTable(table, { promote, keepPromoted }) as Table<never>)
  made.set(key, known)
  return known as unknown as Table<Input>
}

function extended<Input>(base: Resolved<Input>, extension: Extension<Input>): Resolved<Input> {
  const { add = [], promote = [], keepPromoted = true, indexes = [] } = extension
  const { columns, omitted, unreadable, changed, nameOf } = changedColumns(base, extension)
  const inOrder = keepPromoted ? columns : columns.map((one) => withoutAttributes(one, promote))
  const rewritten = (sql: string): string => withNames(sql, nameOf)
  // What reads a map by its keys cannot read another type.
  const isWithout = (sql: string): boolean => !mentions(sql, unreadable)
  const own = (index: string): string => /^\s*(\S+)/.exec(index)?.[1] ?? ''
  const replaced = new Set(indexes.map(own))
  const { materialized, companions, ttl, partitionBy } = base
  return {
    ...base,
    ...given('name', extension.name),
    ...given('database', extension.database),
    ...given('engine', extension.engine),
    columns: [
      ...(inOrder as readonly Column<Input>[]),
      ...resolveColumns<Input>([...promote.map(promotedColumn), ...add], base.signal),
    ],
    materialized: (materialized ?? [])
      .filter(({ expression }) => isWithout(expression))
      .map((one) => ({ ...one, expression: rewritten(one.expression) })),
    orderBy: extension.orderBy ?? rewritten(base.orderBy),
    partitionBy: extension.partitionBy ?? (partitionBy && rewritten(partitionBy)),
    ttl: extension.ttl ?? (ttl && rewritten(ttl)),
    indexes: [
      ...(base.indexes ?? [])
        .filter((index) => isWithout(index) && !replaced.has(own(index)))
        .map(rewrittenIndex(rewritten)),
      ...indexes,
    ],
    settings: { ...base.settings, ...extension.settings },
    companions: companions && !readsAny(companions, changed) ? companions : () => [],
    identity: identityOf(base, omitted, nameOf, columns),
  }
}

interface Changes {
  readonly columns: readonly AnyColumn[]
  readonly omitted: ReadonlySet<string>
  /** Those omitted, and the maps that become something else. */
  readonly unreadable: ReadonlySet<string>
  /** Old names of all columns that are omitted, renamed or of another type. */
  readonly changed: ReadonlySet<string>
  readonly nameOf: ReadonlyMap<string, string>
}

function changedColumns<Input>(
  base: Resolved<Input>,
  { rename = {}, retype = {}, omit = [] }: Extension<Input>,
): Changes {
  const all = base.columns as readonly AnyColumn[]
  const names = all.map(({ name }) => name)
  const meant = (name: string) => namesUnder(name, names)
  const omitted = new Set(omit.flatMap(meant))
  const nameOf = new Map(
    Object.entries(rename).flatMap(([from, to]) =>
      meant(from).map((name) => [name, to + name.slice(from.length)] as const),
    ),
  )
  const typeOf = new Map(
    Object.entries(retype).flatMap(([name, to]) =>
      meant(name).map((one) => [one, typeof to === 'string' ? { type: to } : to] as const),
    ),
  )
  const columns = all
    .filter(({ name }) => !omitted.has(name))
    .map((column) => {
      const to = typeOf.get(column.name)
      const typed = to ? ofType(column, to) : column
      const name = nameOf.get(column.name) ?? column.name
      const of = column.derived?.of
      const isDerived = of !== undefined && !to && !omitted.has(of) && !typeOf.has(of)
      const { derived, ...others } = typed
      return {
        ...others,
        name,
        ...(derived && isDerived && { derived: { ...derived, of: nameOf.get(of) ?? of } }),
      } as AnyColumn
    })
  const isMap = (type: string) => /^\s*Map\b/.test(type)
  const remade = all
    .filter(({ name, type }) => isMap(type) && !isMap(typeOf.get(name)?.type ?? type))
    .map(({ name }) => name)
  return {
    columns,
    omitted,
    unreadable: new Set([...omitted, ...remade]),
    nameOf,
    changed: new Set([...omitted, ...nameOf.keys(), ...typeOf.keys()]),
  }
}

function namesUnder(name: string, names: readonly string[]): readonly string[] {
  const found = names.includes(name) ? [name] : names.filter((one) => one.startsWith(`${name}.`))
  if (found.length > 0) return found
  throw new TypeError(`column ${name}: the table has no such column; it has ${names.join(', ')}`)
}

const TEXT = /^\s*(String|LowCardinality\s*\(\s*String\s*\))\s*$/
// These codecs are for types of certain sizes.
const SIZED_CODEC = /\b(Delta|DoubleDelta|GCD|Gorilla|FPC|T64)\b/

function ofType(column: AnyColumn, to: NewType): AnyColumn {
  const { kind, sentAs: _, codec, ...others } = column
  const own = codec !== undefined && SIZED_CODEC.test(codec) ? 'ZSTD(1)' : codec
  return {
    ...others,
    type: to.type,
    ...given('codec', to.codec ?? own),
    ...given('default', to.default ?? column.default),
    ...(kind === hexId && TEXT.test(to.type) && { kind }),
  }
}

function mentions(sql: string, names: ReadonlySet<string>): boolean {
  return referencesIn(sql).some((one) => columnOf(one, (name) => names.has(name)) !== undefined)
}

/** The name of an index may be that of a column. */
function rewrittenIndex(rewritten: (sql: string) => string): (index: string) => string {
  return (index) =>
    index.replace(
      /^(\s*\S+\s+)(.+)(\s+TYPE\s)/is,
      (_, name, sql, type) => name + rewritten(sql) + type,
    )
}

function readsAny(
  companions: NonNullable<Resolved<never>['companions']>,
  changed: ReadonlySet<string>,
): boolean {
  const text = companions({ database: 'd', table: 't' }).join('\n')
  const words = new Set(text.match(/[\w.]+/g))
  return [...changed].some((name) => words.has(name))
}

function identityOf<Input>(
  { identity }: Resolved<Input>,
  omitted: ReadonlySet<string>,
  nameOf: ReadonlyMap<string, string>,
  columns: readonly AnyColumn[],
): readonly string[] | undefined {
  const names = identity
    ?.filter((name) => !omitted.has(name))
    .map((name) => nameOf.get(name) ?? name)
  const isWhole = names?.every((name) =>
    columns.some((column) => column.name === name && TEXT.test(column.type)),
  )
  return isWhole && names?.length === identity?.length ? names : undefined
}

function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value }
}
