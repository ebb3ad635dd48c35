import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { temporaryDirectory } from '../../../test/kit/temporary-directory.js'

export const cli: string = fileURLToPath(new URL('../dist/esm/cli.js', import.meta.url))
export const parent: string = fileURLToPath(new URL('parent.mjs', import.meta.url))

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // In a container nobody may be there to collect an orphan that has ended.
    return process.platform !== 'linux' || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export interface Program {
  readonly child: ChildProcess & { readonly pid: number }
  readonly stdout: string
  readonly stderr: string
  readonly exit: Promise<unknown[]>
  /** What it, and all that it started, has left in its directory for temporary files. */
  leftovers(): string[]
}

/** Runs a script with node, in a process group and a directory for temporary files of its own. */
export function runNode(args: string[], env: NodeJS.ProcessEnv = {}): Program {
  const TMPDIR = temporaryDirectory()
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR, ...env },
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  const exit = once(child, 'close')
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  return Object.assign(output, {
    child: child as ChildProcess & { pid: number },
    exit,
    leftovers: () => readdirSync(TMPDIR),
  })
}
