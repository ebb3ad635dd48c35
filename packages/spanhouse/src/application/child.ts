import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { oneLine } from '#exporter'
import { CommandError } from '../terminal/command-error.js'
import { type GroupWitness, startWitness } from './group-witness.js'

/** How long it may take after the terminal has been closed. */
const HANG_UP_MS = 5000
const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

export interface ChildRun {
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  /** The first signal to end; its reason is its name, or SIGPIPE if nobody reads our output. */
  readonly signal: AbortSignal
}

/**
 * Runs the user's command with our input and output. Resolves with its exit code; 128 and the number of the signal if one ended it, as
 * shells do. If this process ends first, the child is killed.
 */
export async function runChild({ command, env, cwd, signal }: ChildRun): Promise<number> {
  const [file = '', ...args] = command
  const isWindows = process.platform === 'win32'
  // On Windows, npm and the like are scripts of the shell.
  const child = spawn(isWindows ? quoted(file) : file, isWindows ? args.map(quoted) : args, {
    cwd,
    env,
    stdio: 'inherit',
    shell: isWindows,
  })
  const witness = startWitness()
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(startError(file, cwd, error)))
    child.once('exit', (code, name) => {
      resolve(code ?? 128 + (name ? constants.signals[name] : 0))
    })
  })
  const pass = () => void passOn(signal.reason, witness, ended, (one) => child.kill(one))
  signal.addEventListener('abort', pass, { once: true })
  try {
    if (signal.aborted) pass()
    return await ended
  } finally {
    process.off('exit', kill)
    signal.removeEventListener('abort', pass)
    witness.end()
  }
}

/** Many programs take a second signal as "at once", so the child gets one only if it has none yet. */
async function passOn(
  reason: unknown,
  witness: GroupWitness,
  ended: Promise<number>,
  kill: (signal: NodeJS.Signals) => void,
): Promise<void> {
  const signal = reason === 'SIGINT' || reason === 'SIGHUP' ? reason : 'SIGTERM'
  if (reason === 'SIGPIPE' || !(await witness.hasGot(signal))) kill(signal)
  // A terminal that is closed leaves nobody to press Ctrl-C again.
  if (signal === 'SIGHUP' && !(await endsWithin(HANG_UP_MS, ended))) kill('SIGKILL')
}

async function endsWithin(ms: number, ended: Promise<number>): Promise<boolean> {
  const waiting = new AbortController()
  const late = sleep(ms, false, { signal: waiting.signal }).catch(() => true)
  const isOver = await Promise.race([ended.then(() => true).catch(() => true), late])
  waiting.abort()
  return isOver
}

function startError(file: string, cwd: string, { code }: NodeJS.ErrnoException): CommandError {
  const shown = oneLine(file)
  const isScript = /\.[cm]?[jt]sx?$/.test(file) && existsSync(resolve(cwd, file))
  const runner = /tsx?$/.test(file) ? 'npx tsx' : 'node'
  if (isScript)
    return new CommandError(`${shown} is no command: write ${runner} ${shown}.`, NOT_FOUND)
  if (code === 'ENOENT')
    return new CommandError(
      `There is no command ${shown}: check its spelling, and that it is installed.`,
      NOT_FOUND,
    )
  return new CommandError(`${shown} cannot be started (${code}).`, NOT_EXECUTABLE)
}

/** An argument for the shell of Windows. Backslashes before a quote would escape it, also before the one that ends the argument. */
export function quoted(text: string): string {
  if (text !== '' && !/[\s"&|<>^%]/.test(text)) return text
  return `"${text.replaceAll(/\\+(?="|$)/g, '$&$&').replaceAll('"', '""')}"`
}
