import { quoteText } from '@spanhouse/transform'
import type { Parameter } from '../search/sql.js'
import type { Query } from './query.js'

// Quoted names and texts come first: a table may be called `{trace:String}`.
const PIECES = /`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\])*'|\{(\w+):(\w+)\}/gs

/** The SQL with what `fill` makes of each parameter in its place. */
export function filledIn(
  { sql, parameters }: Query<unknown>,
  fill: (value: Parameter, type: string) => string,
): string {
  return sql.replace(PIECES, (piece, name: string | undefined, type: string | undefined) => {
    const value = name === undefined ? undefined : parameters[name]
    return value === undefined || type === undefined ? piece : fill(value, type)
  })
}

/** A parameter's value as SQL. */
export function literal(value: Parameter, type: string): string {
  if (type === 'String') return quoteText(String(value))
  // A positive number alone would be UInt64, which some functions refuse.
  return type === 'UInt64' ? String(value) : `to${type}(${value})`
}

/** The SQL with its parameters as literals, to paste anywhere. */
export function copyable(query: Query<unknown>): string {
  return filledIn(query, literal)
}
