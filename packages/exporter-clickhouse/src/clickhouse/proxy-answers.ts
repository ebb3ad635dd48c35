import { ClickHouseError, oneLine } from '../common/errors.js'
import type { Reply } from '../http/exchange.js'
import { CREDENTIALS } from './exception-codes.js'
import { redirection, safeText } from './redaction.js'

const NOT_REACHED = 'The proxy cannot reach ClickHouse: check the proxy.'

interface Meaning {
  readonly class: 'transient' | 'overloaded' | 'ambiguous' | 'misconfigured' | 'too_large'
  readonly fix?: string
  /** Another request may pass: this one is too long, or what it asks for takes too long. */
  readonly ofRequest?: true
  /** The URL or the headers may be too long. Whole rows may pass: their statement is short. */
  readonly mayBeForm?: true
}

// For replies without a ClickHouse exception code, which come from a proxy, a gateway or another server.
const BY_STATUS = new Map<number, Meaning>([
  [400, { class: 'misconfigured', mayBeForm: true, ofRequest: true }], // from HAProxy if the headers are too long
  [401, { class: 'misconfigured', fix: CREDENTIALS }],
  [403, { class: 'misconfigured', fix: CREDENTIALS }],
  [
    404,
    {
      class: 'misconfigured',
      fix: 'No ClickHouse answers there: check host, port (8123) and path of `endpoint`.',
    },
  ],
  [
    405,
    {
      class: 'misconfigured',
      fix: 'The server does not accept POST: `endpoint` must be the HTTP interface of ClickHouse (port 8123), or a proxy that passes POST on.',
    },
  ],
  [
    407,
    {
      class: 'misconfigured',
      fix: 'The proxy requires credentials: set an `agent` or `headers` that have them.',
    },
  ],
  [408, { class: 'ambiguous', ofRequest: true }],
  [
    411,
    {
      class: 'misconfigured',
      fix: 'A proxy removes the header Content-Length: configure it to pass that header on.',
    },
  ],
  [413, { class: 'too_large' }],
  [
    414,
    {
      class: 'misconfigured',
      mayBeForm: true,
      ofRequest: true,
      fix: 'Configure the proxy to accept longer URLs.',
    },
  ],
  [
    415,
    {
      class: 'misconfigured',
      fix: "The server does not accept compressed bodies: set `compression.codec: 'none'`.",
    },
  ],
  [425, { class: 'ambiguous' }],
  [429, { class: 'overloaded' }],
  [
    431,
    {
      class: 'misconfigured',
      mayBeForm: true,
      ofRequest: true,
      fix: 'Configure the proxy to accept longer headers.',
    },
  ],
  [
    494,
    {
      class: 'misconfigured',
      mayBeForm: true,
      ofRequest: true,
      fix: 'Configure the proxy to accept longer headers.',
    },
  ],
  [502, { class: 'ambiguous', fix: NOT_REACHED }],
  [503, { class: 'overloaded' }],
  // The proxy waited in vain: perhaps only for this table.
  [504, { class: 'ambiguous', ofRequest: true }],
  [
    511,
    { class: 'misconfigured', fix: 'The network requires a login before it passes requests on.' },
  ],
  [524, { class: 'ambiguous', ofRequest: true }], // from Cloudflare, as 504
  // From Cloudflare, which did not forward the request.
  [521, { class: 'transient', fix: NOT_REACHED }],
  [523, { class: 'transient', fix: NOT_REACHED }],
  [525, { class: 'transient', fix: 'The proxy and ClickHouse do not agree on TLS.' }],
  [526, { class: 'transient', fix: "The proxy does not trust ClickHouse's certificate." }],
  // From an AWS load balancer whose login service failed.
  [
    561,
    {
      class: 'misconfigured',
      fix: 'The load balancer requires a login: configure it to let this path through without one.',
    },
  ],
])

// Texts that name the mistake, from proxies and from ports for another protocol.
const BY_TEXT: readonly [RegExp, string][] = [
  [
    /There is no handle/,
    'ClickHouse does not serve that path: remove the path from `endpoint`, or let the proxy remove it.',
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
    'The server requires a client certificate: set `tls.cert` and `tls.key` to one that it trusts.',
  ],
]

/** What a reply without a ClickHouse exception code means for the rows. */
export function meaningOfStatus(reply: Reply): Meaning & { readonly error: ClickHouseError } {
  const { status, body } = reply
  const target = isRedirect(status) ? redirection(reply) : undefined
  const meaning: Meaning = BY_STATUS.get(status) ?? {
    class: status >= 500 ? 'ambiguous' : 'misconfigured',
  }
  const fix = target
    ? 'Redirects are not followed: if the target is ClickHouse, set `endpoint` to it.'
    : (BY_TEXT.find(([text]) => text.test(body))?.[1] ?? meaning.fix)
  const shown = target ?? safeText(reply)
  const error = new ClickHouseError(status, 0, `HTTP status ${status}${shown ? `: ${shown}` : ''}`)
  return { ...meaning, ...(fix !== undefined && { fix }), error }
}

/** Describes a reply that claims success but did not come from ClickHouse. */
export function foreignSuccess(
  reply: Reply,
  doubt: string,
): { readonly error: ClickHouseError; readonly fix: string } {
  const { status, headers } = reply
  const type = headers['content-type']?.split(';')[0]
  const server = headers['server']
  const source = [type, server && `from ${server}`, safeText(reply)]
    .filter(Boolean)
    .map((text) => oneLine(String(text)).slice(0, 60))
  const error = new ClickHouseError(
    status,
    0,
    oneLine(`HTTP status ${status} ${doubt}${source.length > 0 ? ` (${source.join(', ')})` : ''}`),
  )
  return {
    error,
    fix: 'Something other than ClickHouse answers there: check `endpoint`, and whether a proxy, a login page or a maintenance page is in front of it.',
  }
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}
