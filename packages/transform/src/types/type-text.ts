import { unescaped } from '../sql/text.js'

/** The text of a ClickHouse type, taken apart one level deep: `Map(String, Array(UInt8))` has the arguments `String` and `Array(UInt8)`. */
export interface TypeText {
  readonly name: string
  readonly args: readonly string[]
}

/** Throws a TypeError for a text that is not a name with or without arguments. */
export function parseType(type: string): TypeText {
  const [, name, inner] = /^\s*([A-Za-z]\w*)\s*(?:\((.*)\))?\s*$/s.exec(type) ?? []
  if (name === undefined)
    throw new TypeError(`cannot write a column of type ${type}: this is not the text of a type`)
  return { name, args: inner === undefined ? [] : splitArguments(inner, type) }
}

/** Splits at commas outside parentheses and quotes. */
function splitArguments(inner: string, type: string): string[] {
  const pieces: string[] = ['']
  let depth = 0
  for (const [token] of inner.matchAll(/'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|[^'`(),]+|./gs)) {
    if (token === '(') depth++
    if (token === ')') depth--
    if (depth < 0 || token === "'" || token === '`') throw unbalanced(type)
    if (token === ',' && depth === 0) pieces.push('')
    else pieces.push(pieces.pop() + token)
  }
  if (depth !== 0) throw unbalanced(type)
  return pieces.map((piece) => piece.trim())
}

function unbalanced(type: string): TypeError {
  return new TypeError(`cannot write a column of type ${type}: a parenthesis or quote is missing`)
}

/** A whole number among the arguments of a type; undefined if it is none, or not in the range. */
export function wholeArgument(
  arg: string | undefined,
  min: number,
  max: number,
): number | undefined {
  const number = arg !== undefined && /^\d{1,9}$/.test(arg) ? Number(arg) : Number.NaN
  return number >= min && number <= max ? number : undefined
}

/** The text that a literal in single quotes, or an identifier in backticks, stands for; undefined for anything else. */
export function unquoted(literal: string): string | undefined {
  const [quote = ''] = literal
  if (!/^(?:'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)+`)$/s.test(literal)) return undefined
  return unescaped(literal.slice(1, -1).replaceAll(quote + quote, quote))
}
