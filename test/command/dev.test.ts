import { readFileSync, realpathSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { expect, onTestFinished, test } from 'vitest'
import type { LogRow } from '../../packages/queries/src/index.js'
import { eventually, LONG, onThisMachine, SOON_MS, until } from '../kit/patience.js'
import { isAlive, project, type Running, spanhouse } from './processes.js'

const PINO = fileURLToPath(new URL('../../bench/node_modules/pino', import.meta.url))

const EXPRESS = `
const express = require('express')
const app = express()
app.get('/hello/:name', (_, reply) => reply.send('hi'))
const server = app.listen(0, async () => {
  const reply = await fetch('http://127.0.0.1:' + server.address().port + '/hello/you')
  console.log(await reply.text())
  server.close()
})`

const addressesIn = async (running: Running) => {
  const [, page = '', token = ''] = await running.said(
    /(http:\/\/127\.0\.0\.1:\d+)\/\?token=([0-9a-f]+)/,
  )
  const [, clickhouse = ''] = await running.said(/ClickHouse +\S*?(http:\S+)/)
  return { page, token, clickhouse }
}

const isUp = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  )

const query = async (url: string, sql: string) =>
  (await fetch(url, { method: 'POST', body: sql })).text()

const WITH_PINO = `
const log = require('pino')()
${EXPRESS.replace("=> reply.send('hi')", "=> { log.warn({ cart: 8841 }, 'nothing is left'); reply.send('hi') }")}`

test('An Express application without any code for it shows its first trace, its log lines by the id of their trace, and its metrics', async () => {
  const cwd = project({ 'app.js': WITH_PINO }, ['express'])
  symlinkSync(realpathSync(PINO), join(cwd, 'node_modules/pino'))
  const running = spanhouse(['dev', '--exit', '--', 'node', 'app.js'], { cwd })
  expect(await running.ended).toEqual([0, null])
  // The output of the application is its own.
  const [, id = ''] = /^\{.*"trace_id":"([0-9a-f]{32})".*\}\nhi\n$/.exec(running.out) ?? []
  expect(id, running.out).not.toBe('')
  expect(running.err).toMatch(/Page .*token=.*\n.*ClickHouse .*data in .*spanhouse/)

  const again = spanhouse(['dev'], { cwd })
  const { page, token, clickhouse } = await addressesIn(again)
  const rows = await query(
    clickhouse,
    "SELECT service_name, span_name FROM telemetry.traces WHERE span_kind = 'SERVER' FORMAT TSV",
  )
  expect(rows).toBe('shop\tGET /hello/:name\n')
  const reply = await fetch(`${page}/api/logs?id=${id}&token=${token}`)
  const { rows: lines } = (await reply.json()) as { rows: LogRow[] }
  expect(lines).toMatchObject([
    { body: 'nothing is left', severity_number: 13, service: 'shop', attributes: { cart: '8841' } },
  ])
  const shown = spanhouse(['trace', id, '--endpoint', clickhouse], { cwd })
  expect(await shown.ended).toEqual([0, null])
  expect(shown.out).toMatch(/\nLogs\n.* WARN {3}nothing is left\n/)
  expect(Number(await query(clickhouse, 'SELECT count() FROM telemetry.metrics'))).toBeGreaterThan(
    0,
  )
})

test('A trace of a running application is on the page soon after its end', async () => {
  const app = EXPRESS.replace('server.close()', 'ended = Date.now(); console.log("ended " + ended)')
  const cwd = project({ 'app.js': `let ended${app}` }, ['express'])
  const running = spanhouse(['dev', '--in-memory', '--', 'node', 'app.js'], { cwd })
  const { page, token } = await addressesIn(running)
  const [, ended = ''] = await running.said(/ended (\d+)/)
  await until(async () => {
    const reply = await fetch(`${page}/api/traces?token=${token}`)
    return ((await reply.json()) as { rows: unknown[] }).rows.length > 0
  })
  expect(Date.now() - Number(ended)).toBeLessThan(onThisMachine(SOON_MS))
})

test('The page is there while the application runs, and everything is gone after SIGTERM', async () => {
  const cwd = project({
    'app.js': "console.log('pid ' + process.pid); setInterval(() => {}, 1000)",
  })
  const running = spanhouse(['dev', '--in-memory', '--', 'node', 'app.js'], { cwd })
  const { page, token, clickhouse } = await addressesIn(running)
  const [, pid = ''] = await running.said(/pid (\d+)/)
  const reply = await fetch(`${page}/api/meta?token=${token}`)
  expect(reply.status).toBe(200)
  expect(await reply.json()).toMatchObject({ server: { url: clickhouse }, tables: [], table: null })
  running.child.kill('SIGTERM')
  expect(await running.ended).toEqual([143, null])
  expect(await Promise.all([isUp(page), isUp(clickhouse)])).toEqual([false, false])
  expect(isAlive(Number(pid))).toBe(false)
})

// The other tests end it by them too: 'Data is kept' by SIGTERM and SIGKILL, those on a terminal by SIGINT and SIGHUP.
test.runIf(LONG).each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGKILL'] as const)(
  'Nothing is left after %s, with no application',
  async (signal) => {
    const running = spanhouse(['dev'], { cwd: project() })
    const { page, clickhouse } = await addressesIn(running)
    running.child.kill(signal)
    expect(await running.ended).toEqual(signal === 'SIGKILL' ? [null, signal] : [0, null])
    await until(async () => !(await isUp(page)) && !(await isUp(clickhouse)))
  },
)

test('On a terminal the page stays after the application, until Ctrl-C', async () => {
  const cwd = project({ 'app.js': 'process.exitCode = 3' })
  const running = spanhouse(['dev', '--', 'node', 'app.js'], { cwd, onTerminal: true })
  const { page, clickhouse } = await addressesIn(running)
  await running.said(/ended with exit code 3.*until Ctrl-C/)
  expect(await isUp(page)).toBe(true)
  running.child.stdin?.write('\x03')
  expect(await running.ended).toEqual([3, null])
  await until(async () => !(await isUp(page)) && !(await isUp(clickhouse)))
})

test('Ctrl-C on a terminal reaches the application once, and it may take its time', async () => {
  const app = `
    let times = 0
    process.on('SIGINT', () => { times++; console.log('interrupted'); setTimeout(() => { console.log('times ' + times); process.exit(7) }, 2500) })
    console.log('ready'); setInterval(() => {}, 1000)`
  const cwd = project({ 'app.js': app })
  const running = spanhouse(['dev', '--', 'node', 'app.js'], { cwd, onTerminal: true })
  const { page } = await addressesIn(running)
  await running.said('ready')
  running.child.stdin?.write('\x03')
  await running.said('interrupted')
  // Its last spans can still be sent.
  expect(await isUp(page)).toBe(true)
  await running.said('times 1')
  expect(await running.ended).toEqual([7, null])
})

test('The second Ctrl-C ends everything at once', async () => {
  const app = `process.on('SIGINT', () => console.log('not yet')); console.log('pid ' + process.pid); setInterval(() => {}, 1000)`
  const cwd = project({ 'app.js': app })
  const running = spanhouse(['dev', '--', 'node', 'app.js'], { cwd, onTerminal: true })
  const { page, clickhouse } = await addressesIn(running)
  const [, pid = ''] = await running.said(/pid (\d+)/)
  running.child.stdin?.write('\x03')
  await running.said('not yet')
  await sleep(200) // a person's second press: sooner, it may be npx that passes the first one on
  running.child.stdin?.write('\x03')
  expect(await running.ended).toEqual([130, null])
  await until(async () => !(await isUp(page)) && !(await isUp(clickhouse)))
  await until(() => !isAlive(Number(pid)))
})

test('Nothing is left when the terminal is closed', async () => {
  const app = `process.on('SIGINT', () => {}); process.on('SIGHUP', () => {}); console.log('pid ' + process.pid); setInterval(() => {}, 1000)`
  const cwd = project({ 'app.js': app })
  const running = spanhouse(['dev', '--', 'node', 'app.js'], { cwd, onTerminal: true })
  const { page, clickhouse } = await addressesIn(running)
  const [, pid = ''] = await running.said(/pid (\d+)/)
  running.child.kill('SIGKILL')
  await until(() => !isAlive(Number(pid)))
  await until(async () => !(await isUp(page)) && !(await isUp(clickhouse)))
})

test('Ctrl-C while ClickHouse is starting leaves nothing', async () => {
  const cwd = project()
  const running = spanhouse(['dev', '--data', 'here'], { cwd, onTerminal: true })
  // The folder is made just before the server is started.
  await eventually(() => readFileSync(join(cwd, 'here/made-by-spanhouse.txt')))
  running.child.stdin?.write('\x03')
  expect(await running.ended).toEqual([0, null])
  const again = spanhouse(['dev', '--data', 'here'], { cwd })
  await addressesIn(again) // the folder is free
})

test('Two in one project use the same ClickHouse, and --fresh takes it from nobody', async () => {
  const cwd = project()
  const first = spanhouse(['dev'], { cwd })
  const one = await addressesIn(first)
  const second = spanhouse(['dev'], { cwd })
  const two = await addressesIn(second)
  expect(two.clickhouse).toBe(one.clickhouse)
  expect(two.page).not.toBe(one.page)
  expect(second.out).toContain(`started by process ${first.child.pid}`)
  const fresh = spanhouse(['dev', '--fresh'], { cwd })
  expect(await fresh.ended).toEqual([1, null])
  expect(fresh.err).toMatch(/^spanhouse: Another spanhouse dev .*end it before --fresh.*\n$/)
  second.child.kill('SIGTERM')
  await second.ended
  expect(await isUp(one.clickhouse)).toBe(true)
})

test('Data is kept, --fresh removes it, and a note that a crash leaves about a server is believed by nobody', async () => {
  const cwd = project()
  const start = async (...args: string[]) => {
    const running = spanhouse(['dev', ...args], { cwd })
    const { clickhouse } = await addressesIn(running)
    expect(running.out).not.toContain('started by process')
    const end = async (signal: NodeJS.Signals) => {
      running.child.kill(signal)
      await running.ended
      await until(async () => !(await isUp(clickhouse)))
    }
    return { clickhouse, end }
  }
  const first = await start()
  await query(first.clickhouse, 'CREATE DATABASE kept')
  await first.end('SIGTERM')
  const second = await start()
  expect(await query(second.clickhouse, 'EXISTS DATABASE kept')).toBe('1\n')
  await second.end('SIGKILL')
  const third = await start()
  await third.end('SIGTERM')
  const fourth = await start('--fresh')
  expect(await query(fourth.clickhouse, 'EXISTS DATABASE kept')).toBe('0\n')
})

test('--endpoint sends the application to that ClickHouse, with its own credentials; if the environment names one, that is used', async () => {
  const server = await startClickHouse({ users: [{ name: 'writer', password: 'hush' }] })
  onTestFinished(() => server.stop())
  const cwd = project({ 'app.js': EXPRESS }, ['express'])
  const endpoint = server.url.replace('//', '//writer:hush@')
  const running = spanhouse(['dev', '--endpoint', endpoint, '--', 'node', 'app.js'], { cwd })
  expect(await running.ended).toEqual([0, null])
  expect(running.err).toContain(server.url)
  expect(running.err).not.toContain('hush')
  const count = "SELECT count() > 0 FROM telemetry.traces WHERE service_name = 'shop'"
  expect(await server.query(count)).toBe('1\n')

  const env = { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url }
  const another = spanhouse(['dev'], { cwd: project(), env })
  expect((await addressesIn(another)).clickhouse).toBe(server.url)
})

test('A data folder that is none, and contradicting options, are one sentence each', async () => {
  const cwd = project()
  const sentences = async (...args: string[]) => {
    const running = spanhouse(['dev', ...args], { cwd })
    const [code] = await running.ended
    expect(running.err).toMatch(/^spanhouse: [^\n]+\n$/)
    return `${code} ${running.err}`
  }
  expect(await sentences('--fresh', '--endpoint', 'localhost')).toMatch(
    /^2 .*leave one of them out/,
  )
  expect(await sentences('--in-memory', '--data', 'x')).toMatch(/^2 .*leave one of them out/)
  expect(await sentences('--data', 'package.json')).toMatch(/^1 .*choose another folder/)
})
