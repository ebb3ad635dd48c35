import { quoteIdentifier } from './identifier.js'
import { unescaped } from './text.js'

/** A name in an expression that is neither a function, an alias, nor the argument of a lambda. It may be a keyword. */
export interface Reference {
  /** Its parts, without quotes: `attributes.size0` has two. */
  readonly parts: readonly string[]
  readonly start: number
  readonly end: number
  /** The function or type whose parentheses it stands in, if there is one. */
  readonly within: string | undefined
  /** Whether a text in quotes follows, as in `DATE '2030-01-01'`. */
  readonly isBeforeText: boolean
}

const NAME = /(?:[A-Za-z_]\w*|`(?:[^`\\]|\\.)+`|"(?:[^"\\]|\\.)+")/.source
const TOKENS = new RegExp(
  `'(?:[^'\\\\]|\\\\.|'')*'|\\d[\\w.]*|${NAME}(?:\\.(?:${NAME}|\\d+))*|->|::|\\S`,
  'gs',
)
const PART = new RegExp(`${NAME}|\\d+`, 'gs')
const KEYWORDS = new Set(
  'AND OR NOT IN IS AS LIKE ILIKE BETWEEN CASE WHEN THEN ELSE END DIV MOD NULL TRUE FALSE ASC DESC INTERVAL SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR DISTINCT TO DISK VOLUME DELETE RECOMPRESS CODEC WHERE GROUP BY SET NULLS FIRST LAST INF NAN'.split(
    ' ',
  ),
)

/** Words that are only keywords before a text: they are usual names of columns. */
const LITERALS = new Set(['DATE', 'TIMESTAMP'])

export function referencesIn(sql: string): Reference[] {
  const tokens = [...sql.matchAll(TOKENS)]
  const found: Reference[] = []
  const bound = boundNames(sql)
  const around: (string | undefined)[] = []
  for (const [index, match] of tokens.entries()) {
    const [text] = match
    const [before, after] = [tokens[index - 1]?.[0], tokens[index + 1]?.[0]]
    if (text === '(') around.push(before)
    if (text === ')') around.pop()
    if (!/^[A-Za-z_`"]/.test(text) || after === '(' || before === '::') continue
    if (/^as$/i.test(before ?? '')) continue
    const parts = [...text.matchAll(PART)].map(([part]) => plainPart(part))
    if (bound.has(parts[0] ?? '')) continue
    found.push({
      parts,
      start: match.index,
      end: match.index + text.length,
      within: around.at(-1),
      isBeforeText: after?.startsWith("'") === true,
    })
  }
  return found
}

/** Whether a reference that is no column may be a word of SQL. */
export function isKeyword({ parts, isBeforeText }: Reference): boolean {
  const word = (parts[0] ?? '').toUpperCase()
  return parts.length === 1 && (KEYWORDS.has(word) || (isBeforeText && LITERALS.has(word)))
}

/** The arguments of lambdas, and the names that follow AS. */
function boundNames(sql: string): Set<string> {
  const lambdas = [...sql.matchAll(/(?:\(([\w\s,]*)\)|(\w+))\s*->/g)]
  const aliases = [...sql.matchAll(/\bAS\s+(\w+)/gi)]
  return new Set(
    [...lambdas, ...aliases].flatMap(([, one = '', other = '']) =>
      `${one},${other}`
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  )
}

/** The column that a reference is to: the longest of its beginnings that is one. */
export function columnOf(
  { parts }: Reference,
  isColumn: (name: string) => boolean,
): { readonly name: string; readonly rest: readonly string[] } | undefined {
  for (let length = parts.length; length > 0; length--) {
    const name = parts.slice(0, length).join('.')
    if (isColumn(name)) return { name, rest: parts.slice(length) }
  }
  return undefined
}

/** The expression with other names for columns. */
export function withNames(sql: string, nameOf: ReadonlyMap<string, string>): string {
  let text = ''
  let end = 0
  for (const reference of referencesIn(sql)) {
    const column = columnOf(reference, (name) => nameOf.has(name))
    if (!column) continue
    const path = [quotedIfNeeded(nameOf.get(column.name) ?? ''), ...column.rest.map(quotedIfNeeded)]
    text += sql.slice(end, reference.start) + path.join('.')
    end = reference.end
  }
  return text + sql.slice(end)
}

function quotedIfNeeded(name: string): string {
  return /^(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*|\d+)$/.test(name) ? name : quoteIdentifier(name)
}

function plainPart(part: string): string {
  return /^[`"]/.test(part) ? unescaped(part.slice(1, -1)) : part
}
