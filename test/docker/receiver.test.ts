// The receiver of compose.yaml where no Docker is at hand: the files of its image, its command, and its health check.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { ended, root } from '../examples/run-example.js'
import { eventually, until } from '../kit/patience.js'
import type { Server } from '../kit/server-with-files.js'
import { composedServer, read } from './kit.js'

const { receiver, prometheus } = parse(read('compose.yaml'), { merge: true }).services
const dockerfile = read('docker/receiver/Dockerfile').replaceAll('\\\n', '')
const list = (instruction: string): string[] =>
  JSON.parse(new RegExp(`^ *${instruction} (\\[.*\\])$`, 'm').exec(dockerfile)?.[1] ?? '[]')

const TOKEN = 't0ken'
const home = mkdtempSync(join(tmpdir(), 'spanhouse-receiver-'))
let server: Server
let service: Awaited<ReturnType<typeof start>>
beforeAll(async () => {
  vi.stubEnv('SPANHOUSE_PASSWORD', 's3cret')
  vi.stubEnv('SPANHOUSE_READER_PASSWORD', 'r3ader')
  server = await composedServer()
  service = await start()
})
afterAll(async () => {
  await service?.stop()
  await server?.stop()
  rmSync(home, { recursive: true, force: true })
})

/** Makes the folder that the image copies, and runs in it what a container runs, on free ports. */
async function start() {
  const image = join(home, 'image')
  execFileSync(process.execPath, ['docker/receiver/bundle.mjs', image], { cwd: root })
  const [, ...entry] = list('ENTRYPOINT').map((one) => one.replace('/receiver', image))
  const args = list('CMD').map((one) => one.replace('0.0.0.0', '127.0.0.1'))
  const spool = join(home, 'spool')
  const ports = ['--http-port', '0', '--grpc-port', '0']
  const said = args.map((one) => one.replace('/spool', spool))
  const child = spawn(process.execPath, [...entry, ...said, ...ports], {
    cwd: image,
    env: { ...environment(), SPANHOUSE_RECEIVER_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk
    })
  const port = () => /OTLP\/HTTP on \S+:(\d+)/.exec(output)?.[1]
  await until(() => port() !== undefined || child.exitCode !== null)
  if (!port()) throw new Error(`The receiver did not start: ${output}`)
  return {
    spool,
    url: `http://127.0.0.1:${port()}`,
    port: port() ?? '',
    async stop() {
      if (child.exitCode !== null) return child.exitCode
      child.kill('SIGTERM')
      return new Promise<number | null>((resolve) => child.once('exit', resolve))
    },
  }
}

/** As compose.yaml has it, with the address and the password of the server here. */
function environment(): Record<string, string> {
  const { SPANHOUSE_RECEIVER_TOKEN: _, ...given } = receiver.environment
  const values = Object.entries<string>(given).map(([name, text]) => [
    name,
    text
      .replace('http://clickhouse:8123', server.url)
      .replace(/\$\{CLICKHOUSE_PASSWORD:-\w+\}/, 's3cret')
      .replace(/\$\{\w+:-(\w*)\}/, '$1'),
  ])
  return Object.fromEntries(values)
}

const REQUEST = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          scope: { name: 'test' },
          spans: [
            {
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: 'b7ad6b7169203331',
              name: 'GET /',
              kind: 2,
              startTimeUnixNano: '1795823400000000000',
              endTimeUnixNano: '1795823400001000000',
            },
          ],
        },
      ],
    },
  ],
}

const send = (headers: Record<string, string>) =>
  fetch(`${service.url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(REQUEST),
  })

test('what is sent to the service is in the table of compose.yaml, if it says the token', async () => {
  expect((await send({})).status).toBe(401)
  expect((await send({ authorization: `Bearer ${TOKEN}` })).status).toBe(200)
  const sql = 'SELECT service_name, span_name FROM telemetry.traces FORMAT TSV'
  await eventually(async () => expect(await server.query(sql)).toBe('shop\tGET /\n'))
})

test('rows are kept in the folder of the volume', () => {
  expect(existsSync(service.spool)).toBe(true)
  expect(receiver.volumes).toEqual(['spool:/spool'])
  expect(list('CMD').join(' ')).toContain('--spool /spool')
})

test('the health check of the image says that it is well, and that it is not', async () => {
  const [node, ...check] = JSON.parse(/HEALTHCHECK .*?CMD (\[.*\])/.exec(dockerfile)?.[1] ?? '[]')
  expect(node).toBe('node')
  const at = (port: string) =>
    ended(
      process.execPath,
      check.map((one: string) => one.replace('4318', port)),
      { cwd: root, env: {} },
    )
  expect((await at(service.port)).exitCode).toBe(0)
  expect((await at('1')).exitCode).toBe(1)
})

test('the dashboard of Prometheus shows metrics that the receiver has', async () => {
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  const types = [...metrics.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
  const { panels } = JSON.parse(read('docker/monitor/grafana/dashboards/spanhouse.json'))
  const names = JSON.stringify(panels).match(/spanhouse_receiver_\w+/g) ?? []
  expect(names).toHaveLength(4)
  for (const name of names) expect(types).toContain(name)
  const { scrape_configs } = parse(read('docker/monitor/prometheus.yml'))
  expect(JSON.stringify(scrape_configs)).toContain('"receiver:4318"')
  expect(prometheus.profiles).toContain('monitor')
})

test('the image runs as a user without rights, and copies only what there is', () => {
  expect(dockerfile).toMatch(/^USER node$/m)
  expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('COPY'))
  for (const [, flags = '', from = ''] of dockerfile.matchAll(/^COPY (--from=\w+ )?(\S+)/gm))
    if (flags === '') expect(existsSync(join(root, from)), from).toBe(true)
  const [, step = ''] = /^RUN npm run build && (.*)$/m.exec(dockerfile) ?? []
  const [, script = '', to] = step.split(' ')
  expect(existsSync(join(root, script)), script).toBe(true)
  expect(dockerfile).toContain(`COPY --from=build ${to} ${to}`)
})

test('what the build needs is not left out by .dockerignore', () => {
  const left = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
  for (const needed of ['packages', 'scripts', 'docker', 'examples', 'pnpm-lock.yaml', 'test'])
    expect(left).not.toContain(needed)
})

test('at SIGTERM, as from docker stop, it ends with 0', async () => {
  expect(await service.stop()).toBe(0)
})
