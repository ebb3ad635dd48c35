import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { eventually, LONG } from '../kit/patience.js'
import { installedCommand } from './installed.js'
import { project, type Running, spanhouse } from './processes.js'

/** Counts the signals that it gets, says when the first comes, and takes its time to end. */
const APP = `
let count = 0
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => {
    if (count++ > 0) return
    console.log('has ' + signal)
    setTimeout(() => { console.log('got ' + count + ' ' + signal); process.exit(7) }, 1500)
  })
console.log('ready ' + process.pid)
setInterval(() => {}, 1000)`

async function started(command: string, onTerminal: boolean): Promise<[Running, string]> {
  const options = { cwd: project({ 'app.cjs': APP }), onTerminal }
  const line = command === 'dev' ? ['dev', '--in-memory', '--exit'] : ['run']
  const running = spanhouse([...line, '--', 'node', 'app.cjs'], options)
  const [, pid = ''] = await running.said(/ready (\d+)/)
  return [running, pid]
}

/** The process of the command itself: `script` runs it on a terminal. */
async function idOf(running: Running, onTerminal: boolean): Promise<number> {
  const { pid = 0 } = running.child
  if (!onTerminal) return pid
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return Number(children.trim().split(' ')[0])
}

const ALONE: [string, boolean][] = [
  ['run', true],
  ['dev', false],
]
const ALSO_ALONE: [string, boolean][] = [
  ['run', false],
  ['dev', true],
]
test.each(LONG ? [...ALONE, ...ALSO_ALONE] : ALONE)(
  '%s alone gets SIGINT (on a terminal: %s), and the application gets it once',
  async (command, onTerminal) => {
    const [running] = await started(command, onTerminal)
    process.kill(await idOf(running, onTerminal), 'SIGINT')
    await running.said('got 1 SIGINT')
    expect(await running.ended).toEqual([7, null])
  },
)

test.each(LONG ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const) : (['SIGINT'] as const))(
  'The whole group gets %s, and the application gets it once',
  async (signal) => {
    const [running] = await started('run', false)
    process.kill(-(running.child.pid ?? 0), signal)
    await running.said(`got 1 ${signal}`)
    expect(await running.ended).toEqual([7, null])
  },
)

test('Ctrl-C on a terminal that npx passes on as well is one Ctrl-C', async () => {
  const [running] = await started('run', true)
  const pid = await idOf(running, true)
  running.child.stdin?.write('\x03')
  await running.said('has SIGINT') // npx passes on what it got from the terminal together with all others
  process.kill(pid, 'SIGINT')
  await running.said('got 1 SIGINT')
  expect(await running.ended).toEqual([7, null])
})

test('If npm and its shell are ended, the application ends too, as with SIGTERM', async () => {
  const app = APP.replaceAll('console.log(', "require('node:fs').appendFileSync('said', '\\n' + ")
  const cwd = project({ 'app.cjs': app })
  const said = () => readFileSync(join(cwd, 'said'), 'utf8')
  const line = '"$0" "$1" run -- node app.cjs & wait'
  const shell = spawn('sh', ['-c', line, process.execPath, installedCommand()], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd, npm_lifecycle_event: 'npx' },
    stdio: 'ignore',
  })
  await eventually(() => expect(said()).toMatch(/ready \d+/))
  shell.kill('SIGKILL')
  await eventually(() => expect(said()).toContain('got 1 SIGTERM'))
})

test('When nobody reads the output any more, the server is ended properly', async () => {
  const cwd = project({ 'app.cjs': "console.error('started'); setInterval(() => {}, 1000)" })
  const line = `"$0" "$1" dev --data here -- node app.cjs 2>&1 | true; echo "code \${PIPESTATUS[0]}"`
  const child = spawn('bash', ['-c', line, process.execPath, installedCommand()], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: cwd },
  })
  expect(await text(child.stdout)).toMatch(/^code \d+\n$/)
  expect(existsSync(join(cwd, 'here/clickhouse'))).toBe(true)
  // The note about a running server goes with it.
  expect(existsSync(join(cwd, 'here/server.json'))).toBe(false)
})

test('A full disk is a sentence, and an exit code', async () => {
  const line = '"$0" "$1" ddl > /dev/full'
  const child = spawn('bash', ['-c', line, process.execPath, installedCommand()])
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  expect(code).toBe(1)
  expect(err).toMatch(/^spanhouse: The output cannot be written \(ENOSPC\): [^\n]+\.\n$/)
})
