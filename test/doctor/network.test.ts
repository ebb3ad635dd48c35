import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Facts } from '../../packages/spanhouse/src/doctor/facts.js'
import { tcp } from '../../packages/spanhouse/src/doctor/network/addresses.js'
import { freePort } from '../kit/free-port.js'
import { onThisMachine, SOON_MS } from '../kit/patience.js'
import { CERT, fixture, KEY, rawServer, secureServer } from '../kit/raw-server.js'
import { type DoctorRun, runDoctor } from '../kit/run-doctor.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

function examine(endpoint: string, env: Record<string, string> = {}): Promise<DoctorRun> {
  const all = Object.entries({ ENDPOINT: endpoint, ...env }).map(([name, value]) => [
    /^[A-Z]+_PROXY$|^NODE_/.test(name) ? name : `OTEL_EXPORTER_CLICKHOUSE_${name}`,
    value,
  ])
  return runDoctor(['--json'], {
    env: { OTEL_TRACES_EXPORTER: 'clickhouse', ...Object.fromEntries(all) },
  })
}

interface Certificate {
  readonly cert: string
  readonly key: string
}

/** A certificate for `localhost`, signed by itself, that is valid for so many days. */
function certificate(days: number, name = 'localhost'): Certificate {
  const folder = temporaryDirectory()
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      String(days),
      '-subj',
      `/CN=${name}/O=Tests`,
      '-addext',
      `subjectAltName=DNS:${name}`,
    ],
    { stdio: 'ignore' },
  )
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

function fileWith(text: string): string {
  const path = join(temporaryDirectory(), 'file.pem')
  writeFileSync(path, text)
  return path
}

/** Answers as ClickHouse does to a ping. */
async function tlsServer(options: object): Promise<string> {
  const server = createTls(options, (req, res) => {
    req
      .resume()
      .on('end', () => res.writeHead(200, { 'x-clickhouse-timezone': 'UTC' }).end('Ok.\n'))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

describe('the way to the server', () => {
  test('a host name that does not exist is a problem, and nothing after it is tried', async () => {
    const run = await examine('http://clickhouse.invalid:8123')
    expect(run.of('dns')).toMatchObject([
      { level: 'problem', fix: 'Check the host name in `endpoint`.' },
    ])
    expect(run.of('tcp')).toMatchObject([{ level: 'skipped' }])
    expect(run.code).toBe(2)
  })

  test('a port on which nothing listens is a problem', async () => {
    const run = await examine(`http://127.0.0.1:${await freePort()}`)
    expect(run.of('tcp')).toMatchObject([
      {
        level: 'problem',
        text: expect.stringContaining('ECONNREFUSED'),
        fix: expect.stringContaining('8123'),
      },
    ])
  })

  test('the fix names spanhouse dev only if nobody has named a ClickHouse', async () => {
    const destination = { endpoint: new URL(`http://127.0.0.1:${await freePort()}`) }
    const fixFor = async (env: NodeJS.ProcessEnv, endpoint?: string) => {
      const facts = { destination, env, wishes: { endpoint } } as unknown as Facts
      return (await tcp.run(facts, new AbortController().signal))[0]?.fix
    }
    expect(await fixFor({})).toMatch(/\(8123\)\? `npx spanhouse dev` starts one for development\.$/)
    expect(await fixFor({}, destination.endpoint.href)).not.toContain('spanhouse dev')
    const env = { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: destination.endpoint.href }
    expect(await fixFor(env)).not.toContain('spanhouse dev')
  })

  test('a name with several addresses is fine if one of them answers', async () => {
    const { url } = await scriptedServer()
    const run = await examine(url.replace('127.0.0.1', 'localhost'))
    expect(run.of('dns')).toMatchObject([
      { level: 'ok', text: expect.stringContaining('127.0.0.1') },
    ])
    expect(run.of('tcp').map(({ level }) => level)).toEqual(['ok'])
  })

  test('a proxy in the environment is named when there is no direct way', async () => {
    const secret = 'http://me:proxy-secret@proxy.invalid:3128'
    const run = await examine(`http://127.0.0.1:${await freePort()}`, { HTTPS_PROXY: secret })
    expect(run.of('proxies')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('HTTPS_PROXY') },
    ])
    expect(run.out).not.toContain('proxy-secret')
    const { url } = await scriptedServer()
    expect((await examine(url, { HTTPS_PROXY: secret })).of('proxies')).toMatchObject([
      { level: 'ok' },
    ])
  })
})

describe('the certificate', () => {
  test('that is trusted and valid for long is ok', async () => {
    const { cert, key } = certificate(300)
    const run = await examine(await tlsServer({ cert, key }), { CA_FILE: fileWith(cert) })
    expect(run.of('tls')).toMatchObject([
      {
        level: 'ok',
        text: expect.stringMatching(/^TLSv1\.3, localhost from Tests, valid until 20/),
      },
    ])
    expect(run.of('http')).toMatchObject([{ level: 'ok' }])
  })

  test('that expires within 21 days is a warning', async () => {
    const { cert, key } = certificate(20)
    const run = await examine(await tlsServer({ cert, key }), { CA_FILE: fileWith(cert) })
    expect(run.of('tls')).toMatchObject([
      {
        level: 'warning',
        text: expect.stringContaining('19 days are left'),
        fix: 'Renew the certificate of the server.',
      },
    ])
  })

  test('that has expired is a problem', async () => {
    const run = await examine(await tlsServer({ cert: fixture('expired-cert'), key: KEY }), {
      CA_FILE: fileWith(fixture('expired-cert')),
    })
    expect(run.of('tls')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('expired on') },
    ])
  })

  test('that nobody vouches for is a problem, and `tls.ca` the fix', async () => {
    const run = await examine((await secureServer()).url)
    expect(run.of('tls')).toMatchObject([
      { level: 'problem', fix: expect.stringContaining('`tls.ca`') },
    ])
  })

  test('for another name is a problem, and `tls.servername` the fix', async () => {
    const { cert, key } = certificate(300, 'elsewhere.example')
    const run = await examine(await tlsServer({ cert, key }), { CA_FILE: fileWith(cert) })
    expect(run.of('tls')).toMatchObject([
      { level: 'problem', fix: expect.stringContaining('`tls.servername`') },
    ])
  })

  test('that is not checked is a warning', async () => {
    const run = await examine((await secureServer()).url, {
      TLS_REJECT_UNAUTHORIZED: 'false',
      REJECT_UNAUTHORIZED: 'false',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    })
    expect(run.of('tls').map(({ level }) => level)).toContain('warning')
  })

  test('of the client is shown with its date', async () => {
    const server = certificate(300)
    const client = certificate(5, 'client')
    const run = await examine(
      await tlsServer({ ...server, requestCert: true, rejectUnauthorized: false }),
      {
        CA_FILE: fileWith(server.cert),
        CERT_FILE: fileWith(client.cert),
        KEY_FILE: fileWith(client.key),
      },
    )
    expect(run.of('tls')).toMatchObject([
      { level: 'ok' },
      { level: 'warning', text: expect.stringContaining('client certificate expires') },
    ])
  })

  test('a server that wants one from the client says so', async () => {
    const server = certificate(300)
    const run = await examine(await tlsServer({ ...server, requestCert: true, ca: CERT }), {
      CA_FILE: fileWith(server.cert),
    })
    expect(JSON.stringify([...run.of('tls'), ...run.of('http')])).toContain('client certificate')
    expect(run.code).toBe(2)
  })

  test('https:// on a port without TLS, and http:// on one with it, are told apart', async () => {
    const { url } = await scriptedServer()
    expect((await examine(url.replace('http:', 'https:'))).of('tls')).toMatchObject([
      { level: 'problem', text: 'that port does not speak TLS' },
    ])
    const secure = await secureServer()
    expect((await examine(secure.url.replace('https:', 'http:'))).of('http')).toMatchObject([
      { level: 'problem', fix: expect.stringContaining('https://') },
    ])
  })
})

describe('what answers there', () => {
  test.each([
    [
      'an HTML page',
      {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<html><title>Welcome to nginx</title></html>',
      },
    ],
    ['a redirect', { status: 302, headers: { location: 'https://login.example/?token=abc' } }],
    ['a proxy that wants credentials', { status: 407 }],
    [
      'another API',
      {
        status: 404,
        headers: { 'content-type': 'application/json' },
        body: '{"message":"no Route matched"}',
      },
    ],
    ['a success without a body', { status: 200 }],
    [
      'JSON',
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"status":"ok"}' },
    ],
  ])('%s is not ClickHouse', async (_, behaviour) => {
    const { url } = await scriptedServer({ each: () => behaviour })
    const run = await examine(url)
    expect(run.code).toBe(2)
    expect(
      [...run.of('http'), ...run.of('credentials')].filter(({ level }) => level === 'problem'),
    ).toMatchObject([{ fix: expect.any(String) }])
    expect(run.out).not.toContain('token=abc')
  })

  test('PostgreSQL is not ClickHouse', async () => {
    const { url } = await rawServer((socket) => {
      socket.once('data', () => socket.end(Buffer.from('E\0\0\0\x10SFATAL\0C08P01\0\0', 'latin1')))
    })
    const run = await examine(url)
    expect(run.of('http')).toMatchObject([{ level: 'problem', text: 'the answer is not HTTP' }])
  })

  test('a secret that the server repeats is hidden, and so are control characters', async () => {
    const env = { USERNAME: 'me', PASSWORD: 'my-own-password' }
    const { url } = await scriptedServer({
      each: ({ headers }) => ({
        status: 500,
        headers: { 'content-type': 'text/plain' },
        body: `\u001b[2J my-own-password ${headers.authorization}`,
      }),
    })
    const { out } = await examine(url, env)
    expect(out).not.toContain('my-own-password')
    expect(out).not.toContain(Buffer.from('me:my-own-password').toString('base64'))
    expect(out).not.toMatch(/\\u001b/)
  })
})

test('a password that is an ordinary word is not searched for in our own sentences', async () => {
  const { url } = await scriptedServer()
  const run = await examine(url, { USERNAME: 'me', PASSWORD: 'clickhouse' })
  expect(run.of('traces-exporter')[0]?.text).toContain('clickhouse')
  expect(
    run
      .of('configuration')
      .map(({ text }) => text)
      .join(),
  ).toContain('password = ********')
})

// Each of these would take minutes, or forever, without deadlines. The longest deadline of one request is eight seconds.
const PATIENCE_MS = 12 * SOON_MS

describe('a server that makes one wait', () => {
  test.concurrent('that never answers is given up', async () => {
    const { url } = await silent(() => {})
    const startedAt = performance.now()
    const run = await examine(url)
    expect(run.code).toBe(2)
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(PATIENCE_MS))
    expect(run.err).toContain('checking: HTTP …')
    expect(run.of('http')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('no complete answer') },
    ])
  })

  test.concurrent('that sends a byte now and then is given up', async () => {
    const { url } = await silent((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
      const timer = setInterval(() => socket.write('.'), 500)
      socket.on('close', () => clearInterval(timer))
    })
    const run = await examine(url)
    expect(run.of('http')).toMatchObject([{ level: 'problem' }])
  })

  test.concurrent('that sends without end is cut off', async () => {
    const { url } = await silent((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const chunk = Buffer.alloc(65_536, '.')
      const pump = () => {
        while (!socket.destroyed && socket.write(chunk));
      }
      socket.on('drain', pump)
      pump()
    })
    const run = await examine(url)
    expect(run.code).toBe(2)
  })

  test.concurrent('that does not answer a TLS handshake is given up', async () => {
    const { url } = await silent(() => {})
    const run = await examine(url.replace('http:', 'https:'))
    expect(run.of('tls')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('no complete answer') },
    ])
  })

  test.concurrent('is left when the user interrupts', async () => {
    const interrupting = new AbortController()
    const { url } = await silent(() => interrupting.abort())
    const run = await runDoctor(['--endpoint', url], { signal: interrupting.signal })
    expect(run.code).toBe(130)
    expect(run.err).toContain('interrupted')
  })
})

/** `onRequest` is called with the first bytes of each connection. */
async function silent(
  onRequest: (socket: import('node:net').Socket) => void,
): Promise<{ url: string }> {
  const { createServer } = await import('node:net')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => onRequest(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
