import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const PATIENCE_MS = 60_000

export const cli: string = fileURLToPath(new URL('../dist/esm/cli.js', import.meta.url))
export const parent: string = fileURLToPath(new URL('parent.mjs', import.meta.url))

export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Not within ${PATIENCE_MS} ms: ${what}`)
    await sleep(10)
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // In a container nobody may be there to collect an orphan that has ended.
    return process.platform !== 'linux' || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'local-clickhouse-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
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
