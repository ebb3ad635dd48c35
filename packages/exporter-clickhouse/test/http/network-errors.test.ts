import { Agent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { SecureVersion } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CERT, fixture, rawServer, secureServer } from '../../../../test/kit/raw-server.js'
import { classify } from '../../src/clickhouse/classify.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { openClient } from '../../src/http/client.js'

const foreign = {
  cert: fixture('foreign-cert'),
  key: fixture('foreign-key'),
}
const trust = { ca: CERT, servername: 'clickhouse.test' }
const WANTS = /`tls\.cert` and `tls\.key`/

/** What comes of a first request, as the log line has it. */
async function failed(options: Options): Promise<{ line: string; why: string }> {
  const [config] = parseConfig('traces', options, {}).destinations
  if (!config) throw new Error('no destination')
  const client = openClient(config, 2)
  onTestFinished(() => client.close())
  const post = { path: '/', headers: {}, body: Buffer.alloc(100_000, 'x'), deadlineMs: 10_000 }
  const { signal } = new AbortController()
  const outcome = classify(await client.send({ ...post, repeatable: true }, signal))
  if (outcome.status !== 'retry') throw new Error(outcome.status)
  return { line: `${outcome.error.message}. ${outcome.fix ?? ''}`, why: outcome.why }
}

describe.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])(
  'a server that wants a client certificate (%s)',
  (version) => {
    const wanting = {
      requestCert: true,
      rejectUnauthorized: true,
      ca: CERT,
      minVersion: version,
      maxVersion: version,
    }

    test('and gets none: it is said so, and how to give one', async () => {
      const { line, why } = await failed({
        endpoint: (await secureServer(wanting)).url,
        tls: trust,
      })
      expect(line).toMatch(
        /^(?:the server wants a client certificate|the server refused the TLS handshake)\. /,
      )
      expect(line).toMatch(WANTS)
      expect(line).not.toMatch(/SSL routines|EPROTO|hang up/)
      expect(why).toBe('transient')
    })

    test('and does not trust the one it gets', async () => {
      const tls = { ...trust, ...foreign }
      const { line } = await failed({ endpoint: (await secureServer(wanting)).url, tls })
      expect(line).toMatch(WANTS)
      expect(line).not.toMatch(/SSL routines|EPROTO/)
    })
  },
)

// What other servers say to that, nginx and ClickHouse's own among them.
test.each([
  [
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    '80:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../deps/x.c:1601:SSL alert number 48',
  ],
  [
    'EPROTO',
    'write EPROTO 80:error:0A000418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca:../deps/x.c:1601:',
  ],
  [
    'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
    '80:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../deps/x.c:1601:',
  ],
  [
    'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
    '80:error:0A000412:SSL routines:ssl3_read_bytes:ssl/tls alert bad certificate:../deps/x.c:918:',
  ],
  [
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
    '80:error:0A000415:SSL routines:ssl3_read_bytes:sslv3 alert certificate expired:../deps/x.c:1601:',
  ],
])('a client certificate that is not trusted: %s', (code, message) => {
  const error = Object.assign(new Error(message), { code })
  const outcome = classify({ error, bodyStarted: true, timedOut: false })
  expect(outcome).toMatchObject({
    why: 'transient',
    error: { message: 'the server does not trust the client certificate', cause: error, code },
    fix: expect.stringMatching(WANTS),
  })
})

test.each<[server: object, client: object]>([
  [{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, {}],
  [{ minVersion: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }],
])('no version of TLS in common: %#', async (server, agent) => {
  const { url: endpoint } = await secureServer(server)
  const { line, why } = await failed({ endpoint, tls: trust, agent: new HttpsAgent(agent) })
  expect(line).toBe(
    'client and server have no version of TLS in common. Allow TLS 1.2 or 1.3 on the server.',
  )
  expect(why).toBe('transient')
})

describe('https to a port that does not speak TLS', () => {
  test('and answers in its own way', async () => {
    const { url: endpoint } = await rawServer(
      (socket) => void socket.end('HTTP/1.0 400 Bad Request\r\n\r\n'),
    )
    const { line, why } = await failed({ endpoint: endpoint.replace('http:', 'https:') })
    expect(line).toBe(
      'that port does not speak TLS. Begin `endpoint` with http://, or give its HTTPS port (8443).',
    )
    expect(why).toBe('transient')
  })

  test('and ends the connection without a word', async () => {
    const { url: endpoint } = await rawServer(
      (socket) => void socket.once('data', () => socket.destroy()),
    )
    const { line } = await failed({ endpoint: endpoint.replace('http:', 'https:') })
    expect(line).toMatch(/If that port does not speak TLS, begin `endpoint` with http:\/\//)
    expect(line.split('\n')).toHaveLength(1)
  })
})

describe('http to a port that', () => {
  test('speaks TLS, and says so', async () => {
    const alert = Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46])
    const { url: endpoint } = await rawServer(
      (socket) => void socket.once('data', () => socket.end(alert)),
    )
    expect(await failed({ endpoint })).toEqual({
      line: 'that port speaks TLS. Begin `endpoint` with https://.',
      why: 'transient',
    })
  })

  test('speaks TLS, and ends the connection without a word', async () => {
    const { url: endpoint } = await secureServer({})
    const { line } = await failed({ endpoint: endpoint.replace('https:', 'http:') })
    expect(line).toMatch(/If that port speaks TLS, begin `endpoint` with https:\/\//)
  })

  test('speaks another protocol', async () => {
    const { url: endpoint } = await rawServer(
      (socket) => void socket.write('J\0\0\0\n26.7.2-ClickHouse\0'),
    )
    const { line } = await failed({ endpoint })
    expect(line).toBe(
      'the answer is not HTTP. `endpoint` must name the HTTP port of ClickHouse (8123).',
    )
  })
})

test('a port that never answers is suspected only if it has never answered', () => {
  const error = new Error('no complete answer within 5 ms')
  const exchange = { error, bodyStarted: true, timedOut: true }
  const known = { answers: true, showsHeaders: false }
  expect(classify(exchange)).toMatchObject({ fix: expect.stringContaining('firewalls') })
  expect(classify(exchange, {}, known)).not.toHaveProperty('fix')
})

test.each([
  ['EAI_AGAIN', 'Check the host name in `endpoint`.'],
  ['EHOSTUNREACH', 'Check the host and port in `endpoint`, and the firewalls on the way.'],
])('%s has its advice', (code, fix) => {
  const error = Object.assign(new Error(`it failed: ${code}`), { code })
  expect(classify({ error, bodyStarted: false, timedOut: false })).toMatchObject({ fix })
})

test('a server that has answered before is not suspected of another protocol when a connection breaks', () => {
  const error = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
  const exchange = { error, bodyStarted: true, timedOut: false, unanswered: 'http' as const }
  const known = { answers: true, showsHeaders: false }
  expect(classify(exchange)).toMatchObject({ fix: expect.stringContaining('https://') })
  expect(classify(exchange, {}, known)).toEqual({
    status: 'retry',
    why: 'ambiguous',
    error,
    timedOut: false,
    ofServer: true,
  })
})

test('a name of which every address refuses: each is named', async () => {
  const lookup = (_host: string, _options: unknown, done: (...found: unknown[]) => void) =>
    done(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
      { address: '127.0.0.2', family: 4 },
    ])
  const agent = new Agent({ lookup: lookup as never })
  const { line, why } = await failed({ endpoint: 'http://clickhouse.test:1', agent })
  expect(line).toMatch(
    /^connect \w+ 127\.0\.0\.1:1.*, connect \w+ ::1:1.*, connect \w+ 127\.0\.0\.2:1.*\. Is ClickHouse running there/,
  )
  expect(why).toBe('transient')
})
