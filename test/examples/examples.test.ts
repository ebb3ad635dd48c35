// Every example, run as the command of CONTRIBUTING.md runs it, against a real ClickHouse.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { transform } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import {
  databaseOf,
  ended,
  exporterEnv,
  type Row,
  root,
  rowsIn,
  runExample,
} from './run-example.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

describe.each(['tracer-provider/sdk2', 'tracer-provider/sdk3', 'node-sdk'])('%s', (name) => {
  test('the spans of one order arrive, parent and child', async () => {
    const { exitCode, stdout, stderr, rows } = await runExample(server, name)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/│ checkout +│ CLIENT +│ charge card +│/)
    const order = named('take order', rows)
    const charge = named('charge card', rows)
    expect(rows).toHaveLength(2)
    expect(order).toMatchObject({ service_name: 'checkout', span_kind: 'INTERNAL' })
    expect(charge).toMatchObject({
      service_name: 'checkout',
      span_kind: 'CLIENT',
      parent_span_id: order?.span_id,
      trace_id: order?.trace_id,
      attributes: { 'user.id': 'u-42' },
    })
  })
})

test('script: a process that ends by itself loses nothing', async () => {
  const { exitCode, stderr, rows } = await runExample(server, 'script')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(rows).toMatchObject([{ service_name: 'nightly-report', span_name: 'count orders' }])
})

test('script: with `await using` nothing is lost even before process.exit()', async () => {
  const isKnown = Number(process.versions.node.split('.')[0]) >= 24
  const { exitCode, stderr, rows } = isKnown
    ? await runExample(server, 'script', { script: 'start:using' })
    : await runTranslated('script', 'using.mjs')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(rows).toMatchObject([{ service_name: 'nightly-report', span_name: 'count orders' }])
})

describe.each(['start', 'start:cjs'])('express, npm run %s', (script) => {
  test('a request gives a server span with its route, though the application has no line of code for it', async () => {
    const { exitCode, stdout, stderr, rows } = await runExample(server, 'express', { script })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('Hello, Ada!')
    const [request, ...others] = rows.filter(({ span_kind }) => span_kind === 'SERVER')
    expect(others).toEqual([])
    expect(request).toMatchObject({
      service_name: 'greeter',
      span_name: 'GET /hello/:name',
      attributes: { 'http.route': '/hello/:name', 'http.response.status_code': '200' },
    })
    const express = rows.filter(({ attributes }) => attributes['express.type'] !== undefined)
    expect(express.map(({ trace_id }) => trace_id)).toEqual([request?.trace_id])
  })
})

describe.each(['start', 'start:cjs'])('env-switch, npm run %s', (script) => {
  const run = (backends?: string, more: Record<string, string> = {}) => {
    const env = { ...(backends && { OTEL_TRACES_EXPORTER: backends }), ...more }
    return runExample(server, 'env-switch', { script, env })
  }
  const charge = { service_name: 'checkout', span_name: 'charge card' }
  beforeEach(async () => {
    await server.query(`DROP DATABASE IF EXISTS ${databaseOf('env-switch', script)}`)
  })

  test('to ClickHouse, as its file .env says', async () => {
    const { exitCode, stderr, rows } = await run()
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(rows).toMatchObject([charge])
  })

  // Who chooses is telemetry.mjs or telemetry.cjs; what is chosen is the same.
  const testOfOne = test.runIf(LONG || script === 'start')

  testOfOne('to ClickHouse and OTLP by one variable', async () => {
    const bodies: string[] = []
    const collector = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString('latin1')
      bodies.push(`${request.url} ${body}`)
      response.end()
    }).listen(0)
    onTestFinished(() => void collector.close())
    await once(collector, 'listening')
    const { port } = collector.address() as AddressInfo
    const { exitCode, stderr, rows } = await run('clickhouse,otlp', {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(rows).toMatchObject([charge])
    const traces = bodies.filter((body) => body.startsWith('/v1/traces '))
    expect(traces).toEqual([expect.stringContaining('charge card')])
  })

  testOfOne('to the console, or nowhere', async () => {
    const { exitCode, stdout, rows } = await run('console')
    expect({ exitCode, rows }).toEqual({ exitCode: 0, rows: [] })
    expect(stdout).toContain("name: 'charge card'")
    expect(await run('none')).toEqual({
      exitCode: 0,
      stdout: 'No rows arrived.\n',
      stderr: '',
      rows: [],
    })
  })
})

test('lambda: after each invocation its span is in the table, while the process is frozen', async () => {
  const database = 'lambda_frozen'
  const code = `
    import { handler } from './handler.mjs'
    process.on('message', async (event) => process.send(await handler(event, {})))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: join(root, 'examples/lambda'),
    env: { ...process.env, ...exporterEnv(server, database) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  for (const n of [1, 2, 3]) {
    const answered = once(child, 'message')
    child.send({ orderId: `o-${n}` })
    expect((await answered)[0]).toEqual({ statusCode: 200 })
    child.kill('SIGSTOP')
    const rows = await rowsIn(server, database)
    expect(rows.map(({ attributes }) => attributes['order.id']).sort()).toEqual(
      ['o-1', 'o-2', 'o-3'].slice(0, n),
    )
    child.kill('SIGCONT')
  }
})

test('lambda: npm start invokes it twice', async () => {
  const { exitCode, stdout, stderr, rows } = await runExample(server, 'lambda')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/^o-1 \{ statusCode: 200 \}\no-2 \{ statusCode: 200 \}\n/)
  const order = { service_name: 'orders', span_name: 'take order', span_kind: 'SERVER' }
  expect(rows).toMatchObject([order, order])
})

test('workers: each thread and each process of a cluster sends its own span', async () => {
  const { exitCode, stderr, rows } = await runExample(server, 'workers')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(new Set(rows.map(({ service_name }) => service_name))).toEqual(new Set(['thumbnails']))
  const names = rows.map(({ span_name }) => span_name).sort()
  const resize = Array(4).fill('resize')
  expect(names).toEqual([...resize, 'start processes', 'start threads'])
  const inThreads = rows.filter(({ attributes }) => attributes['thread.id'] !== undefined)
  expect(inThreads.map(({ attributes }) => attributes['thread.id']).sort()).toEqual(['0', '1', '2'])
  const inProcesses = rows.filter((row) => !inThreads.includes(row))
  expect(new Set(inProcesses.map((row) => row.resource_attributes['process.pid'])).size).toBe(3)
})

test('an unknown name prints the names of all examples', async () => {
  const { exitCode, stderr } = await runExample(server, 'shop')
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/^Usage: npm run example -- <name> \[script\]\n[\s\S]*\n {2}node-sdk\n/)
})

/** For syntax that this version of Node does not know. */
async function runTranslated(name: string, file: string) {
  const folder = join(root, 'examples', name)
  const source = readFileSync(join(folder, file), 'utf8')
  const { code } = await transform(source, { target: 'node20', format: 'esm' })
  const database = databaseOf(name, file)
  const env = { ...process.env, ...exporterEnv(server, database) }
  const args = ['--input-type=module', '-e', code]
  const { exitCode, stderr } = await ended(process.execPath, args, { cwd: folder, env })
  return { exitCode, stderr, rows: await rowsIn(server, database) }
}

function named(name: string, rows: readonly Row[]): Row | undefined {
  return rows.find(({ span_name }) => span_name === name)
}
