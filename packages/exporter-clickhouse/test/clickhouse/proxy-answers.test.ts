import { describe, expect, test } from 'vitest'
import { classify } from '../../src/clickhouse/classify.js'
import type { Outcome } from '../../src/clickhouse/outcome.js'
import type { Reply } from '../../src/http/exchange.js'
import { reply } from './replies.js'

// What proxies, gateways and other servers say, as their documentation and sources have it.

const SECRET = 'canary-4711'

/** What matters of an outcome: its class, and what the log line says. */
function read(changes: Partial<Reply>): { kind: string; line: string; outcome: Outcome } {
  const outcome = classify(reply(changes))
  if (outcome.status === 'delivered') return { kind: 'delivered', line: '', outcome }
  const fix = 'fix' in outcome && outcome.fix ? ` ${outcome.fix}` : ''
  return {
    kind: outcome.status === 'retry' ? outcome.why : outcome.status,
    line: `${outcome.error.message}.${fix}`,
    outcome,
  }
}

const page = (title: string, rest = '') =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body><center><h1>${title}</h1></center>${rest}</body></html>`
const HTML = { 'content-type': 'text/html' }
const TEXT = { 'content-type': 'text/plain' }
const JSON_TYPE = { 'content-type': 'application/json' }

const answers: [who: string, reply: Partial<Reply>, kind: string, line: RegExp][] = [
  [
    'nginx: body too large',
    { status: 413, headers: HTML, body: page('413 Request Entity Too Large') },
    'too_large',
    /^HTTP status 413: 413 Request Entity Too Large\.$/,
  ],
  [
    'nginx: no length',
    { status: 411, headers: HTML, body: page('411 Length Required') },
    'misconfigured',
    /removes the header Content-Length/,
  ],
  [
    'nginx: upstream down',
    { status: 502, headers: HTML, body: page('502 Bad Gateway') },
    'ambiguous',
    /^HTTP status 502: 502 Bad Gateway\. The proxy cannot reach ClickHouse/,
  ],
  [
    'nginx: upstream slow',
    { status: 504, headers: HTML, body: page('504 Gateway Time-out') },
    'ambiguous',
    /504 Gateway Time-out/,
  ],
  [
    'nginx: headers too large',
    { status: 400, headers: HTML, body: page('400 Request Header Or Cookie Too Large') },
    'misconfigured',
    /Request Header Or Cookie Too Large/,
  ],
  [
    'nginx: http to https',
    { status: 400, headers: HTML, body: page('400 The plain HTTP request was sent to HTTPS port') },
    'misconfigured',
    /speaks TLS: begin `endpoint` with https:\/\//,
  ],
  [
    'nginx: no client certificate',
    { status: 400, headers: HTML, body: page('400 No required SSL certificate was sent') },
    'misconfigured',
    /`tls\.cert` and `tls\.key`/,
  ],
  [
    'nginx: only GET',
    { status: 405, headers: HTML, body: page('405 Not Allowed') },
    'misconfigured',
    /does not accept POST: `endpoint` must be the HTTP interface of ClickHouse/,
  ],
  [
    'Go: http to https',
    { status: 400, headers: TEXT, body: 'Client sent an HTTP request to an HTTPS server.\n' },
    'misconfigured',
    /begin `endpoint` with https:\/\//,
  ],
  [
    'Apache: http to https',
    {
      status: 400,
      headers: HTML,
      body: page(
        '400 Bad Request',
        "<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.</p>",
      ),
    },
    'misconfigured',
    /begin `endpoint` with https:\/\//,
  ],
  [
    'HAProxy: headers too large',
    {
      status: 400,
      headers: HTML,
      body: '<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n',
    },
    'misconfigured',
    /^HTTP status 400: 400 Bad request\.$/,
  ],
  [
    'HAProxy: no server',
    {
      status: 503,
      headers: HTML,
      body: '<html><body><h1>503 Service Unavailable</h1>\nNo server is available.\n</body></html>',
    },
    'overloaded',
    /503 Service Unavailable/,
  ],
  [
    'Envoy: headers too large',
    { status: 431, headers: TEXT, body: '' },
    'misconfigured',
    /Configure the proxy to accept longer headers/,
  ],
  [
    'Envoy: upstream down',
    {
      status: 503,
      headers: TEXT,
      body: 'upstream connect error or disconnect/reset before headers. reset reason: connection failure',
    },
    'overloaded',
    /upstream connect error or disconnect\/reset before headers/,
  ],
  [
    'Envoy: no upstream',
    { status: 503, headers: TEXT, body: 'no healthy upstream' },
    'overloaded',
    /no healthy upstream/,
  ],
  [
    'Cloudflare: unknown',
    { status: 520, headers: HTML, body: page('520: Web server is returning an unknown error') },
    'ambiguous',
    /520/,
  ],
  [
    'Cloudflare: refused',
    { status: 521, headers: HTML, body: page('521: Web server is down') },
    'transient',
    /cannot reach ClickHouse/,
  ],
  [
    'Cloudflare: timeout',
    { status: 522, headers: HTML, body: page('522: Connection timed out') },
    'ambiguous',
    /522/,
  ],
  [
    'Cloudflare: unreachable',
    { status: 523, headers: HTML, body: '' },
    'transient',
    /cannot reach ClickHouse/,
  ],
  ['Cloudflare: slow', { status: 524, headers: HTML, body: '' }, 'ambiguous', /524/],
  ['Cloudflare: TLS', { status: 525, headers: HTML, body: '' }, 'transient', /do not agree on TLS/],
  [
    'Cloudflare: certificate',
    { status: 526, headers: HTML, body: '' },
    'transient',
    /does not trust ClickHouse's certificate/,
  ],
  ['AWS ALB: too many proxies', { status: 463, headers: HTML, body: '' }, 'misconfigured', /463/],
  ['AWS ALB: client gone', { status: 460, headers: HTML, body: '' }, 'misconfigured', /460/],
  ['AWS ALB: login', { status: 561, headers: HTML, body: '' }, 'misconfigured', /requires a login/],
  [
    'API gateway',
    { status: 403, headers: JSON_TYPE, body: '{"message":"Forbidden"}' },
    'misconfigured',
    /^HTTP status 403: Forbidden\. Check `username` and `password`\.$/,
  ],
  [
    'Kong',
    { status: 404, headers: JSON_TYPE, body: '{"message":"no Route matched with those values"}' },
    'misconfigured',
    /no Route matched with those values\. No ClickHouse answers there: check /,
  ],
  [
    'a captive portal',
    { status: 511, headers: HTML, body: page('Network Authentication Required') },
    'misconfigured',
    /requires a login/,
  ],
  [
    'squid: no credentials',
    { status: 407, headers: HTML, body: page('ERROR: Cache Access Denied') },
    'misconfigured',
    /The proxy requires credentials/,
  ],
  [
    'squid: cannot connect',
    {
      status: 503,
      headers: { ...HTML, 'x-squid-error': 'ERR_CONNECT_FAIL 111' },
      body: page('ERROR: The requested URL could not be retrieved'),
    },
    'overloaded',
    /could not be retrieved/,
  ],
  [
    'chproxy: too many',
    {
      status: 429,
      headers: TEXT,
      body: '[ Id: 17A0C5E6F1B2C3D4; User "web"(2) proxying as "default"(2) to "10.0.0.7:8123"(4); RemoteAddr: "10.0.0.9:41370"; LocalAddr: "10.0.0.8:9090"; Duration: 203 μs]: limits for user "web" are exceeded: max_concurrent_queries limit: 2; query: "INSERT INTO telemetry.traces canary"',
    },
    'overloaded',
    /^HTTP status 429: limits for user "web" are exceeded: max_concurrent_queries limit: 2\.$/,
  ],
  [
    'chproxy: unreachable',
    {
      status: 502,
      headers: TEXT,
      body: '[ Id: 17A0C5E6F1B2C3D4; User "web"(1) proxying as "default"(1) to "10.0.0.7:8123"(1); RemoteAddr: "1"; LocalAddr: "2"; Duration: 1 ms]: cannot reach 10.0.0.7:8123; query: ""',
    },
    'ambiguous',
    /cannot reach 10\.0\.0\.7:8123/,
  ],
  [
    'ClickHouse Cloud: waking up',
    { status: 503, headers: { 'retry-after': '5' }, body: '' },
    'overloaded',
    /503/,
  ],
  [
    'a server that takes no gzip',
    { status: 415, headers: TEXT, body: 'Unsupported Media Type' },
    'misconfigured',
    /set `compression\.codec: 'none'`/,
  ],
  [
    'the native port',
    {
      status: 400,
      headers: {},
      body: 'Port 9000 is for clickhouse-client program\r\nYou must use port 8123 for HTTP.\r\n',
    },
    'misconfigured',
    /native port/,
  ],
  [
    'Express',
    { status: 404, headers: HTML, body: page('Error', `<pre>Cannot POST /?query=${SECRET}</pre>`) },
    'misconfigured',
    /^HTTP status 404: Error\./,
  ],
  [
    'a redirect to https',
    { status: 308, headers: { location: `https://ch.example/?query=${SECRET}` } },
    'misconfigured',
    /^HTTP status 308: it leads to https:\/\/ch\.example\. Redirects are not followed: if the target is ClickHouse, set `endpoint` to it/,
  ],
  [
    'a redirect to a login',
    { status: 302, headers: { location: `https://sso.example:8443/login?return=${SECRET}` } },
    'misconfigured',
    /it leads to https:\/\/sso\.example:8443\/login\./,
  ],
  [
    'a redirect within',
    { status: 307, headers: { location: `/login?next=${SECRET}` } },
    'misconfigured',
    /it leads to \/login\./,
  ],
  [
    'a redirect with a password',
    { status: 301, headers: { location: `http://ann:${SECRET}@ch.example/` } },
    'misconfigured',
    /it leads to http:\/\/ch\.example\./,
  ],
  ['a redirect to nowhere', { status: 302, headers: {} }, 'misconfigured', /^HTTP status 302\.$/],
]

test.each(answers)('%s', (_, changes, kind, line) => {
  const found = read(changes)
  expect(found.kind).toBe(kind)
  expect(found.line).toMatch(line)
  expect(found.line).not.toMatch(/[\r\n]|canary/)
  expect(found.line.length).toBeLessThan(420)
})

test.each([400, 414, 431, 494])(
  '%i may be for a statement that is too long for its headers',
  (status) => {
    expect(read({ status }).outcome).toMatchObject({ refusesForm: true })
  },
)

test('what an answer repeats of our request is not shown', () => {
  const row = `{"trace_id":"1","attributes":{"user":"${SECRET}"}}`
  const echoes: Partial<Reply>[] = [
    { headers: JSON_TYPE, body: `{"data":"${row.replaceAll('"', '\\"')}"}` },
    { headers: JSON_TYPE, body: JSON.stringify({ message: row }) },
    { headers: TEXT, body: `could not handle ${row}` },
    { headers: TEXT, body: `'${SECRET}' is odd` },
    { headers: TEXT, body: `no handler for POST /?query=WITH+${SECRET}` },
    { headers: HTML, body: `<h1>Not found: /?query=${SECRET}</h1>` },
    { headers: HTML, body: `<p>${SECRET}</p>` },
    { headers: {}, body: `\u001f\ufffd\b\u0000${SECRET}` },
  ]
  for (const echo of echoes)
    for (const status of [200, 400, 404, 500])
      expect(read({ status, ...echo }).line).not.toContain(SECRET)
})

describe('a 2xx', () => {
  const own = { 'x-clickhouse-query-id': 'other', 'x-clickhouse-summary': '{}' }
  const shown = { answers: true, showsHeaders: true }

  test.each<[name: string, changes: Partial<Reply>, before: boolean, after: boolean]>([
    // Whether it counts before the server has shown its headers, and after.
    ['as 26.7 gives it', { headers: own }, true, true],
    ['without headers', {}, true, false],
    ['as text', { headers: TEXT }, true, false],
    ['with white space', { body: '\r\n' }, true, false],
    ['with a byte order mark', { headers: own, body: '\ufeff' }, true, true],
    ['with a page', { headers: HTML, body: page('Sign in') }, false, false],
    ['with the type of a page and nothing in it', { headers: HTML }, false, false],
    ['of OTLP', { headers: JSON_TYPE, body: '{"partialSuccess":{}}' }, false, false],
    [
      'of OTLP in protobuf',
      { headers: { 'content-type': 'application/x-protobuf' } },
      false,
      false,
    ],
    ['with text', { headers: TEXT, body: 'Ok.\n' }, false, false],
    ['of 204', { status: 204 }, false, false],
    ['of 202', { status: 202 }, false, false],
    ['of 203 with headers', { status: 203, headers: own }, true, true],
    ['with headers and a body', { headers: own, body: 'x' }, false, false],
    ['that is cut', { headers: own, complete: false }, false, false],
    [
      'with a garbled code',
      { headers: { ...own, 'x-clickhouse-exception-code': 'abc' } },
      false,
      false,
    ],
    [
      'with an empty code',
      { headers: { ...own, 'x-clickhouse-exception-code': '' } },
      false,
      false,
    ],
    [
      'with a code and a half',
      { headers: { ...own, 'x-clickhouse-exception-code': '0, x' } },
      false,
      false,
    ],
    [
      'with a code beyond all',
      { headers: { ...own, 'x-clickhouse-exception-code': 'Infinity' } },
      false,
      false,
    ],
    [
      'with a code twice',
      { headers: { ...own, 'x-clickhouse-exception-code': '241, 241' } },
      false,
      false,
    ],
    [
      'with two codes',
      { headers: { ...own, 'x-clickhouse-exception-code': '0, 241' } },
      false,
      false,
    ],
    [
      'with the code of no exception',
      { headers: { ...own, 'x-clickhouse-exception-code': '0' } },
      true,
      true,
    ],
    ['with that twice', { headers: { ...own, 'x-clickhouse-exception-code': '0, 0' } }, true, true],
  ])('%s', (_, changes, before, after) => {
    const known = [undefined, shown]
    const counts = known.map((one) => classify(reply(changes), {}, one).status === 'delivered')
    expect(counts).toEqual([before, after])
    for (const one of known) {
      const outcome = classify(reply(changes), {}, one)
      if (outcome.status !== 'delivered') expect(outcome).toMatchObject({ status: 'retry' })
    }
  })

  test('without proof may have been written: the same again, with its token', () => {
    expect(read({ status: 204 })).toMatchObject({ kind: 'ambiguous' })
    expect(read({ headers: HTML, body: page('Sign in') }).line).toBe(
      'HTTP status 200 with an HTML page (text/html, Sign in). Something other than ClickHouse answers there: check `endpoint`, and whether a proxy, a login page or a maintenance page is in front of it.',
    )
  })

  test('to a SELECT has a body', () => {
    const asked = { hasResult: true }
    expect(classify(reply({ headers: own, body: '["MergeTree"]' }), asked, shown).status).toBe(
      'delivered',
    )
    expect(classify(reply({ headers: JSON_TYPE, body: '[]' }), asked).status).toBe('delivered')
    expect(classify(reply({ headers: HTML, body: page('Sign in') }), asked).status).toBe('retry')
    expect(classify(reply({ body: '["MergeTree"]' }), asked, shown).status).toBe('retry')
  })
})
