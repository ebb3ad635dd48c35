import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LONG, until } from '../../../test/kit/patience.js'
import { isRunning, type Program, parent, runNode } from './processes.js'

interface Started {
  pid: number
  url: string
  dataDir: string
  other: number
}

async function startParent(how: string): Promise<Program & { started: Started }> {
  const program = runNode([parent, how])
  await until(() => program.stdout.includes('\n'))
  const started: Started = JSON.parse(program.stdout)
  onTestFinished(() => {
    if (isRunning(started.other)) process.kill(started.other, 'SIGKILL')
  })
  return Object.assign(program, { started })
}

async function expectServerGone({ pid, url, dataDir }: Started): Promise<void> {
  await until(() => !isRunning(pid))
  await until(() => !existsSync(dirname(dataDir)))
  await expect(fetch(url)).rejects.toThrow('fetch failed')
}

// Whatever the signal, no code of the parent runs any more.
const KILLED = [['blocks', 'SIGKILL'] as const]
const ALSO_KILLED = [
  ['waits', 'SIGKILL'],
  ['waits', 'SIGTERM'],
  ['waits', 'SIGHUP'],
] as const

test.each(LONG ? [...KILLED, ...ALSO_KILLED] : KILLED)(
  'a server ends with a parent that %s and gets %s',
  async (how, signal) => {
    const { child, started } = await startParent(how)
    expect(isRunning(started.pid)).toBe(true)
    child.kill(signal)
    await expectServerGone(started)
    expect(isRunning(started.other)).toBe(true) // another child of the same parent holds no end of its pipe
  },
)

test.each(['has nothing more to do', 'throws', ...(LONG ? ['exits'] : [])])(
  'a server ends with a parent that %s',
  async (how) => {
    const { exit, started } = await startParent(how)
    expect(await exit).toEqual([how === 'throws' ? 1 : 0, null])
    await expectServerGone(started)
  },
)

test('Ctrl-C reaches the parent and not the server, which the parent may still want', async () => {
  const program = await startParent('survives Ctrl-C')
  process.kill(-program.child.pid, 'SIGINT')
  expect(await program.exit).toEqual([0, null])
  expect(program.stdout.split('\n')[1]).toBe('42')
  expect(program.stderr).toBe('')
  expect(program.leftovers()).toEqual([])
})
