import type { ColumnShape, TableShape } from '../sql/ddl.js'
import { columnOf, isKeyword, type Reference, referencesIn } from '../sql/references.js'
import { isTypeName } from '../types/kind-of.js'
import { parseType, unquoted } from '../types/type-text.js'

/** Throws a TypeError for what the server would refuse when the table is created, with the column and what to do. Types are checked where values are written. */
export function checkShape(shape: TableShape): void {
  const names = new Set(namesOf(shape))
  const isColumn = (name: string) =>
    names.has(name) || [...names].some((one) => one.startsWith(`${name}.`))
  for (const [what, sql] of expressionsOf(shape))
    for (const reference of referencesIn(sql))
      if (!columnOf(reference, isColumn) && !isKeyword(reference) && !isType(reference))
        throw new TypeError(
          `${what} names ${reference.parts.join('.')}, which is not a column of the table${hintFor(what)}`,
        )
  for (const [what, sql] of keysOf(shape)) checkKey(what, sql, shape)
}

/** As in `CAST(column AS Nullable(String))`: what follows AS is none of the references. */
function isType({ parts, within }: Reference): boolean {
  return parts.length === 1 && isTypeName(parts[0] ?? '') && isTypeName(within ?? '')
}

function namesOf({ columns, materialized = [] }: TableShape): string[] {
  const names = [...columns, ...materialized].map(({ name }) => name.toWellFormed())
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new TypeError(`two columns are named ${twice}`)
  return names
}

type Expression = readonly [what: string, sql: string]

function expressionsOf({
  columns,
  materialized = [],
  indexes = [],
  ttl,
  ...keys
}: TableShape): Expression[] {
  return [
    ...keysOf(keys),
    ...(ttl === undefined ? [] : [['TTL', ttl] as const]),
    ...indexes.map(indexExpression),
    ...materialized.map(({ name, expression }) => [`column ${name}`, expression] as const),
    ...columns.flatMap(({ name, default: given }) =>
      given === undefined ? [] : [[`column ${name}: its default`, given] as const],
    ),
  ]
}

function keysOf({
  orderBy,
  partitionBy,
}: Pick<TableShape, 'orderBy' | 'partitionBy'>): Expression[] {
  return [
    ['ORDER BY', orderBy],
    ...(partitionBy === undefined ? [] : [['PARTITION BY', partitionBy] as const]),
  ]
}

function indexExpression(index: string): Expression {
  const [, name = '', sql] = /^\s*(\S+)\s+(.+)\s+TYPE\s+\S/is.exec(index) ?? []
  if (sql === undefined)
    throw new TypeError(`index ${index}: must be a name, an expression, TYPE and the type`)
  return [`index ${name}`, sql]
}

function hintFor(what: string): string {
  return what.endsWith('default') ? ': a text needs quotes, as in default: "\'none\'"' : ''
}

const NO_KEY = /^(JSON|Dynamic|Variant)$/

/** Only columns that stand in a key by themselves: what a function makes of a column is the server's to judge. */
function checkKey(what: string, sql: string, { columns, settings }: TableShape): void {
  for (const piece of piecesOf(sql)) {
    const [, bare = ''] = /^(\S+?)(?:\s+(?:ASC|DESC))?$/i.exec(piece) ?? []
    const column = columns.find(({ name }) => name === (unquoted(bare) ?? bare))
    if (column) checkKeyColumn(what, column, settings)
  }
}

function checkKeyColumn(
  what: string,
  { name, type }: ColumnShape,
  settings: TableShape['settings'],
): void {
  if (NO_KEY.test(parseType(type).name))
    throw new TypeError(`${what} names ${name}: a column of type ${type} cannot be in a key`)
  const isNullable = /^\s*(LowCardinality\s*\(\s*)?Nullable\b/.test(type)
  if (isNullable && !Number(settings?.['allow_nullable_key'] ?? 0))
    throw new TypeError(
      `${what} names ${name}, which is ${type}: use a type that is not Nullable, with a default, or settings: { allow_nullable_key: 1 }`,
    )
}

function piecesOf(sql: string): readonly string[] {
  const [, inner] = /^\s*(?:tuple\s*)?(\(.*\))\s*$/is.exec(sql) ?? []
  if (inner === undefined) return [sql.trim()]
  try {
    return parseType(`tuple${inner}`).args
  } catch {
    return [] // such as `(a + 1) * (b + 2)`
  }
}
