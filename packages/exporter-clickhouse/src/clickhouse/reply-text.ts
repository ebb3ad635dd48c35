import { ClickHouseError, oneLine } from '../common/errors.js'
import type { Reply } from '../http/exchange.js'
import type { Exception } from './exception-codes.js'

/** The reply is an exception whose code cannot be read. */
export const UNREADABLE = -1

/**
 * ClickHouse's exception code in a reply; 0 if there is none. Newer servers send it in a header. Servers before about 21, and any
 * server that fails after sending its headers, have it in the body only. A proxy may repeat or garble the header.
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
// Only at the end of the text. If a quoted row contains these words, a quotation mark follows them.
const VIEW = new RegExp(`^while pushing to view (${NAME}(?:\\.${NAME})?)[^'"]*$`, 'is')

/**
 * The materialised view in which an INSERT failed: then the rows are in the table itself. Empty if its name cannot be read,
 * undefined if no view failed.
 */
export function viewThatFailed(body: string): string | undefined {
  const at = body.toLowerCase().lastIndexOf('while pushing to view')
  if (at < 0) return undefined
  const said = body.slice(at)
  return VIEW.exec(said)?.[1] ?? (/['"]/.test(said) ? undefined : '')
}

/**
 * The error to show. Parse errors quote the row, which is the application's data, so only the exception's name is kept. Other
 * messages name tables, columns and settings, which the operator needs.
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
    ? (exception?.name ?? nameIn(body) ?? 'unknown exception')
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
    // After these words comes the statement, with values that the rows have in common.
    .replace(/[:,.]? (?:in scope|in query|while processing|while executing) .*$/is, '')
  return quotes === 'statement' ? message.replace(/[('"{].*$/s, '') : message
}

const VIOLATED_CONSTRAINT = 469

/** How many rows the server says it wrote. On ClickHouse 26.7 that is never less than it stored, for any engine and for a repeated token too. */
export function writtenRows({ headers }: Reply): { writtenRows?: number } {
  const summary = headers['x-clickhouse-summary']
  const written = /"written_rows":\s*"?(\d+)/.exec(String(summary))?.[1]
  // Older servers may say 0 whatever they wrote; a 0 counts only from servers that also report the elapsed time.
  const counts = Number(written) > 0 || String(summary).includes('"elapsed_ns"')
  return written !== undefined && counts ? { writtenRows: Number(written) } : {}
}

/** The refused row, counted from 0, if the server names one. */
export function rowHint(code: number, body: string): { row?: number } {
  // A parser names the row after quoting it, a constraint before: the same words inside a quoted row must not match.
  const row =
    code === VIOLATED_CONSTRAINT
      ? / is violated at row ([1-9]\d{0,8})\. Expression: /.exec(body)?.[1]
      : [...body.matchAll(/\(at row ([1-9]\d{0,8})\)/g)].at(-1)?.[1]
  return row === undefined ? {} : { row: Number(row) - 1 }
}

const ACCESS_DENIED = 497
const GRANT =
  /(\S+): Not enough privileges\..* the grant (.+? ON (?:(?:`(?:[^`\\]|\\.)*`|[\w*]+)\.?){1,2})/

/** The GRANT that gives the missing right, as a sentence. */
export function grantFix(code: number, body: string): string | undefined {
  const [, user, grant] = (code === ACCESS_DENIED && GRANT.exec(body)) || []
  return grant && `Grant the right: GRANT ${grant.replace(/\.$/, '')} TO ${user}.`
}

/** The setting that an exception names. */
export function settingIn(body: string): string | undefined {
  return /[Ss]etting ['"`]?([A-Za-z0-9_]+)/.exec(body)?.[1]
}

/**
 * What the server read where our statement or our JSON should begin, if it was something else: `rows` (a proxy has removed the query
 * string) or `compressed` bytes (a proxy has removed the header Content-Encoding). Our own rows and statements cannot cause that.
 */
export function foreignBody(code: number, body: string): 'rows' | 'compressed' | undefined {
  if (code === 62) {
    // The failure is within our first word, so it was not ours. A brace is a token of SQL, so the parser fails after it, at position 2 or later.
    const met = /failed at position ([1-6])(?!\d)(?: \(|: )?'?(.)?/s.exec(body)
    if (!met) return undefined
    return met[1] !== '1' || met[2] === '{' ? 'rows' : 'compressed'
  }
  if (code !== 27 || /while reading the value of key/.test(body)) return undefined
  const atFirstRow = !/\(at row (?!1\))/.test(body)
  const met = /expected '?\{'? before: |before: '?[^\P{Cc}\s]/u.test(body)
  return met && atFirstRow ? 'compressed' : undefined
}
