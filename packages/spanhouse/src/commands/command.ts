import type { ParseArgsConfig } from 'node:util'
import type { Output } from '../terminal/output.js'

export type OptionValues = Readonly<Record<string, string | boolean | string[] | undefined>>

/** What a command gets from the command line and its surroundings. Nothing else of `process` is read by a command. */
export interface Context {
  readonly values: OptionValues
  readonly positionals: readonly string[]
  /** What stands after `--`. */
  readonly rest: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string
  readonly out: Output
  readonly err: Output
  /** Standard input. A function, because asking Node.js for it changes how a child reads it. Default: that of the process. */
  readonly input?: (() => NodeJS.ReadableStream) | undefined
  /** Aborted by the first Ctrl-C (or SIGTERM); the second ends the process at once. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** After the name, such as `[options] [-- node app.js]`. */
  readonly usage: string
  readonly options: Readonly<Record<string, Option>>
  readonly positionals?: { readonly min: number; readonly max: number }
  /** Whether a command of the user's may follow after `--`. */
  readonly takesCommand?: boolean
  /** With positionals: whether a word begins the user's command, in case a shell has removed the `--`. */
  readonly beginsCommand?: (word: string) => boolean
  readonly examples: readonly (readonly [command: string, meaning: string])[]
  /** Resolves with the exit code. A `CommandError` that it throws is printed as one sentence; its exit code is 1 unless it has another. */
  run(context: Context): Promise<number>
}

export type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** Stands in the help for the value, such as `URL`. */
  readonly value?: string
  readonly help: string
}
