import type { Kind } from '../types/kind.js'
import { kindOf } from '../types/kind-of.js'
import { parseType, unquoted } from '../types/type-text.js'
import { newEncoding } from '../writing/encoding.js'
import { isZero } from '../writing/tally.js'
import type { AnyColumn } from './column.js'

/** What is written for a value that is missing or unreadable in a column with a default. */
export interface Missing {
  /** JSON text of the default. Undefined if it is an expression: then nothing is written, and the server computes it. */
  readonly json: string | undefined
}

/** Undefined for a column without a default. Throws a TypeError for a default that is not of the column's type. */
export function missingOf(column: AnyColumn, kind: Kind): Missing | undefined {
  if (column.default === undefined) return undefined
  const literal = literalOf(column.default, column.type)
  if (literal === undefined) return { json: undefined }
  if (literal === null) return { json: 'null' }
  const encoding = newEncoding()
  const isWritten = kind.write(literal, encoding)
  if (!isWritten || !isZero(encoding.tally))
    throw new TypeError(
      `column ${column.name}: its default ${column.default} is not a value of the type ${column.type}`,
    )
  return { json: encoding.out.toString() }
}

/** Whether the server computes the default of a column, which it does for whole rows alone. */
export function isLeftToServer(column: AnyColumn): boolean {
  if (column.default === undefined || column.each) return false
  return missingOf(column, column.kind ?? kindOf(column.type))?.json === undefined
}

const NUMBERS = /^(U?Int|Float|BFloat|Decimal|Bool|String)/

/** The value of a literal; undefined for anything else, and for a number where SQL and this package mean different things by it. */
function literalOf(sql: string, type: string): unknown {
  const text = sql.trim()
  if (/^null$/i.test(text) && /\bNullable\b/.test(type)) return null
  if (text.startsWith("'")) return unquoted(text)
  if (!NUMBERS.test(innermost(type))) return undefined
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if (!/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return undefined
  return Number.isSafeInteger(Number(text)) ? Number(text) : text
}

function innermost(type: string): string {
  const { name, args } = parseType(type)
  return /^(LowCardinality|Nullable)$/.test(name) && args[0] !== undefined
    ? innermost(args[0])
    : name
}
