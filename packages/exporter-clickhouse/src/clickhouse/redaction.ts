import { ClickHouseError, oneLine } from '../common/errors.js'
import type { Reply } from '../http/exchange.js'
import { ACCESS_DENIED, type Exception } from './exception-codes.js'
import { UNREADABLE, viewThatFailed, withoutColumns } from './reply-text.js'

/**
 * The error to show for an exception. Parse errors quote the row, which is the application's data, so only the exception's name is
 * shown. Other messages name tables, columns and settings, which the operator needs.
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
  const shown = quotesRows
    ? (exception?.name ?? nameIn(body) ?? 'unknown exception')
    : oneLine(withoutColumns(messageOf(body, exception)))
  const where = view ? ` in the materialised view ${oneLine(view)}` : ''
  const text = shown ? `: ${shown}` : ''
  return new ClickHouseError(status, code, `ClickHouse error ${code}${text}${where}`)
}

function nameIn(body: string): string | undefined {
  return /\(([A-Z][A-Z0-9_]{3,60})\)\s*(?:\(version [^\n]*)?\s*$/.exec(body)?.[1]
}

function messageOf(body: string, { quotes }: Exception): string {
  const message = body
    .replace(/^Code: \d+[.,] (?:e\.displayText\(\) = )?(?:DB::Exception: )?/, '')
    // The reply of another host of the cluster is quoted after the name of that host.
    .replace(/ Code: \d+[.,] (?:e\.displayText\(\) = )?DB::Exception:/g, '')
    .replace(/\(version .*$/s, '')
    .replace(/, e\.what\(\) = .*$/s, '')
    // The statement follows these words. It contains values that the rows have in common.
    .replace(/[:,.]? (?:in scope|in query|while processing|while executing) .*$/is, '')
  return quotes === 'statement' ? message.replace(/[('"{].*$/s, '') : message
}

/** Where a redirect leads to, without the query string, which may repeat ours. */
export function redirection({ headers }: Reply): string | undefined {
  const { location } = headers
  if (!location) return undefined
  if (!URL.canParse(location)) return oneLine(`it leads to ${location.replace(/[?#].*$/s, '')}`)
  const { origin, host, protocol, pathname } = new URL(location)
  return oneLine(
    `it leads to ${origin === 'null' ? `${protocol}//${host}` : origin}${pathname === '/' ? '' : pathname}`,
  )
}

/**
 * The part of a proxy's reply that is safe to show: the title of a page, the message of a JSON error, or a plain text up to the first
 * quotation. The rest may quote our request, whose URL and body contain values of rows.
 */
export function safeText({ headers, body }: Reply): string {
  const heading = /<title[^>]*>([^<]*)|<h1[^>]*>([^<]*)/i.exec(body)
  const text = heading ? (heading[1] ?? heading[2] ?? '') : (messageOfJson(body) ?? body)
  const type = headers['content-type'] ?? ''
  if (!heading && (/html|xml/i.test(type) || /^\s*<|\ufffd/.test(text))) return ''
  const chproxy = CHPROXY.exec(text)
  if (chproxy) return oneLine(text.slice(chproxy[0].length).replace(/; query: .*$/s, ''))
  return oneLine(text.slice(0, 2000).replace(/(?:[?{"<&]|(?<!\w)').*$/s, ''))
}

// chproxy writes the client's user and address before its message.
const CHPROXY = /^\[ Id: [^\]\n]{0,500}\]: /

function messageOfJson(body: string): string | undefined {
  if (!/^\s*\{/.test(body)) return undefined
  try {
    const { message, error, detail } = JSON.parse(body) as Record<string, unknown>
    return [message, error, detail].find((one) => typeof one === 'string') ?? ''
  } catch {
    return ''
  }
}
