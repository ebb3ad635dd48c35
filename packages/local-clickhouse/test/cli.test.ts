import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../test/kit/free-port.js'
import { until } from '../../../test/kit/patience.js'
import { temporaryDirectory } from '../../../test/kit/temporary-directory.js'
import { cli, isRunning, type Program, runNode } from './processes.js'

async function startCli(...args: string[]): Promise<Program & { url: string }> {
  const program = runNode([cli, ...args])
  await until(() => program.stdout.includes('\n'))
  const url = /http:\/\/[\d.:]+/.exec(program.stdout)?.[0] as string
  return Object.assign(program, { url })
}

async function ask(url: string, sql: string, headers: Record<string, string> = {}) {
  return (await fetch(url, { method: 'POST', body: sql, headers })).text()
}

const USERS = ['--user', 'ann:a:b', '--user', 'bob:c']

test.each([
  ['SIGINT', []],
  ['SIGTERM', USERS],
] as const)(
  'prints one line, adds users, leaves nothing after %s, with %j',
  async (signal, users) => {
    const port = await freePort()
    const program = await startCli('--port', `${port}`, ...users)
    const passwords =
      users.length === 0
        ? [['default', '']]
        : [
            ['ann', 'a:b'],
            ['bob', 'c'],
          ]
    for (const [name = '', password = ''] of passwords) {
      const headers = { 'X-ClickHouse-User': name, 'X-ClickHouse-Key': password }
      expect(await ask(program.url, 'SELECT currentUser()', headers)).toBe(`${name}\n`)
    }
    // To its whole process group, as Ctrl-C in a terminal does.
    process.kill(-program.child.pid, signal)
    expect(await program.exit).toEqual([0, null])
    const url = `http://127.0.0.1:${port}`
    expect(program.stdout).toBe(`ClickHouse is ready at ${url} (in a browser: ${url}/play)\n`)
    expect(program.stderr).toBe('')
    expect(program.leftovers()).toEqual([])
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  },
)

test('leaves nothing after Ctrl-C while the server is starting', async () => {
  const program = runNode([cli, '--port', '0'])
  await until(() => program.leftovers().length > 0)
  process.kill(-program.child.pid, 'SIGINT')
  expect(await program.exit).toEqual([0, null])
  await until(() => program.leftovers().length === 0)
  expect(program.stderr).toBe('')
})

test('keeps the data in a directory that is named, which another may not use, and says so when the server ends by itself', async () => {
  const data = join(temporaryDirectory(), 'data')
  const first = await startCli('--port', '0', '--data', data)
  expect(await ask(first.url, 'CREATE TABLE t ENGINE = Log AS SELECT 7 AS x')).toBe('')
  await expectOneSentence(
    runNode([cli, '--port', '0', '--data', data]),
    `Another ClickHouse server uses the data directory ${data}: stop it or choose another directory.`,
  )
  first.child.kill('SIGINT')
  await first.exit
  const second = await startCli('--port', '0', '--data', data)
  expect(await ask(second.url, 'SELECT x FROM t')).toBe('7\n')
  const pid = Number(/PID: (\d+)/.exec(readFileSync(join(data, 'status'), 'utf8'))?.[1])
  expect(isRunning(pid)).toBe(true)
  process.kill(pid, 'SIGKILL')
  expect(await second.exit).toEqual([1, null])
  expect(second.stderr).toBe('The ClickHouse server has ended by itself: start it again.\n')
})

test('ends with a killed npx, although a shell stands between', async () => {
  const script = `"${process.execPath}" "${cli}" --port 0; true`
  const npx = spawn(process.execPath, [
    '-e',
    `require('child_process').spawn('sh', ['-c', ${JSON.stringify(script)}], {
       stdio: 'inherit', env: { ...process.env, npm_lifecycle_event: 'npx' } })`,
  ])
  onTestFinished(() => void npx.kill('SIGKILL'))
  let stdout = ''
  npx.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  await until(() => stdout.includes('\n'))
  const url = /http:\/\/[\d.:]+/.exec(stdout)?.[0] as string
  expect(await ask(url, 'SELECT 1')).toBe('1\n')
  npx.kill('SIGKILL')
  await once(npx, 'close') // once nobody holds the other end of its output any more
  await expect(fetch(url)).rejects.toThrow('fetch failed')
})

test('explains itself', async () => {
  const program = runNode([cli, '--help'])
  expect(await program.exit).toEqual([0, null])
  expect(program.stdout).toContain('--user NAME:PASSWORD')
})

async function expectOneSentence(program: Program, sentence: string): Promise<void> {
  expect(await program.exit).toEqual([1, null])
  expect(program.stderr).toBe(`${sentence}\n`)
  expect(program.stdout).toBe('')
  await until(() => program.leftovers().length === 0)
}

test.each([
  [['--bogus'], "Unknown option '--bogus': see --help."],
  [['extra'], "Unexpected argument 'extra': see --help."],
  [['--port'], "Option '--port <value>' argument missing: see --help."],
  [['--port', 'x'], "--port takes a number, not 'x': see --help."],
  [['--port', '70000'], '70000 is not a port: choose one from 1 to 65535, or 0 for any free one.'],
  [['--user', 'bob'], '--user takes NAME:PASSWORD: see --help.'],
  [['--user', 'default:x'], "The user 'default' has no password here: choose another name."],
  [['--data', ''], 'The data directory is empty: name one, or leave it out.'],
])('answers %j with one sentence', async (args, sentence) => {
  await expectOneSentence(runNode([cli, ...args]), sentence)
})

test('names a busy port in one sentence', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void holder.close())
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  await expectOneSentence(
    runNode([cli, '--port', `${port}`]),
    `Port ${port} on 127.0.0.1 is in use: stop what uses it or choose another port.`,
  )
})

test('names a platform that has no server, in one sentence', async () => {
  const preload = join(temporaryDirectory(), 'windows.cjs')
  writeFileSync(preload, "Object.defineProperty(process, 'platform', { value: 'win32' })")
  await expectOneSentence(
    runNode(['--require', preload, cli]),
    `ClickHouse from npm runs on Linux with glibc and on macOS (x64 and arm64), not on win32 ${process.arch}: use ClickHouse in Docker or WSL instead.`,
  )
})
