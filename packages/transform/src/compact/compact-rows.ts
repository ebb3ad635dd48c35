import { type AnyColumn, type Column, originOf } from '../row/column.js'
import { DERIVATIONS } from '../row/derived.js'
import { isKeyed, isMapOfTexts, keyedNames } from '../row/keyed-map.js'
import { isLeftToServer } from '../row/missing.js'
import { oncePerObject } from '../row/once-per-object.js'
import { resourceOf, rowWriter } from '../row/row.js'
import { quoteText } from '../sql/text.js'
import { hexId } from '../types/hex-id.js'
import { kindOf } from '../types/kind-of.js'
import { type Encoding, newEncoding } from '../writing/encoding.js'
import { isZero, type Tally } from '../writing/tally.js'
import type { KeyLists } from './key-lists.js'
import type { RowShape } from './whole-row.js'

/** The part of a compact form that depends only on the resource. */
export interface ResourceForm {
  /** An expression for each column of the INSERT, in order. */
  readonly select: string
  /** Names and types of the members of a row, as a quoted text. */
  readonly structure: string
  readonly shape: Omit<RowShape, 'keyLists'>
  /** What was altered in these values, if anything. They are encoded once, so no row's tally has it. */
  readonly altered: Tally | undefined
}

/** How the compact rows of one batch are read, by the server and by `wholeRow`. */
export interface CompactForm {
  /** The text between `INSERT INTO … (…)` and `FORMAT JSONEachRow`. */
  readonly query: string
  readonly shape: RowShape
}

/**
 * Rows as they are sent. Their members have short names; the resource's columns, derived columns and members at their type's default
 * are left out, and so are the keys of attributes if the encoding has key lists. A table has this form only if its
 * resource columns are texts and maps of texts, no default is an expression, and no column holds values of any type.
 */
export interface CompactRows<Input> {
  /** Writes the row as one JSON object, without a newline. The encoding must be sparse. Never throws. */
  write(input: Input, encoding: Encoding): void
  /** The same object for as long as the resource does not change; undefined if the resource is too long for a statement. */
  resourceFormOf(input: Input, encoding: Encoding): ResourceForm | undefined
}

// A statement may have 262,144 bytes (max_query_size).
const MAX_SELECT = 100_000
const LONGEST_ESCAPE = 6
const KEY_LISTS = 'key_lists'

const NUMBER = /^\s*(DateTime64|(Nullable\s*\(\s*)?(U?Int|Float)\d)/
const TEXT = /^\s*(String|LowCardinality\s*\(\s*String\s*\))\s*$/
// Numbers keep all their digits here. A compact row made whole would lose some, because it goes through JSON.parse.
const ANY_TYPE = /\b(JSON|Dynamic|Variant)\b/

export function compactRows<Input>(
  columns: readonly Column<Input>[],
): CompactRows<Input> | undefined {
  const all = columns as readonly AnyColumn[]
  const shared = all.filter((column) => originOf(column) === 'resource')
  if (!shared.every(({ type }) => TEXT.test(type) || isMapOfTexts(type))) return undefined
  if (all.some(({ type }) => ANY_TYPE.test(type))) return undefined
  if (all.some(isLeftToServer)) return undefined // input() has the defaults of types alone
  const own = repeatingLast(
    all.filter((column) => originOf(column) !== 'resource' && !column.derived),
  )
  const shortOf = new Map(own.map(({ name }, index) => [name, shortName(index)]))
  const structure = quoteText(
    own.flatMap((column) => structureOf(column, shortOf.get(column.name) ?? '')).join(', '),
  )
  const writeShared = rowWriter(shared as readonly Column<object>[])
  const defaults = Object.fromEntries(
    all.map((column) => [column.name, JSON.parse(emptyOf(column)) as unknown]),
  )
  const namesOf = (columns: readonly AnyColumn[]) =>
    Object.fromEntries(columns.map(({ name }) => [shortOf.get(name) ?? name, name]))
  const names = namesOf(own)
  const keyed = namesOf(own.filter(isKeyed))
  const derived = Object.fromEntries(
    all.flatMap((column) => (column.derived ? [[column.name, column.derived]] : [])),
  )

  const resourceFormOf = oncePerObject(resourceOf, (resource): ResourceForm | undefined => {
    const encoding = newEncoding()
    writeShared({ resource }, encoding)
    // Except for escapes, the texts are as long in the statement as in JSON, where an escape replaces one character.
    if (encoding.out.length > LONGEST_ESCAPE * MAX_SELECT) return undefined
    const json = encoding.out.toString()
    const literals = literalsOf(json, shared)
    const select = all.map((column) => expression(column, literals, shortOf)).join(', ')
    if (select.length > MAX_SELECT) return undefined
    const values = JSON.parse(json) as Record<string, unknown>
    return {
      select,
      structure,
      shape: { blank: { ...defaults, ...values }, names, derived, keyed },
      altered: isZero(encoding.tally) ? undefined : encoding.tally,
    }
  })
  const write = rowWriter(own as readonly Column<Input>[], ({ name }) => shortOf.get(name) ?? name)
  return { write, resourceFormOf }
}

/**
 * Puts ids, times and numbers first, then what the points of a metric have in common (side by side it is one copy), then texts and
 * lists, then the values of attributes. The first group hardly ever repeats; kept together, it leaves the compressor the repeating rest in one stretch. Saves 3 to 6 % of the bytes sent (`node bench/studies/levels.mjs`).
 */
function repeatingLast(columns: readonly AnyColumn[]): AnyColumn[] {
  return [...columns].sort((a, b) => rankOf(a) - rankOf(b))
}

function rankOf(column: AnyColumn): number {
  const { from, kind, type, each } = column
  if (from === 'metric') return 1
  if (from === 'scope') return 2
  if (!each && (kind === hexId || NUMBER.test(type))) return 0
  return isKeyed(column) ? 3 : 2
}

/** The server's default for the column, as the row would have it. */
function emptyOf({ kind, type, each }: AnyColumn): string {
  return (each ? undefined : kind)?.empty ?? kindOf(type).empty
}

/** The columns of `input()` that hold the value of a column. */
function structureOf(column: AnyColumn, short: string): string[] {
  const own = `${short} ${plainEnough(column.sentAs ?? column.type)}`
  if (!isKeyed(column)) return [own]
  const { number, values } = keyedNames(short)
  return [own, `${number} UInt16`, `${values} Array(String)`]
}

const QUOTED_OR_FEW =
  /'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|LowCardinality\s*\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/gs
const TEXTS = /^\s*(Nullable\s*\(\s*)?(String|FixedString)\b/

/**
 * Without `LowCardinality` around anything but texts. A server that has such a column refuses the type in `input()`, unless a setting allows
 * it there too; the values are the same.
 */
function plainEnough(type: string): string {
  return type.replaceAll(QUOTED_OR_FEW, (found: string, inner: string | undefined) =>
    inner === undefined || TEXTS.test(inner) ? found : inner,
  )
}

export function compactFormOf(
  { select, structure, shape }: ResourceForm,
  keyLists: KeyLists,
): CompactForm {
  const hasKeyed = Object.keys(shape.keyed).length > 0
  const lists = hasKeyed ? `WITH ${keyLists.literal} AS ${KEY_LISTS} ` : ''
  return {
    query: `${lists}SELECT ${select} FROM input(${structure})`,
    shape: { ...shape, keyLists: keyLists.names },
  }
}

function expression(
  column: AnyColumn,
  literals: ReadonlyMap<string, string>,
  shortOf: ReadonlyMap<string, string>,
): string {
  const { name, type, derived } = column
  const literal = literals.get(name)
  if (literal !== undefined) return literal
  if (derived) return DERIVATIONS[derived.how].sql(shortOf.get(derived.of) ?? '')
  const short = shortOf.get(name) ?? ''
  if (!isKeyed(column)) return short
  const { number, values } = keyedNames(short)
  const map = `mapFromArrays(${KEY_LISTS}[${number}], ${values})`
  return `if(${number} = 0, ${short}, CAST(${map}, ${quoteText(type)}))`
}

const JSON_TEXTS = /"[^"\\]*(?:\\.[^"\\]*)*"|\}/g

/**
 * The SQL literal for each column of a row of texts and maps of texts. The JSON is read text by text: an object would put keys
 * such as `10` before all others.
 */
function literalsOf(row: string, columns: readonly AnyColumn[]): Map<string, string> {
  const tokens = (row.match(JSON_TEXTS) ?? []).values()
  const nextToken = () => tokens.next().value ?? '}'
  const quoted = (token: string) => quoteText(JSON.parse(token) as string)
  const literalOf = ({ type }: AnyColumn) => {
    nextToken() // the column's name
    if (!isMapOfTexts(type)) return quoted(nextToken())
    const texts: string[] = []
    for (let token = nextToken(); token !== '}'; token = nextToken()) texts.push(quoted(token))
    return `CAST(map(${texts.join(', ')}), ${quoteText(type)})`
  }
  return new Map(columns.map((column) => [column.name, literalOf(column)]))
}

/** `a` … `z`, `a1` … */
function shortName(index: number): string {
  const letter = String.fromCharCode(0x61 + (index % 26))
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`
}
