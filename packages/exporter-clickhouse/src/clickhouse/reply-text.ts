import type { Reply } from '../http/exchange.js'
import {
  ACCESS_DENIED,
  CANNOT_PARSE_INPUT_ASSERTION_FAILED,
  SYNTAX_ERROR,
  VIOLATED_CONSTRAINT,
} from './exception-codes.js'

/** Stands for the code of an exception whose code cannot be read. */
export const UNREADABLE = -1

/**
 * The exception code in a reply of ClickHouse, 0 if there is none. Newer servers send it in a header. Servers before about 21, and any
 * server that fails after it has sent its headers, send it in the body only. A proxy may repeat or garble the header.
 */
export function exceptionCode({ status, headers, body }: Reply): number {
  const header = headers['x-clickhouse-exception-code']
  const inHeader = header === undefined ? [] : String(header).split(',').map(Number)
  const code = inHeader.find((number) => Number.isInteger(number) && number > 0)
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
// Matches only at the end of the text: if a quoted row contains these words, a quotation mark follows them.
const VIEW = new RegExp(`^while pushing to view (${NAME}(?:\\.${NAME})?)[^'"]*$`, 'is')

/**
 * The name of the materialised view in which an INSERT failed; the table itself then has the rows. Empty if the name cannot be read,
 * undefined if no view failed.
 */
export function viewThatFailed(body: string): string | undefined {
  const at = body.toLowerCase().lastIndexOf('while pushing to view')
  if (at < 0) return undefined
  const text = body.slice(at)
  return VIEW.exec(text)?.[1] ?? (/['"]/.test(text) ? undefined : '')
}

/**
 * Whether other shards of a Distributed table may have stored their rows, although one did not. A row that the text quotes may contain the same
 * words, so this must only make us more careful.
 */
export function mayBeOnOtherShards(body: string): boolean {
  const status = body.lastIndexOf('Insertion status:')
  if (status >= 0) return /^Wrote [1-9]/m.test(body.slice(status))
  // In the middle of a long list of shards, some may be left out.
  return body.includes('DB::Exception: Received from ') || /^Wrote \d+ blocks/m.test(body)
}

/** How many rows the server says it wrote. On ClickHouse 26.7 that is never less than it stored, with any engine and also for a repeated token. */
export function writtenRows({ headers }: Reply): { writtenRows?: number } {
  const summary = headers['x-clickhouse-summary']
  const written = /"written_rows":\s*"?(\d+)/.exec(String(summary))?.[1]
  // Older servers may say 0 although they wrote rows. A 0 counts only from a server that also reports the elapsed time.
  const counts = Number(written) > 0 || String(summary).includes('"elapsed_ns"')
  return written !== undefined && counts ? { writtenRows: Number(written) } : {}
}

/** The index of the refused row, if the server names one. */
export function rowHint(code: number, body: string): { row?: number } {
  // A parser names the row after it has quoted it, a constraint before. The same words inside a quoted row must not match.
  const row =
    code === VIOLATED_CONSTRAINT
      ? / is violated at row ([1-9]\d{0,8})\. Expression: /.exec(body)?.[1]
      : [...body.matchAll(/\(at row ([1-9]\d{0,8})\)/g)].at(-1)?.[1]
  return row === undefined ? {} : { row: Number(row) - 1 }
}

const GRANT =
  /(\S+): Not enough privileges\..* the grant (.+? ON (?:(?:`(?:[^`\\]|\\.)*`|[\w*]+)\.?){1,2})/

/** A text about rights, without the columns of an INSERT, which are all of the table's. */
export function withoutColumns(text: string): string {
  return text.replace(/\bINSERT\([^)]*\)/g, 'INSERT')
}

/** The GRANT that gives the missing right, as advice. */
export function grantFix(code: number, body: string): string | undefined {
  const [, user, grant] = (code === ACCESS_DENIED && GRANT.exec(withoutColumns(body))) || []
  return grant && `Grant the right: GRANT ${grant.replace(/\.$/, '')} TO ${user}.`
}

/** The setting that an exception names. */
export function settingIn(body: string): string | undefined {
  return /[Ss]etting ['"`]?([A-Za-z0-9_]+)/.exec(body)?.[1]
}

/**
 * What the server read instead of the beginning of our statement or of our JSON: `rows`, because a proxy removed the query string, or
 * `compressed` bytes, because a proxy removed the header Content-Encoding. Our own rows and statements cannot cause that.
 */
export function foreignBody(code: number, body: string): 'rows' | 'compressed' | undefined {
  if (code === SYNTAX_ERROR) {
    // The parser failed within what should be our first word, so that was not ours. A brace is a token of SQL: the parser fails after it, at position 2 or later.
    const found = /failed at position ([1-6])(?!\d)(?: \(|: )?'?(.)?/s.exec(body)
    if (!found) return undefined
    return found[1] !== '1' || found[2] === '{' ? 'rows' : 'compressed'
  }
  if (code !== CANNOT_PARSE_INPUT_ASSERTION_FAILED) return undefined
  if (/while reading the value of key/.test(body)) return undefined
  const atFirstRow = !/\(at row (?!1\))/.test(body)
  const isBinary = /expected '?\{'? before: |before: '?[^\P{Cc}\s]/u.test(body)
  return isBinary && atFirstRow ? 'compressed' : undefined
}
