import { oneLine } from '#exporter'
import { CommandError } from '../terminal/command-error.js'
import type { Context } from './command.js'

/** The exit code of a command that failed. 1 is a result: there is a difference, or something is left to do. */
const FAILURE = 2
const INTERRUPTED = 130

/**
 * Runs a command whose exit codes 0 and 1 are its result. Every failure has exit code 2. After Ctrl-C the user reads `interrupted`, whatever
 * error the work ends with, and the exit code is 130. The work may take its time to end: a second Ctrl-C ends the process at once (cli.ts).
 */
export async function verdict(
  { signal }: Pick<Context, 'signal'>,
  interrupted: string,
  work: () => Promise<number>,
): Promise<number> {
  try {
    return await work()
  } catch (error) {
    if (signal.aborted) throw new CommandError(interrupted, INTERRUPTED)
    if (error instanceof CommandError) throw new CommandError(error.message, FAILURE)
    if (isOfSystem(error)) throw new CommandError(refusal(error), FAILURE)
    throw error
  }
}

type SystemError = Error & {
  readonly code: string
  readonly syscall: string
  readonly path?: string
}

/** A file may be a folder, may belong to somebody else, or the disk may be full: that is no mistake of ours. */
function isOfSystem(error: unknown): error is SystemError {
  const { code, syscall } = error as Partial<SystemError>
  return error instanceof Error && typeof code === 'string' && typeof syscall === 'string'
}

/** What reads or writes an open file does not say its path. */
function refusal({ code, syscall, path }: SystemError): string {
  return path === undefined
    ? `The system refused to ${syscall} (${code}).`
    : `${oneLine(path)} cannot be used (${code}).`
}
