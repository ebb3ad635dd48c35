import { CommandError } from '../terminal/command-error.js'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'
import { nearest, parseArguments, USAGE_EXIT_CODE } from './arguments.js'
import type { Command, Context } from './command.js'
import { helpOf, overview } from './help.js'
import { COMMANDS } from './index.js'
import { VERSION } from './version.js'

export type Surroundings = Pick<Context, 'env' | 'cwd' | 'out' | 'err' | 'signal' | 'input'>

/** Runs one command line. Resolves with the exit code, and prints the error of a command as one sentence. */
export async function main(argv: readonly string[], around: Surroundings): Promise<number> {
  try {
    return await dispatch(argv, around)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    around.err.write(`${paint(around.err, 'red', 'spanhouse:')} ${error.message}\n`)
    return error.exitCode
  }
}

async function dispatch(argv: readonly string[], around: Surroundings): Promise<number> {
  const [name, ...args] = argv
  const asksHelp = name === '--help' || name === '-h' || name === 'help'
  // Words after it may be the command that the help is wanted of, or its options.
  const about = asksHelp ? args.find((word) => !word.startsWith('-')) : undefined
  if (about !== undefined) {
    around.out.write(helpOf(around.out, await load(about)))
    return 0
  }
  if (name === undefined || asksHelp) return printOverview(around.out)
  if (name === '--version' || name === '-v') {
    around.out.write(`${VERSION}\n`)
    return 0
  }
  const command = await load(name)
  const { wantsHelp, ...read } = parseArguments(command, args)
  if (wantsHelp) {
    around.out.write(helpOf(around.out, command))
    return 0
  }
  return command.run({ ...read, ...around })
}

async function load(name: string): Promise<Command> {
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (found) return await found()
  throw new CommandError(unknown(name), USAGE_EXIT_CODE)
}

/** Commands of an application that is to be started by `dev` or `run`, whose name was left out. */
const RUNNERS: ReadonlySet<string> = new Set(['node', 'npm', 'npx', 'pnpm', 'yarn', 'tsx', 'next'])

function choices(known: readonly string[]): string {
  return `choose ${known.slice(0, -1).join(', ')} or ${known.at(-1)}.`
}

function unknown(name: string): string {
  const known = Object.keys(COMMANDS)
  if (/^[\w./-]{1,80}\.[cm]?js$/.test(name))
    return `The first word must be a command: did you mean spanhouse dev -- node ${name}?`
  // Anything else may be a URL with a password, given in the wrong place.
  if (!/^[\w-]{1,40}$/.test(name)) return 'The first word must be a command. See spanhouse --help.'
  if (name === '--') return 'Name a command first: spanhouse dev -- node app.js.'
  if (name.startsWith('-'))
    return `The command comes first, and then its options: for example spanhouse dev ${name}.`
  const near = nearest(name, known)
  const meant = near ?? (RUNNERS.has(name) ? `dev -- ${name}` : undefined)
  return `There is no command ${name}: ${meant ? `did you mean spanhouse ${meant}?` : choices(known)}`
}

async function printOverview(out: Output): Promise<number> {
  const all = await Promise.all(Object.values(COMMANDS).map((one) => one()))
  out.write(overview(out, all))
  return 0
}
