// The command as a new user has it: installed by npm in an empty folder, beside an application that has no code for tracing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import {
  installedClickHouse,
  nameOf,
  packages,
  putTarballs,
  run,
  scratchFolder,
  tarballOf,
} from './packed.js'

const folder = scratchFolder()
const home = join(folder, 'app')

const APP = `
const app = require('express')()
app.get('/hello/:name', (request, response) => response.send('hello ' + request.params.name))
const server = app.listen(0, async () => {
  const answer = await fetch('http://localhost:' + server.address().port + '/hello/world')
  console.log(await answer.text())
})
`

beforeAll(async () => {
  putTarballs(folder)
  mkdirSync(home)
  writeFileSync(join(home, 'app.js'), APP)
  const ours = packages.map((one) => [nameOf(one), `file:${tarballOf(one, folder)}`])
  const manifest = {
    name: 'shop',
    private: true,
    dependencies: { express: '5', ...Object.fromEntries(ours) },
    overrides: installedClickHouse(),
  }
  writeFileSync(join(home, 'package.json'), JSON.stringify(manifest))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: home })
})

test('npx spanhouse dev -- node app.js shows the first trace of an application without any code for it', async () => {
  const startedAt = performance.now()
  const child = spawn('npx', ['spanhouse', 'dev', '--', 'node', 'app.js'], {
    cwd: home,
    env: withoutTelemetry(process.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, as a terminal makes it
  })
  const closed = once(child, 'close')
  onTestFinished(() => {
    const isRunning = child.exitCode === null && child.signalCode === null
    if (isRunning && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text
  })

  const url = await eventually(() => {
    const [found] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\w+/.exec(err) ?? []
    expect(found, err).toBeDefined()
    return String(found)
  })
  const welcome = await fetch(url, { redirect: 'manual' })
  const cookie = String(welcome.headers.get('set-cookie')).split(';')[0] ?? ''
  const ask = async (path: string): Promise<{ rows?: object[]; table?: object }> => {
    const response = await fetch(new URL(path, url), { headers: { cookie } })
    return (await response.json()) as object
  }
  await eventually(async () => {
    const { rows = [] } = await ask('/api/traces?q=name:"GET /hello/:name"')
    expect(rows).toEqual([expect.objectContaining({ root_service: 'shop', errors: 0 })])
  })
  figure('npx spanhouse dev, until the first trace of an Express application is there', {
    seconds: (performance.now() - startedAt) / 1000,
  })
  expect(out).toBe('hello world\n') // the application's output is its own
  expect((await ask('/api/meta')).table).toMatchObject({ database: 'telemetry', family: 'flat' })

  if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT') // Ctrl-C
  await closed
  await expect(fetch(url)).rejects.toThrow()
})

test('npx spanhouse --help has every command, and doctor says that nothing listens where nothing does', async () => {
  const { stdout } = await run('npx', ['spanhouse', '--help'], { cwd: home })
  for (const name of ['dev', 'run', 'ui', 'doctor', 'tail', 'trace', 'top', 'k6', 'ddl', 'table'])
    expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'))
  const doctor = ['doctor', '--endpoint', 'http://127.0.0.1:1']
  const error = await run('node_modules/.bin/spanhouse', doctor, { cwd: home }).catch(
    (reason: Error) => reason.message,
  )
  expect(error).toMatch(/problem +connection +.*127\.0\.0\.1/)
})

function withoutTelemetry(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(OTEL_|NODE_OPTIONS$)/.test(name)),
  )
}
