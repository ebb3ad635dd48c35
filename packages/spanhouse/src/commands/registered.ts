import { closeSync, openSync } from 'node:fs'
import { runChild } from '../application/child.js'
import { type ChildOptions, childEnvironment } from '../application/environment.js'
import type { Context } from './command.js'

/** Starts the command after `--`, registered, and resolves with its exit code. */
export function runRegistered(
  { rest, env, cwd, signal }: Context,
  options: Pick<ChildOptions, 'endpoint' | 'username' | 'isLocal' | 'isQuick'>,
): Promise<number> {
  return runChild({
    command: rest,
    env: childEnvironment({ env, cwd, command: rest, ...options }),
    cwd,
    signal,
    hasTerminal: hasTerminal(),
  })
}

/** Whether Ctrl-C comes from a terminal, which sends it to every process of the group. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
