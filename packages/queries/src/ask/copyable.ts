import { quoteText } from '@spanhouse/transform'
import type { Query } from './query.js'

// Quoted names and texts come first: a table may be called `{trace:String}`.
const PIECES = /`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\])*'|\{(\w+):(\w+)\}/gs

/** The SQL with its parameters as literals, to paste anywhere. */
export function copyable({ sql, parameters }: Query<unknown>): string {
  return sql.replace(PIECES, (piece, name: string | undefined, type: string | undefined) => {
    const value = name === undefined ? undefined : parameters[name]
    if (value === undefined) return piece
    if (type === 'String') return quoteText(String(value))
    // A positive number alone would be UInt64, which some functions refuse.
    return type === 'UInt64' ? String(value) : `to${type}(${value})`
  })
}
