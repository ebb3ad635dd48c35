import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, type RequestOptions, request as send } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Api } from '../../packages/spanhouse/src/page/api.js'
import { readPage } from '../../packages/spanhouse/src/page/files.js'
import { openPage } from '../../packages/spanhouse/src/page/server.js'
import { freePort } from '../kit/free-port.js'
import { onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

const SECRET = 'do-not-tell'

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

async function openTestPage(api: Partial<Api> = {}) {
  const folder = join(temporaryDirectory(), 'page')
  mkdirSync(folder)
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>')
  writeFileSync(join(folder, 'app.js'), 'export {}')
  writeFileSync(join(folder, '..', 'outside.js'), SECRET)
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'sub/private.key'), SECRET)
  const mistakes: unknown[] = []
  const page = await openPage({
    api: {
      get: async (name, asked) => ({ name, q: asked.get('q') }),
      sql: async (sql) => ({ sql }),
      ...api,
    },
    files: readPage(folder),
    port: await freePort(),
    onMistake: (error) => mistakes.push(error),
  })
  onTestFinished(() => page.close())
  const token = new URL(page.url).searchParams.get('token') ?? ''
  const host = `127.0.0.1:${page.port}`
  const cookie = `spanhouse_${page.port}=${token}`
  const ask = (path: string, options: RequestOptions = {}, body?: string | Buffer) =>
    new Promise<Answer>((resolve, reject) => {
      const { headers = {}, ...rest } = options
      const req = send(
        {
          host: '127.0.0.1',
          port: page.port,
          path,
          agent: false,
          ...rest,
          headers: { cookie, ...headers },
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (chunk) => {
            text += chunk
          })
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          )
        },
      )
      req.on('error', reject)
      req.end(body)
    })
  return { page, token, host, cookie, ask, mistakes }
}

describe('The token', () => {
  test('is 128 random bits, differs each time, and stands in the address that is printed', async () => {
    const [one, two] = [await openTestPage(), await openTestPage()]
    expect(one.token).toMatch(/^[0-9a-f]{32}$/)
    expect(one.token).not.toBe(two.token)
    expect(one.page.url).toBe(`http://${one.host}/?token=${one.token}`)
  })

  test('need not stand in the command line of a browser: another address lets one visitor in', async () => {
    const { page, token, host, ask } = await openTestPage()
    const address = page.urlForOneVisit()
    expect(address).not.toContain(token)
    expect(address).toMatch(`http://${host}/?token=`)
    const without = { headers: { cookie: '' } }
    const ticket = new URL(address).searchParams.get('token')
    expect((await ask(`/api/meta?token=${ticket}`, without)).status).toBe(401)
    const visit = await ask(`/?token=${ticket}`, without)
    expect(visit).toMatchObject({ status: 303, headers: { location: '/' } })
    const cookie = visit.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    expect((await ask('/', { headers: { cookie } })).status).toBe(200)
    expect((await ask(`/?token=${ticket}`, without)).status).toBe(401)
  })

  test('becomes a cookie of this port, and leaves the address', async () => {
    const { ask, token, page } = await openTestPage()
    const { status, headers } = await ask(`/trace/12?q=a%20b&token=${token}&range=15m`, {
      headers: { cookie: '' },
    })
    expect(status).toBe(303)
    expect(headers.location).toBe('/trace/12?q=a+b&range=15m')
    expect(headers['set-cookie']).toEqual([
      `spanhouse_${page.port}=${token}; Path=/; HttpOnly; SameSite=Strict`,
    ])
  })

  test('never leads to another host', async () => {
    const { ask, token } = await openTestPage()
    for (const path of ['//evil.example/x', '/\\evil.example/x', '///evil.example']) {
      const { headers } = await ask(`${path}?token=${token}`)
      expect(headers.location ?? '/', path).toMatch(/^\/(?![/\\])/)
    }
  })

  test.each(['', '?token=', '?token=0', `?token=${'0'.repeat(32)}`, `?token=${'x'.repeat(5000)}`])(
    'is needed for the page and the API: %s',
    async (query) => {
      const { ask } = await openTestPage()
      for (const path of ['/', '/app.js', '/api/traces', '/services/a']) {
        const { status, text } = await ask(path + query, { headers: { cookie: 'spanhouse_1=x' } })
        expect(status).toBe(401)
        expect(text).toContain('printed in the terminal')
      }
    },
  )

  test('that is missing is a small page in a browser, which says what to do and runs nothing', async () => {
    const { ask } = await openTestPage()
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
    const answer = await ask('/services?x=<script>', { headers: { cookie: '', accept } })
    expect(answer.status).toBe(401)
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8')
    expect(answer.text).toContain('Open the address that spanhouse has printed in the terminal.')
    expect(answer.text).not.toMatch(/<script|style=|href=|src=/)
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(answer.text) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toContain(`style-src 'self' 'sha256-${hash}';`)
    expect(policy).toMatch(/^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/)
    expect(policy).not.toContain('unsafe')
  })

  test('in the address is enough for the API', async () => {
    const { ask, token } = await openTestPage()
    const { status, text } = await ask(`/api/traces?token=${token}&q=x`, {
      headers: { cookie: '' },
    })
    expect([status, JSON.parse(text)]).toEqual([200, { name: 'traces', q: 'x' }])
  })
})

describe('A request is refused', () => {
  test.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost', '127.0.0.1.nip.io:PORT'])(
    'with the host %s',
    async (host) => {
      const { ask, page } = await openTestPage()
      const given = host.replace('PORT', String(page.port))
      expect((await ask('/api/traces', { headers: { host: given } })).status).toBe(403)
    },
  )

  test.each(['http://evil.example', 'null', 'https://127.0.0.1:PORT', 'http://127.0.0.1:1'])(
    'from the origin %s',
    async (origin) => {
      const { ask, page } = await openTestPage()
      const headers = { origin: origin.replace('PORT', String(page.port)) }
      expect((await ask('/api/traces', { headers })).status).toBe(403)
    },
  )

  test.each(['cross-site', 'same-site'])('that a browser calls %s', async (site) => {
    const { ask } = await openTestPage()
    const headers = { 'sec-fetch-site': site }
    expect((await ask('/api/traces', { headers })).status).toBe(403)
    expect((await ask('/', { headers })).status).toBe(403)
  })

  test.each(['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'POST'])('with the method %s', async (method) => {
    const { ask } = await openTestPage()
    expect((await ask('/api/traces', { method })).status).toBe(405)
  })
})

test.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])(
  'The page is reached as %s',
  async (name) => {
    const { ask, page } = await openTestPage()
    const headers = {
      host: `${name}:${page.port}`,
      origin: `http://${name}:${page.port}`,
      'sec-fetch-site': 'same-origin',
    }
    expect((await ask('/api/traces', { headers })).status).toBe(200)
  },
)

test('Every answer, also a refusal, forbids scripts and frames of others, and is not kept', async () => {
  const { ask } = await openTestPage()
  for (const answer of [
    await ask('/'),
    await ask('/api/traces'),
    await ask('/api/traces', { headers: { host: 'evil.example' } }),
    await ask('/none.js'),
  ]) {
    expect(answer.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/,
    )
    expect(answer.headers['content-security-policy']).not.toContain('unsafe')
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  }
})

describe('Files', () => {
  test('of the page are served, packed if the browser can', async () => {
    const { ask } = await openTestPage()
    expect(await ask('/app.js')).toMatchObject({ status: 200, text: 'export {}' })
    const { headers } = await ask('/app.js', { headers: { 'accept-encoding': 'gzip' } })
    expect(headers['content-encoding']).toBe('gzip')
  })

  test.each(['/', '/trace/abc', '/services/a%20b', '/compare/a/b', '/sql?q=a.b'])(
    'of a view are the page itself: %s',
    async (path) => {
      const { ask } = await openTestPage()
      expect((await ask(path)).text).toContain('<title>page')
    },
  )

  test.each([
    '/../outside.js',
    '/%2e%2e/outside.js',
    '/..%2foutside.js',
    '/..%5coutside.js',
    '/sub/private.key',
    '/sub/../../outside.js',
    '//etc/hosts.txt',
    '/app.js/..',
    '/app.js%00.png',
    '/.git.config',
    '/__proto__.js',
    '/constructor.x',
  ])('outside of the page are never served: %s', async (path) => {
    const { ask } = await openTestPage()
    const { text } = await ask(path)
    expect(text).not.toContain(SECRET)
  })
})

describe('SQL of the user', () => {
  const json = { 'content-type': 'application/json' }

  test('is taken as JSON', async () => {
    const { ask } = await openTestPage()
    const body = JSON.stringify({ sql: 'SELECT 1' })
    const answer = await ask('/api/sql', { method: 'POST', headers: json }, body)
    expect(JSON.parse(answer.text)).toEqual({ sql: 'SELECT 1' })
  })

  test.each([
    ['text/plain', '{"sql":"SELECT 1"}', 415],
    ['application/x-www-form-urlencoded', 'sql=SELECT', 415],
    ['application/json', 'SELECT 1', 400],
    ['application/json', 'null', 400],
    ['application/json', '{"sql":1}', 400],
    ['application/json', '{"sql":" "}', 400],
  ])('as %s %s is refused', async (type, body, status) => {
    const { ask } = await openTestPage()
    const options = { method: 'POST', headers: { 'content-type': type } }
    expect((await ask('/api/sql', options, body)).status).toBe(status)
  })

  test('that is huge is refused before it is read', async () => {
    const { ask, page, host, cookie } = await openTestPage()
    const headers = { ...json, 'content-length': 10_000_000_000 }
    const socket = connect(page.port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const head = Object.entries({ host, cookie, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    )
    socket.write(`POST /api/sql HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`)
    const [reply] = await once(socket.setEncoding('utf8'), 'data')
    expect(reply).toMatch(/^HTTP\/1.1 413/)
    const chunked = { method: 'POST', headers: { ...json, 'transfer-encoding': 'chunked' } }
    const outcome = ask('/api/sql', chunked, Buffer.alloc(5_000_000, 'x')).then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    )
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(await outcome)
  })
})

describe('A query', () => {
  test('is ended when the browser no longer waits for it', async () => {
    let isAborted = false
    let hasStarted = false
    const { ask } = await openTestPage({
      get: (_, __, signal) =>
        new Promise((_, reject) => {
          hasStarted = true
          signal.addEventListener('abort', () => {
            isAborted = true
            reject(new Error('aborted'))
          })
        }),
    })
    const leaving = new AbortController()
    const waiting = ask('/api/traces', { signal: leaving.signal }).catch(() => {})
    await until(() => hasStarted)
    leaving.abort()
    await waiting
    await until(() => isAborted, onThisMachine(SOON_MS)) // long before the deadline of a query
  })

  test('that fails by a mistake of ours tells the page nothing about it, but the terminal', async () => {
    const { ask, mistakes } = await openTestPage({
      get: async () => {
        throw new Error(`stack with ${SECRET}`)
      },
    })
    const { status, text } = await ask('/api/traces')
    expect(status).toBe(500)
    expect(text).not.toContain(SECRET)
    expect(mistakes).toHaveLength(1)
  })
})

test('A port that is asked for and taken is one sentence; the usual one gives way', async () => {
  const { page } = await openTestPage()
  const open = (port?: number) =>
    openPage({
      api: { get: async () => 1, sql: async () => 1 },
      files: new Map(),
      port,
      onMistake: () => {},
    })
  await expect(open(page.port)).rejects.toThrow(/in use: choose another one with --port\.$/)
  const [one, two] = [await open(), await open()]
  onTestFinished(async () => void (await Promise.all([one.close(), two.close()])))
  expect(one.port).not.toBe(two.port)
})

test('The page can be reached on this machine only', async () => {
  const { page } = await openTestPage()
  const socket = connect(page.port, '127.0.0.2')
  const [error] = await once(socket, 'error')
  expect(error.code).toBe('ECONNREFUSED')
})

test('Headers without end, and a request that never ends, are not waited for', async () => {
  const { page } = await openTestPage()
  const socket = connect(page.port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write(`GET / HTTP/1.1\r\nx: ${'y'.repeat(100_000)}`)
  const [reply] = await once(socket.setEncoding('utf8'), 'data')
  expect(reply).toMatch(/^HTTP\/1.1 431/)
})

test('Connections that begin a request and do not go on keep nobody out for long', async () => {
  const { page, ask } = await openTestPage()
  const sockets = Array.from({ length: 200 }, () => connect(page.port, '127.0.0.1'))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  for (const socket of sockets) {
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\nx: ')
  }
  const status = () =>
    ask('/api/traces').then(
      (answer) => answer.status,
      () => undefined,
    )
  await until(async () => (await status()) === undefined)
  // They have ten seconds. Without looking often, the server would notice after thirty.
  await until(async () => (await status()) === 200, 25_000)
})
