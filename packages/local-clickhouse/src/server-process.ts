import { spawn } from 'node:child_process'
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { launcher } from '../launcher.cjs'

const STOP_DEADLINE_MS = 5_000
const POLL_MS = 10
const OUTPUT_BYTES = 4096

export interface ServerProcess {
  readonly pid: number | undefined
  readonly exited: Promise<void>
  hasExited(): boolean
  /** The end of what it printed. */
  output(): string
  /** Lets this program end, and the server with it, when it has nothing else to do. */
  settle(): void
  /** Resolves when the process and its private directory are gone. */
  end(signal: NodeJS.Signals): Promise<void>
}

export function spawnServer(library: string, privateDir: string, args: string[]): ServerProcess {
  // A file, not a pipe: while this thread is busy, it would not read the pipe and so block the server.
  const output = openSync(join(privateDir, 'output'), 'a+', 0o600)
  const child = spawn(process.execPath, [launcher, library, privateDir, ...args], {
    cwd: privateDir,
    // A separate process group: Ctrl-C in the terminal must end only this program, which may still need the server.
    detached: true,
    env: serverEnvironment(),
    stdio: ['pipe', output, output],
  })
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })

  return {
    pid: child.pid,
    exited,
    hasExited: () => child.exitCode !== null || child.signalCode !== null,
    output: () => tail(output),
    settle: () => {
      closeSync(output)
      child.unref()
      ;(child.stdin as Socket).unref()
    },
    end: async (signal) => {
      child.kill(signal)
      if (!(await within(STOP_DEADLINE_MS, exited))) child.kill('SIGKILL')
      if (!(await within(STOP_DEADLINE_MS, exited)))
        throw new Error(
          `The ClickHouse server, process ${child.pid}, does not end: end it by hand.`,
        )
      // The launcher's sweeper removes it, unless the launcher ended before it started the sweeper.
      for (let waited = 0; existsSync(privateDir) && waited < STOP_DEADLINE_MS; waited += POLL_MS)
        await sleep(POLL_MS)
      await rm(privateDir, { recursive: true, force: true })
    },
  }
}

// Variables that instrument, inspect or configure this program are not meant for the server. With UTC
// its times are the same on every machine.
function serverEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(NODE|CLICKHOUSE)_/.test(name),
  )
  return { ...Object.fromEntries(inherited), TZ: 'UTC' }
}

function tail(file: number): string {
  const { size } = fstatSync(file)
  const buffer = Buffer.alloc(Math.min(size, OUTPUT_BYTES))
  readSync(file, buffer, 0, buffer.length, size - buffer.length)
  return buffer.toString()
}

async function within(ms: number, event: Promise<void>): Promise<boolean> {
  const timer = new AbortController()
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false)
  try {
    return await Promise.race([event.then(() => true), late])
  } finally {
    timer.abort()
  }
}
