import { ClickHouseError, oneLine } from '../common/errors.js'
import type { Reply } from '../http/exchange.js'

const CREDENTIALS = 'Check `username` and `password`.'
const ELSEWHERE = 'Something other than ClickHouse answers there: check `endpoint`.'
const NOT_REACHED = 'The proxy cannot reach ClickHouse: look at the proxy.'

interface Meaning {
  readonly class: 'transient' | 'overloaded' | 'ambiguous' | 'misconfigured' | 'too_large'
  readonly fix?: string
  /** The URL or the headers may be too long: whole rows, whose statement is short, may pass. */
  readonly mayBeForm?: true
}

// Answers without one of ClickHouse's codes: from a proxy, a gateway, or something else altogether.
const BY_STATUS = new Map<number, Meaning>([
  [400, { class: 'misconfigured', mayBeForm: true }], // HAProxy's answer to headers that are too long
  [401, { class: 'misconfigured', fix: CREDENTIALS }],
  [403, { class: 'misconfigured', fix: CREDENTIALS }],
  [404, { class: 'misconfigured', fix: 'No ClickHouse answers at this `endpoint`.' }],
  [
    405,
    {
      class: 'misconfigured',
      fix: 'What answers there takes no POST: `endpoint` must be the HTTP interface of ClickHouse (port 8123), or a proxy that lets POST through.',
    },
  ],
  [
    407,
    {
      class: 'misconfigured',
      fix: 'The proxy wants credentials: give an `agent` or `headers` that have them.',
    },
  ],
  [408, { class: 'ambiguous' }],
  [
    411,
    {
      class: 'misconfigured',
      fix: 'A proxy removes the header Content-Length: configure it to pass that header on.',
    },
  ],
  [413, { class: 'too_large' }],
  [414, { class: 'misconfigured', mayBeForm: true, fix: 'Have the proxy take longer URLs.' }],
  [
    415,
    {
      class: 'misconfigured',
      fix: "What answers there takes no compressed bodies: set `compression.codec: 'none'`.",
    },
  ],
  [425, { class: 'ambiguous' }],
  [429, { class: 'overloaded' }],
  [431, { class: 'misconfigured', mayBeForm: true, fix: 'Have the proxy take longer headers.' }],
  [494, { class: 'misconfigured', mayBeForm: true, fix: 'Have the proxy take longer headers.' }],
  [502, { class: 'ambiguous', fix: NOT_REACHED }],
  [503, { class: 'overloaded' }],
  [
    511,
    { class: 'misconfigured', fix: 'The network wants a login before it lets requests through.' },
  ],
  // From Cloudflare, which has not forwarded the request.
  [521, { class: 'transient', fix: NOT_REACHED }],
  [523, { class: 'transient', fix: NOT_REACHED }],
  [525, { class: 'transient', fix: 'The proxy and ClickHouse do not agree on TLS.' }],
  [526, { class: 'transient', fix: "The proxy does not trust ClickHouse's certificate." }],
  // From an AWS load balancer whose login service failed.
  [561, { class: 'misconfigured', fix: 'The load balancer wants a login: let this path through.' }],
])

// Texts of proxies, and of ports for another protocol, that name the mistake.
const BY_TEXT: readonly [RegExp, string][] = [
  [
    /There is no handle/,
    'ClickHouse answers there, but serves no such path: leave the path out of `endpoint`, or let the proxy remove it.',
  ],
  [
    /Port \d+ is for clickhouse-client/,
    "That is ClickHouse's native port: `endpoint` must name its HTTP port (8123).",
  ],
  [
    /HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)|plain HTTP to an SSL/i,
    'That port speaks TLS: begin `endpoint` with https://.',
  ],
  [
    /SSL certificate was sent|SSL certificate error/i,
    'The server wants a client certificate: give one that it trusts as `tls.cert` and `tls.key`.',
  ],
]

/** What an answer without one of ClickHouse's codes means for the rows. */
export function meaningOf(reply: Reply): Meaning & { readonly error: ClickHouseError } {
  const { status, body } = reply
  const target = isRedirect(status) ? redirection(reply) : undefined
  const meaning: Meaning = BY_STATUS.get(status) ?? {
    class: status >= 500 ? 'ambiguous' : 'misconfigured',
  }
  const fix = target
    ? `Redirects are not followed: give the address it leads to as \`endpoint\`, if that is ClickHouse.`
    : (BY_TEXT.find(([text]) => text.test(body))?.[1] ?? meaning.fix)
  const said = target ?? sayingOf(reply)
  const error = new ClickHouseError(status, 0, `HTTP status ${status}${said ? `: ${said}` : ''}`)
  return { ...meaning, ...(fix !== undefined && { fix }), error }
}

/** An answer that claims success but did not come from ClickHouse. */
export function foreignSuccess(
  reply: Reply,
  doubt: string,
): { readonly error: ClickHouseError; readonly fix: string } {
  const { status, headers } = reply
  const type = headers['content-type']?.split(';')[0]
  const server = headers['server']
  const who = [type, server && `from ${server}`, sayingOf(reply)]
    .filter(Boolean)
    .map((text) => oneLine(String(text)).slice(0, 60))
  const error = new ClickHouseError(
    status,
    0,
    oneLine(`HTTP status ${status} ${doubt}${who.length > 0 ? ` (${who.join(', ')})` : ''}`),
  )
  return {
    error,
    fix: `${ELSEWHERE.slice(0, -1)} and what stands before it (a proxy, a login or maintenance page).`,
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

/** Where a redirect leads, without the query string, which may repeat ours. */
function redirection({ headers }: Reply): string | undefined {
  const { location } = headers
  if (!location) return undefined
  if (!URL.canParse(location)) return oneLine(`it leads to ${location.replace(/[?#].*$/s, '')}`)
  const { origin, host, protocol, pathname } = new URL(location)
  return oneLine(
    `it leads to ${origin === 'null' ? `${protocol}//${host}` : origin}${pathname === '/' ? '' : pathname}`,
  )
}

/**
 * The part of an answer that is safe to show: the title of a page, the message of a JSON error, or a plain text up to the first
 * quotation. The rest may quote our request, whose URL and body contain values of rows.
 */
function sayingOf({ headers, body }: Reply): string {
  const heading = /<title[^>]*>([^<]*)|<h1[^>]*>([^<]*)/i.exec(body)
  const text = heading ? (heading[1] ?? heading[2] ?? '') : (messageOfJson(body) ?? body)
  const type = headers['content-type'] ?? ''
  if (!heading && (/html|xml/i.test(type) || /^\s*<|\ufffd/.test(text))) return ''
  const chproxy = CHPROXY.exec(text)
  if (chproxy) return oneLine(text.slice(chproxy[0].length).replace(/; query: .*$/s, ''))
  return oneLine(text.slice(0, 2000).replace(/(?:[?{"<&]|(?<!\w)').*$/s, ''))
}

// chproxy puts the user and address of the client before its message.
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
