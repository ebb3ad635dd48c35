import { quoteText } from '@spanhouse/transform'
import { ReadError } from './read-error.js'

/**
 * Makes the server write a statement of the user's as it understands it: without comments, and with names in one spelling. What is looked
 * at is then what would run, whatever quotes and escapes the user wrote.
 */
export function normalisedSql(sql: string): string {
  return `SELECT formatQuerySingleLine(${quoteText(sql)})`
}

const READS = /^\(*\s*(SELECT|WITH|SHOW|DESCRIBE|DESC|EXPLAIN|EXISTS|CHECK)\b/i

/** Functions that read files of the server or ask other hosts. Their table functions need a right that `readonly=1` takes away. */
const OUTSIDE = /^(file|ai(classify|embed|extract|generate|translate))$/i

/** Texts, quoted names and plain names, as the server writes them. */
const PIECES = /'(?:\\.|''|[^'\\])*'|`(?:\\.|``|[^`\\])*`|[A-Za-z_]\w*/gs

/**
 * Why a normalised statement may not run although `readonly=1` lets it: it ends queries, or reads what is not in the database. Undefined if
 * it may.
 */
export function refusalOfStatement(normalised: string): ReadError | undefined {
  if (!READS.test(normalised))
    return new ReadError('query', 'Only reading is allowed here', {
      fix: 'write SELECT, SHOW, DESCRIBE or EXPLAIN',
    })
  for (const { 0: piece, index } of normalised.matchAll(PIECES)) {
    // A function can be passed as a value, as in arrayMap(file, …), so the name alone is refused, unless it can only be that of a column.
    const isColumn = /(\.| AS )$/.test(normalised.slice(Math.max(0, index - 4), index))
    const name = piece.startsWith('`') ? piece.slice(1, -1) : piece
    if (!isColumn && !piece.startsWith("'") && OUTSIDE.test(name))
      return new ReadError(
        'refused',
        `The function ${name} is not allowed here: it reads what is outside of the database`,
        {
          fix: `if ${name} is a column, write its table before it, such as t.${name}`,
        },
      )
  }
  return undefined
}
