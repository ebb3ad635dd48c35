// Programs that a task starts. A program that fails ends this process in the same way.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

export const PNPM = 'pnpm@12.21.0'

// A terminal sends Ctrl-C to all its programs: the command ends in its own way, and then this process ends.
let running
let isInterrupted = false
process.on('SIGINT', () => {
  isInterrupted = true
})
process.on('SIGTERM', (signal) => running?.kill(signal))

export const wasInterrupted = () => isInterrupted

export function bin(name, ...args) {
  return run(join('node_modules/.bin', name), args)
}

export function pnpm(args) {
  return run(...pnpmCommand(args))
}

export function pnpmCommand(args) {
  return ['npx', ['--yes', '-p', PNPM, 'pnpm', ...args]]
}

/** Runs the command. If it fails, ends this process in the same way. */
export async function run(command, args) {
  const ending = await ended(command, args, 'inherit')
  if (ending.code !== 0) exitAs(ending)
}

export function exitAs({ code, signal }) {
  process.exit(code ?? 128 + constants.signals[signal])
}

/** Runs the command. Resolves with how it ended and, if `stdio` has pipes, with all of its output. */
export async function ended(command, args, stdio) {
  // Programs that are started find the `node` that runs this, not another one.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
  running = spawn(command, args, { stdio, env })
  let output = ''
  for (const stream of [running.stdout, running.stderr])
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const [code, signal] = await once(running, 'close').catch((error) => fail(error.message))
  return { code, signal, output }
}

export function fail(why) {
  console.error(why)
  process.exit(1)
}
