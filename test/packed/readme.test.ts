// Every code block of the READMEs, as a reader runs it: installed as they say, against a real ClickHouse.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { LONG } from '../kit/patience.js'
import { blocksOf, documents, installLines } from './documents.js'
import { putTarballs, root, run, scratchFolder, tarballOf, tool } from './packed.js'

const folder = scratchFolder()
const main = blocksOf('README.md')
const exporter = blocksOf('packages/exporter-clickhouse/README.md')
const transform = blocksOf('packages/transform/README.md')
const local = blocksOf('packages/local-clickhouse/README.md')
const signals = blocksOf('docs/logs-and-metrics.md')
const ofCommand = blocksOf('packages/spanhouse/README.md')
const receiver = blocksOf('packages/receiver/README.md')

// Each block is taken here, and none may be left.
const blocks = {
  commands: main.take('sh', 'npm run demo'),
  // Run by command.test.ts.
  dev: [main.take('sh', 'npx spanhouse dev'), ofCommand.take('sh', 'npx spanhouse dev')],
  withoutCode: [main.take('sh', 'auto-instrumentations-node'), main.take('sh', 'export OTEL')],
  sdk2: main.take('js', "from '@opentelemetry/sdk-trace-base'"),
  sdk3: main.take('js', "from '@opentelemetry/sdk-trace'"),
  nodeSdk: main.take('js', 'new NodeSDK'),
  question: main.take('sql', 'SELECT'),
  answer: main.take('', '┌'),
  several: main.take('js', 'destinations: ['),
  install: exporter.take('sh', 'npm i'),
  register: exporter.take('sh', '--import'),
  processor: exporter.take('js', 'new ClickHouseSpanProcessor'),
  // Quoted from examples; their own tests run them (test/examples).
  quoted: [exporter.take('js', 'withFlush'), exporter.take('ts', 'NEXT_RUNTIME')],
  signals: [
    signals.take('js', 'new PeriodicExportingMetricReader'),
    signals.take('js', 'FromEnv()'),
  ],
  signalsWithoutCode: signals.take('sh', '--import'),
  console: signals.take('js', 'console[method]'),
  linesOfTrace: signals.take('sql', 'SELECT'),
  rows: transform.take('ts', 'flatTraces.ddl'),
  table: transform.take('ts', 'defineTable'),
  slices: transform.take('ts', 'spansInOtlpProtobuf'),
  receiverInstall: receiver.take('sh', 'npm install'),
  receiver: receiver.take('js', 'openReceiver'),
  command: local.take('sh', 'npx @spanhouse/local-clickhouse'),
  ready: local.take('', 'ClickHouse is ready'),
  server: local.take('js', 'startClickHouse'),
}

const [withoutCode, sdk2, sdk3, nodeSdk2] = installLines(main.text)
const [, nodeSdk3] = /with SDK 3 it is `([^`]+)` and `([^`]+)`/.exec(main.text)?.slice(1) ?? []
const installs: Record<string, string | undefined> = {
  withoutCode: `${withoutCode} express@5`,
  sdk2,
  sdk3,
  nodeSdk2,
  // Its line differs from the one before in two versions. With them, test/register shows what its blocks do.
  ...(LONG && {
    nodeSdk3: nodeSdk2?.replace('api@~1.9', 'api@~1.10').replace(/sdk-node\S+/, String(nodeSdk3)),
  }),
}
const nodeSdks = LONG ? ['nodeSdk2', 'nodeSdk3'] : ['nodeSdk2']

const password = 's3cret'
let server: ClickHouseServer
let central: ClickHouseServer
beforeAll(async () => {
  vi.stubEnv('CENTRAL_PASSWORD', password)
  putTarballs(folder)
  // One after the other: all at once, on a busy machine, each might take longer than it may.
  for (const [name, line] of Object.entries(installs)) {
    // Every npm install takes seconds, and that of the 123 MB of instrumentations as long as all the rest here. In a short run npm reads
    // one of the lines; command.test.ts and consumers.test.ts install the packages of the others that way.
    const put = name === 'nodeSdk2' || LONG ? install : link
    await put(join(folder, name), packagesOf(name, line))
  }
  ;[server, central] = await Promise.all([
    startClickHouse(),
    startClickHouse({ users: [{ name: 'telemetry', password }] }),
  ])
})
afterAll(() => Promise.all([server.stop(), central.stop()]))
beforeEach(async () => {
  for (const one of [server, central]) await one.query('DROP DATABASE IF EXISTS telemetry')
})

test('no code block is left out here', () => {
  expect(
    [main, exporter, transform, local, ofCommand, signals, receiver].flatMap(({ left }) => left()),
  ).toEqual([])
})

test('every `npm run` of the documents is a script', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const [file, text] of documents())
    for (const [, script] of text.matchAll(/npm run ([\w:]+)/g))
      expect(Object.keys(scripts), file).toContain(script)
  expect(blocks.commands).toContain('npm test')
})

describe('README, without code', () => {
  const app = `const server = express().get('/hello/:name', (request, answer) => answer.send('hello')).listen(0, async () => {
  await (await fetch('http://127.0.0.1:' + server.address().port + '/hello/world')).text()
  server.close()
  server.closeAllConnections()
})`

  test.each([
    ['CommonJS', "const express = require('express')\n", 'commonjs'],
    ['an ES module', "import express from 'express'\n", 'module'],
  ])('an Express application that is %s is traced', async (_, first, type) => {
    write('withoutCode', 'app.js', first + app)
    const manifest = join(folder, 'withoutCode', 'package.json')
    const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
    writeFileSync(manifest, JSON.stringify({ private: true, type, dependencies }))
    write('withoutCode', 'block.sh', blocks.withoutCode[1] ?? '')
    const { stderr } = await run('bash', ['-eu', 'block.sh'], { cwd: join(folder, 'withoutCode') })
    expect(stderr).toBe('')
    const sql = `SELECT span_name FROM telemetry.traces
      WHERE service_name = 'checkout' AND span_kind = 'SERVER' FORMAT TSV`
    expect(await server.query(sql)).toBe('GET /hello/:name\n')
  })
})

describe.each(['sdk2', 'sdk3'] as const)('README, %s', (sdk) => {
  test('one span arrives, and the SELECT gives what the README shows', async () => {
    await runIn(sdk, blocks[sdk])
    const form = 'SETTINGS output_format_pretty_row_numbers = 0 FORMAT PrettyCompactNoEscapes'
    const answer = await server.query(`${blocks.question} ${form}`)
    expect(cellsOf(answer)).toEqual(cellsOf(blocks.answer))
  })
})

test.each(nodeSdks)('README, %s: SIGTERM sends what waits', async (home) => {
  write(home, 'telemetry.mjs', blocks.nodeSdk)
  const app = `
    import { trace } from '@opentelemetry/api'
    trace.getTracer('shop').startSpan('last words').end()
    console.log('up')
    setInterval(() => {}, 1000)`
  write(home, 'app.mjs', app)
  const child = spawn(process.execPath, ['--import', './telemetry.mjs', 'app.mjs'], {
    cwd: join(folder, home),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect([...(await once(child, 'exit')), said]).toEqual([0, null, ''])
  const sql = 'SELECT service_name, span_name FROM telemetry.traces FORMAT TSV'
  expect(await server.query(sql)).toBe('checkout\tlast words\n')
})

describe.each(nodeSdks)('logs-and-metrics.md, %s', (home) => {
  const variables = {
    OTEL_SERVICE_NAME: 'checkout',
    OTEL_TRACES_EXPORTER: 'clickhouse',
    OTEL_LOGS_EXPORTER: 'clickhouse',
    OTEL_METRICS_EXPORTER: 'clickhouse',
  }
  const app = `
    import './console-to-logs.mjs'
    import { metrics, trace } from '@opentelemetry/api'
    metrics.getMeter('shop').createCounter('charges').add(3)
    trace.getTracer('shop').startActiveSpan('charge card', (span) => {
      console.info('card charged')
      span.end()
    })`

  test.each([
    ['in code', 0, {}],
    ['by variables', 1, variables],
  ] as const)(
    '%s: a span, its line and a counter arrive when the process ends',
    async (_, nth, env) => {
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_ENDPOINT', server.url)
      const bridge =
        home === 'nodeSdk3' ? blocks.console.replace('api-logs', 'api') : blocks.console
      write(home, 'console-to-logs.mjs', bridge)
      write(home, 'telemetry.mjs', blocks.signals[nth] ?? '')
      write(home, 'app.mjs', app)
      const args = ['--import', './telemetry.mjs', 'app.mjs']
      const { stderr } = await run(process.execPath, args, { cwd: join(folder, home) })
      vi.unstubAllEnvs()
      vi.stubEnv('CENTRAL_PASSWORD', password)
      expect(stderr).toBe('')
      const traceId = await server.query('SELECT trace_id FROM telemetry.traces FORMAT TSVRaw')
      const lines = blocks.linesOfTrace.replace(/'[0-9a-f]{32}'/, `'${traceId.trim()}'`)
      expect(await server.query(`${lines} FORMAT TSV`)).toMatch(/\tcheckout\tINFO\tcard charged\n$/)
      const counter =
        "SELECT service_name, value FROM telemetry.metrics WHERE metric_name = 'charges' FORMAT TSV"
      expect(await server.query(counter)).toBe('checkout\t3\n')
    },
  )
})

test('logs-and-metrics.md, without code: traces and metrics arrive', async () => {
  const app = `require('node:http').createServer((_, answer) => answer.end()).listen(0, async function () {
    await (await fetch('http://127.0.0.1:' + this.address().port)).text()
    this.close()
    this.closeAllConnections()
  })`
  const manifest = join(folder, 'withoutCode', 'package.json')
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
  writeFileSync(manifest, JSON.stringify({ private: true, type: 'commonjs', dependencies }))
  write('withoutCode', 'app.js', app)
  write('withoutCode', 'block.sh', blocks.signalsWithoutCode)
  const { stderr } = await run('bash', ['-eu', 'block.sh'], { cwd: join(folder, 'withoutCode') })
  expect(stderr).toBe('')
  const sql = `SELECT count() FROM telemetry.metrics WHERE metric_name = 'http.server.request.duration' AND count = 1`
  expect(await server.query(sql)).toBe('1\n')
  expect(await server.query('SELECT count() > 0 FROM telemetry.traces')).toBe('1\n')
})

const END_A_SPAN = `
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
const provider = new BasicTracerProvider({ spanProcessors: [processor] })
provider.getTracer('shop').startSpan('charge card').end()
await provider.shutdown()
`

test('README, several servers: the span is in each', async () => {
  await runIn('sdk2', blocks.several + END_A_SPAN)
  for (const one of [server, central])
    expect(await one.query('SELECT count() FROM telemetry.traces')).toBe('1\n')
})

test('README of the exporter', async () => {
  expect(blocks.withoutCode[1]).toContain(blocks.register.trim())
  const [line = 'none'] = installLines(blocks.install)
  expect(sdk2).toContain(line)
  await runIn('sdk2', blocks.processor) // ends by itself
  await runIn('sdk2', blocks.processor + END_A_SPAN)
  expect(await server.query('SELECT count() FROM telemetry.traces')).toBe('1\n')
})

describe('README of transform: compiles, and ClickHouse takes', () => {
  const before = `
import { spansFromOtlpJson as read } from '@spanhouse/transform'
const ids = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174' }
const times = { startTimeUnixNano: '1790000000000000000', endTimeUnixNano: '1790000000000000005' }
const body = { resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...times, name: 'GET /' }] }] }] }
const [span] = read(body)
if (span === undefined) throw new Error('no span was read')
`
  test.each([
    ['rows', 'flatTraces', 'traces'],
    ['table', 'requests', 'requests'],
  ] as const)('the %s', async (block, table, name) => {
    const after = `
console.log(JSON.stringify({
  statements: ${table}.ddl(),
  columns: ${table}.insertColumns,
  line: ${table}.toLine(span),
}))`
    write('sdk2', 'block.mts', before + blocks[block] + after)
    const strict = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck']
    await tool('tsc', ...strict, '--rootDir', join(folder, 'sdk2'), join(folder, 'sdk2/block.mts'))
    const { stdout } = await run(process.execPath, ['block.mjs'], { cwd: join(folder, 'sdk2') })
    const { statements, columns, line } = JSON.parse(stdout)
    for (const statement of statements) await server.query(statement)
    const quoted = columns.map((column: string) => `\`${column}\``)
    await server.query(`INSERT INTO telemetry.${name} (${quoted})
      SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow ${line}`)
    expect(await server.query(`SELECT count() FROM telemetry.${name}`)).toBe('1\n')
  })
})

test('README of transform: OTLP/protobuf in slices', async () => {
  const before = `
const name = [0x2a, 3, ...Buffer.from('GET')]
const spans = [0x12, name.length, ...name]
const scopes = [0x12, spans.length, ...spans]
const bytes = Uint8Array.from([0x0a, scopes.length, ...scopes])
const take = (spans) => spans.forEach((span) => console.log(span.name))
`
  expect((await runIn('sdk2', before + blocks.slices)).stdout).toBe('GET\n')
})

test('README of the receiver', async () => {
  const home = join(folder, 'receiver')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{"private": true}')
  const [, name, ...others] = /^npm install (\S+) (.+)$/.exec(blocks.receiverInstall.trim()) ?? []
  expect(name).toBe('@spanhouse/receiver')
  const ours = ['receiver', 'exporter-clickhouse', 'transform'].map(
    (one) => `file:${tarballOf(one, folder)}`,
  )
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund']
  await run('npm', ['install', ...quiet, ...ours, ...others], { cwd: home })
  const code = blocks.receiver.replace('openReceiver({', 'openReceiver({ httpPort: 0, grpcPort: 0,')
  const after = `
const span = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', name: 'GET /' }
const answer = await fetch('http://127.0.0.1:' + receiver.httpPort + '/v1/traces', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
})
console.log(answer.status)
await receiver.close()
process.exit()
`
  expect((await runIn('receiver', code + after)).stdout).toBe('200\n')
  expect(await server.query('SELECT count() FROM telemetry.traces')).toBe('1\n')
})

describe('README of local-clickhouse', () => {
  test('the command', async () => {
    expect(blocks.command.trim()).toBe('npx @spanhouse/local-clickhouse')
    const home = join(root, 'packages/local-clickhouse')
    const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    const [file] = Object.values<string>(bin)
    const child = spawn(process.execPath, [join(home, String(file)), '--port', '0'])
    const [said] = await once(child.stdout, 'data')
    child.kill()
    expect(String(said).replaceAll(/:\d+/g, ':8123')).toBe(blocks.ready)
    await once(child, 'exit')
  })

  test('the code', async () => {
    const scope = join(folder, 'local/node_modules/@spanhouse')
    mkdirSync(scope, { recursive: true })
    symlinkSync(join(root, 'packages/local-clickhouse'), join(scope, 'local-clickhouse'))
    expect((await runIn('local', blocks.server)).stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+ \d+\./)
  })
})

/** The packages of a line of the README, but for ours. */
function packagesOf(home: string, line: string | undefined): string[] {
  if (!line?.startsWith('@spanhouse/exporter-clickhouse ')) throw new Error(`no line for ${home}`)
  return line.split(' ').slice(1)
}

const ours = ['exporter-clickhouse', 'transform'].map((one) => tarballOf(one, folder))

/** As the line says, with the packages of this repository in place of the published ones. */
async function install(home: string, theirs: readonly string[]) {
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{"private": true}')
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund']
  const all = [...ours.map((one) => `file:${one}`), ...theirs]
  await run('npm', ['install', ...quiet, ...all], { cwd: home })
}

/** The same with links to what the workspace has, which must be of the versions that the line asks for. */
async function link(home: string, theirs: readonly string[]) {
  const dependencies: Record<string, string> = {}
  for (const one of ours) {
    const name = `@spanhouse/${basename(one, '.tgz').replace('spanhouse-', '')}`
    mkdirSync(join(home, 'node_modules', name), { recursive: true })
    const to = join(home, 'node_modules', name)
    await run('tar', ['-xzf', one, '--strip-components=1', '-C', to])
    dependencies[name] = `file:${one}`
  }
  for (const one of theirs) {
    const [, name = '', kind = '', version = ''] = /^(.+)@([~^]?)([\d.]+)$/.exec(one) ?? []
    const homes = basename(home) === 'sdk3' ? ['sdk3'] : ['app-sdk2', 'sdk2']
    const from = homes.map((at) => join(root, 'test', at, 'node_modules', name))
    const found = realpathSync(from.find((path) => existsSync(path)) ?? String(from[0]))
    const wanted = kind === '^' ? version.replace(/\..*/, '') : version
    const { version: has } = JSON.parse(readFileSync(join(found, 'package.json'), 'utf8'))
    expect(`${has}.`, one).toMatch(new RegExp(`^${wanted.replaceAll('.', '\\.')}\\.`))
    mkdirSync(dirname(join(home, 'node_modules', name)), { recursive: true })
    symlinkSync(found, join(home, 'node_modules', name))
    dependencies[name] = `${kind}${version}`
  }
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies }))
}

function write(home: string, file: string, code: string) {
  const own = code
    .replaceAll(/http:\/\/(localhost|clickhouse\.local):8123/g, server.url)
    .replaceAll('https://central.example.com:8443', central.url)
  writeFileSync(join(folder, home, file), own)
}

async function runIn(home: string, code: string) {
  write(home, 'block.mjs', code)
  const output = await run(process.execPath, ['block.mjs'], { cwd: join(folder, home) })
  expect(output.stderr).toBe('')
  return output
}

/** The headings and cells of a table that ClickHouse prints, without the digits that differ each time. */
function cellsOf(table: string): string[][] {
  const lines = table.trim().split('\n').slice(0, 2)
  return lines.map((line, i) =>
    line
      .split(i === 0 ? /[┌┬┐─]+/ : '│')
      .map((cell) =>
        /^[\s\d:.-]+$/.test(cell) ? cell.trim().replaceAll(/\d+/g, '0') : cell.trim(),
      )
      .filter(Boolean),
  )
}
