import type { Column } from './column.js'
import { type Derived, WAYS } from './derived.js'
import { type Encoding, newEncoding } from './encoding.js'
import { hexId } from './hex-id.js'
import { kindOf } from './kind.js'
import type { AnyColumn } from './member.js'
import { oncePerObject } from './once.js'
import { originOf, resourceOf, rowWriter } from './row.js'
import { quoteText } from './sql-text.js'

/** What all rows of one resource have in common, as part of a statement: `INSERT INTO … SELECT ${select} FROM input(${structure}) FORMAT JSONEachRow`. */
export interface Constants {
  /** An expression for each column of the INSERT, in order. */
  readonly select: string
  /** Names and types of what the rows hold, as a quoted text. */
  readonly structure: string
  readonly shape: RowShape
}

/** What is needed to make a compact row whole again. Plain JSON. */
export interface RowShape {
  /** A row with the resource's columns, and with the others at their defaults. */
  readonly blank: Readonly<Record<string, unknown>>
  /** Of each member of a compact row, the column's name. */
  readonly names: Readonly<Record<string, string>>
  readonly derived: Readonly<Record<string, Derived>>
}

/**
 * Rows as they travel: under short names, without the resource's columns, without those that follow from others, and
 * without members at their type's default. Not to be had for a table whose resource columns are of other types than
 * texts and maps of texts.
 */
export interface CompactRows<Input> {
  /** Writes the row: one JSON object, without the newline. The encoding must be sparse. Never throws. */
  write(input: Input, encoding: Encoding): void
  /** The same object for as long as the resource stays as it is; undefined where it is too long for a statement. */
  constantsOf(input: Input, encoding: Encoding): Constants | undefined
}

// A statement may have 262,144 characters (max_query_size).
const MAX_SELECT = 100_000

const NUMBER = /^\s*(DateTime64|U?Int\d|Float\d)/
const TEXT = /^\s*(String|LowCardinality\s*\(\s*String\s*\))\s*$/
const MAP_OF_TEXTS =
  /^\s*Map\s*\(\s*(String|LowCardinality\s*\(\s*String\s*\))\s*,\s*String\s*\)\s*$/

export function compactRows<Input>(
  columns: readonly Column<Input>[],
): CompactRows<Input> | undefined {
  const all = columns as readonly AnyColumn[]
  const shared = all.filter((column) => originOf(column) === 'resource')
  if (!shared.every(({ type }) => TEXT.test(type) || MAP_OF_TEXTS.test(type))) return undefined
  const own = repeatingLast(
    all.filter((column) => originOf(column) !== 'resource' && !column.derived),
  )
  const shortOf = new Map(own.map(({ name }, index) => [name, shortName(index)]))
  const structure = quoteText(
    own.map(({ name, type }) => `${shortOf.get(name)} ${type}`).join(', '),
  )
  const writeShared = rowWriter(shared as readonly Column<object>[])
  const defaults = Object.fromEntries(
    all.map(({ name, type }) => [name, JSON.parse(kindOf(type).empty) as unknown]),
  )
  const names = Object.fromEntries([...shortOf].map(([name, short]) => [short, name]))
  const derived = Object.fromEntries(
    all.flatMap((column) => (column.derived ? [[column.name, column.derived]] : [])),
  )

  const constantsOf = oncePerObject(resourceOf, (resource): Constants | undefined => {
    const encoding = newEncoding()
    writeShared({ resource }, encoding)
    const values = JSON.parse(encoding.out.toString()) as Record<string, Text>
    const select = all.map((column) => expression(column, values[column.name], shortOf)).join(', ')
    if (select.length > MAX_SELECT) return undefined
    return { select, structure, shape: { blank: { ...defaults, ...values }, names, derived } }
  })
  const write = rowWriter(own as readonly Column<Input>[], ({ name }) => shortOf.get(name) ?? name)
  return { write, constantsOf }
}

/**
 * Ids, times and numbers before texts and lists: what a compressor has hardly seen before stands together, and leaves it the rest
 * in one stretch. Saves 3 to 6 % of what is sent (`node bench/levels.mjs`).
 */
function repeatingLast(columns: readonly AnyColumn[]): AnyColumn[] {
  const isNew = ({ type, kind }: AnyColumn) => kind === hexId || NUMBER.test(type)
  return [
    ...columns.filter((column) => !column.each && isNew(column)),
    ...columns.filter((column) => column.each || !isNew(column)),
  ]
}

/** A compact row as `toLine` would have made it. */
export function wholeRow({ blank, names, derived }: RowShape, line: string): string {
  const row = { ...blank }
  for (const [name, value] of Object.entries(JSON.parse(line))) row[names[name] ?? name] = value
  for (const [name, { how, of }] of Object.entries(derived)) row[name] = WAYS[how].value(row[of])
  return JSON.stringify(row)
}

type Text = string | Readonly<Record<string, string>>

function expression(
  { name, type, derived }: AnyColumn,
  constant: Text | undefined,
  shortOf: ReadonlyMap<string, string>,
): string {
  if (constant !== undefined) return literal(constant, type)
  return derived ? WAYS[derived.how].sql(shortOf.get(derived.of) ?? '') : (shortOf.get(name) ?? '')
}

function literal(value: Text, type: string): string {
  if (typeof value === 'string') return quoteText(value)
  const entries = Object.entries(value).map(
    ([key, text]) => `${quoteText(key)}, ${quoteText(text)}`,
  )
  return `CAST(map(${entries.join(', ')}), ${quoteText(type)})`
}

/** `a` … `z`, `a1` … */
function shortName(index: number): string {
  const letter = String.fromCharCode(0x61 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}
