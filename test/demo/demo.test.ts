import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const demo = fileURLToPath(new URL('../../examples/shop/demo.mjs', import.meta.url))

// Whatever a run leaves behind, files or servers, has this path in it.
let temporary: string
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'))
})
afterEach(() => rmSync(temporary, { recursive: true, force: true }))

test('both servers hold every span exactly once, though one is killed half way', async () => {
  const { ended, group } = run(['--seconds', '3'])
  const { exitCode, stdout, stderr } = await ended
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/central killed[\s\S]*central is back/)

  const local = figuresOf('local', stdout)
  expect(local.made).toBeGreaterThan(300)
  expect(local).toEqual({
    made: local.made,
    rows: local.made,
    ids: local.made,
    lost: 0,
    duplicated: 0,
  })
  expect(figuresOf('central', stdout)).toEqual(local)

  expect(stdout).toMatch(/storefront +POST \/checkout( +[\d,]+){2}( +[\d.,]+ ms){3}\n/)
  const waterfall = stdout.slice(stdout.indexOf('One trace'))
  expect(waterfall).toMatch(/storefront {2}POST \/checkout +█+/)
  expect(waterfall).toMatch(/payment +[│ ]+└ POST \/charges +█+/)
  expect(stdout).not.toContain('\x1b')
  await nothingIsLeft(group)
})

test('one ClickHouse of the user’s own is used and left alone', async () => {
  await using server = await startClickHouse({ users: [{ name: 'ann', password: 's3cret' }] })
  const user = ['--endpoint', server.url, '--user', 'ann']
  const env = { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 's3cret' }
  const { exitCode, stdout, stderr } = await run(['--seconds', '1', ...user], env).ended
  expect(stderr).toBe('')
  expect(exitCode).toBe(0)
  expect(stdout).not.toContain('s3cret')

  const { made, lost, duplicated } = figuresOf('clickhouse', stdout)
  expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 })
  const runId = /demo\.run_id'\] = '(\w+)'/.exec(stdout)?.[1]
  const ofThisRun = `FROM telemetry.traces WHERE resource_attributes['demo.run_id'] = '${runId}'`
  expect(Number(await server.query(`SELECT count() ${ofThisRun}`))).toBe(made)

  const wrong = await run(user, { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'guess' }).ended
  expect(wrong.exitCode).toBe(1)
  expect(wrong.stderr).toBe(`\n${server.url} refuses this user and password.\n`)
})

test('an endpoint where nothing answers: one sentence and exit code 1', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const { exitCode, stderr } = await run(['--endpoint', url]).ended
  expect(exitCode).toBe(1)
  expect(stderr).toBe(`\n${url} cannot be reached (ECONNREFUSED).\n`)
})

test('an option it does not know: the usage, and exit code 2', async () => {
  const { exitCode, stderr } = await run(['--fast']).ended
  expect(exitCode).toBe(2)
  expect(stderr).toContain("Unknown option '--fast'")
  expect(stderr).toContain('--endpoint URL')
})

test('an interruption leaves nothing behind', async () => {
  const { ended, said, pressCtrlC, group } = run([])
  await said(/load starts/)
  pressCtrlC()
  expect(await ended).toMatchObject({ exitCode: 130, stderr: '\nStopped.\n' })
  await nothingIsLeft(group)
})

test('--keep: the servers stay up until the interruption', async () => {
  const { ended, said, pressCtrlC, group } = run(['--seconds', '1', '--keep'])
  const [, page] = await said(/local +(http:\S+\/play#\S+)[\s\S]*ORDER BY/)
  expect(await (await fetch(String(page))).text()).toContain('ClickHouse')
  pressCtrlC()
  expect(await ended).toMatchObject({ exitCode: 0, stderr: '' })
  await nothingIsLeft(group)
})

function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [demo, ...args], {
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<{ exitCode: number | null; stdout: string; stderr: string }>(
    (resolve) => {
      child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
    },
  )
  const said = (pattern: RegExp) =>
    vi.waitFor(
      () => {
        const match = pattern.exec(stdout)
        if (!match) throw new Error(`not said: ${pattern}\n${stdout}\n${stderr}`)
        return match
      },
      { timeout: 100_000 },
    )
  // A terminal tells every process in its foreground, the services too.
  const pressCtrlC = () => process.kill(-Number(child.pid), 'SIGINT')
  return { ended, said, pressCtrlC, group: child.pid }
}

function figuresOf(server: string, report: string) {
  const line = report
    .split('\n')
    .find((text) => new RegExp(`^ +${server}( +[\\d,]+){5}$`).test(text))
  const figures = line?.match(/(?<= )[\d,]+(?= |$)/g) ?? []
  const [made, rows, ids, lost, duplicated] = figures.map((text) =>
    Number(text.replaceAll(',', '')),
  )
  return { made, rows, ids, lost, duplicated }
}

async function nothingIsLeft(group: number | undefined) {
  await vi.waitFor(
    () => {
      expect(readdirSync(temporary)).toEqual([])
      const { stdout } = spawnSync('ps', ['-eo', 'pgid,args'], { encoding: 'utf8' })
      const ours = (line: string) => Number.parseInt(line, 10) === group || line.includes(temporary)
      expect(stdout.split('\n').filter(ours)).toEqual([])
    },
    { timeout: 100_000 },
  )
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
