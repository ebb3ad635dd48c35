import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { until } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { project, type Running, spanhouse } from './processes.js'

const SECRET = 'hush-hush'
let server: ClickHouseServer

beforeAll(async () => {
  server = await startClickHouse({ users: [{ name: 'reader', password: SECRET, readonly: 1 }] })
  for (const statement of otelTraces.ddl({ database: 'collector' })) await server.query(statement)
})
afterAll(() => server?.stop())

async function pageOf(running: Running) {
  const [, origin = '', token = ''] = await running.said(/(http:\S+:\d+)\/\?token=([0-9a-f]{32})/)
  const meta = async () => (await fetch(`${origin}/api/meta?token=${token}`)).json()
  return { origin, token, meta }
}

test('ui shows the tables of the Collector, to a user who may only read, and ends with Ctrl-C', async () => {
  const port = await freePort()
  const endpoint = server.url.replace('//', `//reader:${SECRET}@`)
  const line = ['ui', '--endpoint', endpoint, '--port', String(port)]
  const running = spanhouse(line, { cwd: project(), onTerminal: true })
  const { origin, token, meta } = await pageOf(running)
  expect(origin).toBe(`http://127.0.0.1:${port}`)
  expect(await meta()).toMatchObject({
    table: { database: 'collector', family: 'otel' },
    server: { url: server.url },
  })
  const page = await fetch(`${origin}/?token=${token}`, { redirect: 'manual' })
  const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? ''
  const html = await (await fetch(`${origin}/services`, { headers: { cookie } })).text()
  expect(html).toMatch(/<script type="module" src="\/app\.js">/)
  expect((await fetch(`${origin}/app.js`, { headers: { cookie } })).status).toBe(200)
  running.child.stdin?.write('\x03')
  expect(await running.ended).toEqual([0, null])
  expect(running.out).not.toContain(SECRET)
})

test('ui takes the ClickHouse of the exporter, and --table', async () => {
  const env = {
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'reader',
    OTEL_EXPORTER_CLICKHOUSE_PASSWORD: SECRET,
  }
  const line = ['ui', '--table', 'collector.otel_traces']
  const { meta } = await pageOf(spanhouse(line, { cwd: project(), env }))
  expect(await meta()).toMatchObject({ table: { table: 'otel_traces' } })
})

test('ui starts although ClickHouse is not there yet, and the page and the terminal say so', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const running = spanhouse(['ui', '--endpoint', url], { cwd: project() })
  const { meta } = await pageOf(running)
  expect(await meta()).toMatchObject({ error: { message: expect.stringContaining(url) } })
  await running.said(/spanhouse: http\S+ does not answer .*\? The page shows its traces when it/)
})

test('A port that is taken is one sentence', async () => {
  const line = ['ui', '--endpoint', server.url, '--port', String(server.httpPort)]
  const running = spanhouse(line, { cwd: project() })
  expect(await running.ended).toEqual([1, null])
  expect(running.err).toMatch(/^spanhouse: Port \d+ on 127\.0\.0\.1 is in use: .*--port\.\n$/)
})

test.runIf(process.platform === 'linux')(
  'ui --open gives the browser an address for one visit: everybody may read its command line',
  async () => {
    const folder = temporaryDirectory()
    const opened = join(folder, 'opened')
    const browser = `#!/bin/sh\nprintf %s "$1" > ${opened}.draft && mv ${opened}.draft ${opened}\n`
    writeFileSync(join(folder, 'xdg-open'), browser, { mode: 0o755 })
    const env = { PATH: `${folder}:${process.env['PATH']}` }
    const line = ['ui', '--open', '--endpoint', server.url, '--port', String(await freePort())]
    const { origin, token } = await pageOf(spanhouse(line, { cwd: project(), env }))
    await until(() => existsSync(opened))
    const address = readFileSync(opened, 'utf8')
    expect(address).toContain(`${origin}/?token=`)
    expect(address).not.toContain(token)
    const visits = [await fetch(address, { redirect: 'manual' }), await fetch(address)]
    expect(visits.map(({ status }) => status)).toEqual([303, 401])
  },
)
