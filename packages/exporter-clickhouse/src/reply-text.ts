import { ClickHouseError, oneLine } from './errors.js'
import type { Exception } from './exception-codes.js'
import type { Reply } from './http.js'

/** The reply fails without a code that we could read. */
export const UNREADABLE = -1

/**
 * ClickHouse's exception code in a reply; 0 if it holds none. Newer servers say it in a header; servers before about 21, and a
 * stream that failed after its headers were out, say it in the body only. A proxy may double the header, or garble it.
 */
export function exceptionCode({ status, headers, body }: Reply): number {
  const header = headers['x-clickhouse-exception-code']
  const said = header === undefined ? [] : String(header).split(',').map(Number)
  const code = said.find((number) => Number.isInteger(number) && number > 0)
  if (code !== undefined) return code
  const inBody = /\bCode: (\d{1,5})(?:\. [\w:]*Exception\b|, (?:e\.|type:))/.exec(body)?.[1]
  if (inBody !== undefined) return Number(inBody)
  if (header !== undefined && !/^\s*0[\s,0]*$/.test(String(header))) return UNREADABLE
  return isSuccess(status) && /__exception__|DB::Exception/.test(body) ? UNREADABLE : 0
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

const NAME = '(?:`(?:[^`\\\\]|\\\\.)*`|[\\w-]+)'
// It stands at the end. A row that holds these words is quoted: its quotation mark comes after them.
const VIEW = new RegExp(`^while pushing to view (${NAME}(?:\\.${NAME})?)[^'"]*$`, 'is')

/**
 * The materialised view in which an INSERT failed, if it did: then the rows are in the table itself. Empty if the view has
 * no name that we can read.
 */
export function viewThatFailed(body: string): string | undefined {
  const at = body.toLowerCase().lastIndexOf('while pushing to view')
  if (at < 0) return undefined
  const said = body.slice(at)
  return VIEW.exec(said)?.[1] ?? (/['"]/.test(said) ? undefined : '')
}

/**
 * Parse errors quote the row they met, which is the application's data: of those only the exception's name is kept. The
 * others name tables, columns and settings, which the operator needs.
 */
export function exceptionError(
  { status, body }: Reply,
  code: number,
  exception: Exception | undefined,
): ClickHouseError {
  if (code === UNREADABLE)
    return new ClickHouseError(
      status,
      0,
      `HTTP status ${status} with an exception that is cut or garbled`,
    )
  const view = viewThatFailed(body)
  const quotesRows =
    exception === undefined ||
    exception.class === 'rejected' ||
    exception.quotes === 'rows' ||
    (view !== undefined && code !== ACCESS_DENIED)
  const said = quotesRows
    ? (exception?.name ?? nameIn(body) ?? 'no more is known of it')
    : oneLine(messageOf(body, exception))
  const where = view ? ` in the materialised view ${oneLine(view)}` : ''
  const text = said ? `: ${said}` : ''
  return new ClickHouseError(status, code, `ClickHouse error ${code}${text}${where}`)
}

function nameIn(body: string): string | undefined {
  return /\(([A-Z][A-Z0-9_]{3,60})\)\s*(?:\(version [^\n]*)?\s*$/.exec(body)?.[1]
}

function messageOf(body: string, { quotes }: Exception): string {
  const message = body
    .replace(/^Code: \d+[.,] (?:e\.displayText\(\) = )?(?:DB::Exception: )?/, '')
    .replace(/\(version .*$/s, '')
    .replace(/, e\.what\(\) = .*$/s, '')
    // The statement follows, with what the rows have in common.
    .replace(/[:,.]? (?:in scope|in query|while processing|while executing) .*$/is, '')
  return quotes === 'statement' ? message.replace(/[('"{].*$/s, '') : message
}

const VIOLATED_CONSTRAINT = 469

/** What the server says that it has written: on ClickHouse 26.7 never less than it stored, on any engine and of a repeated token too. */
export function writtenRows({ headers }: Reply): { writtenRows?: number } {
  const summary = headers['x-clickhouse-summary']
  const written = /"written_rows":\s*"?(\d+)/.exec(String(summary))?.[1]
  // Older servers may say 0 of whatever they wrote; those that tell the time as well do count.
  const counts = Number(written) > 0 || String(summary).includes('"elapsed_ns"')
  return written !== undefined && counts ? { writtenRows: Number(written) } : {}
}

/** The row that is refused, from 0, as far as the server tells. */
export function rowHint(code: number, body: string): { row?: number } {
  // A parser says it after it has quoted the row, a constraint before: what a row says of itself is not believed.
  const row =
    code === VIOLATED_CONSTRAINT
      ? / is violated at row ([1-9]\d{0,8})\. Expression: /.exec(body)?.[1]
      : [...body.matchAll(/\(at row ([1-9]\d{0,8})\)/g)].at(-1)?.[1]
  return row === undefined ? {} : { row: Number(row) - 1 }
}

const ACCESS_DENIED = 497
const GRANT =
  /(\S+): Not enough privileges\..* the grant (.+? ON (?:(?:`(?:[^`\\]|\\.)*`|[\w*]+)\.?){1,2})/

/** The statement that gives the right which the server misses. */
export function grantFix(code: number, body: string): string | undefined {
  const [, user, grant] = (code === ACCESS_DENIED && GRANT.exec(body)) || []
  return grant && `Grant the right: GRANT ${grant.replace(/\.$/, '')} TO ${user}.`
}

/** The setting that an exception complains of. */
export function settingIn(body: string): string | undefined {
  return /[Ss]etting ['"`]?([A-Za-z0-9_]+)/.exec(body)?.[1]
}

/**
 * What stands where our JSON or our statement should begin, if the server met something else there. Our rows and statements
 * cannot cause that: a proxy has taken away the query string, or the header that names the compression.
 */
export function foreignBody(code: number, body: string): 'rows' | 'compressed' | undefined {
  if (code === 62) {
    // Before the end of our first word. A brace is a token, and what follows it is then found to be none of SQL.
    const met = /failed at position ([1-6])(?!\d)(?: \(|: )?'?(.)?/s.exec(body)
    if (!met) return undefined
    return met[1] !== '1' || met[2] === '{' ? 'rows' : 'compressed'
  }
  if (code !== 27 || /while reading the value of key/.test(body)) return undefined
  const atFirstRow = !/\(at row (?!1\))/.test(body)
  const met = /expected '?\{'? before: |before: '?[^\P{Cc}\s]/u.test(body)
  return met && atFirstRow ? 'compressed' : undefined
}
